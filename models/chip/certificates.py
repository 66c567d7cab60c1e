"""Certificates of the document PKI (ICAO Doc 9303-12 section 7), as far as judging needs them.

Real country certificates break the rules that common libraries enforce (curves in full, odd serial numbers), so they
are read as ASN.1 and only their key is given to `cryptography`. Not here: whom to trust.
"""

from datetime import datetime

import msgspec
from asn1crypto import algos, keys, x509

from models.chip.countries import document_code_of
from models.chip.signatures import ASN1_ERRORS, signature_is_good
from models.chip.tlv import ParseError


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate. `country` has the three letters of documents ("VNM"), empty when it names none.

    `subject` and `issuer` are canonical texts that can be compared; key identifiers are empty when absent.
    `usage` and `extended_usage` are None when the extension is absent. The validity's instants are UTC.
    """

    encoded: bytes
    subject: str
    issuer: str
    serial: int
    country: str
    not_before: datetime
    not_after: datetime
    is_authority: bool
    usage: frozenset[str] | None
    has_extended_usage: bool
    key_identifier: bytes
    authority_key_identifier: bytes
    public_key: keys.PublicKeyInfo
    signature_algorithm: algos.SignedDigestAlgorithm
    signature: bytes
    signed_part: bytes

    def valid_at(self, instant: datetime) -> bool:
        """Whether `instant` lies in its validity, ends included."""
        return self.not_before <= instant <= self.not_after

    def signed_by(self, issuer: "Certificate") -> bool:
        """Whether `issuer`'s key made this certificate's signature. Raises `UnsupportedKeyError`, `ParseError`."""
        return signature_is_good(issuer.public_key, self.signature_algorithm, "", self.signature, self.signed_part)


def parse_certificate(encoded: bytes) -> Certificate:
    """A certificate from its DER bytes. Raises `ParseError`."""
    try:
        return _read(x509.Certificate.load(encoded, strict=True), encoded)
    except ASN1_ERRORS as error:
        raise ParseError("A certificate cannot be read.") from error


def _read(certificate: x509.Certificate, encoded: bytes) -> Certificate:
    body = certificate["tbs_certificate"]
    not_before, not_after = body["validity"]["not_before"].native, body["validity"]["not_after"].native
    if not_before.tzinfo is None or not_after.tzinfo is None:
        raise ParseError("A certificate's validity has no zone.")  # RFC 5280 section 4.1.2.5 wants one
    constraints = certificate.basic_constraints_value
    usage = certificate.key_usage_value
    return Certificate(
        encoded=encoded,
        subject=certificate.subject.hashable,
        issuer=certificate.issuer.hashable,
        serial=certificate.serial_number,
        country=_country(certificate.subject) or _country(certificate.issuer),
        not_before=not_before,
        not_after=not_after,
        is_authority=bool(constraints is not None and constraints["ca"].native),
        usage=None if usage is None else frozenset(usage.native),
        has_extended_usage=certificate.extended_key_usage_value is not None,
        key_identifier=certificate.key_identifier or b"",
        authority_key_identifier=certificate.authority_key_identifier or b"",
        public_key=body["subject_public_key_info"],
        signature_algorithm=certificate["signature_algorithm"],
        signature=certificate["signature_value"].native,
        signed_part=body.dump(),
    )


def _country(name: x509.Name) -> str:
    country = name.native.get("country_name", "")
    return document_code_of(country) if isinstance(country, str) else ""
