"""A serial scanner: whole lines, garbage dropped, and back again after it was unplugged."""

import queue
import socket
import threading
from collections.abc import Iterator

import pytest

from edge.cards.code_scanner import CodeScanner
from provisioning.rehearsal.soft_scanner import SoftScanner


@pytest.fixture
def plug() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def next_after_ready(scans: "queue.Queue[str]") -> str:
    """Whoever opens a serial line throws away what came before, so a test first says "ready" until it is heard."""
    while (scan := scans.get(timeout=30)) == "ready":
        pass
    return scan


def test_each_line_is_one_scan_however_the_bytes_arrive(plug: socket.socket) -> None:
    scans: queue.Queue[str] = queue.Queue()
    opened = threading.Event()
    scanner = CodeScanner(f"socket://127.0.0.1:{plug.getsockname()[1]}", scans.put)
    scanner.start()
    try:
        wire, _ = plug.accept()
        with wire:
            while scans.empty():
                wire.sendall(b"ready\r")
                opened.wait(0.05)
            wire.sendall("001208012345||Nguyễn".encode() + b"\xff\xfe")
            wire.sendall(b"|rest\r\n\r\r" + b"x" * 5000 + b"\n012345\r")
            assert next_after_ready(scans) == "001208012345||Nguyễn|rest"
            assert len(scans.get(timeout=30)) == 2000
            assert scans.get(timeout=30) == "012345"
    finally:
        scanner.stop()


def test_a_scanner_that_was_unplugged_is_found_again(plug: socket.socket) -> None:
    opened = threading.Event()
    scans: queue.Queue[str] = queue.Queue()
    scanner = CodeScanner(f"socket://127.0.0.1:{plug.getsockname()[1]}", scans.put)
    scanner.start()
    try:
        first, _ = plug.accept()
        first.sendall(b"0123")
        first.close()
        second, _ = plug.accept()
        with second:
            while scans.empty():
                second.sendall(b"ready\r")
                opened.wait(0.05)
            second.sendall(b"012345\r")
            assert next_after_ready(scans) == "012345", "half a line of the lost connection is not glued to the next"
    finally:
        scanner.stop()


def test_it_understands_the_rehearsals_scanner() -> None:
    opened = threading.Event()
    scans: queue.Queue[str] = queue.Queue()
    soft = SoftScanner()
    soft.start()
    scanner = CodeScanner(f"socket://127.0.0.1:{soft.port}", scans.put)
    scanner.start()
    try:
        while scans.empty():
            soft.scan("ready")
            opened.wait(0.05)
        soft.scan("012345")
        assert next_after_ready(scans) == "012345"
    finally:
        scanner.stop()
        soft.stop()
