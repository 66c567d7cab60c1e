"""How many devices have which firmware, which are older than the newest of their model, in the visitor's scope."""

import msgspec
import pytest
from sqlalchemy import update

from central.it_office.firmware_inventory import version_key
from central.measuring import tables
from central.registers import device_register
from models.equipment import DeviceState
from models.staff import Role
from tests.builders.front_desk import Reception
from tests.builders.measured import MeasuredDevice, fill
from tests.builders.places import DEED, FULL, add_device, build_places


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1.9", "1.10"), ("1.03", "1.4"), ("2.0-beta", "2.0"), ("v1.2", "1.2.1"), ("", "0.1"), ("1.2a", "1.2b")],
)
def test_versions_sort_as_people_read_them(older: str, newer: str) -> None:
    assert version_key(older) < version_key(newer)


@pytest.fixture
def told(reception: Reception) -> list[str]:
    """Tablets with 1.10, 1.9 and 1.9 in DK-101, a retired one with 1.11, and one with 2.0 of another school."""
    places = [("DK-101", "1.10"), ("DK-101", "1.9"), ("DK-101", "1.9"), ("DK-101", "1.11"), ("TP-201", "2.0")]
    names = []
    with reception.centre.database.writing() as connection:
        build_places(connection)
        for number, (room, _) in enumerate(places):
            names.append(add_device(connection, room, msgspec.structs.replace(FULL, serial=f"SN-{number}")))
        device_register.set_state(connection, names[3], DeviceState.RETIRED, scope=None, deed=DEED)
    with reception.desk.measurements.writing() as connection:
        many = [MeasuredDevice(device_id=name, room_id=room) for name, (room, _) in zip(names, places, strict=True)]
        fill(connection, many, reception.centre.clock.now())
        for name, (_, version) in zip(names, places, strict=True):
            mine = tables.latest.c.device_id == name
            connection.execute(update(tables.latest).where(mine).values(firmware=version))
    return names


def _page(reception: Reception, school: str | None, query: str = "") -> str:
    answer = reception.visit(Role.IT, school=school).get(f"/firmware{query}")
    assert answer.status_code == 200
    return answer.text


def test_a_school_sees_its_own_and_which_are_old(reception: Reception, told: list[str]) -> None:
    page = _page(reception, "DK")
    assert page.count("cũ hơn 1.10") == 1
    assert f"/devices/{told[1]}" in page
    assert f"/devices/{told[0]}" not in page
    assert "1.11" not in page
    assert "2.0" not in page
    whole = _page(reception, None)
    assert whole.count("cũ hơn 2.0") == 2
    assert "2.0" not in _page(reception, None, "?school=DK")
    assert reception.visit(Role.IT, school="DK").get("/firmware?school=TP").status_code == 200


def test_the_list_is_taken_away(reception: Reception, told: list[str]) -> None:
    client = reception.visit(Role.IT, school="DK")
    lines = client.get("/exports/firmware").text.splitlines()
    assert len(lines) == 4
    assert sum(",cũ," in line for line in lines) == 2
    assert {line.split(",")[1] for line in lines[1:]} == set(told[:3])
    assert client.get("/exports/firmware?form=xlsx").content[:2] == b"PK"


def test_without_any_word_the_page_says_so(reception: Reception) -> None:
    with reception.centre.database.writing() as connection:
        build_places(connection)
    assert "Chưa thiết bị nào báo phiên bản" in _page(reception, "DK")
