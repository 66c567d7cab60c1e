"""Rooms by hours of use: averages of school days, told in words, one school at a time."""

import re

import pytest

from models.equipment import EquipmentKind
from models.staff import Role
from tests.builders.front_desk import Reception
from tests.builders.measured_school import MeasuredSchool


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    return MeasuredSchool(reception)


def test_each_hour_says_its_minutes_and_the_map_is_told_in_words(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD, used=(7, 8), days=7)
    text = school.page("/room-hours")
    assert "Phòng 101, 7 giờ đến 8 giờ: 45 phút mỗi ngày, 315 phút trong 7 ngày có dùng" in text
    assert "10,5 giờ dùng; nhiều nhất từ 7 đến 8 giờ" in text
    assert "tính đến 06:59" in text
    assert "không thấy dùng" in text


def test_only_one_cell_is_a_tab_stop(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD)
    text = school.page("/room-hours")
    assert text.count('tabindex="0"') == 1
    assert len(re.findall(r"data-tell", text)) == 2 * 16


@pytest.mark.parametrize(("length", "first"), [("week", "05/06/2026"), ("month", "01/06/2026"), ("term", "01/06/2026")])
def test_every_length_says_its_days(school: MeasuredSchool, length: str, first: str) -> None:
    assert f"{first} – 11/06/2026" in school.page(f"/room-hours?length={length}")


def test_another_school_is_not_there_and_the_province_chooses_first(school: MeasuredSchool) -> None:
    school.device("TP-201", EquipmentKind.INTERACTIVE_BOARD)
    assert "Phòng 201" not in school.page("/room-hours?school=TP")
    it = school.reception.visit(Role.IT)
    assert it.get("/room-hours").status_code == 303
    assert "Phòng 201" in it.get("/room-hours?school=TP").text
    assert it.get("/room-hours?school=none").status_code == 404
