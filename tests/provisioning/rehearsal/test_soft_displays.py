"""Displays in software as programs, and what goes wrong on their lines when it is asked for."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from provisioning.rehearsal.soft_room.display_line import DisplayPort, LineFault
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from provisioning.rehearsal.soft_room.soft_lg import SoftLg
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_nec import SoftNec
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink

COMMAND = [sys.executable, "-m", "provisioning", "soft-device"]
SECONDS = 30.0


@contextmanager
def connected(fault: LineFault) -> Iterator[socket.socket]:
    port = DisplayPort(SoftDisplay(), SoftLg, fault)
    number = port.start()
    try:
        with socket.create_connection(("127.0.0.1", number), timeout=SECONDS) as line:
            yield line
    finally:
        port.stop()


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        (LineFault.NONE, b"a 01 OK01x"),
        (LineFault.TRUNCATED, b"a 01 "),
        (LineFault.DUPLICATED, b"a 01 OK01xa 01 OK01x"),
        (LineFault.REFUSED, b"a 01 NG00x"),
        (LineFault.GARBAGE, bytes(range(0x80, 0xA0))),
    ],
)
def test_a_fault_is_what_its_name_says(fault: LineFault, answer: bytes) -> None:
    with connected(fault) as line:
        line.sendall(b"ka 01 ff\r")
        assert line.recv(4096) == answer


def test_a_silent_display_takes_commands_and_answers_nothing() -> None:
    display = SoftDisplay()
    port = DisplayPort(display, SoftLg, LineFault.SILENCE)
    number = port.start()
    with socket.create_connection(("127.0.0.1", number), timeout=SECONDS) as line:
        line.sendall(b"ka 01 00\r")
        line.shutdown(socket.SHUT_WR)
        assert line.recv(4096) == b""
    port.stop()
    assert not display.is_on


def test_an_order_to_everybody_is_carried_out_without_an_answer() -> None:
    for talk, order in (
        (SoftMdc(SoftDisplay()), bytes.fromhex("AA 11 FE 01 00 10")),
        (SoftLg(SoftDisplay()), b"ka 00 00\r"),
        (SoftNec(SoftDisplay()), bytes.fromhex("01 30 2A 30 41 30 43 02 43 32 30 33 44 36 30 30 30 34 03 1D 0D")),
    ):
        assert talk.take(order, 0.0) == []
        assert not talk._display.is_on


def test_a_projector_cools_down_and_says_not_now() -> None:
    display = SoftDisplay(cooling_seconds=10)
    talk = SoftPjlink(display)
    assert talk.take(b"%1POWR 0\r", 0.0) == [b"%1POWR=OK\r"]
    assert talk.take(b"%1POWR ?\r%1INPT ?\r%1POWR 1\r", 5.0) == [
        b"%1POWR=2\r",
        b"%1INPT=ERR3\r",
        b"%1POWR=ERR3\r",
    ]
    assert talk.take(b"%1POWR ?\r", 11.0) == [b"%1POWR=0\r"]


def test_a_display_waits_until_the_program_is_stopped() -> None:
    arguments = [*COMMAND, "pjlink", "--port", "0", "--password", "JBMIAProjectorLink", "--off"]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        port = int(program.stdout.readline().rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as line:
            assert line.recv(4096).startswith(b"PJLINK 1 ")
            line.sendall(b"0" * 32 + b"%1POWR ?\r")
            assert line.recv(4096) == b"PJLINK ERRA\r"
        program.send_signal(signal.SIGTERM)
        assert program.wait(60) == 0


def test_a_port_that_is_taken_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        arguments = [*COMMAND, "mdc", "--port", str(taken.getsockname()[1])]
        done = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
