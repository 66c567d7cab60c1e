"""Certificates of the document PKI (ICAO Doc 9303-12 section 7), as far as judging needs them.

Real country certificates break the rules that common libraries enforce (curves in full, odd serial numbers), so they
are read as ASN.1 and only their key is given to `cryptography`. Not here: whom to trust (`trust_store`).
"""

import hashlib
from datetime import datetime
from typing import Final

import msgspec
from asn1crypto import algos, keys, x509

from models.chip.countries import document_code_of
from models.chip.signatures import ASN1_ERRORS, signature_is_good
from models.chip.tlv import ParseError, parse_all, parse_header, parse_one

LARGEST_CERTIFICATE_BYTES: Final = 64 * 1024
_LONGEST_EXTENSION: Final = 8 * 1024
_DOCUMENT_TYPES: Final = "2.23.136.1.1.6.2"
_PRIVATE_KEY_USAGE: Final = "private_key_usage_period"
_COUNTRY_NAME: Final = bytes.fromhex("0603550406")  # id-at-countryName with its tag and length
_UNDERSTOOD: Final = frozenset(
    {"basic_constraints", "key_usage", "extended_key_usage", "key_identifier", "authority_key_identifier",
     "certificate_policies", "subject_alt_name", "issuer_alt_name", "crl_distribution_points",
     _PRIVATE_KEY_USAGE, _DOCUMENT_TYPES}
)  # fmt: skip


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate. `country` has the three letters of documents ("VNM"), empty when it names none.

    `subject` and `issuer` are canonical texts that can be compared; key identifiers are empty when absent.
    `usage`, `extended_usage` (dotted numbers or asn1crypto's names), `document_types` ("ID", "P"; 9303-12 section
    7.1.1.6) are None when the extension is absent. All instants are UTC; the key's own period is None where it is left
    open. `unknown_critical` names critical extensions that we do not understand, `remarks` what breaks a rule without
    making it useless, in English.
    """

    encoded: bytes
    subject: str
    issuer: str
    serial: int
    country: str
    not_before: datetime
    not_after: datetime
    key_used_from: datetime | None
    key_used_until: datetime | None
    is_authority: bool
    usage: frozenset[str] | None
    extended_usage: frozenset[str] | None
    document_types: frozenset[str] | None
    unknown_critical: tuple[str, ...]
    key_identifier: bytes
    authority_key_identifier: bytes
    public_key: keys.PublicKeyInfo
    signature_algorithm: algos.SignedDigestAlgorithm
    signature: bytes
    signed_part: bytes
    remarks: tuple[str, ...]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the whole certificate, in hex, as publishers print it."""
        return hashlib.sha256(self.encoded).hexdigest()

    @property
    def is_link(self) -> bool:
        """Whether it says itself that another key signed it: an old country key vouching for the new one."""
        other_key = bool(self.authority_key_identifier) and self.authority_key_identifier != self.key_identifier
        return self.subject != self.issuer or other_key

    def valid_at(self, instant: datetime) -> bool:
        """Whether `instant` lies in its validity, ends included."""
        return self.not_before <= instant <= self.not_after

    def key_used_at(self, instant: datetime) -> bool:
        """Whether its key might be used for signing at `instant`: its validity, and the period of its private key."""
        after = self.key_used_from is None or self.key_used_from <= instant
        before = self.key_used_until is None or instant <= self.key_used_until
        return self.valid_at(instant) and after and before

    def signed_by(self, issuer: "Certificate") -> bool:
        """Whether `issuer`'s key made this certificate's signature. Raises `UnsupportedKeyError`, `ParseError`."""
        return signature_is_good(issuer.public_key, self.signature_algorithm, "", self.signature, self.signed_part)


def parse_certificate(encoded: bytes) -> Certificate:
    """A certificate from its DER bytes. Raises `ParseError`."""
    if len(encoded) > LARGEST_CERTIFICATE_BYTES:
        raise ParseError("A certificate is larger than any real one.")
    try:
        return _read(x509.Certificate.load(encoded, strict=True), encoded)
    except ASN1_ERRORS as error:
        raise ParseError("A certificate cannot be read.") from error


def country_of(encoded: bytes) -> str:
    """The `country` of a certificate at a fiftieth of the price of reading all of it. Raises `ParseError`."""
    parts = parse_all(parse_one(encoded, 0x30))
    fields = parse_all(parts[0].value) if parts else ()
    names = [field.value for field in fields[1:] if field.tag == 0x30]  # algorithm, issuer, validity, subject, key
    if len(names) < 4:
        raise ParseError("A certificate has too few fields.")
    return country_in(names[3]) or country_in(names[1])


