"""Boxes: which room each is of and how far it has come. Every change of a box raises its `change` number."""

from collections.abc import Mapping
from datetime import datetime

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
        found = self._select("WHERE box_id = ?", box_id)
        return found[0] if found else None

    def in_room(self, room_id: RoomId) -> list[Box]:
        """All boxes that were ever made for a room, oldest change first."""
        return self._select("WHERE room_id = ? ORDER BY change", room_id)

    def of_school(self, school_id: str) -> list[Box]:
        """All boxes that were ever made for a school, by name."""
        return self._select("WHERE school_id = ? ORDER BY box_id", school_id)

    def on_machine(self, machine: str) -> list[Box]:
        """All boxes that ever ran on a machine."""
        return self._select("WHERE machine = ? ORDER BY change", machine)

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

    def certify(
        self, box_id: BoxId, *, chain_key: bytes, key_grade: KeyGrade, machine: str, serial: str, now: datetime
    ) -> None:
        """It was given its first certificate."""
        self._change(
            box_id,
            {
                "state": BoxState.CERTIFIED,
                "chain_key": chain_key,
                "key_grade": key_grade,
                "machine": machine,
                "serial": serial,
                "certified_at": to_unix_ms(now),
            },
        )

    def renew(self, box_id: BoxId, serial: str) -> None:
        """It was given its next certificate."""
        self._change(box_id, {"serial": serial})

    def enroll(self, box_id: BoxId, now: datetime) -> None:
        """It has spoken over its own certificate."""
        self._change(box_id, {"state": BoxState.ENROLLED, "enrolled_at": to_unix_ms(now)})

    def take_out(self, box_id: BoxId, now: datetime) -> None:
        """It is revoked, for good."""
        self._change(box_id, {"state": BoxState.REVOKED, "revoked_at": to_unix_ms(now)})

    def replace(self, box_id: BoxId, successor: BoxId) -> None:
        """Another box stands in its place."""
        self._change(box_id, {"replaced_by": successor})

    def mark_changed(self, box_id: BoxId) -> None:
        """Something about it changed in another register."""
        self._change(box_id, {})

    def record(self, box_id: BoxId) -> BoxRecord:
        """One box as central knows it."""
        return self._records("WHERE boxes.box_id = ?", box_id)[0]

    def records_after(self, change: int, limit: int) -> tuple[BoxRecord, ...]:
        """Boxes that changed later, in order."""
        return tuple(self._records("WHERE change > ? ORDER BY change LIMIT ?", change, limit))

    def _change(self, box_id: BoxId, values: Mapping[str, object]) -> None:
        values = {**values, "change": self._counters.next(Counter.CHANGE)}
        words = ", ".join(f"{column} = ?" for column in values)
        self._database.execute(
            f"UPDATE boxes SET {words} WHERE box_id = ?",  # noqa: S608 - the columns stand above
            [*values.values(), box_id],
        )

    def _select(self, condition: str, value: object) -> list[Box]:
        rows = self._database.execute(
            f"SELECT {_COLUMNS} FROM boxes {condition}",  # noqa: S608 - the conditions stand above
            [value],
        )
        return [
            Box(
                box_id=row[0], change=row[1], room_id=row[2], room_name=row[3], school_id=row[4], school_name=row[5],
                state=BoxState(row[6]), chain_key=row[7], key_grade=None if row[8] is None else KeyGrade(row[8]),
                machine=row[9], serial=row[10], certified_at=instant(row[11]), enrolled_at=instant(row[12]),
                revoked_at=instant(row[13]), replaced_by=row[14],
            )
            for row in rows
        ]  # fmt: skip

    def _records(self, condition: str, *values: object) -> list[BoxRecord]:
        rows = self._database.execute(
            f"SELECT {_COLUMNS}, certificates.good_until, (SELECT max(good_until) FROM certificates AS exam"  # noqa: S608 - as above
            " WHERE exam.holder = boxes.box_id AND exam.kind = 'exam' AND exam.revoked_at IS NULL),"
            " reports.reported_at, reports.body FROM boxes LEFT JOIN certificates ON certificates.serial = boxes.serial"
            f" LEFT JOIN reports ON reports.box_id = boxes.box_id {condition}",
            list(values),
        )
        return [_record(tuple(row)) for row in rows]


def _record(row: tuple[object, ...]) -> BoxRecord:
    said = None if row[18] is None else msgspec.json.decode(bytes(row[18]), type=BoxReport)  # type: ignore[call-overload]  # a column of bytes
    return msgspec.convert(
        {
            **dict(zip(("box_id", "change", "room_id", "room_name", "school_id"), row[:5], strict=True)),
            **dict(zip(("state", "chain_key", "key_grade", "machine", "serial"), row[6:11], strict=True)),
            "certified_at": _instant(row[11]),
            "enrolled_at": _instant(row[12]),
            "revoked_at": _instant(row[13]),
            "replaced_by": row[14],
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
