"""A serial scanner: whole lines, garbage dropped, and back again after it was unplugged."""

import queue
import socket
from collections.abc import Iterator

import pytest

from edge.cards.code_scanner import CodeScanner
from provisioning.rehearsal.soft_scanner import SoftScanner


@pytest.fixture
def plug() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def test_each_line_is_one_scan_however_the_bytes_arrive(plug: socket.socket) -> None:
    scans: queue.Queue[str] = queue.Queue()
    scanner = CodeScanner(f"socket://127.0.0.1:{plug.getsockname()[1]}", scans.put)
    scanner.start()
    try:
        wire, _ = plug.accept()
        with wire:
            wire.sendall("001208012345||Nguyễn".encode() + b"\xff\xfe")
            wire.sendall(b"|rest\r\n\r\r" + b"x" * 5000 + b"\n012345\r")
            assert scans.get(timeout=10) == "001208012345||Nguyễn|rest"
            assert len(scans.get(timeout=10)) == 2000
            assert scans.get(timeout=10) == "012345"
    finally:
        scanner.stop()


def test_a_scanner_that_was_unplugged_is_found_again(plug: socket.socket) -> None:
    scans: queue.Queue[str] = queue.Queue()
    scanner = CodeScanner(f"socket://127.0.0.1:{plug.getsockname()[1]}", scans.put)
    scanner.start()
    try:
        first, _ = plug.accept()
        first.sendall(b"0123")
        first.close()
        second, _ = plug.accept()
        with second:
            second.sendall(b"012345\r")
            assert scans.get(timeout=10) == "012345", "half a line of the lost connection is not glued to the next"
    finally:
        scanner.stop()


def test_it_understands_the_rehearsals_scanner() -> None:
    scans: queue.Queue[str] = queue.Queue()
    soft = SoftScanner()
    soft.start()
    scanner = CodeScanner(f"socket://127.0.0.1:{soft.port}", scans.put)
    scanner.start()
    try:
        while not soft.scan("012345"):
            pass
        assert scans.get(timeout=10) == "012345"
    finally:
        scanner.stop()
        soft.stop()
