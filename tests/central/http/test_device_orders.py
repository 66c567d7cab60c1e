"""A person asks a device something: signed for the room's box, never in an exam, answered on the same page."""

from collections.abc import Mapping
from datetime import timedelta

import httpx
import msgspec
import pytest

from central.it_office.device_orders import ArgumentError, argument_of, sources_of
from central.measuring import tables
from central.registers import box_commands, device_register, room_plans, roster_register
from central.registers.room_plans import DeviceLink
from central.registers.roster_register import SittingRoom
from models.equipment import DeviceState, EquipmentKind
from models.identifiers import RoomId
from models.room_messages import DeviceCommandName
from models.room_plan import LanLink, MqttLink, SerialLink
from models.staff import Role
from models.wire import codec
from models.wire.commands import Command
from tests.builders.centre import SITTING
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import DEED, FULL, add_device, build_places

NAMES = DeviceCommandName


def _device(reception: Reception, kind: EquipmentKind, *commands: DeviceCommandName, room: str = "DK-101") -> str:
    with reception.centre.database.writing() as connection:
        name = add_device(connection, room, msgspec.structs.replace(FULL, kind=kind, serial=""))
        link = DeviceLink(link=MqttLink(), commands=commands)
        room_plans.set_link(connection, name, link, scope=None, deed=DEED)
    return name


@pytest.fixture
def projector(reception: Reception) -> str:
    with reception.centre.database.writing() as connection:
        build_places(connection)
    reception.centre.box("box-dk", "DK-101")
    return _device(reception, EquipmentKind.PROJECTOR, NAMES.POWER_OFF, NAMES.SELECT_SOURCE)


def _ask(reception: Reception, path: str, content: Mapping[str, object], role: Role = Role.PRINCIPAL) -> httpx.Response:
    return reception.visit(role, school="DK").post(path, json=dict(content), headers=SAME_SITE)


def _orders(reception: Reception) -> list[Command]:
    with reception.centre.database.reading() as connection:
        rows = box_commands.open_orders(connection, reception.centre.clock.now())
    return [codec.decode(one.body, Command) for one in rows]


def _exam_in(reception: Reception, room_id: str) -> None:
    with reception.centre.database.writing() as connection:
        room = SittingRoom(
            session_id=SITTING, room_id=RoomId(room_id), room_name="x", version=1, digest="x", door_code_hash=""
        )
        roster_register.put_room(connection, room)


@pytest.mark.parametrize("role", [Role.PRINCIPAL, Role.IT])
def test_an_order_goes_to_the_rooms_box_with_its_reason(reception: Reception, projector: str, role: Role) -> None:
    content = {"name": "select source", "argument": "hdmi2", "reason": "giờ Hóa"}
    assert _ask(reception, f"/devices/{projector}/orders", content, role).status_code == 201
    [order] = _orders(reception)
    assert (order.box_id, order.device, order.argument) == ("box-dk", projector, "hdmi2")
    assert order.expires_at - order.issued_at <= timedelta(minutes=2)
    page = reception.visit(Role.PRINCIPAL, school="DK").get(f"/devices/{projector}").text
    assert "giờ Hóa" in page
    assert 'data-outcome="waiting"' in page


def test_a_reason_is_needed_in_lesson_hours_alone(reception: Reception, projector: str) -> None:
    path = f"/devices/{projector}/orders"
    refused = _ask(reception, path, {"name": "power off", "reason": " "})
    assert (refused.status_code, refused.json()["code"]) == (422, "REASON_IN_LESSON")
    assert "Đang trong giờ học" in reception.visit(Role.IT, school="DK").get(f"/devices/{projector}").text
    reception.centre.clock.advance(hours=13)
    assert _ask(reception, path, {"name": "power off"}).status_code == 201


def test_nothing_is_asked_in_an_exams_window(reception: Reception, projector: str) -> None:
    _exam_in(reception, "DK-101")
    for path, content in (
        (f"/devices/{projector}/orders", {"name": "power off", "reason": "vội"}),
        ("/places/rooms/DK-101/off", {"reason": "vội"}),
    ):
        refused = _ask(reception, path, content)
        assert (refused.status_code, refused.json()["code"]) == (409, "EXAM_WINDOW")
    assert _orders(reception) == []
    page = reception.visit(Role.PRINCIPAL, school="DK").get(f"/devices/{projector}").text
    assert "Phòng đang trong giờ thi" in page
    assert 'value="power off"' not in page.split("Yêu cầu thiết bị")[-1]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({"name": "power on"}, "NOT_ASKABLE"),
        ({"name": "power off", "argument": "now"}, "BAD_INPUT"),
        ({"name": "select source", "argument": "https://x"}, "BAD_INPUT"),
        ({"name": "reboot"}, "BAD_INPUT"),
    ],
)
def test_only_what_the_plan_allows_is_asked(
    reception: Reception, projector: str, content: Mapping[str, object], code: str
) -> None:
    refused = _ask(reception, f"/devices/{projector}/orders", {**content, "reason": "thử"})
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert _orders(reception) == []


