"""Our drivers against the sensors in software, which share no code with them."""

import random
from collections.abc import Callable

import pytest

from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.driver import Booted, Done, Driver
from firmware_bridge.drivers.frames import to_frame
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, Integrity, Reach
from provisioning.rehearsal.soft_room.soft_firmata_board import SoftFirmataBoard
from provisioning.rehearsal.soft_room.soft_link_board import SoftLinkBoard
from provisioning.rehearsal.soft_room.soft_modbus_bus import SoftClassroomBus, SoftModbusBus
from provisioning.rehearsal.soft_room.soft_text_board import BANNER, SoftTextBoard, TextForm
from tests.builders.driven_line import DrivenLine
from tests.builders.planned_lines import on_a_line

MEASURED = {"temperature": 26.4, "humidity": 61.0, "light": 420.0, "co2": 815.0}


def _measured(_now: float) -> dict[str, float]:
    return MEASURED


def _driver(name: str, map_: str = "") -> Driver:
    return DRIVERS[name].make([on_a_line(name, map_=map_)])


def _noise(seed: int, rate: float = 1e-3) -> Callable[[bytes], bytes]:
    chance = random.Random(seed)

    def spoil(said: bytes) -> bytes:
        out = bytearray()
        for byte in said:
            if chance.random() >= rate:
                out.append(byte)
                continue
            kind = chance.randrange(4)
            if kind < 2:
                out.append(byte ^ 1 << chance.randrange(8))
            elif kind == 2:
                out += bytes((byte, chance.randrange(256)))
        return bytes(out)

    return spoil


def test_a_link_board_is_named_read_and_slowed() -> None:
    line = DrivenLine(_driver("link-v1"), SoftLinkBoard(100, _measured, serial="A-17")).run(3.0)
    (about,) = line.abouts()
    assert (about.model, about.serial, about.firmware) == ("soft", "A-17", "soft-board 1.0.0 0000000")
    assert len(line.readings()) == 4 * 30
    assert set(line.readings()) == set(MEASURED.items())
    assert {batch.integrity for batch in line.batches()} == {Integrity.CRC}
    assert (line.driver.counts.bad, line.driver.counts.lost) == (0, 0)
    asked = DeviceCommand(id="c", name=DeviceCommandName.SET_PERIOD, argument="1000", expires_at=0)
    line.driver.ask("dev-1", asked, line.now)
    before = len(line.readings())
    line.run(3.5)
    assert len(line.readings()) == before + 4 * 3
    (done,) = (word for word in line.words if isinstance(word, Done))
    assert done.result.outcome is DeviceOutcome.DONE


def test_a_board_that_hangs_tells_its_watchdog_within_a_second() -> None:
    board = SoftLinkBoard(100, _measured)
    line = DrivenLine(_driver("link-v1"), board).run(1.0)
    board.take(to_frame(b"H"), line.now)
    line.run(0.98)
    assert Booted(device_id="dev-1", cause="watchdog") in line.words
    assert line.states()[-1].values["reset_cause"] == "watchdog"
    assert line.driver.counts.lost == 0


def test_a_channel_without_a_value_is_not_said() -> None:
    board = SoftLinkBoard(100, _measured)
    board.missing.add("co2")
    assert set(dict(DrivenLine(_driver("link-v1"), board).run(1.0).readings())) == set(MEASURED) - {"co2"}


@pytest.mark.parametrize("seed", range(3))
def test_noise_loses_frames_and_changes_none(seed: int) -> None:
    line = DrivenLine(_driver("link-v1"), SoftLinkBoard(20, _measured), _noise(seed)).run(100.0)
    assert set(line.readings()) == set(MEASURED.items())
    assert len(line.readings()) > 4 * 4500
    assert line.driver.counts.bad > 20


