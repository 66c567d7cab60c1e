"""What one box can make central store and do: rows, alerts, names of metrics, sums, many alerts."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, text, update

from central.measuring import tables
from central.measuring.harvest import END_OLDER_ALERTS, Harvest
from central.measuring.put_rows import PutRows, Rows
from central.measuring.row_limits import ALERTS_AN_HOUR, METRICS_A_DAY, Budget, MetricNames
from models.telemetry import MOST_FAULTS, Alert, AlertKind, Gap, MinuteValues, RawValue, RawValues
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_house import ONE, MeasuringHouse, SendingBox
from tests.fakes.manual_clock import ManualClock


def alert(device: str, number: int, **said: Any) -> Alert:
    began = SEVEN_O_CLOCK + timedelta(seconds=number)
    return Alert(alert_id=f"a{number:05}", device=device, kind=AlertKind.FAULT, began_at=began, **said)


def minute(device: str, metric: str, count: int = 1) -> MinuteValues:
    return MinuteValues(
        device=device, metric=metric, minute=SEVEN_O_CLOCK, count=count, lowest=1, highest=1, mean=1, last=1
    )


def marks(house: MeasuringHouse) -> list[tuple[object, object]]:
    return [(row["held"], row["unreadable"]) for row in house.rows(tables.marks)]


def test_a_budget_is_spent_comes_again_with_time_and_is_given_back_when_nothing_was_stored() -> None:
    clock = ManualClock()
    budget = Budget(clock, an_hour=60, most=100)
    assert [budget.spend("a", 70), budget.spend("a", 70), budget.spend("a", 1), budget.spend("b", 5)] == [70, 30, 0, 5]
    clock.advance(minutes=10)
    budget.keep()
    assert budget.spend("a", 20) == 10
    budget.undo()
    assert budget.spend("a", 20) == 10
    clock.advance(hours=9)
    assert budget.spend("a", 1000) == 100


def test_a_device_has_so_many_names_of_metrics_a_day() -> None:
    clock = ManualClock()
    names = MetricNames(clock)
    assert all(names.allows("dev-1", f"m{one}") for one in range(METRICS_A_DAY))
    assert not names.allows("dev-1", "one more")
    assert names.allows("dev-1", "m0")
    assert names.allows("dev-2", "one more")
    clock.advance(days=1)
    assert names.allows("dev-1", "one more")


class CountingRows(PutRows):
    """Counts how often older alerts are looked for."""

    looks = 0

    def change(self, connection: Connection, words: str, rows: Rows) -> int:
        self.looks += len(rows) if words == END_OLDER_ALERTS else 0
        return super().change(connection, words, rows)


def test_many_alerts_of_a_device_are_one_look_at_its_older_ones(house: MeasuringHouse) -> None:
    rows, harvest = CountingRows(), Harvest()
    began = [int((SEVEN_O_CLOCK + timedelta(seconds=one)).timestamp() * 1000) for one in range(300)]
    for kind in ("hot", "fault"):
        harvest.alerts += [
            (f"{kind}-{one}", "dev-1", "DK-101", ONE, kind, at, None, None, "", None, None, None, "")
            for one, at in enumerate(began)
        ]
    with house.measurements.writing() as connection:
        harvest.store(connection, rows)
    assert rows.looks == 2
    assert [row["alert_id"] for row in house.rows(tables.alerts) if row["ended_at"] is None] == ["fault-299", "hot-299"]


def test_older_alerts_are_found_by_an_index_of_those_that_last(house: MeasuringHouse) -> None:
    with house.measurements.reading() as connection:
        if connection.dialect.name == "sqlite":
            words = "EXPLAIN QUERY PLAN " + END_OLDER_ALERTS
            plan = connection.exec_driver_sql(words, (1, "dev-1", "hot", "a1", 1)).all()
        else:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
            words = "EXPLAIN " + END_OLDER_ALERTS.replace("?", "%s")
            plan = connection.exec_driver_sql(words, (1, "dev-1", "hot", "a1", 1)).all()
    assert "ix_alerts_lasting" in str(plan)


def test_a_box_tells_so_many_alerts_an_hour_and_can_still_end_them(house: MeasuringHouse) -> None:
    device = house.devices[ONE][0]
    house.clock.advance(hours=2)
    box = SendingBox(ONE)
    box.keep(*(alert(device, one) for one in range(ALERTS_AN_HOUR + 20)))
    box.keep(alert(device, ALERTS_AN_HOUR - 1, ended_at=SEVEN_O_CLOCK + timedelta(hours=1)))
    house.take(*box.batches(260))
    assert marks(house) == [(ALERTS_AN_HOUR + 21, 20)]
    assert len(house.rows(tables.alerts)) == ALERTS_AN_HOUR
    assert all(row["ended_at"] for row in house.rows(tables.alerts))
    house.clock.advance(hours=1)
    box.keep(alert(device, 9_000))
    house.take(box.batch(ALERTS_AN_HOUR + 22, 1))
    assert len(house.rows(tables.alerts)) == ALERTS_AN_HOUR + 1


def test_gaps_are_alerts_too(house: MeasuringHouse) -> None:
    house.clock.advance(hours=2)
    box = SendingBox(ONE)
    ats = [SEVEN_O_CLOCK + timedelta(seconds=one) for one in range(ALERTS_AN_HOUR + 1)]
    box.keep(*(Gap(count=1, since=at, until=at) for at in ats))
    house.take(*box.batches(300))
    assert (len(house.rows(tables.alerts)), len(house.rows(tables.gaps))) == (ALERTS_AN_HOUR, ALERTS_AN_HOUR)
    assert marks(house) == [(ALERTS_AN_HOUR + 1, 1)]


def test_rows_beyond_the_boxes_budget_are_counted_and_hold_up_nothing(house: MeasuringHouse) -> None:
    house.intake._rows = Budget(house.clock, an_hour=60, most=5)
    house.clock.advance(hours=2)
    box = SendingBox(ONE)
    box.keep(*(minute(house.devices[ONE][0], "co2") for _ in range(8)))
    house.take(box.batch(1, 8))
    assert marks(house) == [(8, 3)]
    assert len(house.rows(tables.minutes)) == 5


def test_raw_readings_beyond_what_anybody_can_ask_for_are_counted(house: MeasuringHouse) -> None:
    house.intake._raw = Budget(house.clock, an_hour=60, most=3)
    reading = RawValue(metric="co2", at=SEVEN_O_CLOCK, value=800)
    box = SendingBox(ONE)
    box.keep(*(RawValues(device=house.devices[ONE][0], values=(reading,)) for _ in range(5)))
    house.take(box.batch(1, 5))
    assert marks(house) == [(5, 2)]
    assert len(house.rows(tables.raw_values)) == 3


def test_a_row_with_a_name_too_many_is_counted_and_not_stored(house: MeasuringHouse) -> None:
    house.clock.advance(hours=2)
    box = SendingBox(ONE)
    box.keep(*(minute(house.devices[ONE][0], f"m{one}") for one in range(METRICS_A_DAY + 3)))
    house.take(box.batch(1, METRICS_A_DAY + 3))
    assert marks(house) == [(METRICS_A_DAY + 3, 3)]
    assert len(house.rows(tables.hours)) == METRICS_A_DAY


@pytest.mark.parametrize("faults", [MOST_FAULTS, MOST_FAULTS + 1])
def test_a_word_has_so_many_faults(house: MeasuringHouse, faults: int) -> None:
    house.clock.advance(hours=2)
    word = {"type": "word", "device": house.devices[ONE][0], "at": SEVEN_O_CLOCK.isoformat(), "online": True}
    box = SendingBox(ONE)
    house.take((box.topic, box.packed(1, [msgspec.json.encode(word | {"faults": ["fan"] * faults})])))
    assert marks(house) == [(1, faults - MOST_FAULTS)]


def test_sums_run_over_no_column(house: MeasuringHouse) -> None:
    house.clock.advance(hours=2)
    box = SendingBox(ONE)
    device = house.devices[ONE][0]
    box.keep(minute(device, "co2"), minute(device, "co2", count=100_000))
    house.take(box.batch(1, 1))
    with house.measurements.writing() as connection:
        connection.execute(update(tables.hours).values(count=2**31 - 1))
        connection.execute(update(tables.marks).values(unreadable=2**31 - 1, foreign=2**31 - 1))
    box.rows.append(b"{}")
    box.keep(minute("dev-nobodys", "co2"))
    house.take(box.batch(2, 3))
    (mark,) = house.rows(tables.marks)
    assert [row["count"] for row in house.rows(tables.hours)] == [2**31 - 1 + 100_000]
    assert (mark["held"], mark["unreadable"], mark["foreign"]) == (4, 2**31, 2**31)