def test_a_whole_room_goes_off_device_by_device(reception: Reception, projector: str) -> None:
    plug = _device(reception, EquipmentKind.OTHER, NAMES.SWITCH_ON, NAMES.SWITCH_OFF)
    _device(reception, EquipmentKind.TABLET, NAMES.MUTE)
    _device(reception, EquipmentKind.OTHER, NAMES.SWITCH_OFF, room="DK-102")
    broken = _device(reception, EquipmentKind.OTHER, NAMES.SWITCH_OFF)
    with reception.centre.database.writing() as connection:
        device_register.set_state(connection, broken, DeviceState.REPAIR, scope=None, deed=DEED)
    assert "Tắt cả phòng: 2 thiết bị" in reception.visit(Role.IT, school="DK").get("/places/rooms/DK-101").text
    answer = _ask(reception, "/places/rooms/DK-101/off", {"reason": "hết giờ"})
    assert answer.json() == {"asked": 2}
    assert {(one.device, one.device_command) for one in _orders(reception)} == {
        (projector, NAMES.POWER_OFF),
        (plug, NAMES.SWITCH_OFF),
    }
    rows = reception.visit(Role.IT, school="DK").get("/places/rooms/DK-101/orders").text
    assert rows.count('<b class="outcome" data-outcome="waiting"') == 2


def test_a_room_without_a_box_says_so(reception: Reception, projector: str) -> None:
    assert projector
    lamp = _device(reception, EquipmentKind.OTHER, NAMES.SWITCH_OFF, room="DK-102")
    assert _ask(reception, f"/devices/{lamp}/orders", {"name": "switch off", "reason": "x"}).status_code == 503
    assert _ask(reception, "/places/rooms/TP-201/off", {"reason": "x"}).status_code == 404


def test_the_devices_answer_and_a_rules_deed_stand_on_its_page(reception: Reception, projector: str) -> None:
    _ask(reception, f"/devices/{projector}/orders", {"name": "power off", "reason": "hết giờ"})
    [order] = _orders(reception)
    now = reception.centre.clock.now()
    row = {
        "device_id": projector, "room_id": "DK-101", "name": "power off", "argument": "", "asked_at": now,
        "finished_at": now, "sentence": "",
    }  # fmt: skip
    with reception.desk.measurements.writing() as connection:
        by_person = {"command_id": order.command_id, "asked": "person", "asked_by": order.command_id, "outcome": "done"}
        by_rule = {"command_id": "r1", "asked": "rule", "asked_by": "tat-17h30", "outcome": "failed"}
        connection.execute(tables.commands_done.insert(), [row | by_person, row | by_rule])
    shown = reception.visit(Role.IT, school="DK").get(f"/devices/{projector}/orders").text
    assert "Đã làm" in shown
    assert "hết giờ" in shown
    assert "theo quy tắc tat-17h30" in shown
    assert shown.count("<li") == 2


def test_an_order_to_a_device_is_not_given_on_the_boxs_page(reception: Reception, projector: str) -> None:
    assert projector
    answer = _ask(reception, "/boxes/box-dk/commands", {"name": "device", "reason": "thử xem"}, Role.IT)
    assert answer.status_code == 422
    assert 'value="device"' not in reception.visit(Role.IT, school="DK").get("/boxes/box-dk").text


def test_a_box_that_moved_brings_no_orders_of_its_old_room(reception: Reception, projector: str) -> None:
    _ask(reception, f"/devices/{projector}/orders", {"name": "power off", "reason": "ở phòng cũ"})
    plug = _device(reception, EquipmentKind.OTHER, NAMES.SWITCH_OFF, room="TP-201")
    reception.centre.box("box-dk", "TP-201")
    keeper = reception.visit(Role.IT, school="TP")
    for path in ("/places/rooms/TP-201", "/places/rooms/TP-201/orders", f"/devices/{plug}/orders"):
        assert "ở phòng cũ" not in keeper.get(path).text


def test_what_is_offered_is_what_the_family_knows() -> None:
    assert "hdmi3" in sources_of(SerialLink(port="/dev/serial/by-id/a", driver="viewsonic"))
    assert "hdmi3" not in sources_of(LanLink(host="h", driver="lg"))
    assert argument_of(DeviceCommandName.SELECT_SOURCE, "dp2") == "dp2"
    with pytest.raises(ArgumentError):
        argument_of(DeviceCommandName.SELECT_SOURCE, "scart")
