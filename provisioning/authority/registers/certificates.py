"""Every certificate that was ever issued, and the public keys that any holder ever used."""

from datetime import datetime
from enum import StrEnum

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlite_utils import Database

from models.clock import from_unix_ms, to_unix_ms
from models.enrollment import CertificateRole
from provisioning.authority.registers.instants import instant

_COLUMNS = "serial, holder, kind, key_hash, exam_id, issued_at, good_from, good_until, der, shown_at, revoked_at"
_ISSUED = f"SELECT {_COLUMNS} FROM certificates"  # noqa: S608 - two constants
_BY_SERIAL = f"{_ISSUED} WHERE serial = ?"
_BY_KEY = f"{_ISSUED} WHERE key_hash = ? ORDER BY issued_at, rowid"
_BY_HOLDER = f"{_ISSUED} WHERE holder = ? ORDER BY issued_at, rowid"


class CertificateKind(StrEnum):
    """What a certificate is for. The programs' kinds are the values of their roles."""

    OPERATING = "operating"
    EXAM = "exam"
    KICK = "kick"
    CENTRAL = CertificateRole.CENTRAL.value
    BROKER_KEEPER = CertificateRole.BROKER_KEEPER.value
    MEASUREMENTS = CertificateRole.MEASUREMENTS.value
    SERVER = CertificateRole.SERVER.value
    ROOM_BROKER = CertificateRole.ROOM_BROKER.value
    """A room's server certificate; its holder is the box that runs the broker."""


class IssuedRow(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate (DER) with its holder's name and the SHA-256 of its public key.

    `shown_at` is when the authority first saw it in use.
    """

    serial: str
    holder: str
    kind: CertificateKind
    key_hash: bytes
    exam_id: str | None
    issued_at: datetime
    good_from: datetime
    good_until: datetime
    der: bytes
    shown_at: datetime | None = None
    revoked_at: datetime | None = None


class RevokedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that must not be believed any more."""

    holder: str
    serial: str
    revoked_at: datetime


class Certificates:
    """The rows of one open register. Callers hold the transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        certificate: x509.Certificate,
        holder: str,
        kind: CertificateKind,
        key_hash: bytes,
        now: datetime,
        exam_id: str | None = None,
    ) -> IssuedRow:
        """Remembers a certificate that was just made."""
        row = IssuedRow(
            serial=format(certificate.serial_number, "x"),
            holder=holder,
            kind=kind,
            key_hash=key_hash,
            exam_id=exam_id,
            issued_at=now,
            good_from=certificate.not_valid_before_utc,
            good_until=certificate.not_valid_after_utc,
            der=certificate.public_bytes(Encoding.DER),
        )
        self._database.execute(
            "INSERT INTO certificates (serial, holder, kind, key_hash, exam_id, issued_at, good_from, good_until, der)"
            " VALUES (?,?,?,?,?,?,?,?,?)",
            [
                *(row.serial, holder, kind, key_hash, exam_id, to_unix_ms(now)),
                *(to_unix_ms(row.good_from), to_unix_ms(row.good_until), row.der),
            ],
        )
        return row

    def add_unseen(self, serial: str, holder: str, good_until: datetime, now: datetime) -> None:
        """Remembers the name of a certificate that nobody here has seen: it was lost with an older register."""
        self._database.execute(
            "INSERT INTO certificates (serial, holder, kind, key_hash, issued_at, good_from, good_until, der)"
            " VALUES (?,?,?,?,?,?,?,?)",
            [
                *(serial, holder, CertificateKind.OPERATING, b"", to_unix_ms(now), to_unix_ms(now)),
                *(to_unix_ms(good_until), b""),
            ],
        )

    def find(self, serial: str) -> IssuedRow | None:
        """The certificate with this serial."""
        found = self._select(_BY_SERIAL, serial)
        return found[0] if found else None

    def good_until(self, serial: str) -> datetime | None:
        """The end of the certificate with this serial."""
        found = self.find(serial)
        return None if found is None else found.good_until

    def with_key(self, key_hash: bytes) -> list[IssuedRow]:
        """All that were ever issued for a public key, oldest first."""
        return self._select(_BY_KEY, key_hash)

    def of(self, holder: str) -> list[IssuedRow]:
        """All of a holder, oldest first."""
        return self._select(_BY_HOLDER, holder)

    def revoked_after(self, good_until: datetime) -> list[RevokedRow]:
        """Those revoked that would still be good after an instant, in the order of their revocation."""
        rows = self._database.execute(
            "SELECT holder, serial, revoked_at FROM certificates WHERE revoked_at IS NOT NULL AND good_until > ?"
            " ORDER BY revoked_at, rowid",
            [to_unix_ms(good_until)],
        )
        return [RevokedRow(holder=row[0], serial=row[1], revoked_at=from_unix_ms(row[2])) for row in rows]

    def taken_out_after(self, good_until: datetime) -> list[RevokedRow]:
        """The same without the earlier certificates of boxes that live on."""
        rows = self._database.execute(
            "SELECT holder, serial, revoked_at FROM certificates WHERE revoked_at IS NOT NULL AND good_until > ?"
            " AND holder NOT IN (SELECT box_id FROM boxes WHERE revoked_at IS NULL) ORDER BY revoked_at, rowid",
            [to_unix_ms(good_until)],
        )
        return [RevokedRow(holder=row[0], serial=row[1], revoked_at=from_unix_ms(row[2])) for row in rows]

    def show(self, serial: str, now: datetime) -> None:
        """The certificate was seen in use; the first time counts."""
        self._database.execute(
            "UPDATE certificates SET shown_at = ? WHERE serial = ? AND shown_at IS NULL", [to_unix_ms(now), serial]
        )

    def revoke_all_of(self, holder: str, now: datetime) -> int:
        """Revokes what is not revoked yet; returns how many."""
        return self._database.execute(
            "UPDATE certificates SET revoked_at = ? WHERE holder = ? AND revoked_at IS NULL", [to_unix_ms(now), holder]
        ).rowcount

    def revoke_older(self, than: IssuedRow, now: datetime) -> int:
        """Revokes what its holder was given before for the same purpose; returns how many."""
        return self._database.execute(
            "UPDATE certificates SET revoked_at = ? WHERE holder = ? AND kind = ? AND revoked_at IS NULL"
            " AND (issued_at, rowid) < (SELECT issued_at, rowid FROM certificates WHERE serial = ?)",
            [to_unix_ms(now), than.holder, than.kind, than.serial],
        ).rowcount

    def count_since(self, holder: str, kind: CertificateKind, instant: datetime) -> int:
        """How many of a kind a holder was given after an instant."""
        row = self._database.execute(
            "SELECT count(*) FROM certificates WHERE holder = ? AND kind = ? AND issued_at > ?",
            [holder, kind, to_unix_ms(instant)],
        ).fetchone()
        return int(row[0])

    def _select(self, statement: str, value: object) -> list[IssuedRow]:
        rows = self._database.execute(statement, [value])
        return [
            IssuedRow(
                serial=row[0], holder=row[1], kind=CertificateKind(row[2]), key_hash=row[3], exam_id=row[4],
                issued_at=from_unix_ms(row[5]), good_from=from_unix_ms(row[6]), good_until=from_unix_ms(row[7]),
                der=row[8], shown_at=instant(row[9]), revoked_at=instant(row[10]),
            )
            for row in rows
        ]  # fmt: skip
