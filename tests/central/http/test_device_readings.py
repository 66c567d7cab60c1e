"""Readings as they are: asked for by who may, with a reason, never in an exam; shown with the time they are of."""

from collections.abc import Mapping

import httpx
import msgspec
import pytest

from central.measuring import tables
from central.measuring.raw_readings import MOST_ROWS
from central.registers import audit_log, box_commands
from central.registers.room_plans import DeviceLink, set_link
from central.registers.roster_register import SittingRoom, put_room
from models.equipment import EquipmentKind
from models.identifiers import RoomId
from models.room_messages import DeviceCommandName
from models.room_plan import MqttLink
from models.staff import Role
from models.wire import codec
from models.wire.commands import Command
from tests.builders.centre import SITTING
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.measured_school import MeasuredSchool
from tests.builders.places import DEED
from tests.builders.raw_told import tell_raw

REASON = {"reason": "cảm biến nhảy số"}


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    return MeasuredSchool(reception)


@pytest.fixture
def sensor(school: MeasuredSchool) -> str:
    name = school.device("DK-101", EquipmentKind.SENSOR_BOARD, metrics=("temperature", "co2")).device_id
    with school.reception.centre.database.writing() as connection:
        set_link(connection, name, DeviceLink(link=MqttLink()), scope=None, deed=DEED)
    school.reception.centre.box("box-dk", "DK-101")
    return name


def _ask(reception: Reception, device: str, content: Mapping[str, object], role: Role = Role.IT) -> httpx.Response:
    path = f"/devices/{device}/readings"
    return reception.visit(role, school="DK").post(path, json=dict(content), headers=SAME_SITE)


def _orders(reception: Reception) -> list[Command]:
    with reception.centre.database.reading() as connection:
        rows = box_commands.open_orders(connection, reception.centre.clock.now())
    return [codec.decode(one.body, Command) for one in rows]


def _page(reception: Reception, device: str) -> str:
    return reception.visit(Role.IT, school="DK").get(f"/devices/{device}").text


@pytest.mark.parametrize("role", [Role.PRINCIPAL, Role.IT])
def test_the_order_goes_to_the_rooms_box_and_into_the_audit_log(reception: Reception, sensor: str, role: Role) -> None:
    assert _ask(reception, sensor, REASON, role).status_code == 201
    [order] = _orders(reception)
    assert (order.box_id, order.device, order.argument) == ("box-dk", sensor, "10")
    assert order.device_command is DeviceCommandName.TELL_READINGS
    with reception.centre.database.reading() as connection:
        [row] = [one for one in audit_log.newest(connection) if one.action == "box ordered"]
    said = msgspec.json.decode(row.details)
    assert (said["device"], said["asked"], said["reason"]) == (sensor, "tell readings", REASON["reason"])
    page = _page(reception, sensor)
    assert "<b>Xem số đo tức thời</b> 10 phút" in page
    assert page.count('<b class="outcome" data-outcome="waiting"') == 2


@pytest.mark.parametrize(
    "content", [{}, {"reason": " "}, REASON | {"minutes": 0}, REASON | {"minutes": 61}, REASON | {"minutes": "x"}]
)
def test_without_a_reason_or_for_other_minutes_nothing_is_asked(
    reception: Reception, sensor: str, content: Mapping[str, object]
) -> None:
    assert _ask(reception, sensor, content).status_code == 422
    assert _orders(reception) == []


def test_in_an_exams_window_nobody_asks(reception: Reception, sensor: str) -> None:
    room = SittingRoom(
        session_id=SITTING, room_id=RoomId("DK-101"), room_name="x", version=1, digest="x", door_code_hash=""
    )
    with reception.centre.database.writing() as connection:
        put_room(connection, room)
    refused = _ask(reception, sensor, REASON)
    assert (refused.status_code, refused.json()["code"]) == (409, "EXAM_WINDOW")
    assert _orders(reception) == []
    assert "Xem số đo tức thời 10 phút" not in _page(reception, sensor)


def test_a_device_without_a_connection_a_room_without_a_box_and_another_school(
    reception: Reception, school: MeasuredSchool
) -> None:
    lone = school.device("DK-102", EquipmentKind.SENSOR_BOARD, metrics=("co2",)).device_id
    for link, code in ((None, "NOT_ASKABLE"), (MqttLink(), "NO_BOX")):
        with reception.centre.database.writing() as connection:
            set_link(connection, lone, DeviceLink(link=link), scope=None, deed=DEED)
        assert _ask(reception, lone, REASON).json()["code"] == code
    elsewhere = school.device("TP-201", EquipmentKind.SENSOR_BOARD, metrics=("co2",)).device_id
    assert _ask(reception, elsewhere, REASON).status_code == 404
    assert reception.visit(Role.IT, school="DK").get(f"/devices/{elsewhere}/readings").status_code == 404


