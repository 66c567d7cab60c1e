"""A device's life: hours, days, faults and repairs since its first word, month by month, only in the own school."""

from datetime import timedelta

import pytest

from central.measuring import tables
from central.registers import device_register
from models.equipment import DeviceState, EquipmentKind
from models.staff import Role
from models.telemetry import AlertKind
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.measured import begin_alert
from tests.builders.measured_school import MeasuredSchool
from tests.builders.places import DEED


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    return MeasuredSchool(reception)


def test_hours_days_and_faults_are_told_since_the_first_word(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR, days=40, used=(7, 8), faults=("lamp",))
    text = school.page(f"/devices/{device.device_id}/life")
    assert "<dt>giờ đã dùng</dt><dd>60</dd>" in text
    assert "<dt>ngày có dùng</dt><dd>40</dd>" in text
    assert "<dt>lần báo lỗi</dt><dd>40</dd>" in text
    assert "Đếm từ 03/05/2026" in text
    assert "tin cuối của thiết bị 06:59" in text
    assert "<td>06/2026</td><td>16,5</td><td>11</td><td>11</td>" in text


def test_repairs_moves_and_alerts_stand_with_their_days(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR)
    with school.reception.centre.database.writing() as connection:
        device_register.set_state(connection, device.device_id, DeviceState.REPAIR, scope=None, deed=DEED)
        device_register.move(connection, device.device_id, "DK-102", "kho", scope=None, deed=DEED)
    now = school.reception.centre.clock.now()
    with school.measurements.writing() as connection:
        begin_alert(connection, device, now - timedelta(days=2), AlertKind.LAMP_HOURS, ended_at=now)
    text = school.page(f"/devices/{device.device_id}/life")
    assert "<dt>lần đi sửa</dt><dd>1</dd>" in text
    assert "DK-101 → DK-102" in text
    assert "bóng đèn quá giờ</b> <span>09/06 07:00 – 07:00" in text


@pytest.mark.parametrize("days", [1, 3, 40])
def test_a_batterys_hours_are_drawn_on_its_life_and_not_on_its_rooms_page(school: MeasuredSchool, days: int) -> None:
    device = school.device("DK-101", EquipmentKind.TABLET, days=days, metrics=("battery",))
    with school.measurements.writing() as connection:
        connection.execute(tables.minutes.delete())
    text = school.page(f"/devices/{device.device_id}/life")
    assert "<figcaption><span>Pin</span>" in text
    assert "Số pin từng giờ nằm trong mục Số đo" in text
    assert text.count('id="table-') == 1
    assert 'id="table-' not in school.page("/rooms/DK-101")


def test_less_than_an_hour_of_use_is_no_zero(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR, used=(7,))
    assert "<dt>giờ đã dùng</dt><dd>0,8</dd>" in school.page(f"/devices/{device.device_id}/life")


def test_a_headsets_storage_and_the_versions_of_its_apps_are_shown(school: MeasuredSchool) -> None:
    told: dict[str, float | str | bool] = {"storage_free_megabytes": 94192.0, "foreground_app": "vn.edu.lab"}
    told |= {"app:vn.edu.lab": "2.4.1", "app:vn.edu.khac": "none"}
    device = school.device("DK-101", EquipmentKind.VR_HEADSET, values=told)
    text = school.page(f"/devices/{device.device_id}/life")
    assert "94192" in text.replace(".", "").replace("\xa0", "").replace(" ", "")
    assert "<code>vn.edu.khac</code> <b>không cài</b> · <code>vn.edu.lab</code> <b>2.4.1</b>" in text


def test_what_was_asked_of_a_device_stands_in_words(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR)
    now = school.reception.centre.clock.now()
    row = {
        "command_id": "8f" * 16, "device_id": device.device_id, "room_id": "DK-101", "name": "power off",
        "argument": "", "asked": "rule", "asked_by": "evening", "asked_at": now, "outcome": "refused",
        "finished_at": now, "sentence": "An exam runs in this room; nothing is asked of its devices.",
    }  # fmt: skip
    with school.measurements.writing() as connection:
        connection.execute(tables.commands_done.insert(), [row])
    text = school.page(f"/devices/{device.device_id}/life")
    assert "<b>Tắt máy</b>" in text
    assert "Phòng đang có thi, không lệnh nào được gửi." in text
    assert "theo quy tắc evening" in text
    assert "power off" not in text


def test_a_device_that_never_spoke_says_so(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.TABLET, ever_spoke=False)
    text = school.page(f"/devices/{device.device_id}/life")
    assert "chưa từng báo tin" in text
    assert "Chưa có tin nào để đếm." in text


def test_a_device_of_another_school_is_not_there(school: MeasuredSchool) -> None:
    device = school.device("TP-201", EquipmentKind.TABLET)
    assert school.principal().get(f"/devices/{device.device_id}/life").status_code == 404


def _spend(school: MeasuredSchool, device_id: str, **told: object) -> int:
    content = {"kind": "purchase", "amount_vnd": 12_000_000, "spent_on": "2026-06-01", "reason": "QĐ 12"} | told
    client = school.reception.visit(Role.IT, school="DK")
    return client.post(f"/devices/{device_id}/costs", json=content, headers=SAME_SITE).status_code


def test_what_was_spent_is_divided_by_the_hours_of_use(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR, days=40, used=(7, 8))
    assert "Sổ chưa ghi giá mua" in school.page(f"/devices/{device.device_id}/life")
    assert _spend(school, device.device_id) == 201
    assert _spend(school, device.device_id, kind="repair", amount_vnd=3_000_000) == 201
    text = school.page(f"/devices/{device.device_id}/life")
    assert "15.000.000 ₫" in text
    assert "250.000 ₫ mỗi giờ dùng, với 60 giờ đã đếm" in text


@pytest.mark.parametrize(
    "told",
    [
        {"amount_vnd": 0},
        {"amount_vnd": -5},
        {"kind": "correction", "amount_vnd": 5},
        {"spent_on": "2026-06-12"},
        {"kind": "gift"},
        {"reason": ""},
    ],
)
def test_an_amount_that_cannot_be_is_not_entered(school: MeasuredSchool, told: dict[str, object]) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR)
    assert _spend(school, device.device_id, **told) == 422
    assert "Sổ chưa ghi giá mua" in school.page(f"/devices/{device.device_id}/life")


def test_nothing_is_entered_for_a_device_of_another_school(school: MeasuredSchool) -> None:
    device = school.device("TP-201", EquipmentKind.PROJECTOR)
    assert _spend(school, device.device_id) == 404
