"""The document security object EF.SOD (ICAO Doc 9303-10 section 4.6.2): signed digests of the data groups.

A CMS SignedData (RFC 5652) with one signer and its certificate. Here it is read strictly and its own signature checked;
whether its signer may be trusted is judged in `passive_authentication`.
"""

import hashlib
from datetime import datetime

import msgspec
from asn1crypto import algos, cms

from models.chip.certificates import Certificate, parse_certificate
from models.chip.signatures import ASN1_ERRORS, signature_is_good
from models.chip.tlv import ParseError, check_nesting, parse_all, parse_one

_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_DIGEST_LENGTHS = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}


class SecurityObject(msgspec.Struct, frozen=True, kw_only=True):
    """What EF.SOD holds. `digest_name` as hashlib spells it; `digests` by data group number.

    `signed_attributes` are the DER bytes that were signed, None when the signature covers `content` itself;
    `attributes_digest` is the message digest among them, `signed_at` the signing time (UTC) if the signer gave one.
    """

    digest_name: str
    digests: dict[int, bytes]
    content: bytes
    signed_attributes: bytes | None
    attributes_digest: bytes
    signed_at: datetime | None
    signer_digest_name: str
    signature_algorithm: algos.SignedDigestAlgorithm
    signature: bytes
    signer: Certificate


def digest_of(content: bytes, name: str) -> bytes:
    """The digest of a file under the algorithm that a `SecurityObject` names."""
    return hashlib.new(name, content, usedforsecurity=True).digest()


def parse_security_object(ef_sod: bytes) -> SecurityObject:
    """The security object from the whole file EF.SOD (tag 77). Raises `ParseError`."""
    signed = parse_one(ef_sod, 0x77)
    check_nesting(signed)
    try:
        return _read(cms.ContentInfo.load(signed, strict=True))
    except ASN1_ERRORS as error:
        raise ParseError("The security object cannot be read.") from error


def _read(info: cms.ContentInfo) -> SecurityObject:
    if info["content_type"].native != "signed_data":
        raise ParseError("The security object is not signed data.")
    signed = info["content"]
    if signed["encap_content_info"]["content_type"].dotted != _LDS_SECURITY_OBJECT:
        raise ParseError("The signed data are no LDS security object.")
    content = signed["encap_content_info"]["content"].native
    signers = signed["signer_infos"]
    if not isinstance(content, bytes) or len(signers) != 1:
        raise ParseError("The security object has no content or not exactly one signer.")
    signer = signers[0]
    digest_name, digests = _read_digests(content)
    signer_digest_name = _digest_name(signer["digest_algorithm"]["algorithm"].native)
    attributes, attributes_digest, signed_at = _read_attributes(signer)
    return SecurityObject(
        digest_name=digest_name,
        digests=digests,
        content=content,
        signed_attributes=attributes,
        attributes_digest=attributes_digest,
        signed_at=signed_at,
        signer_digest_name=signer_digest_name,
        signature_algorithm=signer["signature_algorithm"],
        signature=signer["signature"].native,
        signer=_signer_certificate(signed, signer),
    )


def _digest_name(name: str) -> str:
    if name not in _DIGEST_LENGTHS:
        raise ParseError("The security object uses a digest that is not allowed.")
    return name


def _read_digests(content: bytes) -> tuple[str, dict[int, bytes]]:
    """LDSSecurityObject (9303-10 section 4.6.2.3): version, algorithm, SEQUENCE OF (number, digest), version text."""
    check_nesting(content)
    parts = parse_all(parse_one(content, 0x30))
    if not 3 <= len(parts) <= 4 or [part.tag for part in parts[:3]] != [0x02, 0x30, 0x30]:
        raise ParseError("The LDS security object does not have its three or four fields.")
    algorithm = parse_all(parts[1].value)
    if not algorithm or algorithm[0].tag != 0x06:
        raise ParseError("The LDS security object names no digest algorithm.")
    name = _digest_name(algos.DigestAlgorithmId(contents=algorithm[0].value).native)
    digests: dict[int, bytes] = {}
    for entry in parse_all(parts[2].value):
        fields = parse_all(entry.value)
        if entry.tag != 0x30 or [field.tag for field in fields] != [0x02, 0x04]:
            raise ParseError("A data group's digest is not a number with an octet string.")
        number, digest = int.from_bytes(fields[0].value), fields[1].value
        if not 1 <= number <= 16 or number in digests or len(digest) != _DIGEST_LENGTHS[name]:
            raise ParseError("A data group's digest is repeated, out of range or of the wrong length.")
        digests[number] = digest
    return name, digests


def _read_attributes(signer: cms.SignerInfo) -> tuple[bytes | None, bytes, datetime | None]:
    attributes = signer["signed_attrs"]
    if not attributes.native:
        return None, b"", None
    found = {attribute["type"].native: attribute["values"] for attribute in attributes}
    if len(found) != len(attributes) or not {"content_type", "message_digest"} <= found.keys():
        raise ParseError("The signed attributes are repeated or incomplete.")
    if found["content_type"][0].dotted != _LDS_SECURITY_OBJECT or len(found["message_digest"]) != 1:
        raise ParseError("The signed attributes belong to other content.")
    times = found.get("signing_time")
    # RFC 5652 section 5.4: signed under the tag of a SET OF, not under the [0] that stands in the file.
    encoded = b"\x31" + attributes.dump()[1:]
    return encoded, found["message_digest"][0].native, _instant(times[0].native) if times else None


def _instant(value: object) -> datetime:
    """A signing time with its zone; RFC 5652 section 11.3 allows no other."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ParseError("The signing time has no zone.")
    return value


def _signer_certificate(signed: cms.SignedData, signer: cms.SignerInfo) -> Certificate:
    wanted = signer["sid"].chosen
    for choice in signed["certificates"] or ():
        certificate = parse_certificate(choice.chosen.dump())
        if isinstance(wanted, cms.IssuerAndSerialNumber):
            if (wanted["issuer"].hashable, wanted["serial_number"].native) == (
                certificate.issuer,
                certificate.serial,
            ):
                return certificate
        elif wanted.native == certificate.key_identifier:
            return certificate
    raise ParseError("The security object does not carry its signer's certificate.")


def own_signature_is_good(security_object: SecurityObject) -> bool:
    """Whether the signer that the object carries signed these digests. Raises `UnsupportedKeyError`, `ParseError`."""
    message = security_object.content
    if security_object.signed_attributes is not None:
        if digest_of(message, security_object.signer_digest_name) != security_object.attributes_digest:
            return False
        message = security_object.signed_attributes
    return signature_is_good(
        security_object.signer.public_key,
        security_object.signature_algorithm,
        security_object.signer_digest_name,
        security_object.signature,
        message,
    )
