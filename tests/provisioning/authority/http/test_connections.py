"""Silent, slow and many: whoever blocks the door is let go, and the others are served."""

import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from models.enrollment import CertificateRole
from provisioning.authority.http.connections import Limits, allow_open_files, network_of
from provisioning.authority.http.server import AuthorityServer
from tests.builders.echo_server import context_for, echo_server, line
from tests.builders.small_pki import SmallPki

SHORT = Limits(connections=30, crowding_seconds=0.2, handshake_seconds=2.0, request_seconds=2.5, farewell_seconds=0.5)
PATIENT = Limits(connections=30, crowding_seconds=0.2, handshake_seconds=60.0)
"""Whoever is let go long before its handshake's end was let go for the crowd."""


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> SmallPki:
    return SmallPki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def server(pki: SmallPki) -> Iterator[AuthorityServer]:
    with echo_server(pki, SHORT) as running:
        yield running


def _knock(server: AuthorityServer, source: str = "127.0.0.1") -> socket.socket:
    host, _, port = server.address.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=20, source_address=(source, 0))


def _speak(server: AuthorityServer, pki: SmallPki, words: bytes) -> ssl.SSLSocket:
    """Says the words, or as many of them as the server listens to before it lets go."""
    speaking = context_for(pki).wrap_socket(_knock(server), server_hostname="localhost")
    with suppress(ConnectionError, ssl.SSLError):
        speaking.sendall(words)
    return speaking


def _is_let_go(connection: socket.socket) -> bool:
    """Waits for the end; a time-out raises."""
    try:
        while connection.recv(1000):
            pass
    except (ConnectionResetError, ssl.SSLError):
        return True
    return True


def _lets_go_of_a_drop(connection: ssl.SSLSocket) -> bool:
    try:
        connection.sendall(b"X-Drop: 1\r\n")
        return connection.recv(1000) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def _served(server: AuthorityServer, pki: SmallPki) -> bool:
    asking = line(server, pki)
    try:
        asking.request("GET", "/")
        return asking.getresponse().status == 200
    finally:
        asking.close()


def _served_or_let_go(server: AuthorityServer, pki: SmallPki) -> bool:
    try:
        return _served(server, pki)
    except OSError:
        return False


def _flood(server: AuthorityServer, over: threading.Event) -> None:
    """Silent connections of another network, as fast as one thread can."""
    with ExitStack() as crowd:
        while not over.is_set():
            for _ in range(300):
                with suppress(OSError):
                    crowd.enter_context(_knock(server, "127.9.9.1"))
            crowd.pop_all().close()


def _sockets() -> int:
    return sum(1 for file in Path("/proc/self/fd").iterdir() if _leads_to(file).startswith("socket:"))


def _leads_to(file: Path) -> str:
    try:
        return str(file.readlink())
    except OSError:
        return ""


def test_a_silent_handshake_is_let_go(server: AuthorityServer) -> None:
    with _knock(server) as silent:
        began = time.monotonic()
        assert _is_let_go(silent)
        assert 0.5 < time.monotonic() - began < 10


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
    ids=["no request", "half a line", "half the headers", "half a body"],
)
def test_half_a_request_is_let_go(server: AuthorityServer, pki: SmallPki, begun: bytes) -> None:
    with _speak(server, pki, begun) as slow:
        assert _is_let_go(slow)


def test_a_request_that_comes_in_drops_is_let_go_all_the_same(server: AuthorityServer, pki: SmallPki) -> None:
    began = time.monotonic()
    with _speak(server, pki, b"GET / HTTP/1.1\r\n") as dripping:
        dripping.settimeout(0.2)
        while not _lets_go_of_a_drop(dripping):
            assert time.monotonic() - began < 10


def test_an_idle_line_is_kept_long_enough_for_the_next_question(server: AuthorityServer, pki: SmallPki) -> None:
    asking = line(server, pki)
    for _ in range(3):
        asking.request("GET", "/")
        assert asking.getresponse().read() == b"nobody 0"
    own = asking.sock
    assert own is not None
    assert _is_let_go(own)
    asking.close()