def country_in(name: bytes) -> str:
    """The three letters of the country in an encoded name, empty when it names none. Raises `ParseError`."""
    place = name.find(_COUNTRY_NAME)
    if place < 0:
        return ""
    _, start, length = parse_header(name, place + len(_COUNTRY_NAME))
    return document_code_of(name[start : start + length].decode("ascii", "replace"))


def _read(certificate: x509.Certificate, encoded: bytes) -> Certificate:
    body = certificate["tbs_certificate"]
    if any(len(extension["extn_value"].contents) > _LONGEST_EXTENSION for extension in body["extensions"]):
        raise ParseError("A certificate has an extension that is longer than any real one.")
    inside, outside = body["signature"]["algorithm"], certificate["signature_algorithm"]["algorithm"]
    if body["version"].native != "v3" or inside.dotted != outside.dotted:
        raise ParseError("A certificate is of another version, or names two signature algorithms.")  # RFC 5280 4.1
    not_before, not_after = body["validity"]["not_before"].native, body["validity"]["not_after"].native
    if not_before.tzinfo is None or not_after.tzinfo is None:
        raise ParseError("A certificate's validity has no zone.")  # RFC 5280 section 4.1.2.5 wants one
    constraints = certificate.basic_constraints_value
    usage, extended = certificate.key_usage_value, certificate.extended_key_usage_value
    extensions = {extension["extn_id"].native: extension for extension in body["extensions"]}
    if len(extensions) != len(body["extensions"]):
        raise ParseError("A certificate has an extension twice.")  # RFC 5280 section 4.2
    used_from, used_until = _key_period(extensions.get(_PRIVATE_KEY_USAGE))
    return Certificate(
        encoded=encoded,
        subject=certificate.subject.hashable,
        issuer=certificate.issuer.hashable,
        serial=certificate.serial_number,
        country=_country(certificate.subject) or _country(certificate.issuer),
        not_before=not_before,
        not_after=not_after,
        key_used_from=used_from,
        key_used_until=used_until,
        is_authority=bool(constraints is not None and constraints["ca"].native),
        usage=None if usage is None else frozenset(usage.native),
        extended_usage=None if extended is None else frozenset(extended.native),
        document_types=_document_types(extensions.get(_DOCUMENT_TYPES)),
        unknown_critical=tuple(
            name for name, one in extensions.items() if one["critical"].native and name not in _UNDERSTOOD
        ),
        key_identifier=certificate.key_identifier or b"",
        authority_key_identifier=certificate.authority_key_identifier or b"",
        public_key=body["subject_public_key_info"],
        signature_algorithm=certificate["signature_algorithm"],
        signature=certificate["signature_value"].native,
        signed_part=body.dump(),
        remarks=_remarks(certificate),
    )


def _country(name: x509.Name) -> str:
    country = name.native.get("country_name", "")
    return document_code_of(country) if isinstance(country, str) else ""


def _key_period(extension: x509.Extension | None) -> tuple[datetime | None, datetime | None]:
    if extension is None:
        return None, None
    period = extension["extn_value"].parsed
    instants = (period["not_before"].native, period["not_after"].native)
    if any(instant is not None and instant.tzinfo is None for instant in instants):
        raise ParseError("The period of a certificate's private key has no zone.")
    return instants


def _document_types(extension: x509.Extension | None) -> frozenset[str] | None:
    """DocumentTypeList: SEQUENCE { version, SET OF PrintableString }."""
    if extension is None:
        return None
    parts = parse_all(parse_one(extension["extn_value"].contents, 0x30))
    if [part.tag for part in parts] != [0x02, 0x31]:
        raise ParseError("A certificate's list of document types is not one.")
    return frozenset(part.value.decode("ascii").rstrip("<") for part in parse_all(parts[1].value))


def _remarks(certificate: x509.Certificate) -> tuple[str, ...]:
    found = []
    if certificate.serial_number <= 0:
        found.append("Its serial number is not positive.")
    for algorithm in (certificate["tbs_certificate"]["signature"], certificate["signature_algorithm"]):
        parts = parse_all(parse_one(algorithm.dump(), 0x30))
        elliptic = algorithm["algorithm"].native.endswith("ecdsa")
        if len(parts) > 2 or (elliptic and len(parts) > 1):
            found.append("Its signature algorithm has trailing data.")
            break
    return tuple(found)
