"""Minutes against the raw values that went into them."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.equipment_watch.roll_up import MOST_OPEN, RollUp
from models.room_messages import Integrity
from models.telemetry import MinuteValues

SEVEN = datetime(2026, 6, 11, 0, 0, tzinfo=UTC)
READINGS = st.lists(
    st.tuples(
        st.sampled_from(["dev-1", "dev-2"]),
        st.sampled_from(["co2", "temperature"]),
        st.integers(-3600, 30),
        st.floats(-1e6, 1e6),
        st.integers(0, 90),
    ),
    max_size=150,
)


def add(rolled: RollUp, value: float, at: datetime = SEVEN, now_ms: int = 0) -> None:
    rolled.add(("dev-1", "co2"), at, value, unit="ppm", integrity=Integrity.CRC, now_ms=now_ms)


@given(READINGS)
def test_all_minutes_together_hold_exactly_the_raw_values(readings: list[tuple[str, str, int, float, int]]) -> None:
    rolled, rows, now_ms = RollUp(), list[MinuteValues](), 0
    raw: dict[tuple[str, str, datetime], list[float]] = defaultdict(list)
    for device, metric, late, value, pause in readings:
        now_ms += pause * 1000
        at = SEVEN + timedelta(milliseconds=now_ms, seconds=late)
        rolled.add((device, metric), at, value, unit="x", integrity=Integrity.NONE, now_ms=now_ms)
        raw[device, metric, at.replace(second=0, microsecond=0)].append(value)
        rows += rolled.due(now_ms)
    rows += rolled.finish()
    assert rolled.finish() == []
    told: dict[tuple[str, str, datetime], list[MinuteValues]] = defaultdict(list)
    for row in rows:
        told[row.device, row.metric, row.minute].append(row)
    assert told.keys() == raw.keys()
    for key, values in raw.items():
        assert sum(row.count for row in told[key]) == len(values)
        assert min(row.lowest for row in told[key]) == min(values)
        assert max(row.highest for row in told[key]) == max(values)
        total = sum(row.mean * row.count for row in told[key])
        assert total == pytest.approx(sum(values), abs=1e-6 * sum(abs(value) for value in values) + 1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 7200), st.floats(0, 100)), min_size=1, max_size=60),
    st.sampled_from([1, 5, 60]),
)
def test_pieces_of_an_hour_hold_the_raw_values_too(readings: list[tuple[int, float]], span: int) -> None:
    rolled = RollUp()
    for second, value in readings:
        at = SEVEN + timedelta(seconds=second)
        rolled.add(("dev-1", "battery"), at, value, unit="%EL", integrity=Integrity.NONE, now_ms=0, span_minutes=span)
    rows = rolled.finish()
    assert sum(row.count for row in rows) == len(readings)
    assert {row.minute for row in rows} == {
        SEVEN + timedelta(minutes=span * (second // (span * 60))) for second, _ in readings
    }


def test_an_hour_is_told_a_quarter_of_a_minute_after_its_end() -> None:
    rolled, at, now_ms = RollUp(), SEVEN + timedelta(minutes=20), 20 * 60_000
    rolled.add(("dev-1", "battery"), at, 90, unit="%EL", integrity=Integrity.NONE, now_ms=now_ms, span_minutes=60)
    assert rolled.due(3_614_999) == []
    assert [(row.minute, row.count) for row in rolled.due(3_615_000)] == [(SEVEN, 1)]


def test_a_minute_is_told_a_quarter_of_a_minute_after_its_end() -> None:
    rolled = RollUp()
    add(rolled, 400, SEVEN + timedelta(seconds=50), now_ms=50_000)
    assert rolled.due(74_999) == []
    assert [(row.minute, row.count) for row in rolled.due(75_000)] == [(SEVEN, 1)]


def test_last_is_the_newest_value_and_one_unguarded_value_leaves_the_minute_unguarded() -> None:
    rolled = RollUp()
    add(rolled, 3, SEVEN + timedelta(seconds=30))
    add(rolled, 1, SEVEN + timedelta(seconds=10))
    rolled.add(("dev-1", "co2"), SEVEN, 2, unit="ppm", integrity=Integrity.NONE, now_ms=0)
    (row,) = rolled.finish()
    assert (row.last, row.integrity, row.lowest, row.highest, row.mean) == (3, Integrity.NONE, 1, 3, 2)


def test_doubted_values_are_counted_with_the_next_row_of_their_metric() -> None:
    rolled = RollUp()
    rolled.doubt("dev-1", "co2")
    assert rolled.finish() == []
    add(rolled, 400)
    assert [row.doubtful for row in rolled.finish()] == [1]
    add(rolled, 400)
    assert [row.doubtful for row in rolled.finish()] == [0]


def test_a_wandering_clock_fills_neither_the_memory_nor_anothers_place(caplog: pytest.LogCaptureFixture) -> None:
    rolled = RollUp()
    for minute in range(MOST_OPEN + 50):
        add(rolled, 1, SEVEN + timedelta(minutes=minute))
    rolled.add(("dev-2", "co2"), SEVEN, 2, unit="ppm", integrity=Integrity.NONE, now_ms=0)
    rolled.due(0)
    rolled.due(1)
    assert [record.getMessage() for record in caplog.records] == [
        "dev-1 measured too many minutes at once: 50 of its values were dropped"
    ]
    assert [row.device for row in rolled.finish()].count("dev-2") == 1
    add(rolled, 1)
    assert len(rolled.finish()) == 1, "what was told has left its place"
