"""Boxes: which room each is of and how far it has come. Every change of a box raises its `change` number."""

from datetime import datetime
from typing import Final

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.enrollment import BoxReport, BoxState, KeyGrade
from models.fleet import BoxRecord, RoomForBox
from models.identifiers import BoxId, RoomId
from provisioning.authority.registers.counters import Counter, Counters
from provisioning.authority.registers.instants import instant

_COLUMNS = """boxes.box_id, change, room_id, room_name, school_id, school_name, state, chain_key, key_grade, machine,
    boxes.serial, certified_at, enrolled_at, boxes.revoked_at, replaced_by"""

_BOXES = f"SELECT {_COLUMNS} FROM boxes"  # noqa: S608 - two constants
_BY_NAME = f"{_BOXES} WHERE box_id = ?"
_BY_ROOM = f"{_BOXES} WHERE room_id = ? ORDER BY change"
_BY_SCHOOL = f"{_BOXES} WHERE school_id = ? ORDER BY box_id"
_BY_MACHINE = f"{_BOXES} WHERE machine = ? ORDER BY change"
_WITH_WORDS = f"""SELECT {_COLUMNS}, certificates.good_until, (SELECT max(good_until) FROM certificates AS exam
    WHERE exam.holder = boxes.box_id AND exam.kind = 'exam' AND exam.revoked_at IS NULL),
    reports.reported_at, reports.body, certificates.good_from FROM boxes
    LEFT JOIN certificates ON certificates.serial = boxes.serial LEFT JOIN reports ON reports.box_id = boxes.box_id"""  # noqa: S608 - two constants
_RECORD = f"{_WITH_WORDS} WHERE boxes.box_id = ?"
_RECORDS = f"{_WITH_WORDS} WHERE change > ? ORDER BY change LIMIT ?"


LONGEST_WORD: Final = 200
"""What a `BoxRecord` takes: one long word must not keep central from all boxes."""


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """A box as its row says; `serial` is that of its present operating certificate."""

    box_id: BoxId
    change: int
    room_id: RoomId
    room_name: str
    school_id: str
    school_name: str
    state: BoxState
    chain_key: bytes | None
    key_grade: KeyGrade | None
    machine: str | None
    serial: str | None
    certified_at: datetime | None
    enrolled_at: datetime | None
    revoked_at: datetime | None
    replaced_by: BoxId | None

    @property
    def lives(self) -> bool:
        """Whether it holds a certificate that counts."""
        return self.state in (BoxState.CERTIFIED, BoxState.ENROLLED)


class LivingBox(msgspec.Struct, frozen=True, kw_only=True):
    """What roll-outs ask of a box."""

    box_id: BoxId
    school_id: str
    room_id: RoomId


