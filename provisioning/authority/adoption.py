"""Certificates of ours that the register does not know, because it was put back from an older backup.

A box that shows such a certificate goes on with it, and it can be revoked from then on. Never one that was made after
the backup was put back: the register has all of those, so that one would be somebody else's work with our key. Not
here: serials that only central knows (`staff_desk`).
"""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec

from models.clock import from_unix_ms
from models.enrollment import BoxState, CertificateRole
from provisioning.authority.caller import Caller
from provisioning.authority.certificate_office import CLOCKS_APART
from provisioning.authority.key_checks import key_hash_of
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.boxes import Box
from provisioning.authority.registers.certificates import CertificateKind, IssuedRow
from provisioning.authority.registers.counters import Counter

SHORTEST: Final = timedelta(days=2)
"""An exam's certificate is good from a day before to a day after; what is shorter threw a box off a broker."""
LONGEST_FOR_EXAM: Final = timedelta(days=33)
EXAM_AHEAD: Final = timedelta(days=30)


def adopt(ledger: Ledger, caller: Caller, now: datetime) -> IssuedRow | None:
    """Enters the certificate that a box shows; None when the register knows it, or it cannot be one that was lost."""
    box = ledger.boxes.find(caller.name)
    if caller.role is not CertificateRole.BOX or box is None or box.certified_at is None or not caller.certificate:
        return None
    if ledger.certificates.find(caller.serial_hex) is not None or caller.room_id != box.room_id:
        return None
    certificate = x509.load_der_x509_certificate(caller.certificate)
    key, kind = certificate.public_key(), _kind_of(ledger, certificate)
    if kind is None or not isinstance(key, ec.EllipticCurvePublicKey):
        return None
    issued_at = certificate.not_valid_before_utc + CLOCKS_APART
    row = ledger.certificates.add(certificate, box.box_id, kind, key_hash_of(key), min(issued_at, now))
    ledger.audit.write(
        at=now, actor=box.box_id, action="certificate taken over", subject=box.box_id, serial=row.serial, kind=kind
    )
    if box.state is BoxState.REVOKED:
        ledger.revoke_rest(box.box_id, now)
        return ledger.certificates.find(row.serial)
    if kind is CertificateKind.OPERATING and _is_newer(ledger, row, box):
        ledger.boxes.renew(box.box_id, row.serial)
        ledger.trust_list_versions.raise_for(box.school_id)
    return row


def was_restored(ledger: Ledger) -> bool:
    """Whether this register ever was a backup."""
    return ledger.counters.last(Counter.RESTORED_AT) > 0


def _kind_of(ledger: Ledger, certificate: x509.Certificate) -> CertificateKind | None:
    """What it was made for, by its days; None for what is not ours, or was not lost with the old register."""
    if not was_restored(ledger):
        return None
    try:
        certificate.verify_directly_issued_by(ledger.keys.issuer)
    except (InvalidSignature, ValueError, TypeError):
        return None
    restored_at = from_unix_ms(ledger.counters.last(Counter.RESTORED_AT))
    good_from, good_until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    life = good_until - good_from
    everyday = timedelta(days=ledger.settings.lifetimes.box_days) + CLOCKS_APART
    if life == everyday or life > LONGEST_FOR_EXAM or good_until == ledger.keys.issuer.not_valid_after_utc:
        return CertificateKind.OPERATING if good_from + CLOCKS_APART <= restored_at else None
    return CertificateKind.EXAM if life > SHORTEST and good_from <= restored_at + EXAM_AHEAD else None


def _is_newer(ledger: Ledger, row: IssuedRow, box: Box) -> bool:
    present = None if box.serial is None else ledger.certificates.find(box.serial)
    return present is None or row.issued_at > present.issued_at