@pytest.mark.parametrize("form", [TextForm.JSON, TextForm.NAMES, TextForm.CSV])
@pytest.mark.parametrize("mark", ["crc", "none"])
def test_a_text_board_is_read_in_every_form(form: TextForm, mark: str) -> None:
    board = SoftTextBoard(form, 100, _measured, mark, BANNER)
    line = DrivenLine(_driver("text-lines"), board).run(2.0)
    assert set(line.readings()) == set(MEASURED.items())
    assert {batch.integrity for batch in line.batches()} == {Integrity.CRC if mark == "crc" else Integrity.NONE}
    assert line.driver.counts.skipped >= len(BANNER) - 1
    assert line.driver.counts.bad == 0
    assert board.heard == b""


def test_prose_and_bare_numbers_too() -> None:
    prose = DrivenLine(_driver("text-lines"), SoftTextBoard(TextForm.PROSE, 100, _measured)).run(1.0)
    assert set(prose.readings()) == {("temperature", 26.4), ("humidity", 61.0)}
    number = DrivenLine(_driver("text-lines"), SoftTextBoard(TextForm.NUMBER, 100, _measured)).run(1.0)
    assert set(number.readings()) == {("temperature", 26.4)}


@pytest.mark.parametrize("seed", range(3))
def test_noise_changes_no_marked_line(seed: int) -> None:
    board = SoftTextBoard(TextForm.JSON, 20, _measured, "crc")
    line = DrivenLine(_driver("text-lines"), board, _noise(seed)).run(60.0)
    assert set(line.readings()) == set(MEASURED.items())
    assert line.driver.counts.bad > 20


@pytest.mark.parametrize("echo", [False, True])
def test_a_modbus_bus_with_two_sensors_and_one_that_is_dead(echo: bool) -> None:  # noqa: FBT001 - the adapter's kind
    bus = SoftClassroomBus((3, 9), _measured)
    bus.echo = echo
    devices = [on_a_line("modbus", f"dev-{unit}", unit, "xy-md02") for unit in (3, 5, 9)]
    line = DrivenLine(DRIVERS["modbus"].make(devices), bus).run(30.0)
    for device_id in ("dev-3", "dev-9"):
        assert set(line.readings(device_id)) == {("temperature", 26.4), ("humidity", 61.0)}
        assert [state.reach for state in line.states(device_id)] == [Reach.OK]
        assert len(line.batches(device_id)) >= 5
    assert [state.reach for state in line.states("dev-5")] == [Reach.UNREACHABLE]
    assert not line.batches("dev-5")


def test_a_meter_with_words_low_first() -> None:
    registers = {0: 2301, 1: 1500, 2: 1, 3: 500, 4: 0, 5: 42, 6: 1, 7: 500, 8: 98}
    driver = DRIVERS["modbus"].make([on_a_line("modbus", unit=1, map_="pzem-016")])
    line = DrivenLine(driver, SoftModbusBus({1: registers})).run(1.0)
    assert dict(line.readings()) == {
        "voltage": 230.1,
        "current": 67.036,
        "electric_power": 50.0,
        "energy": 65.578,
        "frequency": 50.0,
        "power_factor": 0.98,
    }


def test_a_firmata_board_is_set_up_read_and_left_silent() -> None:
    board = SoftFirmataBoard()
    board.inputs = {2}
    line = DrivenLine(_driver("firmata", "a0=light:lx,a3=dien_ap:V:0.01,d2=door,p9=motion"), board).run(2.0)
    assert dict(line.readings()) == {"light": 23.0, "voltage": 3.23, "door": True, "motion": False}
    assert board.modes == {2: 0, 9: 11}
    board.inputs = {9}
    line.run(0.1)
    assert line.states()[-1].values == {"door": False, "motion": True}
    assert board.reporting == {0, 3}
    board.take(line.driver.farewell(), line.now)
    assert not board.reporting
    assert not board.ports


def test_a_firmata_board_that_was_reset_is_set_up_again() -> None:
    board = SoftFirmataBoard()
    line = DrivenLine(_driver("firmata"), board).run(2.0)
    line.words.clear()
    line.words += line.driver.take(board.opened(line.now), line.now)
    line.run(1.0)
    assert Booted(device_id="dev-1", cause="unknown") in line.words
    assert {name for name, _ in line.readings()} == {f"a{channel}" for channel in range(6)}
