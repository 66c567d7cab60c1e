"""The desk where ports are lent: callers that went away while they waited, and a program without free descriptors."""

import logging
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.loan_words import (
    SOCKET,
    Answer,
    BoardAtPort,
    Lend,
    Lent,
    Question,
    WhichBoards,
    write_line,
)
from firmware_bridge.port_desk import PortDesk
from tests.builders.until import until


class NotingLender:
    """Lends everything and notes it."""

    def __init__(self) -> None:
        self.lent: list[str] = []
        self.taken_back = 0

    def boards(self) -> tuple[BoardAtPort, ...]:
        return ()

    def lend(self, port: str) -> Answer:
        self.lent.append(port)
        return Lent()

    def take_back(self) -> None:
        self.taken_back += 1


@pytest.fixture
def lender() -> NotingLender:
    return NotingLender()


@pytest.fixture
def path(tmp_path: Path, lender: NotingLender) -> Iterator[Path]:
    desk = PortDesk(tmp_path / SOCKET)
    desk.start(lender)
    yield tmp_path / SOCKET
    desk.stop()


def call(path: Path, question: Question) -> socket.socket:
    caller = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    caller.settimeout(20)
    caller.connect(str(path))
    write_line(caller, question)
    return caller


@contextmanager
def no_descriptor_left() -> Iterator[None]:
    """Whatever this program opens is refused."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_nothing_is_lent_to_a_caller_that_hung_up_while_it_waited(path: Path, lender: NotingLender) -> None:
    first = call(path, Lend(port="/dev/one"))
    assert b"lent" in first.recv(100)
    call(path, Lend(port="/dev/two")).close()
    first.close()
    with call(path, WhichBoards()) as last:
        assert b"boards" in last.recv(100)
    assert (lender.lent, lender.taken_back) == (["/dev/one"], 1)


def test_a_program_without_free_descriptors_says_so_once_and_serves_the_caller_later(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller, caplog.at_level(logging.WARNING):
        caller.settimeout(20)
        with no_descriptor_left():
            caller.connect(str(path))
            write_line(caller, WhichBoards())
            until(lambda: caplog.records)
            time.sleep(0.7)  # what goes round without a pause would say it thousands of times
        assert b"boards" in caller.recv(100)
    assert len(caplog.records) == 1
