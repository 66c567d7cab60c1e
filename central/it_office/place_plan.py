"""A file of schools and rooms, judged row by row, against what is stored. Pure besides `store_places`.

One row is a room with its school; a row without a room's name is a school alone. Not here: the command and the page.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.exam_office.roster_rows import room_id_of
from central.exam_office.table_file import read_tables
from central.it_office.headed_table import NamedRow, RejectedRow, is_yes, read_headed
from central.registers import audit_log, place_register
from central.registers.device_tables import Deed
from central.registers.place_register import LONGEST_NAME, Room, School, Scope
from models.identifiers import RoomId

SCHOOL_ID: Final = "Mã trường"
SCHOOL_NAME: Final = "Tên trường"
COMMUNE: Final = "Xã/phường"
ROOM_ID: Final = "Mã phòng"
ROOM_NAME: Final = "Tên phòng"
IS_SMART: Final = "Phòng thông minh"
_SPELLINGS = {
    SCHOOL_ID: frozenset({"ma truong hoc", "ma don vi", "school id", "school code"}),
    SCHOOL_NAME: frozenset({"truong", "ten don vi", "don vi", "school", "school name"}),
    COMMUNE: frozenset({"xa", "phuong", "xa phuong", "xa, phuong", "dia ban", "commune"}),
    ROOM_ID: frozenset({"ma phong hoc", "room id", "room code"}),
    ROOM_NAME: frozenset({"phong", "phong hoc", "ten phong hoc", "room", "room name"}),
    IS_SMART: frozenset({"thong minh", "lop hoc thong minh", "phong hoc thong minh", "smart"}),
}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")


class PlaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A usable row: a school, and its room unless `room_id` is None."""

    school: School
    room_id: RoomId | None
    room_name: str
    is_smart: bool


class PlacePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do."""

    rows: tuple[PlaceRow, ...]
    rejected: tuple[RejectedRow, ...]
    notes: tuple[str, ...]

    @property
    def schools(self) -> list[School]:
        """Each school once, in the order of the file."""
        return list({row.school.school_id: row.school for row in self.rows}.values())

    @property
    def rooms(self) -> list[PlaceRow]:
        """The rows with a room."""
        return [row for row in self.rows if row.room_id is not None]


class PlaceDifference(msgspec.Struct, frozen=True, kw_only=True):
    """The plan against what is stored; places that the file does not name stay as they are."""

    new_schools: int
    changed_schools: int
    new_rooms: int
    changed_rooms: int
    unchanged: int


def plan_places(
    content: bytes, known: Sequence[Room], scope: Scope, unplaced: Collection[RoomId] = frozenset()
) -> PlacePlan:
    """Read a file; `known` are all stored rooms of the province. Raises a `RosterFileError` when it cannot be used.

    `unplaced` are the codes of `rooms_without_place`, which only the province may enter.
    """
    headed = read_headed(read_tables(content), _SPELLINGS, (SCHOOL_ID, SCHOOL_NAME, ROOM_NAME))
    owners = {room.room_id: room.school_id for room in known}
    rows: list[PlaceRow] = []
    rejected: list[RejectedRow] = []
    claimed: dict[str, int] = {}
    names: dict[str, School] = {}
    for row in headed.rows:
        place = _place(row)
        reasons = _wrong(row, place)
        if not reasons and names.setdefault(place.school.school_id, place.school) != place.school:
            reasons.append("Cùng mã trường, khác tên hoặc xã (one school code, two names)")
        if place.room_id in claimed:
            reasons.append(f"Mã phòng trùng dòng {claimed[place.room_id]} (same room code as that row)")
        if scope is not None and (
            place.school.school_id != scope or owners.get(place.room_id or RoomId(""), scope) != scope
        ):
            reasons.append("Trường hoặc phòng của đơn vị khác (another school's)")
        if scope is not None and place.room_id in unplaced:
            reasons.append(
                "Phòng đã có hộp hoặc danh sách thi: IT của tỉnh phải thêm (the province's IT must enter it)"
            )
        if reasons:
            rejected.append(RejectedRow(sheet=row.sheet, number=row.number, reasons=tuple(reasons)))
            continue
        if place.room_id is not None:
            claimed[place.room_id] = row.number
        rows.append(place)
    notes = tuple(f"Cột không dùng: {heading} (unknown column)" for heading in headed.unknown)
    return PlacePlan(rows=tuple(rows), rejected=tuple(rejected), notes=notes)


def compare_places(plan: PlacePlan, schools: Sequence[School], rooms: Sequence[Room]) -> PlaceDifference:
    """How the plan differs from the stored schools and rooms."""
    stored_schools = {school.school_id: school for school in schools}
    stored_rooms = {room.room_id: (room.school_id, room.room_name, room.is_smart) for room in rooms}
    planned = {row.room_id: (row.school.school_id, row.room_name, row.is_smart) for row in plan.rooms if row.room_id}
    new_schools = sum(school.school_id not in stored_schools for school in plan.schools)
    same_schools = sum(stored_schools.get(school.school_id) == school for school in plan.schools)
    new_rooms = sum(room_id not in stored_rooms for room_id in planned)
    same_rooms = sum(stored_rooms.get(room_id) == room for room_id, room in planned.items())
    return PlaceDifference(
        new_schools=new_schools,
        changed_schools=len(plan.schools) - new_schools - same_schools,
        new_rooms=new_rooms,
        changed_rooms=len(planned) - new_rooms - same_rooms,
        unchanged=same_schools + same_rooms,
    )


def store_places(connection: Connection, plan: PlacePlan, deed: Deed) -> PlaceDifference:
    """Enter the plan's places, the same result when repeated, and write it into the audit log."""
    schools, rooms = place_register.list_schools(connection, None), place_register.list_rooms(connection, None)
    difference = compare_places(plan, schools, rooms)
    stored = {school.school_id: school for school in schools}
    for school in plan.schools:
        if stored.get(school.school_id) != school:
            place_register.add_or_change_school(connection, school, deed.at)
    known = {room.room_id: (room.school_id, room.room_name, room.is_smart) for room in rooms}
    for row in plan.rooms:
        values = (row.school.school_id, row.room_name, row.is_smart)
        if row.room_id is not None and known.get(row.room_id) != values:
            place_register.add_or_change_room(
                connection,
                room_id=row.room_id,
                school_id=row.school.school_id,
                room_name=row.room_name,
                is_smart=row.is_smart,
                at=deed.at,
            )
    audit_log.write(
        connection,
        at=deed.at,
        actor=deed.actor,
        action="places imported",
        subject=f"{len(plan.schools)} schools, {len(plan.rooms)} rooms",
        rejected=len(plan.rejected),
        reason=deed.reason,
        **msgspec.structs.asdict(difference),
    )
    return difference


def _place(row: NamedRow) -> PlaceRow:
    school_id, room_name = row.text(SCHOOL_ID), row.text(ROOM_NAME)
    room_id = row.text(ROOM_ID) or (f"{school_id}-{room_id_of(room_name)}"[:63] if room_name else "")
    return PlaceRow(
        school=School(school_id=school_id, school_name=row.text(SCHOOL_NAME), commune=row.text(COMMUNE)),
        room_id=RoomId(room_id) if room_id else None,
        room_name=room_name,
        is_smart=is_yes(row.text(IS_SMART)),
    )


def _wrong(row: NamedRow, place: PlaceRow) -> list[str]:
    wrong = {
        "Ô là công thức, không phải chữ (a cell is a formula)": row.holds_formula(),
        "Mã trường: chỉ chữ không dấu, số, '-', '_' (letters, digits, '-', '_')": not _CODE.fullmatch(
            place.school.school_id
        ),
        "Thiếu tên trường (no school name)": not place.school.school_name,
        "Mã phòng: chỉ chữ không dấu, số, '-', '_' (letters, digits, '-', '_')": place.room_id is not None
        and not _CODE.fullmatch(place.room_id),
        "Có mã phòng mà thiếu tên phòng (a room code without a name)": place.room_id is not None
        and not place.room_name,
        f"Tên dài hơn {LONGEST_NAME} chữ (a name is too long)": max(
            map(len, (place.school.school_name, place.school.commune, place.room_name))
        )
        > LONGEST_NAME,
    }
    return [reason for reason, is_so in wrong.items() if is_so]
