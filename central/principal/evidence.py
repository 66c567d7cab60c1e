"""What this system can show for a school's self-assessment under QĐ 4725/QĐ-BGDĐT of 2022, and what it cannot.

Criteria and points are as a school's tool types them, not from the original decision, which must be compared before
anything is handed in; no points are given here. Each figure says how it was counted, when it was true, and on which
page its rows stand. Not here: how it looks.
"""

from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.exam_day import BoxWord
from central.it_office.digital_record import DigitalRecord, digital_record
from central.measuring.history import start_of
from central.principal.morning import box_words
from central.principal.periods import today
from central.registers import admission_register, brief_devices, equipment_counts, place_register, roster_register
from central.registers.admission_register import CandidateState
from central.registers.brief_devices import BriefDevice
from central.registers.place_register import Room, School
from models.equipment import DeviceState, EquipmentKind, speaks

HEARD_WITHIN: Final = timedelta(days=30)
_DISPLAYS: Final = frozenset({EquipmentKind.INTERACTIVE_BOARD, EquipmentKind.PROJECTOR})
_COMPUTERS: Final = frozenset({EquipmentKind.LAPTOP, EquipmentKind.TABLET, EquipmentKind.OPS_COMPUTER})
NOT_HERE: Final = (
    ("1.5.2", "Trao đổi kết quả đánh giá", 5),
    ("2.3.8", "Trao đổi với cơ sở dữ liệu ngành", 6),
    ("2.4.1", "Ứng dụng liên lạc nhà trường và gia đình", 8),
)
"""Criteria of the same list for which nothing is kept here."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """One figure. `at`: when it was true; `rows`: the address of the page with what was counted."""

    criterion: str
    name: str
    points: int
    figure: str
    counted: str
    at: datetime
    rows: str


class EvidencePage(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one school."""

    as_of: datetime
    school: School
    evidence: tuple[Evidence, ...]


def open_evidence(connection: Connection, school: School, now: datetime) -> EvidencePage:
    """Everything comes from the registers, in the caller's transaction."""
    rooms = place_register.rooms_of(connection, school.school_id, school.school_id)
    devices = brief_devices.devices_in(connection, [room.room_id for room in rooms])
    boxes = box_words(connection, rooms, now)
    record = digital_record(equipment_counts.count_kinds(connection, school.school_id))
    return EvidencePage(
        as_of=now,
        school=school,
        evidence=(
            _exams(connection, school, now),
            _rooms(school, rooms, devices, boxes, now),
            _computers(school, devices, now),
            _record(school, devices, record, now),
        ),
    )


def _exams(connection: Connection, school: School, now: datetime) -> Evidence:
    begin = _school_year(today(now))
    held = [
        one
        for one in roster_register.list_sittings(connection, start_of(begin), scope=school.school_id)
        if one.starts_at <= now
    ]
    seated = sum(
        admission_register.count_states(connection, one.session_id, school.school_id).get(CandidateState.SEATED, 0)
        for one in held
    )
    return Evidence(
        criterion="1.5.1",
        name="Kiểm tra, thi trên phòng máy",
        points=15,
        figure=f"{len(held)} ca thi, {seated} lượt thí sinh có mặt",
        counted=f"Ca thi có phòng của trường, bắt đầu từ {begin:%d/%m/%Y}; thí sinh đã vào chỗ theo sổ điểm danh.",
        at=now,
        rows="/exam-days",
    )


def _rooms(
    school: School, rooms: list[Room], devices: list[BriefDevice], boxes: dict[str, BoxWord], now: datetime
) -> Evidence:
    shown = {one.room_id for one in devices if one.kind in _DISPLAYS and one.state is DeviceState.IN_USE}
    heard = {room_id for room_id, box in boxes.items() if box.last_word_at and now - box.last_word_at < HEARD_WITHIN}
    return Evidence(
        criterion="1.7.1",
        name="Phòng học có thiết bị trình chiếu và internet",
        points=8,
        figure=f"{len(shown & heard)} trên {len(rooms)} phòng",
        counted="Phòng có bảng tương tác hoặc máy chiếu đang dùng, và máy phòng có tin trong 30 ngày qua.",
        at=now,
        rows=f"/places/{school.school_id}",
    )


def _computers(school: School, devices: list[BriefDevice], now: datetime) -> Evidence:
    here = [one for one in devices if one.kind in _COMPUTERS and one.state is DeviceState.IN_USE]
    return Evidence(
        criterion="1.7.2",
        name="Máy tính cho dạy học tin học",
        points=7,
        figure=f"{len(here)} máy đang dùng",
        counted="Máy tính xách tay, máy tính bảng và máy tính OPS đang dùng trong sổ; máy để bàn ngoài sổ không tính.",
        at=now,
        rows=f"/devices?school={school.school_id}&state=in+use",
    )


def _record(school: School, devices: list[BriefDevice], record: DigitalRecord, now: datetime) -> Evidence:
    percent = "—" if record.percent is None else f"{record.percent} %"
    speaking = sum(speaks(one.kind) and one.state is DeviceState.IN_USE for one in devices)
    return Evidence(
        criterion="2.3.5",
        name="Quản lý cơ sở vật chất, thiết bị trên phần mềm",
        points=10,
        figure=f"{record.complete} trên {record.due} thiết bị đủ hồ sơ số ({percent}); {speaking} tự báo tin được",
        counted="Đủ: số sê-ri hoặc mã tài sản, kiểu máy, chủ sở hữu, vị trí, bảo hành. Mỗi lần sửa có người và lý do.",
        at=now,
        rows=f"/devices?school={school.school_id}",
    )


def _school_year(day: date) -> date:
    return date(day.year if day.month >= 9 else day.year - 1, 9, 1)
