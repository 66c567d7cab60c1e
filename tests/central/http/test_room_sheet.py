"""A room's page: its devices with their condition, today's use, charts with their tables, only in the own school."""

import pytest

from central.measuring.tables import minutes
from central.registers import room_plans
from models.equipment import EquipmentKind
from models.room_plan import AlertLimits
from models.staff import Role
from tests.builders.front_desk import Reception
from tests.builders.measured_school import MeasuredSchool
from tests.builders.places import DEED


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    return MeasuredSchool(reception)


def test_each_device_stands_with_its_condition_and_the_instant_of_its_word(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.TABLET, values={"battery": 31.0, "charging": False})
    school.device("DK-101", EquipmentKind.PROJECTOR, values={"power": "on", "lamp_hours": 1204.0})
    school.device("DK-101", EquipmentKind.GLASSES_3D, ever_spoke=False)
    text = school.page("/rooms/DK-101")
    assert 'data-condition="low battery">1 pin yếu' in text
    assert "pin 31 %" in text
    assert "nguồn bật" in text
    assert "số giờ bóng đèn 1204 h" in text
    assert "lúc 06:59" in text
    assert "loại này không tự báo tin" in text


def test_a_device_that_nobody_connected_is_not_silent(school: MeasuredSchool) -> None:
    one = school.device("DK-101", EquipmentKind.TABLET, ever_spoke=False, connected=False)
    assert 'data-condition="not connected">1 chưa nối' in school.page("/rooms/DK-101")
    life = school.page(f"/devices/{one.device_id}/life")
    assert 'data-condition="not connected">chưa nối' in life
    assert "không có tin" not in life


def test_a_room_and_its_devices_are_judged_by_the_limits_of_their_school(school: MeasuredSchool) -> None:
    one = school.device("DK-101", EquipmentKind.PROJECTOR, values={"device_temperature": 60.0})
    pages = ("/rooms/DK-101", f"/devices/{one.device_id}/life")
    assert all('data-condition="hot"' in school.page(page) for page in pages)
    patient = room_plans.SchoolHours(limits=AlertLimits(hot_celsius=70.0, hot_clear_celsius=65.0))
    with school.reception.centre.database.writing() as connection:
        room_plans.set_hours(connection, "DK", patient, scope=None, deed=DEED)
    assert all('data-condition="ready"' in school.page(page) for page in pages)
    assert 'data-readiness="ready"' in school.page("/rooms/DK-101")


def test_use_of_today_is_told_by_the_hour(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.TABLET, used=(5, 6))
    text = school.page("/rooms/DK-101")
    assert "1 giờ 30 phút" in text
    assert "5–6 giờ" in text
    assert "tính đến 06:59" in text


def test_a_sensor_has_a_chart_without_script_or_style_and_the_same_as_a_table(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.SENSOR_BOARD, metrics=("temperature", "co2"), days=3)
    text = school.page("/rooms/DK-101")
    assert text.count("<svg xmlns") == 2
    assert text.count("<figcaption>") == text.count("Bảng số") == 2
    inside = text[text.index("<figure>") : text.rindex("</figure>")]
    assert "<style" not in inside
    assert "style=" not in inside
    assert "<script" not in inside
    assert "Nhiệt độ phòng" in text
    assert "lúc 06:59" in inside


@pytest.mark.parametrize("span", ["lesson", "day", "week", "term"])
def test_every_span_is_drawn(school: MeasuredSchool, span: str) -> None:
    school.device("DK-101", EquipmentKind.SENSOR_BOARD, metrics=("temperature",), days=20)
    text = school.page(f"/rooms/DK-101?span={span}")
    assert text.count("<svg xmlns") == 1
    assert 'aria-current="true"' in text


def test_more_charts_than_a_page_holds_are_on_the_next_one(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.SENSOR_BOARD, metrics=tuple(f"m{number}" for number in range(8)))
    assert school.page("/rooms/DK-101").count("<svg xmlns") == 4
    assert school.page("/rooms/DK-101?skip=6").count("<svg xmlns") == 2


def test_what_is_older_than_the_span_is_not_shown(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.SENSOR_BOARD, metrics=("temperature",))
    school.reception.centre.clock.advance(hours=30)
    text = school.page("/rooms/DK-101?span=day")
    assert "Chưa có số đo nào trong khoảng này." in text


def test_a_room_of_another_school_is_not_there(school: MeasuredSchool) -> None:
    for path in ("/rooms/TP-201", "/rooms/TP-201/content", "/rooms/nowhere"):
        assert school.principal().get(path).status_code == 404
    assert school.reception.visit(Role.IT).get("/rooms/TP-201").status_code == 200


def test_a_room_that_began_to_speak_is_first_shown_by_its_last_hour(school: MeasuredSchool) -> None:
    young = school.device("DK-101", EquipmentKind.SENSOR_BOARD, metrics=("temperature",))
    with school.measurements.writing() as connection:
        begun = int(school.reception.centre.clock.now().timestamp()) // 60 - 1
        of_young = (minutes.c.device_id == young.device_id) & (minutes.c.minute < begun)
        connection.execute(minutes.delete().where(of_young))
    text = school.page("/rooms/DK-101")
    assert 'span=lesson" aria-current="true"' in text
    assert text.count("<circle") == 1
    assert 'span=day" aria-current="true"' in school.page("/rooms/DK-101?span=day")
