"""Sensors of others and readers of others: our drivers and our sensors in software are not alone with each other."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyfirmata2
import pytest
from pymodbus import FramerType
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from firmware_bridge.drivers import modbus
from firmware_bridge.drivers.driver import Driver, Said
from models.measurements import Value
from models.room_messages import Reach
from provisioning.rehearsal.soft_room.sensor_line import SensorLine
from provisioning.rehearsal.soft_room.soft_firmata_board import SoftFirmataBoard
from provisioning.rehearsal.soft_room.soft_modbus_bus import SoftModbusBus
from provisioning.rehearsal.soft_room.soft_sensor import SoftSensor
from tests.builders.needed_programs import need
from tests.builders.planned_lines import on_a_line

CEILING = 30.0
FLOATS = """
model = "floats"
source = "this test"
verified = false
every_seconds = 0.1
[[register]]
metric = "temperature"
address = 10
type = "float32"
[[register]]
metric = "humidity"
address = 12
type = "float32"
[[register]]
metric = "counter"
address = 20
type = "u32"
[[register]]
metric = "depth"
address = 30
type = "i16"
scale = 0.01
unit = "m"
"""


@contextmanager
def _on_a_terminal(sensor: SoftSensor) -> Iterator[str]:
    line = SensorLine(sensor)
    path = line.start_terminal()
    try:
        yield path
    finally:
        line.stop()


def _mbpoll(path: str, *options: str) -> subprocess.CompletedProcess[str]:
    need("mbpoll", shutil.which("mbpoll"))
    command = ["mbpoll", "-m", "rtu", "-b", "9600", "-P", "none", "-1", "-q", "-0", *options, path]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=CEILING)


def test_mbpoll_reads_our_bus_in_software() -> None:
    with _on_a_terminal(SoftModbusBus({7: {1: 264, 2: 610, 3: 0xFFFE}})) as path:
        read = _mbpoll(path, "-a", "7", "-t", "3", "-r", "1", "-c", "3")
        assert [line.split(":")[1].split()[0] for line in read.stdout.splitlines() if line.startswith("[")] == [
            "264",
            "610",
            "65534",
        ]
        refused = _mbpoll(path, "-a", "7", "-t", "4", "-r", "9")
        assert "Illegal data address" in refused.stderr
        silent = _mbpoll(path, "-a", "8", "-t", "4", "-r", "1", "-o", "0.2")
        assert "timed out" in silent.stderr


async def _read_over_tcp(driver: Driver, port: int, done: "asyncio.Event", words: list[Said]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    clock = asyncio.get_running_loop().time
    driver.open(clock())
    while not done.is_set():
        words += [word for word in driver.due(clock()) if isinstance(word, Said)]
        writer.write(driver.to_write())
        try:
            heard = await asyncio.wait_for(reader.read(4096), 0.02)
        except TimeoutError:
            continue
        words += [word for word in driver.take(heard, clock()) if isinstance(word, Said)]
        if any(word.batch for word in words):
            done.set()
    writer.close()
    await writer.wait_closed()


async def _read_pymodbus(devices: list[SimDevice], driver: Driver) -> list[Said]:
    server = ModbusTcpServer(devices, framer=FramerType.RTU, address=("127.0.0.1", 0))
    await server.serve_forever(background=True)
    assert isinstance(server.transport, asyncio.Server)
    port = server.transport.sockets[0].getsockname()[1]
    words: list[Said] = []
    try:
        await asyncio.wait_for(_read_over_tcp(driver, port, asyncio.Event(), words), CEILING)
    finally:
        await server.shutdown()  # type: ignore[no-untyped-call]  # pymodbus leaves this one without types
    return words


def _readings(words: list[Said]) -> dict[str, Value]:
    return {e.n: e.x for word in words if word.batch for e in word.batch.e}


@pytest.mark.parametrize("word_order", ["high first", "low first"])
def test_our_driver_reads_pymodbus_with_floats_in_both_word_orders(tmp_path: Path, word_order: str) -> None:
    own = tmp_path / "own.toml"
    own.write_text(FLOATS.replace('"float32"', f'"float32"\nword_order = "{word_order}"'), encoding="utf-8")
    words = [0x41BE, 0x6666] if word_order == "high first" else [0x6666, 0x41BE]
    device = SimDevice(
        id=5,
        simdata=[
            SimData(10, values=[*words, *words], datatype=DataType.REGISTERS),
            SimData(20, values=70_000, datatype=DataType.UINT32),
            SimData(30, values=-123, datatype=DataType.INT16),
        ],
    )
    driver = modbus.make([on_a_line("modbus", unit=5, map_=str(own))])
    assert _readings(asyncio.run(_read_pymodbus([device], driver))) == {
        "temperature": 23.8,
        "humidity": 23.8,
        "counter": 70_000.0,
        "depth": -1.23,
    }


def test_a_register_that_pymodbus_refuses_is_a_fault_and_the_others_are_read(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(FLOATS, encoding="utf-8")
    simdata = [SimData(20, values=1, datatype=DataType.UINT32), SimData(30, values=5, datatype=DataType.INT16)]
    driver = modbus.make([on_a_line("modbus", unit=1, map_=str(own))])
    words = asyncio.run(_read_pymodbus([SimDevice(id=1, simdata=simdata)], driver))
    assert _readings(words) == {"counter": 1.0, "depth": 0.05}
    states = [word.state for word in words if word.state]
    assert states[0].reach is Reach.FAULT
    assert "exception 2" in states[0].sentence


def test_pyfirmata2_reads_our_firmata_board_in_software() -> None:
    board = SoftFirmataBoard(lambda channel, _now: 1023 if channel == 2 else 0)
    heard = threading.Event()
    values: list[float] = []

    def hear(value: float) -> None:
        values.append(value)
        heard.set()

    with _on_a_terminal(board) as path:
        client = pyfirmata2.Arduino(path)
        try:
            client.analog[2].register_callback(hear)
            client.samplingOn(50)
            client.analog[2].enable_reporting()
            assert heard.wait(CEILING)
        finally:
            client.exit()
    assert values[0] == 1.0
    assert board.interval == 0.05
