"""People are told of alerts once for each cause, not at night, not in floods, and not again what they acknowledged."""

from collections.abc import Callable
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import update

from central.measuring import tables
from central.measuring.alert_post import MAIL, AlertPost
from central.registers import alert_recipients
from central.settings import AlertSettings, MailSettings, RecipientSettings
from models.telemetry import AlertKind
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measured import MeasuredDevice, begin_alert
from tests.builders.measuring_house import MeasuringHouse
from tests.builders.places import DEED, add_device
from tests.fakes.noting_carrier import NotingCarrier

SETTINGS = AlertSettings(
    quiet_from=time(20, 0),
    quiet_until=time(6, 30),
    lines_an_hour=3,
    recipients=(RecipientSettings(email="it@dk.test", school="DK"), RecipientSettings(email="so@tinh.test")),
    mail=MailSettings(host="localhost", sender="central@tinh.test"),
    pages="https://central.test/",
)


class Office:
    """The alert post at seven in the morning, with that morning's digest behind it."""

    def __init__(self, house: MeasuringHouse) -> None:
        self.house = house
        self.clock = house.clock
        self.carrier = NotingCarrier()
        self.new_post()
        self.round()
        self.carrier.letters.clear()

    def new_post(self) -> None:
        self.post = AlertPost(
            measurements=self.house.measurements,
            central=self.house.central,
            carriers={MAIL: self.carrier},
            settings=SETTINGS,
            clock=self.clock,
        )

    def begin(self, device: str, kind: AlertKind = AlertKind.SILENT, room: str = "DK-101", **said: datetime) -> str:
        with self.house.measurements.writing() as connection:
            one = MeasuredDevice(device_id=device, room_id=room)
            return begin_alert(connection, one, said.get("began_at", self.clock.now()), kind, said.get("ended_at"))

    def acknowledge(self, alert_id: str) -> None:
        with self.house.measurements.writing() as connection:
            mine = update(tables.alerts).where(tables.alerts.c.alert_id == alert_id)
            connection.execute(mine.values(acknowledged_at=self.clock.now(), acknowledged_by="it"))

    def round(self) -> None:
        self.post.write()
        self.post.send()

    def to(self, recipient: str) -> list[str]:
        """The bodies that the recipient was sent since the last question."""
        bodies = [one.body for one in self.carrier.letters if one.recipient == recipient]
        self.carrier.letters = [one for one in self.carrier.letters if one.recipient != recipient]
        return bodies


@pytest.fixture
def office(house: MeasuringHouse) -> Office:
    return Office(house)


def test_an_alert_is_told_once_to_the_school_and_to_the_province(office: Office) -> None:
    office.begin("dev-1", AlertKind.HOT)
    for _ in range(2):
        office.round()
    (body,) = office.to("it@dk.test")
    assert "Phòng 101 (DK-101), dev-1: quá nóng, từ 07:00 11/06 · too hot since 07:00 11/06" in body
    assert len(office.to("so@tinh.test")) == 1


def test_another_school_is_not_told(office: Office) -> None:
    office.begin("dev-1", room="TP-201")
    office.round()
    assert office.to("it@dk.test") == []
    assert len(office.to("so@tinh.test")) == 1


def test_many_devices_of_one_cause_are_one_line(office: Office) -> None:
    for number in range(40):
        office.begin(f"dev-{number}")
    office.round()
    (body,) = office.to("it@dk.test")
    assert "40 devices silent since 07:00" in body
    assert body.count("\n- ") + body.startswith("- ") == 1


def test_a_flood_is_cut_with_one_line_that_counts_the_rest(office: Office) -> None:
    for kind in (AlertKind.HOT, AlertKind.FAULT, AlertKind.SILENT, AlertKind.DOOR_OPEN, AlertKind.BATTERY_LOW):
        office.begin("dev-1", kind)
        office.clock.advance(seconds=1)
    office.round()
    (body,) = office.to("it@dk.test")
    assert body.count("\n- ") + body.startswith("- ") == 4
    assert "- và 2 cảnh báo khác · and 2 more" in body


def test_what_comes_after_a_flood_waits_until_the_hour_is_over(office: Office) -> None:
    for kind in (AlertKind.HOT, AlertKind.FAULT, AlertKind.SILENT):
        office.begin("dev-1", kind)
    office.round()
    office.to("it@dk.test")
    office.begin("dev-2", AlertKind.DOOR_OPEN)
    office.clock.advance(minutes=30)
    office.round()
    assert office.to("it@dk.test") == []
    office.clock.advance(minutes=31)
    office.round()
    (body,) = office.to("it@dk.test")
    assert "dev-2: cửa mở" in body


