"""What a box found in a room becomes a device with one click: one of the register, or a new one with its facts."""

from collections.abc import Callable

import msgspec
import pytest

from central.it_office.found_devices import place_of
from central.measuring import tables
from central.registers import device_register, room_plans
from central.registers.room_plans import DeviceLink
from models.equipment import EquipmentKind
from models.room_plan import LanLink, Link, MqttDialect, MqttLink, SerialLink
from models.staff import Role
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import DEED, FULL, add_device, build_places

PROJECTOR = LanLink(host="10.0.0.7", driver="pjlink")
Find = Callable[[str, Link | None], None]


@pytest.fixture
def find(reception: Reception) -> Find:
    with reception.centre.database.writing() as connection:
        build_places(connection)

    def found(place: str, link: Link | None) -> None:
        row = {
            "box_id": "box-dk", "place": place, "room_id": "DK-101", "what": "pjlink", "confidence": 0.9,
            "maker": "EPSON", "model": "EB-L260F", "serial": "X4F7", "firmware": "1.03",
            "link": "" if link is None else msgspec.json.encode(link).decode(), "at": reception.centre.clock.now(),
        }  # fmt: skip
        with reception.desk.measurements.writing() as connection:
            connection.execute(tables.found.insert(), [row])

    return found


def _adopt(reception: Reception, place: str, room: str = "DK-101", **told: str) -> tuple[int, str]:
    content = {"box_id": "box-dk", "place": place, "reason": "máy phòng tìm thấy"} | told
    keeper = reception.visit(Role.IT, school="DK")
    answer = keeper.post(f"/places/rooms/{room}/found", json=content, headers=SAME_SITE)
    return answer.status_code, str(answer.json().get("next", answer.json().get("code"))).rpartition("/")[2]


def _page(reception: Reception, role: Role = Role.IT) -> str:
    return reception.visit(role, school="DK").get("/places/rooms/DK-101").text


def test_a_new_device_gets_the_facts_that_were_found(reception: Reception, find: Find) -> None:
    find("10.0.0.7", PROJECTOR)
    page = _page(reception)
    assert "EPSON EB-L260F" in page
    assert "Máy chiếu, màn hình PJLink" in page
    assert '<option value="projector" selected>' in page.partition("Là thiết bị nào?")[2]
    status, device = _adopt(reception, "10.0.0.7", kind="projector")
    assert status == 201
    with reception.centre.database.reading() as connection:
        held = device_register.find_device(connection, device, "DK")
        link = room_plans.link_of(connection, device, "DK")
    assert held is not None
    assert (held.kind, held.maker, held.serial) == (EquipmentKind.PROJECTOR, "EPSON", "X4F7")
    assert link == DeviceLink(link=PROJECTOR)
    assert "Là thiết bị nào?" not in _page(reception)


def test_a_device_of_the_register_gets_the_connection(reception: Reception, find: Find) -> None:
    with reception.centre.database.writing() as connection:
        mine, taken = add_device(connection), add_device(connection, facts=msgspec.structs.replace(FULL, serial="SN-2"))
        elsewhere = add_device(connection, "DK-102", msgspec.structs.replace(FULL, serial="SN-3"))
        other = DeviceLink(link=MqttLink())
        room_plans.set_link(connection, taken, other, scope=None, deed=DEED)
    board = SerialLink(port="/dev/serial/by-id/usb-1a86", driver="link-v1")
    find("/dev/serial/by-id/usb-1a86", board)
    form = _page(reception).partition("Là thiết bị nào?")[2]
    assert f'value="{mine}"' in form
    assert f'value="{taken}"' not in form
    assert _adopt(reception, "/dev/serial/by-id/usb-1a86", device_id=taken) == (409, "LINKED")
    assert _adopt(reception, "/dev/serial/by-id/usb-1a86", device_id=elsewhere)[0] == 404
    assert _adopt(reception, "/dev/serial/by-id/usb-1a86", device_id=mine) == (201, mine)
    assert _adopt(reception, "/dev/serial/by-id/usb-1a86") == (409, "LINKED")


def test_what_is_not_there_cannot_be_taken(reception: Reception, find: Find) -> None:
    find("10.0.0.7", PROJECTOR)
    assert _adopt(reception, "10.0.0.8") == (404, "NOT_HERE")
    assert _adopt(reception, "10.0.0.7", room="DK-102") == (404, "NOT_HERE")
    assert _adopt(reception, "10.0.0.7", room="TP-201") == (404, "NOT_HERE")
    assert reception.centre.rows("devices") == []


def test_who_only_looks_is_not_asked(reception: Reception, find: Find) -> None:
    find("tasmota/x", MqttLink(dialect=MqttDialect.HOME_ASSISTANT, name="x"))
    assert "Là thiết bị nào?" in _page(reception)
    assert "Là thiết bị nào?" not in _page(reception, Role.PRINCIPAL)


def test_a_port_that_nobody_knows_is_shown_until_a_device_is_connected_there(reception: Reception, find: Find) -> None:
    port = "/dev/serial/by-id/usb-2341"
    find(port, None)
    page = _page(reception)
    assert port in page
    assert "Chưa nhận ra nó nói giao thức nào" in page
    assert "Là thiết bị nào?" not in page
    assert _adopt(reception, port) == (404, "NOT_HERE")
    with reception.centre.database.writing() as connection:
        link = DeviceLink(link=SerialLink(port=port, driver="modbus", unit=4))
        room_plans.set_link(connection, add_device(connection), link, scope=None, deed=DEED)
    assert port not in _page(reception)


def test_what_speaks_under_a_number_of_the_register_becomes_that_device(reception: Reception, find: Find) -> None:
    with reception.centre.database.writing() as connection:
        kiosk, other, mine = (
            add_device(connection, facts=msgspec.structs.replace(FULL, serial=f"SN-{number}")) for number in range(3)
        )
        for device_id, link in ((kiosk, MqttLink(dialect=MqttDialect.FREEKIOSK)), (other, MqttLink())):
            room_plans.set_link(connection, device_id, DeviceLink(link=link), scope=None, deed=DEED)
    find(f"dev/{mine}", MqttLink())
    find(f"dev/{other}", MqttLink())
    find("dev/stranger", MqttLink())
    page = _page(reception)
    assert page.count("Là thiết bị nào?") == 1
    assert f"dev/{other}" not in page
    assert "Nó nói bằng mã stranger" in page
    assert _adopt(reception, f"dev/{mine}") == (409, "ITSELF")
    assert _adopt(reception, f"dev/{mine}", device_id=kiosk) == (409, "ITSELF")
    assert _adopt(reception, f"dev/{mine}", device_id=mine) == (201, mine)
    assert f"dev/{mine}" not in _page(reception)


def test_two_devices_without_a_topic_name_are_two_places() -> None:
    for dialect in (MqttDialect.FREEKIOSK, MqttDialect.HOME_ASSISTANT):
        assert place_of(MqttLink(dialect=dialect), "dev-1") != place_of(MqttLink(dialect=dialect), "dev-2")


@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/etc/passwd"])
def test_a_port_that_changes_its_name_is_not_taken(reception: Reception, find: Find, port: str) -> None:
    find(port, SerialLink(port=port, driver="link-v1"))
    assert _adopt(reception, port) == (422, "BAD_INPUT")
    assert reception.centre.rows("devices") == []


def test_what_was_not_seen_again_for_a_day_may_be_unplugged(reception: Reception, find: Find) -> None:
    find("10.0.0.7", PROJECTOR)
    assert "có thể đã rút" not in _page(reception)
    reception.centre.clock.advance(hours=26)
    assert "có thể đã rút" in _page(reception)
