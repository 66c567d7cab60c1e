"""Revocation lists of country signers (ICAO Doc 9303-12 section 7.1.4, RFC 5280 section 5).

Complete lists only. Time and memory are bounded by the list's own size and by two ceilings. Not here: who may sign a
list (`trust_store`) and what a stale one means (`issuer_checks`).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import msgspec
from asn1crypto import algos, core, crl

from models.chip.certificates import Certificate, country_in
from models.chip.countries import document_code_of
from models.chip.signatures import ASN1_ERRORS, signature_is_good
from models.chip.tlv import ParseError, parse_all, parse_header, parse_one

LARGEST_LIST_BYTES: Final = 4 * 1024 * 1024
MOST_REVOKED: Final = 50_000
_AT_LEAST_EVERY: Final = timedelta(days=90)
"""A state issues one at least so often (9303-12 section 4.2); counts where a list does not name its next date."""

_UNDERSTOOD: Final = frozenset({"authority_key_identifier", "crl_number", "issuer_alt_name"})


class RevocationList(msgspec.Struct, frozen=True, kw_only=True):
    """One list. `issuer` compares with `Certificate.subject`; `country` has three letters, or is empty.

    `revoked` gives for each serial number the instant of its revocation. Instants are UTC.
    """

    encoded: bytes
    issuer: str
    country: str
    issued_at: datetime
    next_due_at: datetime
    revoked: dict[int, datetime]
    signature_algorithm: algos.SignedDigestAlgorithm
    signature: bytes
    signed_part: bytes

    def signed_by(self, issuer: Certificate) -> bool:
        """Whether `issuer` may sign lists and signed this one. Raises `UnsupportedKeyError`, `ParseError`."""
        if issuer.usage is not None and "crl_sign" not in issuer.usage:
            return False
        return signature_is_good(issuer.public_key, self.signature_algorithm, "", self.signature, self.signed_part)


def parse_revocation_list(encoded: bytes) -> RevocationList:
    """A list from its DER bytes. Raises `ParseError`."""
    if len(encoded) > LARGEST_LIST_BYTES:
        raise ParseError("A revocation list is larger than any that is taken here.")
    try:
        return _read(crl.CertificateList.load(encoded, strict=True), encoded)
    except ASN1_ERRORS as error:
        raise ParseError("A revocation list cannot be read.") from error


def country_of_list(encoded: bytes) -> str:
    """The `country` of a list without reading its entries. Raises `ParseError`."""
    if len(encoded) > LARGEST_LIST_BYTES:
        raise ParseError("A revocation list is larger than any that is taken here.")
    parts = parse_all(parse_one(encoded, 0x30))
    fields = parse_all(parts[0].value) if parts else ()
    names = [field.value for field in fields if field.tag == 0x30]  # algorithm, issuer, entries
    if len(names) < 2:
        raise ParseError("A revocation list has too few fields.")
    return country_in(names[1])


def _read(revocations: crl.CertificateList, encoded: bytes) -> RevocationList:
    body = revocations["tbs_cert_list"]
    _refuse_other_kinds(body["crl_extensions"])
    issued_at, next_due_at = body["this_update"].native, body["next_update"].native
    if issued_at.tzinfo is None or (next_due_at is not None and next_due_at.tzinfo is None):
        raise ParseError("A revocation list's date has no zone.")
    country = body["issuer"].native.get("country_name", "")
    entries = body["revoked_certificates"]
    return RevocationList(
        encoded=encoded,
        issuer=body["issuer"].hashable,
        country=document_code_of(country) if isinstance(country, str) else "",
        issued_at=issued_at,
        next_due_at=next_due_at or issued_at + _AT_LEAST_EVERY,
        revoked=dict(_entries(entries.contents or b"")),
        signature_algorithm=revocations["signature_algorithm"],
        signature=revocations["signature"].native,
        signed_part=body.dump(),
    )


def _refuse_other_kinds(extensions: crl.TBSCertListExtensions) -> None:
    """A delta, an indirect list or one of a part of the certificates must not pass for a complete one."""
    for extension in extensions:
        name = extension["extn_id"].native
        if name in {"delta_crl_indicator", "issuing_distribution_point"}:
            raise ParseError("A revocation list is not complete: a delta, or of some certificates only.")
        if extension["critical"].native and name not in _UNDERSTOOD:
            raise ParseError("A revocation list has a critical extension that is not understood here.")


def _entries(content: bytes) -> Iterator[tuple[int, datetime]]:
    """Each entry: SEQUENCE { serial number, instant, extensions }. asn1crypto would take seconds for a large list."""
    offset = count = 0
    while offset < len(content):
        tag, start, length = parse_header(content, offset)
        offset = start + length
        count += 1
        if tag != 0x30 or offset > len(content) or count > MOST_REVOKED:
            raise ParseError("A revocation list has too many entries, or one that is not an entry.")
        fields = parse_all(content[start:offset])
        if not 2 <= len(fields) <= 3 or fields[0].tag != 0x02 or not fields[0].value:
            raise ParseError("A revocation list's entry is not a serial number with an instant.")
        yield int.from_bytes(fields[0].value, signed=True), _instant(fields[1].tag, fields[1].value)


def _instant(tag: int, value: bytes) -> datetime:
    kinds = {0x17: core.UTCTime, 0x18: core.GeneralizedTime}
    if tag not in kinds:
        raise ParseError("A revocation has no instant.")
    instant = kinds[tag](contents=value).native
    if not isinstance(instant, datetime) or instant.tzinfo is None:
        raise ParseError("A revocation's instant has no zone.")
    return instant
