"""So many alerts of one box last, whatever it tells: the gravest of them."""

from datetime import timedelta

from central.measuring import tables
from central.measuring.harvest import Harvest
from central.measuring.open_alerts import GRAVEST_FIRST, MOST_OPEN
from central.measuring.put_rows import PutRows
from models.clock import to_unix_ms
from models.telemetry import AlertKind
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_house import ONE, TWO, MeasuringHouse


def _begin(house: MeasuringHouse, box_id: str, kind: AlertKind, count: int, first: int = 0) -> None:
    """So many alerts, each of another device and an earlier beginning than the one before, a hundred in a commit."""
    for start in range(first, first + count, 100):
        harvest = Harvest()
        for number in range(start, min(start + 100, first + count)):
            began = to_unix_ms(SEVEN_O_CLOCK - timedelta(seconds=number))
            names = (f"{box_id}-{kind}-{number:04}", f"{box_id}-dev-{number}", f"room-of-{box_id}", box_id)
            harvest.alerts.append((*names, kind.value, began, None, None, "", None, None, None, ""))
        with house.measurements.writing() as connection:
            harvest.store(connection, PutRows())


def _lasting(house: MeasuringHouse, box_id: str) -> list[str]:
    rows = house.rows(tables.alerts)
    return sorted(str(row["kind"]) for row in rows if row["box_id"] == box_id and row["ended_at"] is None)


def test_what_a_box_tells_does_not_pile_up(house: MeasuringHouse) -> None:
    _begin(house, TWO, AlertKind.SILENT, 3)
    _begin(house, ONE, AlertKind.SILENT, MOST_OPEN + 150)
    assert len(_lasting(house, ONE)) == MOST_OPEN
    assert len(_lasting(house, TWO)) == 3, "another box's are its own"
    ended = [row for row in house.rows(tables.alerts) if row["ended_at"] is not None]
    assert all(row["ended_at"] == row["began_at"] for row in ended)


def test_the_gravest_stay(house: MeasuringHouse) -> None:
    _begin(house, ONE, AlertKind.BATTERY_LOW, MOST_OPEN - 1)
    _begin(house, ONE, AlertKind.LAMP_HOURS, 20)
    _begin(house, ONE, AlertKind.HOT, 30)
    kinds = _lasting(house, ONE)
    assert (kinds.count("hot"), kinds.count("battery low"), len(kinds)) == (30, MOST_OPEN - 30, MOST_OPEN)


def test_every_kind_of_alert_has_its_place() -> None:
    assert sorted(GRAVEST_FIRST) == sorted(AlertKind)
