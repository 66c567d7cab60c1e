"""The room's equipment of a rehearsal school, all real programs: from the devices to central's store, and back."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from provisioning.rehearsal.room_devices import soft_devices
from provisioning.rehearsal.room_speakers import SPEAKERS
from provisioning.rehearsal.school import soft_device_command
from tests.builders.needed_programs import need
from tests.builders.running_school import RunningSchool, wait_until
from tests.fakes.running_mosquitto import mosquitto_program

Heard = dict[str, tuple[bool, str, str]]
"""By serial number: online, reach, readings."""


@pytest.fixture
def school(tmp_path: Path) -> Iterator[RunningSchool]:
    need("mosquitto", mosquitto_program())
    with RunningSchool(tmp_path) as school:
        yield school


def _heard(school: RunningSchool) -> Heard:
    folder = school.files.central
    with closing(sqlite3.connect(folder / "central.db")) as central:
        serials = dict(central.execute("SELECT device_id, serial FROM devices"))
    with closing(sqlite3.connect(folder / "measurements.db")) as measured:
        rows = measured.execute("SELECT device_id, online, reach, readings FROM device_latest").fetchall()
    return {serials[name]: (bool(online), reach, readings) for name, online, reach, readings in rows}


@pytest.mark.timeout(600)
def test_every_device_of_the_room_is_known_at_central_and_its_death_too(school: RunningSchool) -> None:
    lines = soft_devices(school.ports)
    wanted = {device.serial for device in lines} | {serial for group in SPEAKERS for serial in group.serials}
    wait_until(lambda: wanted == {one for one, (online, _, _) in _heard(school).items() if online}, "all devices", 120)
    told = {
        "DT-BANG-01": '"power":"on"',
        "DT-MAYCHIEU-01": '"lamp_hours":2985',
        "DT-VUONRAU-01": '"temperature":',
        "DT-MTB-01": '"battery":',
        "DT-OCAM-01": '"electric_power":',
    } | dict.fromkeys(school.ports.headsets, '"battery":')
    wait_until(lambda: all(word in _heard(school)[one][2] for one, word in told.items()), "what devices measure", 120)

    board = next(device for device in lines if device.serial == "DT-BANG-01")
    school.programs.kill(board.name)
    wait_until(lambda: _heard(school)["DT-BANG-01"][1] == "unreachable", "the board's death at central", 90)
    school.programs.start(board.name, soft_device_command(*board.words))
    wait_until(lambda: _heard(school)["DT-BANG-01"][:2] == (True, "ok"), "the board's return", 120)

    school.programs.kill("tablets")
    tablets = SPEAKERS[0].serials
    wait_until(lambda: not any(_heard(school)[one][0] for one in tablets), "the tablets' last wills", 90)

    school.programs.kill("bridge")
    bridged = {device.serial for device in lines}
    wait_until(lambda: not any(_heard(school)[one][0] for one in bridged), "the bridge's last will", 90)
    assert _heard(school)["DT-THOITIET-01"][0], "who speaks for itself stays"
