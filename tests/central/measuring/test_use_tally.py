"""Minutes of use are the same however words come: live or late, in any order of boxes, cut into any batches."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.database import Database
from central.measuring import tables
from central.measuring.store import open_measurements
from models.clock import to_unix_ms
from models.telemetry import DeviceWord, MinuteValues
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_house import ONE, ROOMS, TWO, MeasuringHouse, SendingBox

SUMS = (tables.latest, tables.hours, tables.room_hours, tables.device_days, tables.room_days)
MINUTE = to_unix_ms(SEVEN_O_CLOCK) // 60_000


def used(device: str, minutes: float, *, in_use: bool = True, faults: tuple[str, ...] = ()) -> DeviceWord:
    at = SEVEN_O_CLOCK + timedelta(minutes=minutes)
    return DeviceWord(device=device, at=at, online=True, in_use=in_use, faults=faults)


def told(house: MeasuringHouse, *words: DeviceWord) -> None:
    box = SendingBox(ONE)
    box.keep(*words)
    house.clock.advance(days=2)
    house.take(*box.batches(1))


def test_a_device_counts_as_its_last_word_said(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    told(house, used(board, 0), used(board, 4.5), used(board, 5.5, in_use=False), used(board, 9))
    (day,) = house.rows(tables.device_days)
    assert (day["minutes_online"], day["minutes_in_use"], day["words"]) == (9, 5, 4)
    (hour,) = house.rows(tables.room_hours)
    assert (hour["minutes_mask"], hour["device_minutes"]) == (0b111110, 5)
    (room,) = house.rows(tables.room_days)
    assert (room["devices_heard"], room["devices_used"], room["minutes_in_use"]) == (1, 1, 5)


def test_a_display_without_a_picture_is_no_fault(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    told(house, used(board, 0, faults=("signal",)), used(board, 1), used(board, 2, faults=("signal", "fan")))
    assert [row["faults_begun"] for row in house.rows(tables.device_days)] == [1]
    assert [row["faults_begun"] for row in house.rows(tables.room_days)] == [1]


def test_a_silent_device_counts_for_six_minutes_at_most(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    told(house, used(board, 0), used(board, 300))
    assert [row["minutes_in_use"] for row in house.rows(tables.device_days)] == [6]


def test_use_is_counted_on_both_sides_of_an_hour_and_of_midnight(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    told(house, used(board, 17 * 60 - 3), used(board, 17 * 60 + 2))
    assert [row["minutes_in_use"] for row in house.rows(tables.device_days)] == [2, 3]
    assert [row["minutes_mask"] for row in house.rows(tables.room_hours)] == [(1 << 58) + (1 << 59), 0b111]
    assert [(row["devices_heard"], row["devices_used"]) for row in house.rows(tables.room_days)] == [(1, 1), (1, 1)]


def test_two_devices_used_at_once_are_one_minute_of_the_room(house: MeasuringHouse) -> None:
    first, second = house.devices[ONE]
    told(house, used(first, 0), used(second, 0), used(first, 3), used(second, 3))
    (hour,) = house.rows(tables.room_hours)
    assert (hour["minutes_mask"], hour["device_minutes"]) == (0b1110, 6)


def test_a_fault_is_counted_when_it_begins(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    told(
        house,
        *(used(board, n, faults=faults) for n, faults in enumerate([(), ("fan",), ("fan", "lamp"), (), ("fan",)])),
    )
    assert [row["faults_begun"] for row in house.rows(tables.device_days)] == [3]
    assert [row["faults_begun"] for row in house.rows(tables.room_days)] == [3]


def test_history_that_comes_after_live_words_fills_the_hole(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    live = [used(board, 0), used(board, 4), used(board, 2500)]
    history = [used(board, minute) for minute in range(9, 2000, 5)]
    told(house, *live, *history, used(board, 2504))
    first, second = house.rows(tables.device_days)[:2]
    assert first["minutes_in_use"] == 17 * 60 - 1
    assert sum(int(str(row["minutes_in_use"])) for row in house.rows(tables.device_days)) == 1999 + 4
    assert [(row["devices_heard"], row["devices_used"]) for row in house.rows(tables.room_days)] == [(1, 1)] * 3
    assert second["words"] == 196
    assert [row["at"] for row in house.rows(tables.latest)] == [SEVEN_O_CLOCK + timedelta(minutes=2504)]


def test_a_word_older_than_the_last_one_changes_no_figure(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    told(house, used(board, 10, in_use=False), used(board, 3), used(board, 12))
    assert [row["minutes_in_use"] for row in house.rows(tables.device_days)] == [0]
    assert [row["at"] for row in house.rows(tables.latest)] == [SEVEN_O_CLOCK + timedelta(minutes=12)]
    assert len(house.rows(tables.words)) == 3


@pytest.fixture(scope="module")
def made_measurements(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("made") / "measurements.db"
    open_measurements(f"sqlite:///{file}").stop()
    return file


Told = list[tuple[int, int, bool, tuple[str, ...]]]


def _steps(least: int, most: int) -> st.SearchStrategy[Told]:
    """At most 25 words, so many seconds apart: which device, the step, whether in use, what is broken."""
    faults = st.sets(st.sampled_from(["fan", "lamp"])).map(lambda some: tuple(sorted(some)))
    return st.lists(st.tuples(st.integers(0, 1), st.integers(least, most), st.booleans(), faults), max_size=25)


STEPS = _steps(0, 900) | _steps(-30, 14)
"""A clock that goes back, or holes of more than six minutes. Not both: a new start of the program forgets holes, and
then a word that goes back into one is history that came too late."""


@pytest.mark.timeout(600)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(told_by=st.tuples(STEPS, STEPS), seed=st.integers(0, 1 << 30))
def test_late_words_give_the_same_sums_as_live_ones(
    told_by: tuple[Told, Told], seed: int, made_store: Path, made_measurements: Path
) -> None:
    live = sums_of(told_by, None, made_store, made_measurements)
    late = sums_of(told_by, Random(seed), made_store, made_measurements)
    assert late == live


def sums_of(told_by: tuple[Told, Told], disorder: Random | None, registers: Path, measurements: Path) -> object:
    """Every sum after each box told its words: one by one and box after box, or (`disorder`) as a bad network does."""
    with tempfile.TemporaryDirectory() as folder:
        central = Database(f"sqlite:///{shutil.copy(registers, folder)}")
        measured = Database(f"sqlite:///{shutil.copy(measurements, folder)}")
        central.start()
        measured.start()
        try:
            house = MeasuringHouse(central, measured)
            names = {name: f"{box}/{n}" for box in ROOMS for n, name in enumerate(house.devices[box])}
            boxes = [_box_with(house, box, words) for box, words in zip((ONE, TWO), told_by, strict=True)]
            house.clock.advance(days=3)
            if disorder is None:
                for box in boxes:
                    house.take(*box.batches(1))
            else:
                _deliver(house, boxes, disorder)
            rows = [
                row | {"device_id": names.get(str(row.get("device_id")))} for one in SUMS for row in house.rows(one)
            ]
            return sorted(map(str, rows))
        finally:
            measured.stop()
            central.stop()


def _box_with(house: MeasuringHouse, name: str, words: Told) -> SendingBox:
    box = SendingBox(next(one for one in ROOMS if one == name))
    seconds = 17 * 3600 - 600
    for device, step, in_use, faults in words:
        seconds += step
        at = SEVEN_O_CLOCK + timedelta(seconds=seconds)
        which = house.devices[box.box_id][device]
        box.keep(DeviceWord(device=which, at=at, online=not faults, in_use=in_use, faults=faults))
        whole = at.replace(second=0)
        box.keep(
            MinuteValues(device=which, metric="co2", minute=whole, count=2, lowest=1, highest=step + 30, mean=4, last=4)
        )
    return box


def _deliver(house: MeasuringHouse, boxes: list[SendingBox], disorder: Random) -> None:
    """Batches of any size, lost, doubled and out of order, in commits of any size, with new starts of the program."""
    for _ in range(60):
        letters = [one for box in boxes for one in box.batches(disorder.randint(1, 9))]
        letters = [one for one in letters for _ in range(disorder.choice([0, 1, 1, 2]))]
        disorder.shuffle(letters)
        while letters:
            cut = disorder.randint(1, len(letters))
            house.take(*letters[:cut])
            del letters[:cut]
        if disorder.random() < 0.3:
            house.new_writer()
        for box_id, mark in house.answers:
            next(box for box in boxes if box.box_id == box_id).hear(mark)
        house.answers.clear()
        if not any(box.rows for box in boxes):
            return
    for box in boxes:
        house.take(*box.batches(1))