def test_nothing_goes_out_at_night_and_the_morning_sums_it_up(office: Office) -> None:
    office.clock.advance(hours=15)
    office.begin("dev-1", AlertKind.FAULT)
    office.begin("dev-2", AlertKind.SILENT, ended_at=office.clock.now())
    office.round()
    assert office.to("it@dk.test") == []
    office.clock.advance(hours=8, minutes=29)
    office.round()
    assert office.to("it@dk.test") == []
    office.clock.advance(minutes=2)
    for _ in range(2):
        office.round()
    (body,) = office.to("it@dk.test")
    assert "2 alerts, 1 over" in body
    assert "dev-1: báo lỗi" in body
    assert "dev-2" not in body


@pytest.mark.parametrize("kind", [AlertKind.DOOR_OPEN, AlertKind.HOT])
def test_a_door_that_opens_at_night_and_heat_are_told_at_once(office: Office, kind: AlertKind) -> None:
    office.clock.advance(hours=15)
    office.begin("dev-1", kind)
    office.begin("dev-2")
    office.round()
    (body,) = office.to("it@dk.test")
    assert "dev-1" in body
    assert "dev-2" not in body


def test_a_program_that_starts_in_the_afternoon_sends_no_morning_letter(office: Office) -> None:
    office.clock.advance(hours=20)
    office.begin("dev-1", AlertKind.LAMP_HOURS)
    office.clock.advance(hours=12)
    office.new_post()
    office.round()
    assert "Trong 24 giờ qua" not in office.to("it@dk.test")[0]
    assert office.to("it@dk.test") == []


def test_a_letter_calls_things_by_their_names_and_says_where_the_page_is(office: Office) -> None:
    with office.house.central.writing() as connection:
        device_id = add_device(connection)
    office.begin(device_id, AlertKind.HOT)
    office.round()
    (letter,) = [one for one in office.carrier.letters if one.recipient == "it@dk.test"]
    assert letter.subject.startswith("[Trường THCS Đồng Khởi] 1 cảnh báo · alerts: Phòng 101 (DK-101) quá nóng")
    assert f"- Phòng 101 (DK-101), Lenovo Tab M10 bàn 01 ({device_id}): quá nóng" in letter.body
    assert "https://central.test/alerts?school=DK" in letter.body


def test_the_digest_repeats_what_lasts_until_somebody_acknowledges_it(office: Office) -> None:
    alert_id = office.begin("dev-1", AlertKind.LAMP_HOURS)
    office.round()
    office.to("it@dk.test")
    for _ in range(2):
        office.clock.advance(days=1)
        office.round()
        assert "dev-1: đèn sắp hết hạn" in office.to("it@dk.test")[0]
    office.acknowledge(alert_id)
    office.clock.advance(days=1)
    office.round()
    assert office.to("it@dk.test") == []


def test_a_new_start_of_the_program_sends_no_second_digest(office: Office) -> None:
    office.begin("dev-1")
    office.clock.advance(days=1)
    office.round()
    office.to("it@dk.test")
    office.new_post()
    office.round()
    assert office.to("it@dk.test") == []


@pytest.mark.parametrize("how", ["over", "acknowledged", "history"])
def test_what_is_no_news_any_more_is_held_back_for_good(office: Office, how: str) -> None:
    changed: dict[str, Callable[[], str]] = {
        "over": lambda: office.begin("dev-1", ended_at=office.clock.now()),
        "acknowledged": lambda: office.begin("dev-1"),
        "history": lambda: office.begin("dev-1", began_at=SEVEN_O_CLOCK - timedelta(days=3)),
    }
    alert_id = changed[how]()
    if how == "acknowledged":
        office.acknowledge(alert_id)
    office.round()
    assert office.to("it@dk.test") == []
    assert [row["told_at"] for row in office.house.rows(tables.alerts)] == [office.clock.now()]


def test_a_mail_server_that_is_away_loses_nothing_and_is_asked_less_and_less(office: Office) -> None:
    office.carrier.away = True
    office.begin("dev-1")
    for _ in range(20):
        office.round()
        office.clock.advance(seconds=30)
    letters = office.house.rows(tables.alert_letters)
    assert sum(int(str(row["tries"])) for row in letters) <= 8
    office.carrier.away = False
    office.clock.advance(minutes=30)
    office.round()
    assert len(office.to("it@dk.test")) == 1
    office.clock.advance(hours=2)
    office.round()
    assert office.to("it@dk.test") == []


def test_who_a_school_wrote_down_is_told_of_its_own_alerts(office: Office) -> None:
    with office.house.central.writing() as connection:
        emails = ["it@dk.test", "truc@dk.test"]
        alert_recipients.set_recipients(connection, "DK", emails, scope=None, deed=DEED)
    office.begin("dev-1", AlertKind.HOT)
    office.begin("dev-2", AlertKind.HOT, room="TP-201")
    office.round()
    assert len(office.to("truc@dk.test")) == 1
    assert len(office.to("it@dk.test")) == 1
    assert len(office.to("so@tinh.test")) == 2
