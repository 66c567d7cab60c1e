"""Sensors in software on real lines (pseudo terminal, TCP port, the program), whole or spoiled, and our drivers."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.driver import Driver, Said, Word
from models.measurements import Value
from models.room_messages import Reach
from provisioning.rehearsal.soft_room.sensor_line import SensorFault, SensorLine
from provisioning.rehearsal.soft_room.soft_link_board import SoftLinkBoard
from provisioning.rehearsal.soft_room.soft_modbus_bus import SoftModbusBus
from provisioning.rehearsal.soft_room.soft_sensor import SoftSensor
from provisioning.rehearsal.soft_room.soft_text_board import SoftTextBoard
from tests.builders.planned_lines import on_a_line

CEILING = 30.0
MEASURED = {"temperature": 26.4, "humidity": 61.0, "light": 420.0, "co2": 815.0}


def _measured(_now: float) -> dict[str, float]:
    return MEASURED


class ReadLine:
    """A driver on a descriptor; `until` reads until enough was said."""

    def __init__(self, driver: Driver, descriptor: int) -> None:
        self._descriptor = descriptor
        self.driver = driver
        self.words: list[Word] = []
        driver.open(time.monotonic())

    def until(self, readings: int) -> list[tuple[str, Value]]:
        end = time.monotonic() + CEILING
        while len(self.readings()) < readings:
            assert time.monotonic() < end, f"only {len(self.readings())} readings came"
            self.turn()
        return self.readings()

    def turn(self) -> None:
        ready = select.select([self._descriptor], [], [], 0.02)[0]
        now = time.monotonic()
        if ready:
            self.words += self.driver.take(os.read(self._descriptor, 65_536), now)
        self.words += self.driver.due(now)
        if asked := self.driver.to_write():
            os.write(self._descriptor, asked)

    def readings(self) -> list[tuple[str, Value]]:
        return [(e.n, e.x) for word in self.words if isinstance(word, Said) and word.batch for e in word.batch.e]


@contextmanager
def _on_tcp(driver: Driver, sensor: SoftSensor, fault: SensorFault = SensorFault.NONE) -> Iterator[ReadLine]:
    line = SensorLine(sensor, fault)
    with socket.create_connection(("127.0.0.1", line.start_port())) as connection:
        try:
            yield ReadLine(driver, connection.fileno())
        finally:
            line.stop()


@contextmanager
def _program(*words: str) -> Iterator[str]:
    command = [sys.executable, "-m", "provisioning", "soft-device", *words]
    program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    try:
        yield program.stdout.readline().strip()
    finally:
        program.send_signal(signal.SIGTERM)
        assert program.wait(CEILING) == 0
        program.stdout.close()


def test_the_program_prints_its_terminal_first_and_is_read_there() -> None:
    with _program("link-v1", "--period", "50") as path:
        descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            readings = ReadLine(DRIVERS["link-v1"].make([on_a_line("link-v1")]), descriptor).until(40)
        finally:
            os.close(descriptor)
    assert {name for name, _ in readings} == set(MEASURED)


def test_the_program_prints_its_port_first() -> None:
    with _program("modbus", "--unit", "4", "--port", "0") as where:
        host, port = where.removeprefix("socket://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            driver = DRIVERS["modbus"].make([on_a_line("modbus", unit=4, map_="xy-md02")])
            readings = ReadLine(driver, connection.fileno()).until(2)
    assert [name for name, _ in readings] == ["temperature", "humidity"]


@pytest.mark.parametrize("fault", [SensorFault.NONE, SensorFault.NOISE, SensorFault.DUPLICATED, SensorFault.LATE])
def test_a_link_board_is_read_through_what_a_line_does_to_it(fault: SensorFault) -> None:
    driver = DRIVERS["link-v1"].make([on_a_line("link-v1")])
    with _on_tcp(driver, SoftLinkBoard(20, _measured), fault) as line:
        assert set(line.until(200)) == set(MEASURED.items())


def test_a_second_reader_finds_the_board_begun_anew() -> None:
    line = SensorLine(SoftTextBoard(period_ms=20, readings=_measured, mark="crc"))
    port = line.start_port()
    try:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", port)) as connection:
                driver = DRIVERS["text-lines"].make([on_a_line("text-lines")])
                assert set(ReadLine(driver, connection.fileno()).until(8)) == set(MEASURED.items())
    finally:
        line.stop()


@pytest.mark.parametrize("fault", [SensorFault.SILENCE, SensorFault.GARBAGE, SensorFault.TRUNCATED])
def test_a_bus_that_says_nothing_true_is_unreachable_and_says_nothing_false(fault: SensorFault) -> None:
    driver = DRIVERS["modbus"].make([on_a_line("modbus", map_="xy-md02")])
    with _on_tcp(driver, SoftModbusBus({1: {1: 264, 2: 610}}), fault) as line:
        end = time.monotonic() + CEILING
        while not line.words and time.monotonic() < end:
            line.turn()
    (word,) = line.words
    assert isinstance(word, Said)
    assert word.state is not None
    assert word.state.reach is Reach.UNREACHABLE
    assert driver.counts.good == 0


def test_a_bus_that_answers_twice_is_read_once() -> None:
    driver = DRIVERS["modbus"].make([on_a_line("modbus", map_="xy-md02")])
    with _on_tcp(driver, SoftModbusBus({1: {1: 264, 2: 610}}), SensorFault.DUPLICATED) as line:
        assert line.until(2) == [("temperature", 26.4), ("humidity", 61.0)]
