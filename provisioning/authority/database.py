"""The authority's register file: its tables, step by step, each step in one transaction.

`PRAGMA user_version` counts the steps done. A step that was released is never changed; a new one is added. Instants are
milliseconds since 1970 UTC. Not here: who reads and writes them (`registers`, one file per register).
"""

from typing import Final

from sqlite_utils import Database

from models.durable_database import immediate
from models.errors import StorageError
from provisioning.authority.registers import reports, revocation_lists, roll_outs

_FIRST: Final = (
    "CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE codes (lookup BLOB PRIMARY KEY, authority_key BLOB, box_key BLOB, kind TEXT NOT NULL,
        room_id TEXT NOT NULL, box_id TEXT NOT NULL, replaces TEXT, made_at INTEGER NOT NULL,
        good_until INTEGER NOT NULL, holder BLOB, used_at INTEGER, serial TEXT, voided_at INTEGER)""",
    "CREATE INDEX codes_by_room ON codes (room_id) WHERE used_at IS NULL AND voided_at IS NULL",
    "CREATE INDEX codes_with_keys ON codes (good_until) WHERE box_key IS NOT NULL",
    """CREATE TABLE boxes (box_id TEXT PRIMARY KEY, change INTEGER NOT NULL UNIQUE, room_id TEXT NOT NULL,
        room_name TEXT NOT NULL, school_id TEXT NOT NULL, school_name TEXT NOT NULL, state TEXT NOT NULL,
        chain_key BLOB, key_grade TEXT, machine TEXT, serial TEXT, certified_at INTEGER, enrolled_at INTEGER,
        revoked_at INTEGER, replaced_by TEXT)""",
    "CREATE INDEX boxes_by_room ON boxes (room_id)",
    "CREATE INDEX boxes_by_school ON boxes (school_id)",
    "CREATE INDEX boxes_by_machine ON boxes (machine)",
    """CREATE TABLE reports (box_id TEXT PRIMARY KEY REFERENCES boxes (box_id), reported_at INTEGER NOT NULL,
        body BLOB NOT NULL)""",
    """CREATE TABLE certificates (serial TEXT PRIMARY KEY, holder TEXT NOT NULL, kind TEXT NOT NULL,
        key_hash BLOB NOT NULL, exam_id TEXT, issued_at INTEGER NOT NULL, good_from INTEGER NOT NULL,
        good_until INTEGER NOT NULL, der BLOB NOT NULL, shown_at INTEGER, revoked_at INTEGER)""",
    "CREATE INDEX certificates_by_holder ON certificates (holder)",
    "CREATE INDEX certificates_by_key ON certificates (key_hash)",
    "CREATE INDEX certificates_revoked ON certificates (good_until) WHERE revoked_at IS NOT NULL",
    "CREATE TABLE chain_keys (key_hash BLOB PRIMARY KEY, holder TEXT NOT NULL) WITHOUT ROWID",
    """CREATE TABLE audit_log (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL,
        action TEXT NOT NULL, subject TEXT NOT NULL, reason TEXT NOT NULL, details TEXT NOT NULL)""",
    """CREATE TRIGGER audit_log_stays BEFORE UPDATE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_keeps BEFORE DELETE ON audit_log
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    "CREATE TABLE refusals (code TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE exams (exam_id TEXT PRIMARY KEY, starts_at INTEGER NOT NULL, ends_at INTEGER NOT NULL)",
    """CREATE TABLE exam_rooms (exam_id TEXT NOT NULL REFERENCES exams (exam_id), room_id TEXT NOT NULL,
        PRIMARY KEY (room_id, exam_id)) WITHOUT ROWID""",
    """CREATE TABLE room_devices (room_id TEXT NOT NULL, name TEXT NOT NULL, password_hash TEXT NOT NULL,
        PRIMARY KEY (room_id, name)) WITHOUT ROWID""",
    "CREATE TABLE room_device_versions (room_id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID",
    """CREATE TABLE revocation_list (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), number INTEGER NOT NULL,
        made_at INTEGER NOT NULL, next_update INTEGER NOT NULL, pem BLOB NOT NULL)""",
    """CREATE TABLE trust_list_versions (school_id TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE installed_lists (keeper TEXT PRIMARY KEY, number INTEGER NOT NULL, next_update INTEGER NOT NULL,
        installed_at INTEGER NOT NULL) WITHOUT ROWID""",
)

STEPS: Final[tuple[tuple[str, ...], ...]] = (
    _FIRST,
    roll_outs.TABLES,
    (revocation_lists.REFUSED_TABLE,),
    (revocation_lists.HOST_TABLE,),
    (reports.OUTCOMES_TABLE, revocation_lists.ENDED_TABLE),
)


class RegisterTooNewError(StorageError):
    """The register was written by a newer version of this program. Install that version; nothing was changed."""


def bring_up_to_date(database: Database) -> None:
    """Does the steps that are missing. Raises RegisterTooNewError."""
    with immediate(database):
        done = int(database.execute("PRAGMA user_version").fetchone()[0])
        if done > len(STEPS):
            raise RegisterTooNewError(
                f"The register is of version {done}, this program knows {len(STEPS)}. Install the newer program."
            )
        for step in STEPS[done:]:
            for statement in step:
                database.execute(statement)
        database.execute(f"PRAGMA user_version = {len(STEPS)}")
