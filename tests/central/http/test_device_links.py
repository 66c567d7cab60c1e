"""IT staff say on a device's page how it is reached; nobody reads its password there again."""

from collections.abc import Mapping

import msgspec
import pytest

from central.registers import device_register, room_plans
from central.registers.room_plans import DeviceLink
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName
from models.room_plan import CartLink, LanLink, MqttDialect, MqttLink, SerialLink
from models.staff import Role
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import FULL, add_device, build_places

PROJECTOR = msgspec.structs.replace(FULL, kind=EquipmentKind.PROJECTOR, serial="P-1")
LAN = {"how": "lan", "driver": "pjlink", "host": "10.0.0.7", "reason": "lắp máy"}


@pytest.fixture
def device(reception: Reception) -> str:
    with reception.centre.database.writing() as connection:
        build_places(connection)
        return add_device(connection, facts=PROJECTOR)


def _send(reception: Reception, device: str, content: Mapping[str, object], school: str = "DK") -> int:
    keeper = reception.visit(Role.IT, school=school)
    return keeper.post(f"/devices/{device}/link", json=dict(content), headers=SAME_SITE).status_code


def _held(reception: Reception, device: str) -> DeviceLink:
    with reception.centre.database.reading() as connection:
        return room_plans.link_of(connection, device, None)


@pytest.mark.parametrize(
    ("told", "link"),
    [
        (
            {"how": "serial", "driver": "mdc", "port": "/dev/serial/by-id/usb-1a86-if00", "unit": 3},
            SerialLink(port="/dev/serial/by-id/usb-1a86-if00", driver="mdc", unit=3),
        ),
        (
            {"how": "serial", "driver": "nec", "port": "socket://ser1:2001"},
            SerialLink(port="socket://ser1:2001", driver="nec"),
        ),
        (LAN | {"lan_port": 4353}, LanLink(host="10.0.0.7", driver="pjlink", port=4353)),
        (
            {"how": "mqtt", "dialect": "freekiosk", "name": "tab-7"},
            MqttLink(dialect=MqttDialect.FREEKIOSK, name="tab-7"),
        ),
        ({"how": "cart", "serial": "1WMHH"}, CartLink(serial="1WMHH")),
        (
            {"how": "cart", "serial": "1WMHH", "mac": " 2C-26-17-0A-0B-0C "},
            CartLink(serial="1WMHH", mac="2c:26:17:0a:0b:0c"),
        ),
        (
            {"how": "cart", "serial": "1WMHH", "apps": " vn.edu.lab, b.b\nb.b"},
            CartLink(serial="1WMHH", apps=("vn.edu.lab", "b.b")),
        ),
        ({"how": "none"}, None),
    ],
)
def test_each_kind_of_connection_is_kept_as_it_is_written(
    reception: Reception, device: str, told: Mapping[str, object], link: object
) -> None:
    assert _send(reception, device, {"reason": "lắp máy", **told}) == 200
    assert _held(reception, device).link == link


@pytest.mark.parametrize(
    "told",
    [
        {"how": "serial", "driver": "mdc", "port": "/dev/ttyUSB0"},
        {"how": "serial", "driver": "mdc", "port": "/dev/serial/by-id/../../sda"},
        {"how": "serial", "driver": "pjlink", "port": "/dev/serial/by-id/a"},
        {"how": "serial", "driver": "mdc", "port": "/dev/serial/by-id/a", "map": "../x"},
        {"how": "lan", "driver": "modbus", "host": "10.0.0.7"},
        {"how": "lan", "driver": "pjlink", "host": ""},
        {"how": "lan", "driver": "pjlink", "host": "http://x/"},
        {"how": "mqtt", "name": "a/#"},
        {"how": "mqtt", "name": "$SYS"},
        {"how": "cart", "serial": ""},
        {"how": "cart", "serial": "1WMHH", "apps": "lab"},
        {"how": "cart", "serial": "1WMHH", "mac": "2c:26:17"},
        {"how": "cart", "serial": "1WMHH", "apps": "a.b; reboot"},
        {"how": "cart", "serial": "1WMHH", "apps": " ".join(f"a.b{number}" for number in range(11))},
        {"how": "none", "commands": ["power off"]},
        {"how": "lan", "driver": "pjlink", "host": "h", "commands": ["set period"]},
        {"how": "lan", "driver": "pjlink", "host": "h", "commands": ["format disk"]},
        {"how": "lan", "driver": "pjlink", "host": "h", "unit": 256},
        {"how": "lan", "driver": "pjlink", "host": "h", "reason": ""},
        {"how": "carrier pigeon"},
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_changed(
    reception: Reception, device: str, told: Mapping[str, object]
) -> None:
    assert _send(reception, device, {"reason": "lắp máy", **told}) == 422
    assert _held(reception, device) == DeviceLink()


def test_a_password_is_kept_without_being_shown_and_goes_nowhere_else(reception: Reception, device: str) -> None:
    secret = LAN | {"password": "JBMIAProjectorLink", "commands": ["power off", "power on"]}
    assert _send(reception, device, secret) == 200
    page = reception.visit(Role.IT, school="DK").get(f"/devices/{device}").text
    assert "10.0.0.7" in page
    assert "có mật khẩu" in page
    assert "JBMIA" not in page
    assert "JBMIA" not in str(reception.centre.rows("audit_log"))
    assert _send(reception, device, LAN | {"unit": 2}) == 200
    held = _held(reception, device)
    assert held.link == LanLink(host="10.0.0.7", driver="pjlink", unit=2, password="JBMIAProjectorLink")
    assert held.commands == ()
    assert _send(reception, device, LAN | {"host": "10.9.9.9"}) == 200
    assert _held(reception, device).link == LanLink(host="10.9.9.9", driver="pjlink")


def test_a_link_raises_the_plans_version_and_is_written_down(reception: Reception, device: str) -> None:
    with reception.centre.database.reading() as connection:
        before = room_plans.version_of(connection, "DK-101")
    assert _send(reception, device, LAN | {"commands": ["power off"]}) == 200
    with reception.centre.database.reading() as connection:
        after = room_plans.version_of(connection, "DK-101")
        known = device_register.find_device(connection, device, None)
    assert known is not None
    assert before is not None
    assert after is not None
    assert after > before
    assert _held(reception, device).commands == (DeviceCommandName.POWER_OFF,)
    assert ("it-dk", "device linked", device) in reception.centre.rows("audit_log", "actor, action, subject")


def test_another_schools_device_is_not_there(reception: Reception, device: str) -> None:
    assert _send(reception, device, LAN, school="TP") == 404
    assert _held(reception, device) == DeviceLink()


def test_who_only_looks_sees_the_connection_and_no_form(reception: Reception, device: str) -> None:
    _send(reception, device, LAN)
    page = reception.visit(Role.PRINCIPAL, school="DK").get(f"/devices/{device}").text
    assert "Máy chiếu, màn hình PJLink" in page
    assert f"/devices/{device}/link" not in page
