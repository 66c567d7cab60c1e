"""Judges a revocation list (X.509 CRL, RFC 5280) before a broker gets it: a wrong one locks everybody out, or nobody.

Pure: bytes and instants in, an answer out. Not here: asking for it and installing it (`keeper`).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from models.enrollment import ENDS_SOON

"""From here on staff are told; the list itself lives at least 30 days and is signed anew every day."""

LARGEST_BYTES: Final = 16 * 1024 * 1024


class ListRefusal(StrEnum):
    """Why a list is not installed; the one that stands stays."""

    NOT_A_LIST = "not a list"
    WRONG_SIGNATURE = "wrong signature"
    OTHER_NUMBER = "other number"
    """Its own number is not the one that the authority says."""
    OLDER_THAN_HELD = "older than held"
    SAME_NUMBER_OTHER_LIST = "same number, other list"
    PAST_NEXT_UPDATE = "past next update"
    NOT_YET_GOOD = "not yet good"
    """Its first instant lies ahead: one of the two clocks is wrong."""


class ListHealth(StrEnum):
    """How long the broker can go on with its list. `ended`: the broker refuses every client."""

    GOOD = "good"
    ENDS_SOON = "ends soon"
    ENDED = "ended"
    MISSING = "missing"


class RevocationList(msgspec.Struct, frozen=True, kw_only=True):
    """A list whose signature is one of ours. `serials` are the revoked certificates'."""

    pem: bytes
    number: int
    this_update: datetime
    next_update: datetime
    serials: frozenset[int]


def read_list(pem: bytes, issuers: Sequence[x509.Certificate]) -> RevocationList | ListRefusal:
    """The list in these bytes, signed by one of `issuers`, or why it is none."""
    if len(pem) > LARGEST_BYTES:
        return ListRefusal.NOT_A_LIST
    try:
        parsed = x509.load_pem_x509_crl(pem)
        number = parsed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        serials = frozenset(revoked.serial_number for revoked in parsed)
    except (ValueError, x509.ExtensionNotFound):
        return ListRefusal.NOT_A_LIST
    if parsed.next_update_utc is None:
        return ListRefusal.NOT_A_LIST
    if not any(_is_signed_by(parsed, issuer) for issuer in issuers):
        return ListRefusal.WRONG_SIGNATURE
    return RevocationList(
        pem=pem,
        number=number,
        this_update=parsed.last_update_utc,
        next_update=parsed.next_update_utc,
        serials=serials,
    )


def judge_list(
    offered: RevocationList, told_number: int | None, held: RevocationList | None, lowest: int, now: datetime
) -> ListRefusal | None:
    """Why `offered` must not take the place of `held`, or None when it may.

    `told_number` is what the authority says beside it, None when nobody said (USB stick). `lowest` is the highest
    number ever installed here, also when the file of it is lost. `now` is UTC.
    """
    if told_number is not None and offered.number != told_number:
        return ListRefusal.OTHER_NUMBER
    if offered.number < max(lowest, held.number if held else 0):
        return ListRefusal.OLDER_THAN_HELD
    if held and offered.number == held.number and offered.serials != held.serials:
        return ListRefusal.SAME_NUMBER_OTHER_LIST
    if now >= offered.next_update:
        return ListRefusal.PAST_NEXT_UPDATE
    if now < offered.this_update:
        return ListRefusal.NOT_YET_GOOD
    return None


def assess_health(held: RevocationList | None, now: datetime) -> ListHealth:
    """How the list in use is at `now` (UTC)."""
    if held is None:
        return ListHealth.MISSING
    if now >= held.next_update:
        return ListHealth.ENDED
    return ListHealth.ENDS_SOON if held.next_update - now <= ENDS_SOON else ListHealth.GOOD


def _is_signed_by(parsed: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return (
        isinstance(key, ec.EllipticCurvePublicKey)
        and parsed.issuer == issuer.subject
        and (parsed.is_signature_valid(key))
    )