def test_what_the_box_refuses_and_what_it_does_not_answer_is_said(reception: Reception, sensor: str) -> None:
    _ask(reception, sensor, REASON)
    [order] = _orders(reception)
    now = reception.centre.clock.now()
    row = {
        "command_id": order.command_id, "device_id": sensor, "room_id": "DK-101", "name": "tell readings",
        "argument": "10", "asked": "person", "asked_by": order.command_id, "asked_at": now, "outcome": "refused",
        "finished_at": now, "sentence": "The device has measured nothing for five minutes.",
    }  # fmt: skip
    reader = reception.visit(Role.IT, school="DK")
    with reception.desk.measurements.writing() as connection:
        connection.execute(tables.commands_done.insert(), [row])
    assert "Năm phút qua thiết bị không đo gì." in reader.get(f"/devices/{sensor}/readings").text
    reception.centre.clock.advance(minutes=1)
    _ask(reception, sensor, REASON)
    reception.centre.clock.advance(minutes=3)
    assert "Không có trả lời" in reader.get(f"/devices/{sensor}/readings").text


def test_until_when_the_box_tells_is_said_once_it_took_the_order(reception: Reception, sensor: str) -> None:
    asked_at = reception.centre.clock.now()
    _ask(reception, sensor, REASON | {"minutes": 12})
    [order] = _orders(reception)
    reader = reception.visit(Role.IT, school="DK")
    until = "Máy phòng gửi số đo đến 07:12."
    assert until not in _page(reception, sensor)
    row = {
        "command_id": order.command_id, "device_id": sensor, "room_id": "DK-101", "name": "tell readings",
        "argument": "12", "asked": "person", "asked_by": order.command_id, "asked_at": asked_at, "outcome": "done",
        "finished_at": asked_at, "sentence": "Its readings are told for the minutes that were asked.",
    }  # fmt: skip
    invented = row | {"command_id": "cmd-invented", "argument": "9" * 30}
    with reception.desk.measurements.writing() as connection:
        connection.execute(tables.commands_done.insert(), [row, invented])
    assert until in _page(reception, sensor)
    assert until in reader.get(f"/devices/{sensor}/readings").text
    reception.centre.clock.advance(minutes=12)
    assert "Máy phòng gửi số đo đến" not in reader.get(f"/devices/{sensor}/readings").text


def test_what_came_is_drawn_with_its_own_time_however_late_one_looks(reception: Reception, sensor: str) -> None:
    assert "Hai ngày qua chưa ai xem" in _page(reception, sensor)
    now = reception.centre.clock.now()
    rows = [[("temperature", float(ago), 24.0 + ago / 100, "Cel")] for ago in range(120, -1, -1)]
    with reception.desk.measurements.writing() as connection:
        tell_raw(connection, sensor, now, rows, left_out=1)
    reception.centre.clock.advance(hours=3)
    text = reception.visit(Role.IT, school="DK").get(f"/devices/{sensor}/readings").text
    assert "Số đo từ 06:58:00 đến 07:00:00, 11/06/2026" in text
    assert "Đúng lúc 10:00:00" in text
    assert "121 số đo" in text
    assert "121 số không được gửi" in text
    assert 'class="pygal-chart"' in text
    reception.centre.clock.advance(days=2)
    assert "Hai ngày qua chưa ai xem" in _page(reception, sensor)


def test_a_flood_is_shown_in_part_and_that_is_said(reception: Reception, sensor: str) -> None:
    rows = [[("temperature", 0.0, 24.0, "Cel")]] * (MOST_ROWS + 1)
    with reception.desk.measurements.writing() as connection:
        tell_raw(connection, sensor, reception.centre.clock.now(), rows)
    text = reception.visit(Role.IT, school="DK").get(f"/devices/{sensor}/readings").text
    assert f"{MOST_ROWS} số đo" in text
    assert "chỉ có phần mới nhất" in text


def test_what_measures_nothing_by_the_minute_is_not_offered(reception: Reception, school: MeasuredSchool) -> None:
    silent = school.device("DK-101", EquipmentKind.SENSOR_BOARD, ever_spoke=False).device_id
    tablet = school.device("DK-101", EquipmentKind.TABLET, values={"screen": "on"}).device_id
    for name in (silent, tablet):
        assert "Số đo tức thời" not in _page(reception, name)
