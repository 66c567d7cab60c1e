"""`keep-measurements` as a real program behind a real Mosquitto: kill -9 of either loses and doubles nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from central.__main__ import main
from central.database import Database
from central.measuring import tables
from central.registers import box_register, device_register
from central.registers.device_tables import DeviceFacts
from central.settings import read_settings
from central.upgrade import upgrade_database
from models.equipment import EquipmentKind
from models.identifiers import BoxId, RoomId
from models.telemetry import DeviceWord
from tests.builders.central_folder import write_central_settings
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_program import LiveBox, MeasuringProgram
from tests.builders.needed_programs import need
from tests.builders.places import DEED, build_places
from tests.builders.transport_pki import RehearsalPki, prepare
from tests.fakes.running_mosquitto import RunningMosquitto, mosquitto_program, running_mosquitto

BOXES = {BoxId("box-101"): "DK-101", BoxId("box-102"): "DK-102"}
SHARDS = 16
WORDS = 400
PATIENCE_SECONDS = 60.0


@pytest.fixture
def pki(tmp_path: Path) -> RehearsalPki:
    return prepare(tmp_path / "pki", tuple(BOXES))


@pytest.fixture
def broker(tmp_path: Path, pki: RehearsalPki) -> Iterator[RunningMosquitto]:
    need("mosquitto", mosquitto_program())
    with running_mosquitto(tmp_path / "broker", pki) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, pki: RehearsalPki, broker: RunningMosquitto) -> Path:
    return write_central_settings(tmp_path, pki, broker_port=broker.port)


@pytest.fixture
def program(settings: Path) -> Iterator[MeasuringProgram]:
    program = MeasuringProgram(settings)
    yield program
    program.kill()


@pytest.fixture
def devices(settings: Path) -> dict[BoxId, str]:
    """One device in each box's room, as central's registers know it."""
    database = Database(read_settings(settings).database.address)
    database.start()
    upgrade_database(database)
    found = {}
    with database.writing() as connection:
        build_places(connection)
        for box_id, room_id in BOXES.items():
            box_register.register_box(connection, box_id, RoomId(room_id), b"k" * 32, SEVEN_O_CLOCK)
            facts = [DeviceFacts(kind=EquipmentKind.TABLET)]
            found[box_id] = device_register.add_devices(connection, room_id, facts, scope=None, deed=DEED)[0]
    database.stop()
    return found


@pytest.fixture
def began() -> datetime:
    """A full minute of today: what is older than a week would be forgotten."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=6)


def stored(settings: Path, began: datetime) -> tuple[list[tuple[str, int]], int]:
    """Every stored word as (device, second), and the minutes of use that were counted."""
    database = Database(read_settings(settings).measurements.address)
    database.start()
    with database.reading() as connection:
        words = connection.execute(select(tables.words.c.device_id, tables.words.c.at)).all()
        minutes = connection.execute(select(tables.device_days.c.minutes_in_use)).scalars()
        found = [(device, round((at - began).total_seconds())) for device, at in words], sum(minutes)
    database.stop()
    return found


def test_nothing_is_lost_and_nothing_counts_twice_when_program_and_broker_are_killed(
    settings: Path,
    pki: RehearsalPki,
    broker: RunningMosquitto,
    program: MeasuringProgram,
    devices: dict[BoxId, str],
    began: datetime,
) -> None:
    chance = Random(7)
    program.start()
    boxes = {box: LiveBox(broker.address(pki.boxes[box]), box, SHARDS) for box in BOXES}
    told = 0
    try:
        for box in boxes.values():
            box.start()
        for round_ in range(5):
            for box_id, box in boxes.items():
                seconds = range(told, told + WORDS // 5)
                at = [began + timedelta(seconds=one * 30) for one in seconds]
                box.keep(*(DeviceWord(device=devices[box_id], at=one, online=True, in_use=True) for one in at))
            told += WORDS // 5
            boxes[BoxId("box-101")].all_held.wait(chance.random() * 0.3)
            victim = broker if round_ == 2 else program
            victim.kill()
            victim.start()
        for box in boxes.values():
            assert box.all_held.wait(PATIENCE_SECONDS)
    finally:
        for box in boxes.values():
            box.stop()
    assert program.stop() == 0
    words, minutes = stored(settings, began)
    wanted = [(device, one * 30) for device in devices.values() for one in range(WORDS)]
    assert sorted(words) == sorted(wanted)
    assert minutes == 2 * ((WORDS - 1) * 30 // 60)


def test_it_does_not_start_in_centrals_name(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = settings.read_text()
    settings.write_text(text[: text.index("[measurements]")] + text[text.index("[http]") :])
    assert main(["keep-measurements", "--settings", str(settings)]) == 2
    assert "certificate of its own" in capsys.readouterr().err
