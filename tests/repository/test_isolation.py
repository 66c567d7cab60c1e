"""Tests cannot reach beyond this machine; the guard itself stands in tests/conftest.py."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

ELSEWHERE = "192.0.2.1"  # RFC 5737: never assigned


@pytest.mark.parametrize(
    "reach",
    [
        pytest.param(lambda: socket.create_connection((ELSEWHERE, 80), timeout=0.1), id="connect"),
        pytest.param(lambda: socket.getaddrinfo("school.example", 443), id="look up a name"),
        pytest.param(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"", (ELSEWHERE, 9)), id="send a datagram"),
        pytest.param(lambda: socket.socket().bind(("0.0.0.0", 8000)), id="listen to everybody"),  # noqa: S104 - this is refused
    ],
)
@pytest.mark.filterwarnings("ignore:unclosed")
def test_other_machines_are_refused(reach: Callable[[], object]) -> None:
    with pytest.raises(RuntimeError, match="tests may only use loopback"):
        reach()


def test_this_machine_is_allowed(free_port: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", free_port)), socket.create_connection(("localhost", free_port)):
        pass
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(tmp_path / "line"))
