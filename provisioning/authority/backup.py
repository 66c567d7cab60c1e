"""A consistent copy of the authority's register while it runs, without any key.

Not here: the keys, which never change and are locked away once; and putting a copy back (README.md).
"""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

from models.durable_files import put_in_place, write_whole
from models.errors import StorageError
from provisioning.authority.settings import Settings

_PAGES_AT_ONCE: Final = 256


class BackupError(StorageError):
    """The copy was not made; what lies there is no backup."""


def back_up(settings: Settings, settings_file: Path, folder: Path) -> list[Path]:
    """Copies register, settings and public certificates to a folder (0700); the new files. Raises BackupError."""
    copy = folder / settings.database.name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _copy_register(settings.database, copy)
        copied = [copy]
        for path in (settings_file, settings.authorities, settings.server_certificate, settings.trust_public_key):
            write_whole(folder / path.name, path.read_bytes())
            copied.append(folder / path.name)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"The backup to {folder} failed ({error}). Free space there, then try again.") from None
    return copied


def _copy_register(register: Path, copy: Path) -> None:
    half = copy.with_name(copy.name + ".half")
    half.unlink(missing_ok=True)
    os.close(os.open(half, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    source = f"file:{quote(str(register.absolute()))}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as running, closing(sqlite3.connect(half)) as made:
        running.backup(made, pages=_PAGES_AT_ONCE)
        made.execute("PRAGMA journal_mode=DELETE")
        findings = [row[0] for row in made.execute("PRAGMA integrity_check")]
        if findings != ["ok"]:
            raise BackupError(f"The copy of {register.name} has {len(findings)} faults; look at the disk of {copy}.")
    put_in_place(half, copy)
