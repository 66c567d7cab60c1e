"""Two small schools for tests: DK (Đồng Khởi) with a smart room and a plain one, TP (Trần Phú) with one room."""

from datetime import date

from sqlalchemy import Connection

from central.registers import device_register, place_register
from central.registers.device_tables import Deed, DeviceFacts
from central.registers.place_register import School
from models.equipment import EquipmentKind
from tests.builders.exams import SEVEN_O_CLOCK

DEED = Deed(actor="it", at=SEVEN_O_CLOCK, reason="thử")
FULL = DeviceFacts(
    kind=EquipmentKind.TABLET,
    maker="Lenovo",
    model="Tab M10",
    serial="SN-1",
    owner="Trường Đồng Khởi",
    place="bàn 01",
    bought_on=date(2025, 9, 1),
    warranty_until=date(2027, 9, 1),
)


def build_places(connection: Connection) -> None:
    """Rooms DK-101 (smart), DK-102 and TP-201."""
    for school_id, name, commune in (("DK", "Trường THCS Đồng Khởi", "Xã Bát Xát"), ("TP", "THPT Trần Phú", "Sa Pa")):
        place_register.add_or_change_school(
            connection, School(school_id=school_id, school_name=name, commune=commune), SEVEN_O_CLOCK
        )
    for room_id, school_id, smart in (("DK-101", "DK", True), ("DK-102", "DK", False), ("TP-201", "TP", False)):
        place_register.add_or_change_room(
            connection,
            room_id=room_id,
            school_id=school_id,
            room_name=f"Phòng {room_id[-3:]}",
            is_smart=smart,
            at=SEVEN_O_CLOCK,
        )


def add_device(connection: Connection, room_id: str = "DK-101", facts: DeviceFacts = FULL) -> str:
    """One device of a room; returns its name."""
    return device_register.add_devices(connection, room_id, [facts], scope=None, deed=DEED)[0]
