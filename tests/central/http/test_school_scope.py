"""Every route about places and devices asked for the own and for another school: the other one is not there (404)."""

import msgspec
import pytest

from models.staff import Permission, Role, may
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import FULL, add_device, build_places

_FACTS: dict[str, object] = {"kind": "tablet", "reason": "thử"}
ROUTES: dict[tuple[str, str], tuple[Permission, dict[str, object]]] = {
    ("GET", "/places/{school}"): (Permission.SEE_BOXES, {}),
    ("GET", "/places/rooms/{room}"): (Permission.SEE_BOXES, {}),
    ("GET", "/devices/{device}"): (Permission.SEE_BOXES, {}),
    ("GET", "/places/rooms/{room}/labels"): (Permission.KEEP_DEVICES, {}),
    ("POST", "/places/{school}/rooms"): (
        Permission.KEEP_DEVICES,
        {"room_id": "{school}-999", "room_name": "Phòng 999", "reason": "thử"},
    ),
    ("POST", "/places/rooms/{room}/expected"): (Permission.KEEP_DEVICES, {"counts": {"tablet": 2}, "reason": "thử"}),
    ("POST", "/places/rooms/{room}/devices"): (Permission.KEEP_DEVICES, _FACTS),
    ("POST", "/devices/{device}"): (Permission.KEEP_DEVICES, _FACTS),
    ("POST", "/devices/{device}/move"): (
        Permission.KEEP_DEVICES,
        {"room_id": "{room}", "place": "tủ", "reason": "thử"},
    ),
    ("POST", "/devices/{device}/state"): (Permission.KEEP_DEVICES, {"state": "repair", "reason": "thử"}),
}


@pytest.fixture
def devices(reception: Reception) -> dict[str, str]:
    """School → one device of it."""
    with reception.centre.database.writing() as connection:
        build_places(connection)
        return {
            "DK": add_device(connection),
            "TP": add_device(connection, "TP-201", msgspec.structs.replace(FULL, serial="SN-9")),
        }


@pytest.mark.parametrize("role", [Role.IT, Role.PRINCIPAL])
@pytest.mark.parametrize(("method", "path"), sorted(ROUTES))
def test_the_own_school_answers_and_the_other_one_is_not_there(
    reception: Reception, devices: dict[str, str], role: Role, method: str, path: str
) -> None:
    permission, content = ROUTES[method, path]
    client = reception.visit(role, school="DK", accept="application/json")
    for school, room in (("DK", "DK-101"), ("TP", "TP-201")):
        names = {"school": school, "room": room, "device": devices[school]}
        told = {key: value.format(**names) if isinstance(value, str) else value for key, value in content.items()}
        address = path.format(**names)
        asked = client.get(address) if method == "GET" else client.post(address, json=told, headers=SAME_SITE)
        if not may(role, permission):
            assert asked.status_code == 403
        elif school == "DK":
            assert asked.status_code in (200, 201), asked.text
        else:
            assert asked.status_code == 404


def test_lists_and_exports_hold_the_own_school_alone(reception: Reception, devices: dict[str, str]) -> None:
    client = reception.visit(Role.IT, school="DK")
    for address in ("/places", "/places?q=tran", "/devices", "/devices?school=TP", "/exports/devices"):
        answer = client.get(address)
        assert answer.status_code == 200
        assert devices["TP"] not in answer.text
        assert "Trần Phú" not in answer.text
    province = reception.visit(Role.IT)
    assert devices["TP"] in province.get("/exports/devices").text
    assert "Trần Phú" in province.get("/places").text
