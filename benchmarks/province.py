"""A whole province in a store: 612 schools, one smart room and one box each, 125 devices a room, 76,500 in all.

Figures as in the plans (Lào Cai 2022-2025: 612 schools; a smart classroom). Names are made up; the same seed makes the
same province. Not here: measuring (`it_pages`).
"""

import random
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.database import Database
from central.registers import box_records, box_register, device_register, place_register
from central.registers.device_tables import Deed, DeviceFacts
from central.registers.place_register import School
from central.registers.room_plans import device_links
from models.clock import TimeQuality
from models.enrollment import BoxState, KeyGrade
from models.equipment import SMART_CLASSROOM, DeviceState, EquipmentKind, speaks
from models.fleet import BoxRecord
from models.identifiers import BoxId, RoomId
from models.messages import Hello, Vitals
from models.room_plan import MqttLink

SCHOOLS: Final = 612
DEVICES_PER_ROOM: Final = 125
NOW: Final = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_COMMUNES = ("Bảo Thắng", "Bát Xát", "Sa Pa", "Bắc Hà", "Mường Khương", "Văn Bàn", "Bảo Yên", "Si Ma Cai", "Cam Đường")
_KINDS = ("Tiểu học", "THCS", "THPT", "PTDT nội trú", "Mầm non")
_PEOPLE = (
    "Kim Đồng",
    "Lê Quý Đôn",
    "Nguyễn Du",
    "Hoàng Văn Thụ",
    "Võ Thị Sáu",
    "Trần Phú",
    "Lý Tự Trọng",
    "Chu Văn An",
)
_MAKERS = {
    EquipmentKind.INTERACTIVE_BOARD: ("Samsung", "WA86C"),
    EquipmentKind.TABLET: ("Lenovo", "Tab M10"),
    EquipmentKind.LAPTOP: ("Dell", "Latitude 3540"),
    EquipmentKind.VR_HEADSET: ("Pico", "G3"),
    EquipmentKind.GLASSES_3D: ("Optoma", "ZD302"),
    EquipmentKind.SOUND_SET: ("TOA", "WS-402"),
    EquipmentKind.SENSOR_BOARD: ("Arduino", "Uno R4"),
}


def make_province(database: Database, schools: int = SCHOOLS, now: datetime = NOW) -> int:
    """Fill an empty, upgraded store; returns the number of devices. One transaction for each school."""
    chance = random.Random(3)
    made = 0
    for number in range(1, schools + 1):
        with database.writing() as connection:
            room_id = _place(connection, number, now)
            made += _devices(connection, room_id, number, chance, now)
            _box(connection, room_id, number, chance, now)
    return made


def _place(connection: Connection, number: int, now: datetime) -> RoomId:
    school_id = f"LC{number:03}"
    person, kind = _PEOPLE[number % len(_PEOPLE)], _KINDS[number % len(_KINDS)]
    commune = f"{_COMMUNES[number % len(_COMMUNES)]} {number % 17 + 1}"
    school = School(school_id=school_id, school_name=f"Trường {kind} {person} số {number}", commune=commune)
    place_register.add_or_change_school(connection, school, now)
    room_id = RoomId(f"{school_id}-P101")
    place_register.add_or_change_room(
        connection, room_id=room_id, school_id=school_id, room_name="Phòng học thông minh 101", is_smart=True, at=now
    )
    return room_id


def _devices(connection: Connection, room_id: str, number: int, chance: random.Random, now: datetime) -> int:
    counts = SMART_CLASSROOM | {EquipmentKind.SENSOR_BOARD: DEVICES_PER_ROOM - sum(SMART_CLASSROOM.values())}
    placed = []
    for kind, count in counts.items():
        maker, model = _MAKERS[kind]
        placed += [
            (
                room_id,
                DeviceFacts(
                    kind=kind,
                    maker=maker,
                    model=model,
                    serial=f"{kind.name[:2]}{number:04}{one:03}{chance.randrange(16**6):06X}",
                    owner=f"Trường số {number}" if chance.random() < 0.9 else "",
                    place=f"bàn {one:02}",
                    bought_on=date(2025, 9, 1),
                    warranty_until=date(2027, 9, 1) if chance.random() < 0.95 else None,
                ),
            )
            for one in range(1, count + 1)
        ]
    deed = Deed(actor="province", at=now, reason="made for a measurement")
    names = device_register.enter(connection, placed, deed)
    _connect(connection, [name for (_, facts), name in zip(placed, names, strict=True) if speaks(facts.kind)], now)
    for (_, facts), name in zip(placed, names, strict=True):
        if chance.random() < 0.01:
            state = chance.choice([DeviceState.REPAIR, DeviceState.LOST])
            device_register.correct(connection, name, facts, place=(room_id, state), scope=None, deed=deed)
    return len(names)


def _connect(connection: Connection, names: list[str], now: datetime) -> None:
    """Every device that can speak is reached; in one statement, for the sake of the time that it takes."""
    link = msgspec.json.encode(MqttLink()).decode()
    rows = [{"device_id": name, "link": link, "commands": "[]", "changed_at": now} for name in names]
    connection.execute(device_links.insert(), rows)


def _box(connection: Connection, room_id: RoomId, number: int, chance: random.Random, now: datetime) -> None:
    box_id = BoxId(f"box-{number:06}")
    box_register.register_box(connection, box_id, room_id, number.to_bytes(32, "big"), now)
    luck = chance.random()
    state = BoxState.REVOKED if luck > 0.98 else BoxState.ENROLLED
    if luck < 0.97:
        heard_at = now - timedelta(seconds=chance.randrange(60) if luck < 0.85 else chance.randrange(600, 90_000))
        camera = "ok" if luck < 0.8 else "absent"
        box_register.note_hello(connection, box_id, heard_at, _hello(box_id, number, camera, heard_at))
    box_records.put(connection, _record(box_id, room_id, number, state, now))


def _hello(box_id: str, number: int, camera: str, at: datetime) -> Hello:
    vitals = Vitals(
        machine=f"{number:064x}",
        uptime_seconds=number * 1000,
        temperature_celsius=48.5,
        load_percent=12.0,
        disk_free_megabytes=20_000,
        memory_free_megabytes=1500,
        clock_off_seconds=0.01,
        certificate_good_until=at + timedelta(days=60),
        trust_list_version=3,
        weights="sface",
        anchors=12,
    )
    return Hello(
        session=f"s-{box_id}",
        software="0.3.0",
        head=None,
        rosters={},
        time_quality=TimeQuality.NTS,
        sent_at=at,
        waiting=0,
        reader="ok",
        camera=camera,
        vitals=vitals,
    )


def _record(box_id: BoxId, room_id: RoomId, number: int, state: BoxState, now: datetime) -> BoxRecord:
    return BoxRecord(
        change=number,
        box_id=box_id,
        room_id=room_id,
        room_name="Phòng học thông minh 101",
        school_id=room_id.split("-")[0],
        state=state,
        chain_key=number.to_bytes(32, "big"),
        key_grade=KeyGrade.PLAIN,
        machine=f"{number:064x}",
        serial=f"{number:016x}",
        certificate_good_until=now + timedelta(days=60),
        exam_certificate_good_until=None,
        certified_at=now - timedelta(days=30),
        enrolled_at=now - timedelta(days=30),
        revoked_at=now if state is BoxState.REVOKED else None,
        replaced_by=None,
        software="0.3.0",
        weights="sface",
        trust_list_version=3,
        reported_at=now,
    )
