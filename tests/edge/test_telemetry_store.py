"""What the telemetry store promises: what is kept, what goes first, and that a bad card stops nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from edge.telemetry_store import LEAST_FREE_BYTES, TelemetryStore
from models.clock import to_unix_ms
from models.telemetry import (
    Alert,
    CommandRow,
    DeviceWord,
    Found,
    Gap,
    MinuteValues,
    RawValue,
    RawValues,
    Row,
    decode_row,
)
from tests.builders.telemetry_rows import MORNING, alert, command, minute, word
from tests.fakes.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def store(tmp_path: Path, clock: ManualClock) -> Iterator[TelemetryStore]:
    made = TelemetryStore(tmp_path / "telemetry.db", clock)
    made.start()
    yield made
    made.stop()


def opened(path: Path, clock: ManualClock, cap_bytes: int = 10**9, free: int = 10**12) -> TelemetryStore:
    made = TelemetryStore(path, clock, cap_bytes, lambda _: free)
    made.start()
    return made


def everything(store: TelemetryStore) -> list[Row]:
    """All rows in the order in which they would travel."""
    while store.number_next(0, 0, 500, 10**6) or len(store.numbered_after(0, 10**6)) < store.waiting():
        pass
    return [decode_row(msgspec.Raw(row.body)) for row in store.numbered_after(0, 10**6)]


def test_words_wait_for_a_second_and_alerts_and_audit_rows_do_not(store: TelemetryStore, clock: ManualClock) -> None:
    told: list[int] = []
    store.when_committed(lambda: told.append(1))
    store.add([word(1)])
    store.time_passed()
    assert not told
    clock.advance(seconds=1)
    store.time_passed()
    assert len(told) == 1
    store.add([alert(1)])
    store.add([command(1)])
    assert len(told) == 3
    store.add([word(number) for number in range(200)])
    assert len(told) == 4


def test_rows_alerts_and_numbers_outlive_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "telemetry.db"
    store = opened(path, clock)
    store.add([word(1), minute(2), alert(3), alert(4), alert(4, ended=True)])
    store.number_next(0, 0, 1, 10**6)
    head = store.head()
    store.stop()
    again = opened(path, clock)
    assert again.head() == head == (to_unix_ms(MORNING), 1)
    assert again.open_alerts() == [alert(3)]
    assert len(everything(again)) == 5
    again.stop()


def test_what_is_kept_longest_travels_first_then_what_is_new_then_history_as_far_as_allowed(
    store: TelemetryStore,
) -> None:
    store.add([minute(1), word(2), alert(3)])
    boundary = store.last_position()
    store.add([word(4), minute(5)])
    store.flush()
    assert store.number_next(boundary, 1, 500, 10**6) == 1
    rows = [decode_row(msgspec.Raw(row.body)) for row in store.numbered_after(0, 10)]
    assert rows == [alert(3), word(4), minute(5), minute(1)]
    assert [row.seq for row in store.numbered_after(0, 10)] == [1, 2, 3, 4]
    store.forget_up_to(4)
    assert store.number_next(boundary, 0, 500, 10**6) == 0
    assert store.numbered_after(0, 10) == []
    assert store.waiting() == 1


def test_at_the_cap_minutes_go_first_then_words_and_one_gap_says_how_many(tmp_path: Path, clock: ManualClock) -> None:
    size = len(msgspec.json.encode(minute(1)))
    store = opened(tmp_path / "telemetry.db", clock, cap_bytes=60 * size)
    store.add([alert(1), command(1)])
    for number in range(200):
        store.add([minute(number), word(number)])
    store.flush()
    kept = everything(store)
    assert [row for row in kept if isinstance(row, Alert | CommandRow)] == [alert(1), command(1)]
    gaps = [row for row in kept if isinstance(row, Gap)]
    assert len(gaps) == 1
    assert len(kept) - 1 + gaps[0].count == 402
    assert not [row for row in kept if isinstance(row, MinuteValues)]
    words = [row for row in kept if isinstance(row, DeviceWord)]
    assert words == [word(number) for number in range(200 - len(words), 200)]
    assert gaps[0].since == MORNING
    assert gaps[0].until == minute(199).minute
    assert sum(len(msgspec.json.encode(row)) for row in kept) <= 60 * size
    store.stop()


def test_finds_of_strangers_displace_neither_words_nor_minutes(tmp_path: Path, clock: ManualClock) -> None:
    store = opened(tmp_path / "telemetry.db", clock, cap_bytes=20_000)
    for number in range(20):
        store.add([word(number), minute(number)])
    for number in range(200):
        store.add([Found(where=f"mqtt {number}", what="x" * 100, confidence=0, at=MORNING)])
    store.flush()
    kept = everything(store)
    assert sum(isinstance(row, DeviceWord) for row in kept) == 20
    assert sum(isinstance(row, MinuteValues) for row in kept) == 20
    assert sum(isinstance(row, Gap) for row in kept) == 1
    assert kept[-1] == Found(where="mqtt 199", what="x" * 100, confidence=0, at=MORNING)
    store.stop()


def test_readings_that_somebody_watched_go_before_anything_else(tmp_path: Path, clock: ManualClock) -> None:
    store = opened(tmp_path / "telemetry.db", clock, cap_bytes=20_000)
    find = Found(where="mqtt 1", what="x", confidence=0, at=MORNING)
    store.add([word(1), minute(1), find])
    reading = RawValue(metric="co2", at=MORNING, value=800.0)
    for _ in range(300):
        store.add([RawValues(device="dev-1", values=(reading,) * 10)])
    store.flush()
    kept = everything(store)
    assert [row for row in kept if not isinstance(row, RawValues | Gap)] == [word(1), minute(1), find]
    [gap] = [row for row in kept if isinstance(row, Gap)]
    assert (gap.since, gap.until) == (MORNING, MORNING)
    assert gap.count + sum(isinstance(row, RawValues) for row in kept) == 300
    store.stop()


def test_with_little_space_on_the_card_the_store_grows_no_more(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "telemetry.db"
    store = opened(path, clock)
    store.add([minute(number) for number in range(300)])
    store.stop()
    store = opened(path, clock, free=LEAST_FREE_BYTES - 1)
    store.add([minute(number) for number in range(300, 500)])
    kept = everything(store)
    assert sum(len(msgspec.json.encode(row)) for row in kept) <= 300 * len(msgspec.json.encode(minute(499)))
    assert kept[-1] == minute(499)
    assert sum(row.count for row in kept if isinstance(row, Gap)) == 500 - (len(kept) - 1)
    store.stop()


def test_a_damaged_file_is_set_aside_and_a_higher_epoch_begins(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "telemetry.db"
    store = opened(path, clock)
    store.add([alert(1)])
    first = store.head()
    store.stop()
    path.write_bytes(b"not a database" * 1000)
    clock.advance(seconds=5)
    again = opened(path, clock)
    second = again.head()
    assert first is not None
    assert second is not None
    assert second[0] > first[0]
    assert everything(again) == []
    assert list(tmp_path.glob("telemetry.db.damaged-*"))
    again.stop()


def test_rows_that_the_card_does_not_take_become_a_gap_and_nothing_is_raised(
    tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "telemetry.db"
    store = opened(path, clock)
    store.add([alert(1)])
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("DROP TABLE rows")
    store.add([alert(2)])
    store.add([word(3)])
    store.flush()
    assert not store.note_rule("off", "2026-06-11")
    assert [record.levelname for record in caplog.records].count("WARNING") == 1
    clock.advance(seconds=31)
    store.time_passed()
    kept = everything(store)
    assert kept == [Gap(count=2, since=word(3).at, until=alert(2).began_at)]
    other.close()
    store.stop()


def test_a_closed_store_takes_nothing_and_raises_nothing(tmp_path: Path, clock: ManualClock) -> None:
    store = opened(tmp_path / "telemetry.db", clock)
    store.stop()
    store.add([alert(1)])
    assert store.head() is None
    assert store.open_alerts() == []


def test_a_rule_fires_once_a_day_also_after_a_restart(tmp_path: Path, clock: ManualClock) -> None:
    path = tmp_path / "telemetry.db"
    store = opened(path, clock)
    assert store.note_rule("off", "2026-06-11")
    assert not store.note_rule("off", "2026-06-11")
    store.stop()
    store = opened(path, clock)
    assert not store.note_rule("off", "2026-06-11")
    assert store.note_rule("off", "2026-06-12")
    store.stop()
