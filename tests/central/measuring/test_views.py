"""What pages read of the measurement store, on SQLite and PostgreSQL alike."""

from datetime import timedelta

from central.database import Database
from central.measuring import history, views
from central.measuring.history import day_number
from models.clock import SCHOOL_ZONE
from models.equipment import EquipmentKind
from models.telemetry import AlertKind
from tests.builders.exams import SEVEN_O_CLOCK as NOW
from tests.builders.measured import MeasuredDevice, begin_alert, fill

BOARD = MeasuredDevice(device_id="dev-board", room_id="R1", used=(7, 8), values={"power": "on"})
TABLET = MeasuredDevice(
    device_id="dev-tablet",
    room_id="R1",
    kind=EquipmentKind.TABLET,
    used=(7,),
    metrics=("temperature",),
    faults=("fan",),
)
OTHER = MeasuredDevice(device_id="dev-other", room_id="R2", used=(9,))
TODAY = day_number(NOW.astimezone(SCHOOL_ZONE).date())


def _filled(measurements: Database, days: int = 3) -> Database:
    with measurements.writing() as connection:
        fill(connection, [BOARD, TABLET, OTHER], NOW, days)
    return measurements


def test_the_newest_words_of_a_room_and_of_a_device(measurements: Database) -> None:
    with _filled(measurements).reading() as connection:
        words = views.words_of_rooms(connection, ["R1"])
        assert set(words) == {"dev-board", "dev-tablet"}
        assert words["dev-board"].readings == {"power": "on"}
        assert words["dev-tablet"].faults == ("fan",)
        assert views.word_of(connection, "dev-other") is not None
        assert views.word_of(connection, "nobody") is None
        assert views.newest_word_at(connection, ["R1"]) == NOW - timedelta(minutes=1)
        assert views.newest_word_at(connection, []) is None


def test_voices_are_counted_by_room(measurements: Database) -> None:
    with _filled(measurements).reading() as connection:
        voices = views.count_voices(connection, NOW - timedelta(minutes=15))
        assert (voices["R1"].known, voices["R1"].lately) == (2, 2)
        assert views.count_voices(connection, NOW)["R1"].lately == 0


def test_alerts_are_read_while_they_last_and_by_their_beginning(measurements: Database) -> None:
    with measurements.writing() as connection:
        lasting = begin_alert(connection, BOARD, NOW - timedelta(hours=1), AlertKind.HOT)
        ended = begin_alert(connection, BOARD, NOW - timedelta(hours=2), AlertKind.FAULT, ended_at=NOW)
        begin_alert(connection, OTHER, NOW - timedelta(hours=3))
    with measurements.reading() as connection:
        assert [one.alert_id for one in views.open_alerts(connection, ["R1"])] == [lasting]
        assert views.count_open_alerts(connection, None) == {"R1": 1, "R2": 1}
        assert [one.alert_id for one in views.alerts_of_device(connection, "dev-board")] == [lasting, ended]
        begun = views.alerts_begun(connection, ["R1"], NOW - timedelta(hours=2), NOW - timedelta(hours=1))
        assert [one.alert_id for one in begun] == [ended]


def test_use_is_added_up_by_hour_by_kind_and_by_device(measurements: Database) -> None:
    with _filled(measurements).reading() as connection:
        first = int(NOW.timestamp()) // 3600 // 24 * 24 - 48
        used = history.hours_of_rooms(connection, ["R1"], first - 24, first + 96)
        assert len(used) == 6
        assert {one.minutes for one in used} == {45}
        kinds = {one.kind: one for one in history.use_by_kind(connection, None, TODAY - 1, TODAY)}
        assert kinds["interactive board"].minutes_in_use == 2 * (90 + 45)
        assert kinds["interactive board"].heard == 2
        assert kinds["tablet"].faults_begun == 2
        totals = history.totals_of_device(connection, "dev-board")
        assert (totals.first_day, totals.last_day, totals.minutes_in_use, totals.days_used) == (
            TODAY - 2,
            TODAY,
            270,
            3,
        )
        assert history.totals_of_device(connection, "nobody").first_day is None
        assert [one.day for one in history.days_of_device(connection, "dev-board", TODAY - 1, TODAY)] == [
            TODAY - 1,
            TODAY,
        ]


def test_minutes_and_hours_are_gathered_in_the_store(measurements: Database) -> None:
    with _filled(measurements).reading() as connection:
        ten = history.minutes_of(connection, "dev-tablet", "temperature", NOW - timedelta(hours=1), 10)
        assert [one.at.minute for one in ten] == [0, 10, 20, 30, 40, 50]
        assert ten[-1].newest_at == NOW - timedelta(minutes=1)
        assert abs(ten[0].mean - 20.45) < 0.001
        assert (ten[0].lowest, round(ten[0].highest, 2), ten[0].unit) == (19.5, 21.4, "Cel")
        days = history.hours_of(connection, "dev-tablet", "temperature", NOW - timedelta(days=10), 24)
        assert [one.at.astimezone(SCHOOL_ZONE).hour for one in days] == [0, 0, 0]
        assert abs(days[1].mean - (20 + 23 / 8)) < 0.001
        assert history.hours_of(connection, "dev-tablet", "humidity", NOW - timedelta(days=10), 24) == []
