"""Rosters that arrived, kept so that the room works alone: the newest per sitting, encrypted with this box's own key.

A stored bundle is opened anew each time, signature and box name included. Not here: receiving them (`uplink`), and
what a bundle holds (`models.exams`).
"""

import hashlib
import logging
import os
import sqlite3
import threading
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlite_utils import Database

from models.clock import to_unix_ms
from models.durable_database import immediate, open_durably
from models.durable_files import write_whole
from models.errors import StorageError
from models.exams import RosterBundle
from models.identifiers import BoxId
from models.wire import codec
from models.wire.central_keys import SignatureCheck
from models.wire.signed_bundle import BundleRefusal, SignedBundle, open_bundle

_log = logging.getLogger(__name__)
_NONCE_BYTES = 12
_KEY_BYTES = 32
_TABLE = """CREATE TABLE IF NOT EXISTS rosters (session_digest TEXT PRIMARY KEY, version INTEGER NOT NULL,
    good_until_ms INTEGER NOT NULL, sealed BLOB NOT NULL)"""


class RosterStoreError(StorageError):
    """The roster cannot be stored or read. The room goes on with the one on its screen; tell IT."""


class RosterStore:
    """The box's rosters. Every method may be called from any thread."""

    def __init__(self, path: Path, key_path: Path, central_key: SignatureCheck, box_id: BoxId) -> None:
        self._path = path
        self._key_path = key_path
        self._central_key = central_key
        self._box_id = box_id
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._cipher: AESGCM | None = None

    def start(self) -> None:
        """Opens the store; makes the key on the first start. Raises StorageError."""
        self._cipher = AESGCM(_own_key(self._key_path))
        self._database = open_durably(self._path)
        self._database.execute(_TABLE)

    def stop(self) -> None:
        """Closes the store."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    def keep(self, signed: SignedBundle, now: datetime) -> RosterBundle | BundleRefusal:
        """Stores a bundle durably if this box may work from it. `now` is UTC. Raises RosterStoreError.

        The version that is held already is welcome and changes nothing.
        """
        opened = open_bundle(signed, self._central_key, self._box_id, now)
        if isinstance(opened, BundleRefusal):
            return opened
        digest = _digest(opened.session.session_id)
        with self._lock:
            database, cipher = self._opened()
            try:
                row = database.execute("SELECT version FROM rosters WHERE session_digest = ?", [digest]).fetchone()
                if row is not None and opened.version < row[0]:
                    return BundleRefusal.OLDER_THAN_HELD
                nonce = os.urandom(_NONCE_BYTES)
                sealed = nonce + cipher.encrypt(nonce, codec.encode(signed), digest.encode())
                with immediate(database):
                    database.execute(
                        "INSERT OR REPLACE INTO rosters VALUES (?, ?, ?, ?)",
                        [digest, opened.version, to_unix_ms(opened.good_until), sealed],
                    )
            except sqlite3.Error as error:
                raise RosterStoreError(
                    f"The roster was not stored ({type(error).__name__}). Check the card."
                ) from error
        return opened

    def rosters(self, now: datetime) -> list[RosterBundle]:
        """All bundles that still count at `now` (UTC), by the start of their sitting."""
        with self._lock:
            database, cipher = self._opened()
            try:
                rows = database.execute("SELECT session_digest, sealed FROM rosters").fetchall()
            except sqlite3.Error as error:
                raise RosterStoreError(
                    f"The rosters cannot be read ({type(error).__name__}). Check the card."
                ) from error
        found = (self._open(digest, sealed, cipher, now) for digest, sealed in rows)
        return sorted((one for one in found if one is not None), key=lambda one: one.session.starts_at)

    def current(self, now: datetime) -> RosterBundle | None:
        """The sitting to work on at `now` (UTC): the one under way, else the next, else the last that still counts."""
        rosters = self.rosters(now)
        unfinished = [one for one in rosters if one.session.ends_at > now]
        if unfinished:
            return unfinished[0]
        return rosters[-1] if rosters else None

    def versions(self, now: datetime) -> dict[str, int]:
        """Session ids and roster versions held, as a hello names them."""
        return {one.session.session_id: one.version for one in self.rosters(now)}

    def forget_before(self, now: datetime) -> int:
        """Deletes bundles that no longer count at `now` (UTC), also from the log file; returns how many.

        A card that takes no writing is only logged: what has run out is not worked from anyway.
        """
        with self._lock:
            database, _ = self._opened()
            try:
                with immediate(database):
                    old = "DELETE FROM rosters WHERE good_until_ms <= ?"
                    count = int(database.execute(old, [to_unix_ms(now)]).rowcount)
                if count:
                    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    database.execute("VACUUM")
            except sqlite3.Error as error:
                _log.warning("Old rosters could not be deleted (%s); it is tried again.", type(error).__name__)
                return 0
        return count

    def _open(self, digest: str, sealed: bytes, cipher: AESGCM, now: datetime) -> RosterBundle | None:
        try:
            plain = cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], digest.encode())
            opened = open_bundle(codec.decode(plain, SignedBundle), self._central_key, self._box_id, now)
        except (InvalidTag, ValueError, codec.CodecError):
            _log.error("A stored roster cannot be opened with this box's key; central must send it again.")
            return None
        return None if isinstance(opened, BundleRefusal) else opened

    def _opened(self) -> tuple[Database, AESGCM]:
        if self._database is None or self._cipher is None:
            raise RosterStoreError("The roster store is closed. Start the room agent again.")
        return self._database, self._cipher


def _digest(session: str) -> str:
    """A sitting's key in the table; not its name, though that would tell little."""
    return hashlib.sha256(session.encode()).hexdigest()


def _own_key(path: Path) -> bytes:
    if not path.exists():
        write_whole(path, os.urandom(_KEY_BYTES), 0o600)
    try:
        mode, key = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise RosterStoreError(f"The box's key cannot be read ({error}). Check the folder's rights.") from None
    if mode & 0o077 or len(key) != _KEY_BYTES:
        raise RosterStoreError("The box's key must be 32 bytes that only the room agent may read (mode 0600).")
    return key
