"""The principal's morning: rooms ready or not and why, silence with its instant, exams, only the own school."""

from datetime import timedelta

import pytest

from central.principal.province_morning import SCHOOLS_ON_A_PAGE
from central.registers import box_register, device_register, place_register, room_plans
from central.registers.place_register import School
from models.equipment import DeviceState, EquipmentKind
from models.identifiers import BoxId, RoomId
from models.room_plan import AlertLimits, LanLink
from models.staff import Role
from models.telemetry import AlertKind
from tests.builders.front_desk import Reception
from tests.builders.measured import begin_alert
from tests.builders.measured_school import MeasuredSchool
from tests.builders.places import DEED


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    return MeasuredSchool(reception)


def test_a_principal_begins_with_the_morning(school: MeasuredSchool) -> None:
    answer = school.principal().get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/morning")


def test_a_room_whose_devices_all_speak_well_is_ready(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.TABLET, values={"battery": 90.0})
    text = school.page("/morning")
    assert 'data-readiness="ready">Sẵn sàng' in text
    assert "1 trên 1 thiết bị tốt" in text
    assert "tin cũ nhất 06:59" in text


def test_a_room_says_why_it_is_not_ready(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.TABLET, values={"battery": 12.0})
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD, faults=("fan",))
    text = school.page("/morning")
    assert 'data-readiness="not ready">Chưa sẵn sàng' in text
    assert "1 máy tính bảng: pin yếu" in text
    assert "Cắm sạc" in text
    assert "1 bảng tương tác: báo lỗi" in text


def test_a_device_that_nobody_connected_is_counted_and_makes_no_room_unready(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD)
    projector = school.device("DK-101", EquipmentKind.PROJECTOR, ever_spoke=False, connected=False)
    text = school.page("/morning")
    assert 'data-readiness="ready">Sẵn sàng' in text
    assert "1 thiết bị chưa nối" in text
    assert "<dd>0<span>/1</span></dd>" in text
    assert "chưa từng báo tin" not in text
    assert "<td>0/1</td>" in school.reception.visit(Role.IT).get("/morning").text
    way = room_plans.DeviceLink(link=LanLink(host="10.0.0.9", driver="pjlink"))
    with school.reception.centre.database.writing() as connection:
        room_plans.set_link(connection, projector.device_id, way, scope=None, deed=DEED)
    text = school.page("/morning")
    assert 'data-readiness="not ready">Chưa sẵn sàng' in text
    assert "chưa nối" not in text


def test_silence_is_said_with_its_instant(school: MeasuredSchool) -> None:
    school.device("DK-101", EquipmentKind.PROJECTOR)
    school.device("DK-101", EquipmentKind.PROJECTOR, ever_spoke=False)
    school.reception.centre.clock.advance(hours=3, minutes=42)
    text = school.page("/morning")
    assert "chưa có tin từ 06:59, 1 chưa từng báo tin" in text
    assert "lâu nhất từ 06:59" in text


def test_a_silent_box_makes_its_room_unknown_since_its_last_word(school: MeasuredSchool) -> None:
    centre = school.reception.centre
    with centre.database.writing() as connection:
        box_register.register_box(connection, BoxId("box-1"), RoomId("DK-101"), b"k" * 32, centre.clock.now())
        box_register.note_word(connection, BoxId("box-1"), centre.clock.now() - timedelta(minutes=20), None)
    school.device("DK-101", EquipmentKind.TABLET)
    text = school.page("/morning")
    assert 'data-readiness="unknown">Không rõ' in text
    assert "Máy phòng chưa có tin từ 06:40." in text


def test_an_alert_that_lasts_is_told_with_its_beginning(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR)
    now = school.reception.centre.clock.now()
    with school.measurements.writing() as connection:
        begin_alert(connection, device, now - timedelta(minutes=33), AlertKind.HOT)
        begin_alert(connection, device, now - timedelta(minutes=50), AlertKind.FAULT, ended_at=now)
    text = school.page("/morning")
    assert "quá nóng từ 06:27" in text
    assert "từ 06:10" not in text


def test_more_alerts_than_are_listed_are_counted(school: MeasuredSchool) -> None:
    device = school.device("DK-101", EquipmentKind.PROJECTOR)
    now = school.reception.centre.clock.now()
    with school.measurements.writing() as connection:
        for minutes in range(63):
            begin_alert(connection, device, now - timedelta(minutes=minutes))
    text = school.page("/morning")
    assert "<dd>63</dd>" in text
    assert "và 3 cảnh báo cũ hơn" in text


