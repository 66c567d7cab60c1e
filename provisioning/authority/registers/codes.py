"""One-time codes: never the code itself, only its name and the keys that follow from it, wiped when they are over."""

from datetime import datetime

import msgspec
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.enrollment import CodeKind
from models.identifiers import BoxId, RoomId
from models.wire.enrollment_code import CodeKeys
from provisioning.authority.registers.instants import instant


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code for one box in one room. `keys` is None once they are wiped.

    `holder` is the digest of whoever used it first (`enrollment_desk`), `serial` the certificate that it was given.
    """

    lookup: bytes
    keys: CodeKeys | None
    kind: CodeKind
    room_id: RoomId
    box_id: BoxId
    replaces: BoxId | None
    made_at: datetime
    good_until: datetime
    holder: bytes | None
    used_at: datetime | None
    serial: str | None
    voided_at: datetime | None


class Codes:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, code: Code, keys: CodeKeys) -> None:
        """Remembers a new code."""
        self._database.execute(
            "INSERT INTO codes (lookup, authority_key, box_key, kind, room_id, box_id, replaces, made_at, good_until)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            [
                *(code.lookup, keys.authority_key, keys.box_key, code.kind, code.room_id, code.box_id, code.replaces),
                *(to_unix_ms(code.made_at), to_unix_ms(code.good_until)),
            ],
        )

    def find(self, lookup: bytes) -> Code | None:
        """The code of this name."""
        row = self._database.execute(
            "SELECT lookup, authority_key, box_key, kind, room_id, box_id, replaces, made_at, good_until, holder,"
            " used_at, serial, voided_at FROM codes WHERE lookup = ?",
            [lookup],
        ).fetchone()
        if row is None:
            return None
        keys = None if row[2] is None else CodeKeys(lookup=row[0], authority_key=row[1], box_key=row[2])
        return Code(
            lookup=row[0], keys=keys, kind=CodeKind(row[3]), room_id=row[4], box_id=row[5], replaces=row[6],
            made_at=from_unix_ms(row[7]), good_until=from_unix_ms(row[8]), holder=row[9], used_at=instant(row[10]),
            serial=row[11], voided_at=instant(row[12]),
        )  # fmt: skip

    def use(self, lookup: bytes, holder: bytes, serial: str, now: datetime) -> None:
        """Binds the code to its first holder, for good."""
        self._database.execute(
            "UPDATE codes SET holder = ?, serial = ?, used_at = ? WHERE lookup = ? AND used_at IS NULL",
            [holder, serial, to_unix_ms(now), lookup],
        )

    def void_unused_of(self, room_id: RoomId, now: datetime) -> None:
        """No unused code of the room counts any more."""
        self._database.execute(
            "UPDATE codes SET voided_at = ?, authority_key = NULL, box_key = NULL"
            " WHERE room_id = ? AND used_at IS NULL AND voided_at IS NULL",
            [to_unix_ms(now), room_id],
        )

    def void_unused_for(self, box_id: BoxId, now: datetime) -> None:
        """No unused code for this box counts any more."""
        self._database.execute(
            "UPDATE codes SET voided_at = ?, authority_key = NULL, box_key = NULL"
            " WHERE box_id = ? AND used_at IS NULL AND voided_at IS NULL",
            [to_unix_ms(now), box_id],
        )

    def void_unused(self, now: datetime) -> None:
        """No code that nobody has used yet counts any more."""
        self._database.execute(
            "UPDATE codes SET voided_at = ?, authority_key = NULL, box_key = NULL"
            " WHERE used_at IS NULL AND voided_at IS NULL",
            [to_unix_ms(now)],
        )

    def wipe_over(self, used_before: datetime, now: datetime) -> None:
        """Deletes the keys of codes that ran out unused, or were used before an instant."""
        self._database.execute(
            "UPDATE codes SET authority_key = NULL, box_key = NULL WHERE box_key IS NOT NULL AND good_until <= ?"
            " AND (used_at IS NULL OR used_at <= ?)",
            [to_unix_ms(now), to_unix_ms(used_before)],
        )
