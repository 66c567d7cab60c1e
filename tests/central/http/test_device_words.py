"""A device's page says when it was heard, and offers a password only to what speaks on a broker itself."""

import pytest

from central.registers.room_plans import DeviceLink, set_link
from models.equipment import EquipmentKind
from models.room_plan import LanLink, Link, MqttLink
from models.staff import Role
from tests.builders.front_desk import Reception
from tests.builders.measured_school import MeasuredSchool
from tests.builders.places import DEED

LAN = LanLink(driver="pjlink", host="projector.local")


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    return MeasuredSchool(reception)


def _page(school: MeasuredSchool, device_id: str) -> str:
    return school.reception.visit(Role.IT, accept="text/html").get(f"/devices/{device_id}").text


def _linked(school: MeasuredSchool, device_id: str, link: Link) -> None:
    with school.reception.centre.database.writing() as connection:
        set_link(connection, device_id, DeviceLink(link=link), scope=None, deed=DEED)


def test_a_projector_in_the_network_shows_its_last_word_and_wants_no_password(school: MeasuredSchool) -> None:
    projector = school.device("DK-101", EquipmentKind.PROJECTOR).device_id
    _linked(school, projector, LAN)
    text = _page(school, projector)
    assert "11/06/2026 06:59:00" in text
    assert "chưa có mật khẩu" not in text
    assert f'href="/devices/{projector}/life"' in text
    labels = school.reception.visit(Role.IT, accept="text/html").get("/places/rooms/DK-101/labels").text
    assert projector not in labels


@pytest.mark.parametrize("link", [None, MqttLink()])
def test_what_speaks_on_a_broker_is_offered_a_password(school: MeasuredSchool, link: Link | None) -> None:
    tablet = school.device("DK-101", EquipmentKind.TABLET, ever_spoke=False).device_id
    if link is not None:
        _linked(school, tablet, link)
    text = _page(school, tablet)
    assert "chưa lên tiếng" in text
    assert "chưa có mật khẩu" in text


def test_a_device_has_its_page_while_the_measurement_store_is_away(school: MeasuredSchool) -> None:
    tablet = school.device("DK-101", EquipmentKind.TABLET).device_id
    school.measurements.stop()
    assert "chưa lên tiếng" in _page(school, tablet)