class Boxes:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database, counters: Counters) -> None:
        self._database = database
        self._counters = counters

    def find(self, box_id: str) -> Box | None:
        """The box of this name."""
        found = self._select(_BY_NAME, box_id)
        return found[0] if found else None

    def in_room(self, room_id: RoomId) -> list[Box]:
        """All boxes that were ever made for a room, oldest change first."""
        return self._select(_BY_ROOM, room_id)

    def of_school(self, school_id: str) -> list[Box]:
        """All boxes that were ever made for a school, by name."""
        return self._select(_BY_SCHOOL, school_id)

    def schools(self) -> list[str]:
        """All schools that a box was ever made for."""
        return [str(row[0]) for row in self._database.execute("SELECT DISTINCT school_id FROM boxes ORDER BY 1")]

    def on_machine(self, machine: str) -> list[Box]:
        """All boxes that ever ran on a machine."""
        return self._select(_BY_MACHINE, machine)

    def revoked(self) -> tuple[BoxId, ...]:
        """Names of the boxes that were taken out, by name."""
        rows = self._database.execute(
            "SELECT box_id FROM boxes WHERE state = ? ORDER BY box_id", [BoxState.REVOKED]
        ).fetchall()
        return tuple(BoxId(row[0]) for row in rows)

    def living(self) -> list[LivingBox]:
        """All boxes that hold a certificate, in few words."""
        rows = self._database.execute(
            "SELECT box_id, school_id, room_id FROM boxes WHERE state IN (?, ?)",
            [BoxState.CERTIFIED, BoxState.ENROLLED],
        )
        return [LivingBox(box_id=BoxId(row[0]), school_id=row[1], room_id=RoomId(row[2])) for row in rows]

    def expect(self, box_id: BoxId, room: RoomForBox) -> None:
        """A code was made for a new box; or the room's words changed while the box is still expected."""
        self._database.execute(
            "INSERT INTO boxes (box_id, change, room_id, room_name, school_id, school_name, state)"
            " VALUES (?,?,?,?,?,?,?) ON CONFLICT (box_id) DO UPDATE SET change = excluded.change,"
            " room_name = excluded.room_name, school_id = excluded.school_id, school_name = excluded.school_name",
            [
                *(box_id, self._counters.next(Counter.CHANGE), room.room_id, room.room_name, room.school_id),
                *(room.school_name, BoxState.EXPECTED),
            ],
        )

    def remember(self, known: BoxRecord) -> None:
        """A box that central knows and that was lost with an older register."""
        self._database.execute(
            "INSERT INTO boxes (box_id, change, room_id, room_name, school_id, school_name, state, chain_key,"
            " key_grade, machine, serial, certified_at, replaced_by) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            [
                *(known.box_id, self._counters.next(Counter.CHANGE), known.room_id, known.room_name, known.school_id),
                *(known.school_id, BoxState.CERTIFIED, known.chain_key, known.key_grade, known.machine, known.serial),
                *(None if known.certified_at is None else to_unix_ms(known.certified_at), known.replaced_by),
            ],
        )

    def certify(
        self, box_id: BoxId, *, chain_key: bytes, key_grade: KeyGrade, machine: str, serial: str, now: datetime
    ) -> None:
        """It was given its first certificate."""
        self._database.execute(
            "UPDATE boxes SET state = ?, chain_key = ?, key_grade = ?, machine = ?, serial = ?, certified_at = ?"
            " WHERE box_id = ?",
            [BoxState.CERTIFIED, chain_key, key_grade, machine, serial, to_unix_ms(now), box_id],
        )
        self.mark_changed(box_id)

    def renew(self, box_id: BoxId, serial: str) -> None:
        """It was given its next certificate."""
        self._database.execute("UPDATE boxes SET serial = ? WHERE box_id = ?", [serial, box_id])
        self.mark_changed(box_id)

    def name_machine(self, box_id: BoxId, machine: str) -> None:
        """The board of a card that was written on a bench is known now."""
        self._database.execute("UPDATE boxes SET machine = ? WHERE box_id = ?", [machine, box_id])

    def enroll(self, box_id: BoxId, now: datetime) -> None:
        """It has spoken over its own certificate."""
        self._database.execute(
            "UPDATE boxes SET state = ?, enrolled_at = ? WHERE box_id = ?", [BoxState.ENROLLED, to_unix_ms(now), box_id]
        )
        self.mark_changed(box_id)

    def take_out(self, box_id: BoxId, now: datetime) -> None:
        """It is revoked, for good."""
        self._database.execute(
            "UPDATE boxes SET state = ?, revoked_at = ? WHERE box_id = ?", [BoxState.REVOKED, to_unix_ms(now), box_id]
        )
        self.mark_changed(box_id)

    def replace(self, box_id: BoxId, successor: BoxId) -> None:
        """Another box stands in its place."""
        self._database.execute("UPDATE boxes SET replaced_by = ? WHERE box_id = ?", [successor, box_id])
        self.mark_changed(box_id)

    def mark_changed(self, box_id: BoxId) -> None:
        """Something about it changed, here or in another register."""
        change = self._counters.next(Counter.CHANGE)
        self._database.execute("UPDATE boxes SET change = ? WHERE box_id = ?", [change, box_id])

    def record(self, box_id: BoxId) -> BoxRecord:
        """One box as central knows it."""
        return self._records(_RECORD, box_id)[0]

    def records_after(self, change: int, limit: int) -> tuple[BoxRecord, ...]:
        """Boxes that changed later, in order."""
        return tuple(self._records(_RECORDS, change, limit))

    def _select(self, statement: str, value: object) -> list[Box]:
        rows = self._database.execute(statement, [value])
        return [
            Box(
                box_id=row[0], change=row[1], room_id=row[2], room_name=row[3], school_id=row[4], school_name=row[5],
                state=BoxState(row[6]), chain_key=row[7], key_grade=None if row[8] is None else KeyGrade(row[8]),
                machine=row[9], serial=row[10], certified_at=instant(row[11]), enrolled_at=instant(row[12]),
                revoked_at=instant(row[13]), replaced_by=row[14],
            )
            for row in rows
        ]  # fmt: skip

    def _records(self, statement: str, *values: object) -> list[BoxRecord]:
        return [_record(tuple(row)) for row in self._database.execute(statement, list(values))]


def _record(row: tuple[object, ...]) -> BoxRecord:
    said = None if row[18] is None else msgspec.json.decode(bytes(row[18]), type=BoxReport)  # type: ignore[call-overload]  # a column of bytes
    row = tuple(value[:LONGEST_WORD] if isinstance(value, str) else value for value in row)
    return msgspec.convert(
        {
            **dict(zip(("box_id", "change", "room_id", "room_name", "school_id"), row[:5], strict=True)),
            **dict(zip(("state", "chain_key", "key_grade", "machine", "serial"), row[6:11], strict=True)),
            "certified_at": _instant(row[11]),
            "enrolled_at": _instant(row[12]),
            "revoked_at": _instant(row[13]),
            "replaced_by": row[14],
            "certificate_good_from": _instant(row[19]),
            "certificate_good_until": _instant(row[15]),
            "exam_certificate_good_until": _instant(row[16]),
            "reported_at": _instant(row[17]),
            "software": None if said is None else said.software,
            "weights": None if said is None else said.weights,
            "trust_list_version": None if said is None else said.trust_list_version,
        },
        BoxRecord,
        builtin_types=(bytes, datetime),
    )


def _instant(value: object) -> datetime | None:
    return from_unix_ms(value) if isinstance(value, int) else None