def test_a_morning_holds_the_own_school_alone(school: MeasuredSchool) -> None:
    school.device("TP-201", EquipmentKind.PROJECTOR, faults=("lamp",))
    principal = school.principal()
    assert "Trần Phú" not in principal.get("/morning?school=TP").text
    assert principal.get("/morning/content?school=TP").text == principal.get("/morning/content").text
    assert school.reception.visit(Role.IT).get("/morning?school=none").status_code == 404


def test_the_province_sees_every_school_and_its_silence(school: MeasuredSchool) -> None:
    school.device("TP-201", EquipmentKind.PROJECTOR)
    school.reception.centre.clock.advance(hours=1)
    text = school.reception.visit(Role.IT).get("/morning").text
    assert text.index("Trần Phú") < text.index("Đồng Khởi")
    assert "<td>1/1</td>" in text


def test_the_province_and_the_school_count_the_same_devices(school: MeasuredSchool) -> None:
    deeds = (DeviceState.RETIRED, DeviceState.LOST, DeviceState.REPAIR)
    gone = [school.device("TP-201", EquipmentKind.TABLET).device_id for _ in deeds]
    school.device("TP-201", EquipmentKind.GLASSES_3D)
    school.device("TP-201", EquipmentKind.TABLET, ever_spoke=False)
    with school.reception.centre.database.writing() as connection:
        for device_id, state in zip(gone, deeds, strict=True):
            device_register.set_state(connection, device_id, state, scope=None, deed=DEED)
    office = school.reception.visit(Role.IT)
    assert "<td>1/1</td>" in office.get("/morning").text
    assert "<dd>1<span>/1</span></dd>" in school.page("/morning", "TP")
    school.device("TP-201", EquipmentKind.TABLET)
    assert "<td>1/1</td>" in office.get("/morning").text, "kept for 15 seconds, and says its instant"
    school.reception.centre.clock.advance(seconds=15)
    assert "<td>1/2</td>" in office.get("/morning").text
    assert "<dd>1<span>/2</span></dd>" in school.page("/morning", "TP")


def test_a_school_is_judged_by_its_own_limits_everywhere(school: MeasuredSchool) -> None:
    patient = room_plans.SchoolHours(limits=AlertLimits(silent_minutes=60, hot_celsius=70.0, hot_clear_celsius=65.0))
    with school.reception.centre.database.writing() as connection:
        room_plans.set_hours(connection, "DK", patient, scope=None, deed=DEED)
    for room_id in ("DK-101", "TP-201"):
        school.device(room_id, EquipmentKind.PROJECTOR, values={"device_temperature": 60.0})
        school.device(room_id, EquipmentKind.TABLET)
    gone = school.device("DK-101", EquipmentKind.TABLET)
    with school.reception.centre.database.writing() as connection:
        device_register.set_state(connection, gone.device_id, DeviceState.LOST, scope=None, deed=DEED)
    assert "1 máy chiếu: quá nóng" in school.page("/morning", "TP")
    assert "quá nóng" not in school.page("/morning")
    school.reception.centre.clock.advance(minutes=30)
    text = school.page("/morning")
    assert 'data-readiness="ready">Sẵn sàng' in text
    assert "<dd>0<span>/2</span></dd>" in text
    assert "<dd>2<span>/2</span></dd>" in school.page("/morning", "TP")
    province = school.reception.visit(Role.IT).get("/morning").text
    assert "<td>0/2</td>" in province
    assert "<td>2/2</td>" in province


def test_the_province_pages_through_its_schools_and_adds_up_all_of_them(school: MeasuredSchool) -> None:
    office = school.reception.visit(Role.IT)
    with school.reception.centre.database.writing() as connection:
        for number in range(SCHOOLS_ON_A_PAGE):
            one = School(school_id=f"X{number:03}", school_name=f"Trường số {number:03}", commune="Sa Pa")
            place_register.add_or_change_school(connection, one, school.reception.centre.clock.now())
    first = office.get("/morning").text
    assert first.count("/morning?school=") == SCHOOLS_ON_A_PAGE
    rest = office.get(f"/morning?skip={SCHOOLS_ON_A_PAGE}").text
    assert 1 <= rest.count("/morning?school=") < SCHOOLS_ON_A_PAGE
    total = first.count("/morning?school=") + rest.count("/morning?school=")
    assert f"<dd>{total}</dd>" in first
    assert "skip=100" not in office.get("/morning?q=X001").text


def test_exams_of_today_stand_with_who_is_there(school: MeasuredSchool) -> None:
    text = school.reception.visit(Role.PRINCIPAL).get("/morning/content?school=P").text
    assert "Ca 1" in text
    assert "lúc 07:00" in text


def test_without_a_measurement_store_the_page_says_so_and_exams_go_on(reception: Reception) -> None:
    reception.desk.measurements.stop()
    client = reception.visit(Role.PRINCIPAL)
    assert client.get("/morning").status_code == 503
    assert client.get("/exam-days").status_code == 200
