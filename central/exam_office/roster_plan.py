"""What an import would do: readable rows, rejected rows, warnings, and the difference to what is stored.

Pure: no file, no database. Storing a plan is `roster_import`'s business.
"""

from collections import Counter
from datetime import date

import msgspec

from central.exam_office.roster_columns import Column, find_tables
from central.exam_office.roster_rows import RejectedRow, RosterRow, read_rows
from central.exam_office.table_file import RosterFileError, read_tables
from models.exams import Candidate, ExamProfile
from models.identifiers import RoomId


class NothingToImportError(RosterFileError):
    """The file has a header and not a single usable row."""


class RosterPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A read file. `notes` speak of the whole file; rows keep their own warnings."""

    rows: tuple[RosterRow, ...]
    rejected: tuple[RejectedRow, ...]
    notes: tuple[str, ...]

    @property
    def rooms(self) -> dict[RoomId, str]:
        """Room codes and names, in the order of the file."""
        return {row.room_id: row.room_name for row in self.rows}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How the plan differs from what is stored for its rooms."""

    added: int
    changed: int
    removed: int
    unchanged: int


def plan_import(content: bytes, profile: ExamProfile, today: date) -> RosterPlan:
    """Read a roster file. Raises a `RosterFileError` when it cannot be used at all; rows are rejected one by one."""
    tables, others = find_tables(read_tables(content))
    notes = [f"Bỏ qua trang không phải danh sách: {title} (sheet without header ignored)" for title in others]
    answers: list[RosterRow | RejectedRow] = []
    for table in tables:
        answers += read_rows(table, profile, today)
        notes += [f"Cột không dùng: {heading} (unknown column)" for heading in table.unknown]
    rows, rejected = _refuse_repeats(answers)
    if not rows and not rejected:
        raise NothingToImportError("The file has a header but no candidates below it.")
    filled = Counter(row.room_id for row in rows)
    notes += [
        f"Phòng {room_id}: {count} thí sinh, quy chế cho phép {profile.candidates_per_room} (room is too full)"
        for room_id, count in filled.items()
        if count > profile.candidates_per_room
    ]
    return RosterPlan(rows=tuple(rows), rejected=tuple(rejected), notes=tuple(notes))


def _refuse_repeats(answers: list[RosterRow | RejectedRow]) -> tuple[list[RosterRow], list[RejectedRow]]:
    """The first row that claims a number, a seat or a room code keeps it; later ones are rejected."""
    rows: list[RosterRow] = []
    rejected: list[RejectedRow] = []
    claimed: dict[tuple[str, str], int] = {}
    room_names: dict[RoomId, str] = {}
    for answer in answers:
        if isinstance(answer, RejectedRow):
            rejected.append(answer)
            continue
        claims = {
            ("SBD", str(answer.candidate.candidate_number)): "SBD trùng dòng {} (same candidate number as row {})",
            ("ID", str(answer.candidate.citizen_id)): "Số định danh trùng dòng {} (same citizen number as row {})",
            ("seat", f"{answer.room_id}/{answer.candidate.seat}"): "Chỗ ngồi trùng dòng {} (same seat as row {})",
        }
        reasons = [text.format(claimed[key], claimed[key]) for key, text in claims.items() if key in claimed]
        if room_names.setdefault(answer.room_id, answer.room_name) != answer.room_name:
            reasons.append("Hai tên phòng cho cùng một mã (two room names give the same code)")
        if reasons:
            rejected.append(rejected_row(answer, tuple(reasons)))
            continue
        claimed.update(dict.fromkeys(claims, answer.row_number))
        rows.append(answer)
    return rows, rejected


def rejected_row(row: RosterRow, reasons: tuple[str, ...]) -> RejectedRow:
    """A readable row that must not be stored after all."""
    cells = {
        Column.CANDIDATE_NUMBER: str(row.candidate.candidate_number),
        Column.FULL_NAME: row.candidate.full_name,
        Column.BIRTH_DATE: row.candidate.birth_date.strftime("%d/%m/%Y"),
        Column.CITIZEN_ID: str(row.candidate.citizen_id),
        Column.ROOM: row.room_name,
        Column.SEAT: row.candidate.seat,
    }
    return RejectedRow(sheet=row.sheet, row_number=row.row_number, reasons=reasons, cells=cells)


def compare(plan: RosterPlan, stored: dict[str, tuple[RoomId, Candidate]]) -> Difference:
    """The plan against the stored candidates of the same sitting; only the plan's rooms count as removable."""
    planned = {str(row.candidate.candidate_number): (row.room_id, row.candidate) for row in plan.rows}
    same = sum(_as_filed(stored[number]) == _as_filed(place) for number, place in planned.items() if number in stored)
    known = sum(number in stored for number in planned)
    gone = [number for number, (room, _) in stored.items() if room in plan.rooms and number not in planned]
    return Difference(added=len(planned) - known, changed=known - same, removed=len(gone), unchanged=same)


def refuse_strangers(plan: RosterPlan, stored: dict[str, tuple[RoomId, Candidate]]) -> RosterPlan:
    """Reject rows whose citizen number belongs to another candidate of a room that the file does not speak of."""
    elsewhere = {str(other.citizen_id): number for number, (room, other) in stored.items() if room not in plan.rooms}
    rows, rejected = [], list(plan.rejected)
    for row in plan.rows:
        holder = elsewhere.get(str(row.candidate.citizen_id))
        if holder in (None, row.candidate.candidate_number):
            rows.append(row)
        else:
            why = "Số định danh đã có ở SBD khác, phòng khác (citizen number belongs to another candidate)"
            rejected.append(rejected_row(row, (why,)))
    return msgspec.structs.replace(plan, rows=tuple(rows), rejected=tuple(rejected))


def _as_filed(place: tuple[RoomId, Candidate]) -> tuple[RoomId, Candidate]:
    room_id, candidate = place
    return room_id, msgspec.structs.replace(candidate, photo=None)
