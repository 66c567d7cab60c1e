"""Staff work through their own school's alerts: worst and oldest first, one or a room at once, with a note."""

from datetime import timedelta

import pytest

from central.measuring import tables
from central.measuring.alert_deeds import PAGE
from central.registers import alert_recipients
from models.staff import Role
from models.telemetry import AlertKind
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.measured import MeasuredDevice, begin_alert
from tests.builders.places import add_device, build_places


class Alarms:
    """Schools DK and TP, one device in DK-101, and a way to begin alerts."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        with reception.centre.database.writing() as connection:
            build_places(connection)
            self.device = add_device(connection)

    def begin(
        self,
        kind: AlertKind,
        hours_ago: float,
        room: str = "DK-101",
        device: str | None = None,
        ended_hours_ago: float | None = None,
    ) -> str:
        now = self.reception.centre.clock.now()
        ended = None if ended_hours_ago is None else now - timedelta(hours=ended_hours_ago)
        one = MeasuredDevice(device_id=device or self.device, room_id=room)
        with self.reception.desk.measurements.writing() as connection:
            return begin_alert(connection, one, now - timedelta(hours=hours_ago), kind, ended)

    def page(self, query: str = "", school: str | None = "DK", role: Role = Role.PRINCIPAL) -> str:
        answer = self.reception.visit(role, school=school).get(f"/alerts{query}")
        assert answer.status_code == 200
        return answer.text

    def take(self, content: dict[str, str], school: str = "DK") -> int:
        visitor = self.reception.visit(Role.PRINCIPAL, school=school)
        return visitor.post("/alerts/taken", json=content, headers=SAME_SITE).status_code

    def count(self, school: str | None) -> dict[str, int]:
        return dict(self.reception.visit(Role.IT, school=school).get("/alerts/count").json())

    def taken(self) -> dict[object, tuple[object, object]]:
        with self.reception.desk.measurements.reading() as connection:
            rows = connection.execute(tables.alerts.select()).all()
        return {row.alert_id: (row.acknowledged_by, row.note) for row in rows}


@pytest.fixture
def alarms(reception: Reception) -> Alarms:
    return Alarms(reception)


def _order(text: str, *words: str) -> bool:
    places = [text.index(word) for word in words]
    return places == sorted(places)


def test_the_worst_and_the_oldest_stand_first_by_room(alarms: Alarms) -> None:
    alarms.begin(AlertKind.BATTERY_LOW, 9, "DK-102", "dev-old")
    alarms.begin(AlertKind.SILENT, 3, device="dev-b")
    alarms.begin(AlertKind.SILENT, 5, device="dev-a")
    alarms.begin(AlertKind.HOT, 1, "DK-102", "dev-hot")
    text = alarms.page()
    assert _order(text, "Phòng 102", "dev-hot", "dev-old", "Phòng 101", "dev-a", "dev-b")
    assert "4 chưa hết, 4 chưa ai nhận" in text
    only = alarms.page("?kind=hot")
    assert "dev-hot" in only
    assert "dev-old" not in only


def test_an_alert_is_taken_on_with_a_note_once(alarms: Alarms) -> None:
    mine, other = alarms.begin(AlertKind.HOT, 1), alarms.begin(AlertKind.SILENT, 1)
    assert alarms.take({"alert_id": mine, "note": "đã gọi thợ"}) == 200
    assert alarms.take({"alert_id": mine, "note": "lần hai"}) == 200
    assert alarms.taken() == {mine: ("principal-dk", "đã gọi thợ"), other: (None, "")}
    assert "đã gọi thợ" in alarms.page()
    assert {name: alarms.count("DK")[name] for name in ("lasting", "waiting")} == {"lasting": 2, "waiting": 1}
    written = alarms.reception.centre.rows("audit_log", "id, actor, action, subject")
    assert written[-1][1:] == ("principal-dk", "alerts taken on", "DK-101")


def test_a_room_is_taken_on_at_once_and_no_other(alarms: Alarms) -> None:
    here = [alarms.begin(AlertKind.SILENT, 1, device=f"dev-{number}") for number in range(3)]
    there = alarms.begin(AlertKind.SILENT, 1, "DK-102", "dev-x")
    assert "Nhận cả phòng: 3" in alarms.page()
    assert alarms.take({"room_id": "DK-101", "note": "mất điện"}) == 200
    assert alarms.taken() == dict.fromkeys(here, ("principal-dk", "mất điện")) | {there: (None, "")}


def test_another_schools_alerts_are_not_there(alarms: Alarms) -> None:
    foreign = alarms.begin(AlertKind.HOT, 1, "TP-201", "dev-tp")
    assert "dev-tp" not in alarms.page()
    assert alarms.count("DK")["lasting"] == 0
    assert alarms.count(None)["lasting"] == 1
    assert alarms.take({"alert_id": foreign}) == 404
    assert alarms.take({"room_id": "TP-201"}) == 404
    assert alarms.take({"alert_id": "none"}) == 404
    assert alarms.take({}) == 422
    assert alarms.taken() == {foreign: (None, "")}
    assert "dev-tp" in alarms.page("?school=TP", None, Role.IT)
    assert "dev-tp" not in alarms.page("?school=DK", None, Role.IT)


def test_what_is_over_is_looked_at_for_thirty_days(alarms: Alarms) -> None:
    alarms.begin(AlertKind.SILENT, 30 * 24 - 1, device="dev-then", ended_hours_ago=700)
    alarms.begin(AlertKind.SILENT, 30 * 24 + 1, device="dev-before", ended_hours_ago=700)
    text = alarms.page()
    assert "dev-then" in text
    assert "dev-before" not in text


@pytest.mark.parametrize("role", [Role.EXAM_OFFICE])
def test_who_only_looks_has_no_button(alarms: Alarms, role: Role) -> None:
    alarms.begin(AlertKind.HOT, 1)
    assert "/alerts/taken" not in alarms.page(school=None, role=role)


def _tell(alarms: Alarms, emails: str, school: str = "DK", role: Role = Role.IT) -> int:
    content = {"emails": emails, "reason": "đổi người trực"}
    visitor = alarms.reception.visit(role, school="DK")
    return visitor.post(f"/places/{school}/alert-recipients", json=content, headers=SAME_SITE).status_code


def test_a_school_says_who_is_written_to(alarms: Alarms) -> None:
    assert _tell(alarms, "it@dk.test\n\n hieu.truong@dk.test \nit@dk.test") == 200
    assert _tell(alarms, "not an address") == 422
    assert _tell(alarms, "x@y.test\nBcc: z@y.test") == 422
    assert _tell(alarms, "x@tp.test", "TP") == 404
    assert _tell(alarms, "x@dk.test", role=Role.PRINCIPAL) == 403
    with alarms.reception.centre.database.reading() as connection:
        assert alert_recipients.every_recipient(connection) == {"DK": ["hieu.truong@dk.test", "it@dk.test"]}
    assert "hieu.truong@dk.test" in alarms.page(role=Role.IT)
    assert "@dk.test" not in str(alarms.reception.centre.rows("audit_log"))
    assert _tell(alarms, "") == 200
    with alarms.reception.centre.database.reading() as connection:
        assert alert_recipients.every_recipient(connection) == {}


def test_an_alert_says_what_to_do_next_and_what_is_broken_in_vietnamese(alarms: Alarms) -> None:
    alert_id = alarms.begin(AlertKind.FAULT, 1)
    with alarms.reception.desk.measurements.writing() as connection:
        mine = tables.alerts.update().where(tables.alerts.c.alert_id == alert_id)
        connection.execute(mine.values(sentence="The device reports a fault. (fan, E42)"))
    text = alarms.page()
    assert "báo lỗi (quạt, E42)" in text
    assert "chưa hết thì gọi thợ" in text
    assert "The device reports" not in text


def test_what_is_over_names_its_room_and_comes_fifty_at_a_time(alarms: Alarms) -> None:
    for number in range(PAGE + 1):
        alarms.begin(AlertKind.SILENT, 2 + number / 100, device=f"dev-{number}", ended_hours_ago=1)
    first, rest = alarms.page(), alarms.page(f"?skip={PAGE}")
    assert "<td>Phòng 101</td>" in first
    assert f"1–{PAGE} và còn nữa" in first
    assert f"skip={PAGE}" in first
    assert "dev-50" not in first
    assert "dev-50" in rest
    assert f"{PAGE + 1}–{PAGE + 1}" in rest