def test_when_the_house_is_full_the_network_with_most_connections_makes_room(
    server: AuthorityServer, pki: SmallPki
) -> None:
    with ExitStack() as crowd:
        for network in range(SHORT.connections + 10):
            crowd.enter_context(_knock(server, f"127.1.{network}.1"))
        crowded = [crowd.enter_context(_knock(server, "127.0.1.1")) for _ in range(3)]
        assert _served(server, pki)
        assert _is_let_go(crowded[0])


def test_a_crowd_of_one_network_takes_no_more_than_its_share(pki: SmallPki) -> None:
    with ExitStack() as crowd, echo_server(pki, PATIENT) as server:
        began = time.monotonic()
        many = [crowd.enter_context(_knock(server, "127.0.1.1")) for _ in range(SHORT.connections * 3)]
        assert _is_let_go(many[-1])
        assert time.monotonic() - began < PATIENT.handshake_seconds
        assert _served(server, pki)


def test_a_crowded_network_is_still_served_in_its_turn(pki: SmallPki) -> None:
    with ExitStack() as crowd, echo_server(pki, PATIENT) as server:
        began = time.monotonic()
        for _ in range(SHORT.connections * 3):
            crowd.enter_context(_knock(server))
        while not _served_or_let_go(server, pki):
            assert time.monotonic() - began < PATIENT.handshake_seconds


def test_a_flood_of_one_network_keeps_no_other_waiting(pki: SmallPki) -> None:
    over = threading.Event()
    with echo_server(pki, Limits(connections=200, handshake_seconds=60.0)) as server:
        flood = threading.Thread(target=_flood, args=(server, over))
        flood.start()
        try:
            for _ in range(5):
                began = time.monotonic()
                assert _served(server, pki)
                assert time.monotonic() - began < 20
        finally:
            over.set()
            flood.join()


def test_no_more_files_are_open_than_were_asked_for(pki: SmallPki) -> None:
    few = Limits(connections=20, crowding_seconds=0.0)
    with ExitStack() as crowd, echo_server(pki, few) as server:
        before = _sockets()
        many = [crowd.enter_context(_knock(server, f"127.1.{n % 40}.1")) for n in range(300)]
        assert _is_let_go(many[0])
        assert _sockets() - before - len(many) <= few.connections + 110


def test_five_hundred_half_open_handshakes_do_not_keep_a_visitor_waiting(pki: SmallPki) -> None:
    patient = Limits(handshake_seconds=60.0)
    with ExitStack() as crowd, echo_server(pki, patient) as server:
        for _ in range(500):
            crowd.enter_context(_knock(server))
        began = time.monotonic()
        assert _served(server, pki)
        assert time.monotonic() - began < patient.handshake_seconds


def test_rubbish_instead_of_http_is_answered_or_dropped_and_the_next_one_served(
    server: AuthorityServer, pki: SmallPki
) -> None:
    for rubbish in (b"\x00" * 200, b"GET\r\n\r\n", b"A" * 70_000, b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01" * 40):
        with _speak(server, pki, b"") as speaking:
            with suppress(ConnectionError, ssl.SSLError):  # let go before the last of it was said
                speaking.sendall(rubbish)
            assert _is_let_go(speaking)
    assert _served(server, pki)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
    ],
)
def test_addresses_are_counted_by_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_as_many_connections_as_the_system_has_room_for() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (300, hard))
        assert allow_open_files(400) == 400
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 600
        assert allow_open_files(10) == 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_the_holder_of_a_certificate_is_let_go_like_anybody(server: AuthorityServer, pki: SmallPki) -> None:
    papers = pki.papers(CertificateRole.BOX, "box-1")
    speaking = context_for(pki, papers).wrap_socket(_knock(server), server_hostname="localhost")
    with speaking:
        assert _is_let_go(speaking)
