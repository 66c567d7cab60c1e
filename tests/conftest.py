"""What holds for every test: no network beyond this machine, repeatable property tests, shared data that may be absent.

Fixtures of one room stand in a conftest of that room's folder.
"""

import ipaddress
import os
import random
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED_DATA = REPOSITORY.parent / "shared" / "data"


class NetworkRefusedError(RuntimeError):
    """A test asked for an address that is not on this machine. Tests use loopback and Unix sockets only."""


def _is_on_this_machine(host: object) -> bool:
    if host is None or host in ("localhost", b"localhost"):
        return True
    if isinstance(host, bytes | bytearray):
        host = bytes(host).decode("ascii", "replace")
    try:
        return ipaddress.ip_address(str(host).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """Audit hook. Programs started by a test are separate processes, which this does not see."""
    match event, arguments:
        case ("socket.bind", (_, ("", 0))):
            return  # paho binds a client's own end so before it connects; the connecting is looked at below
        case ("socket.connect" | "socket.bind" | "socket.sendto" | "socket.sendmsg", (_, (host, *_))):
            pass
        case ("socket.getaddrinfo" | "socket.gethostbyname" | "socket.gethostbyaddr", (host, *_)):
            pass
        case _:
            return
    if not _is_on_this_machine(host):
        raise NetworkRefusedError(f"{event} to {host!r}: tests may only use loopback addresses")


sys.addaudithook(_refuse_network)

settings.register_profile("desk", deadline=None, max_examples=100)
settings.register_profile("ci", parent=settings.get_profile("desk"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


def take_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def take_port_pair() -> int:
    """The first of two ports in a row that nobody uses, below those that the kernel gives to clients."""
    return take_port_row(2)


def take_port_row(count: int) -> int:
    """The first of `count` such ports in a row."""
    while True:
        first = random.randrange(20_000, 32_000)
        try:
            with ExitStack() as listening:
                for port in range(first, first + count):
                    listening.enter_context(socket.create_server(("127.0.0.1", port)))
                return first
        except OSError:
            continue


@pytest.fixture
def free_port() -> int:
    return take_port()


@pytest.fixture
def free_ports() -> Callable[[], int]:
    """Call it once for each port that the test needs."""
    return take_port


def _folder_or_skip(name: str) -> Path:
    folder = SHARED_DATA / name
    if not folder.is_dir():
        pytest.skip(f"the shared test data '{name}' is not beside this checkout; tests/README.md says what it holds")
    return folder


@pytest.fixture(scope="session")
def chip_data_folder() -> Path:
    """Data groups, SOD and CSCA of a public specimen chip, and the cases of BSI TR-03105 part 5.1."""
    return _folder_or_skip("chip")


@pytest.fixture(scope="session")
def face_data_folder() -> Path:
    """Consenting people's photographs, score tables and weights."""
    return _folder_or_skip("faces")
