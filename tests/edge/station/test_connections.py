"""127.0.0.2 and its neighbours stand for other machines; 127.0.0.1, where the box listens, for its own screen."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx

from edge.station.connections import MOST_OF_ONE_ADDRESS, MOST_OF_OTHERS, REQUEST_SECONDS
from edge.station.server import Station
from tests.fakes.scripted_room import ScriptedRoom

ASKS = b"GET /words HTTP/1.1\r\nHost: localhost\r\n\r\n"
UNFINISHED = {
    "says nothing": b"",
    "stops in its headers": b"GET /sign-in HTTP/1.1\r\nHost: local",
    "stops in its body": b"POST /session HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\n"
    b"Content-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
}


@contextmanager
def connected(station: Station, address: str) -> Iterator[socket.socket]:
    there = ("127.0.0.1", httpx.URL(station.url).port or 0)
    with socket.create_connection(there, timeout=3 * REQUEST_SECONDS, source_address=(address, 0)) as connection:
        yield connection


def is_served(connection: socket.socket) -> bool:
    try:
        connection.sendall(ASKS)
        return connection.recv(12) == b"HTTP/1.1 200"
    except ConnectionError:
        return False


def test_a_machine_that_holds_many_connections_locks_out_only_itself(station: Station) -> None:
    with ExitStack() as held:
        stranger = [held.enter_context(connected(station, "127.0.0.2")) for _ in range(MOST_OF_ONE_ADDRESS + 1)]
        assert not is_served(stranger[-1])
        assert is_served(stranger[0])
        assert is_served(held.enter_context(connected(station, "127.0.0.3")))


def test_a_connection_that_was_let_go_makes_place(station: Station) -> None:
    for _ in range(3 * MOST_OF_ONE_ADDRESS):
        with connected(station, "127.0.0.2") as connection:
            connection.sendall(ASKS.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            answer = b""
            while more := connection.recv(65536):
                answer += more
            assert answer.startswith(b"HTTP/1.1 200")


def test_nobody_on_the_network_takes_the_boxs_own_screen_away(station: Station) -> None:
    with ExitStack() as held:
        addresses = [f"127.0.0.{2 + number // MOST_OF_ONE_ADDRESS}" for number in range(MOST_OF_OTHERS)]
        for address in addresses:
            held.enter_context(connected(station, address))
        assert not is_served(held.enter_context(connected(station, "127.0.0.99")))
        for _ in range(MOST_OF_OTHERS):
            own = held.enter_context(connected(station, "127.0.0.1"))
        assert is_served(own)


def test_a_connection_without_a_complete_request_is_cut_and_a_live_feed_is_not(
    station: Station, proctor: httpx.Client, room: ScriptedRoom
) -> None:
    with ExitStack() as held:
        feed = held.enter_context(proctor.stream("GET", "/feed"))
        waiting = {}
        for name, said in UNFINISHED.items():
            waiting[name] = held.enter_context(connected(station, "127.0.0.2"))
            waiting[name].sendall(said)
        for name, connection in waiting.items():
            assert connection.recv(4096) == b"", name
        room.set_box(online=False)
        assert any('"online":false' in line for line in feed.iter_lines())
