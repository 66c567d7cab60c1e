"""Puts a backup of the register back, so that nobody outside takes its older numbers for old news.

Boxes refuse a trust list with a lower version than they hold, and central asks only for what is newer than it knows:
so every number that only rises leaps far ahead, and every box is told to central again. What happened after the
backup is lost: boxes enrolled since enrol again, boxes taken out since are taken out again. Not here: making the copy
(`backup`).
"""

import os
import shutil
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from models.clock import Clock
from models.durable_database import immediate, open_durably, set_aside
from models.errors import StorageError
from provisioning.authority.database import bring_up_to_date
from provisioning.authority.key_files import read_keys
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.counters import Counter
from provisioning.authority.settings import Settings

LEAP: Final = 1_000_000
"""More than an authority counts between two backups."""

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
    kept = set_aside(settings.database, now) if settings.database.exists() else None
    half = settings.database.with_name(settings.database.name + ".half")
    shutil.copyfile(copy, half)
    half.chmod(0o600)
    with half.open("rb") as written:
        os.fsync(written.fileno())
    half.replace(settings.database)
    with closing(open_durably(settings.database)) as database:
        bring_up_to_date(database)
        with immediate(database):
            ledger = Ledger(database, settings, keys)
            for counter in _RISING:
                ledger.counters.put(counter, ledger.counters.last(counter) + LEAP)
            database.execute("UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'audit_log'", [LEAP])
            for box in ledger.boxes.records_after(0, _ALL):
                ledger.boxes.mark_changed(box.box_id)
            ledger.trust_list_versions.raise_for_everyone()
            ledger.sign_revocation_list(now)
            ledger.audit.write(at=now, actor="command line", action="register restored", subject=copy.name)
    return kept


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
