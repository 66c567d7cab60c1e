"""Puts a backup of the register back, so that nobody outside takes its older numbers for old news.

Boxes refuse a trust list with a lower version than they hold, and central asks only for what is newer than it knows:
so every number that only rises leaps far ahead, and every box is told to central again. All of it is done before the
copy takes the register's name: a power cut leaves the old register, or none, or one that has leapt. Codes that nobody
had used are void: they may have been used since. Certificates issued since are taken over when their boxes show them
(`gate`); central has boxes that were taken out since taken out again. Not here: making the copy (`backup`).
"""

import shutil
import socket
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Final

from models.clock import Clock, to_unix_ms
from models.durable_database import immediate, open_durably, set_aside
from models.durable_files import put_in_place
from models.errors import StorageError
from models.fleet import RESTORED
from provisioning.authority.database import bring_up_to_date
from provisioning.authority.key_files import read_keys
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.counters import Counter
from provisioning.authority.settings import Settings

LEAP: Final = 1_000_000
"""More than an authority counts between two backups. The milliseconds since 1970 count more: the same copy may be put
back twice."""

_RISING: Final = (Counter.CHANGE, Counter.TRUST_LIST, Counter.REVOCATION_LIST)
_ALL: Final = 2**31


class RestoreError(StorageError):
    """The backup was not put back; the register is as it was."""


def restore(settings: Settings, folder: Path, clock: Clock) -> Path | None:
    """Takes the register from a folder that `back_up` made; where the old one was set aside, None if there was none.

    Raises RestoreError while the authority runs or when the copy is damaged.
    """
    copy = folder / settings.database.name
    _refuse_while_it_runs(settings)
    _check(copy)
    keys = read_keys(settings)
    now = clock.now()
    half = settings.database.with_name(settings.database.name + ".half")
    for rest in half.parent.glob(half.name + "*"):
        rest.unlink()
    shutil.copyfile(copy, half)
    half.chmod(0o600)
    with closing(open_durably(half)) as database:
        bring_up_to_date(database)
        with immediate(database):
            _leap(Ledger(database, settings, keys), copy.name, now)
        database.execute("PRAGMA journal_mode=DELETE")  # all of it in the one file that is renamed
    kept = set_aside(settings.database, now) if settings.database.exists() else None
    put_in_place(half, settings.database)
    return kept


def _leap(ledger: Ledger, copy: str, now: datetime) -> None:
    at_least = to_unix_ms(now)
    for counter in _RISING:
        ledger.counters.put(counter, max(at_least, ledger.counters.last(counter) + LEAP))
    ledger.counters.put(Counter.RESTORED_AT, at_least)
    ledger.database.execute(
        "UPDATE sqlite_sequence SET seq = max(?, seq + ?) WHERE name = 'audit_log'", [at_least, LEAP]
    )
    for box in ledger.boxes.records_after(0, _ALL):
        ledger.boxes.mark_changed(box.box_id)
    ledger.room_devices.leap(at_least, LEAP)
    ledger.codes.void_unused(now)
    ledger.trust_list_versions.raise_for_everyone()
    ledger.sign_revocation_list(now)
    ledger.audit.write(at=now, actor="command line", action=RESTORED, subject=copy)


def _refuse_while_it_runs(settings: Settings) -> None:
    host = settings.listen.host if settings.listen.host not in ("0.0.0.0", "::") else "localhost"  # noqa: S104 - asks whether it listens
    try:
        socket.create_connection((host, settings.listen.port), timeout=2).close()
    except OSError:
        return
    raise RestoreError("The authority is running. Stop it first, then put the backup back.")


def _check(copy: Path) -> None:
    try:
        with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as register:
            findings = [row[0] for row in register.execute("PRAGMA integrity_check")]
            register.execute("SELECT count(*) FROM boxes").fetchone()
    except sqlite3.Error as error:
        raise RestoreError(f"{copy} is no backup of the register ({error}). Take another one.") from None
    if findings != ["ok"]:
        raise RestoreError(f"{copy} is damaged ({len(findings)} faults). Take an older one.")
