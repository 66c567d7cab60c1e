"""A CMS SignedData with one signer, read strictly (RFC 5652; ICAO Doc 9303-10 section 4.6.2, 9303-12 section 9).

EF.SOD, EF.CardSecurity and master lists are such messages. Here the message is read and its own signature checked;
what its content means, and whether its signer may be trusted, is said elsewhere.
"""

import hashlib
from datetime import datetime

import msgspec
from asn1crypto import algos, cms

from models.chip.certificates import Certificate, parse_certificate
from models.chip.signatures import ASN1_ERRORS, signature_is_good
from models.chip.tlv import ParseError, check_nesting

DIGEST_LENGTHS = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
"""The digests that documents may use (9303-10 table 37), as hashlib spells them, with their bytes."""
_VERSIONS = frozenset({"v3", "v4", "v5"})  # RFC 5652 section 5.1: v1 is for content of no special type
_MOST_CERTIFICATES = 16


class SignedMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a message holds. `content` is what was signed, through `attributes_digest` under `digest_name`.

    `signed_attributes` are the DER bytes that the signature covers; `signed_at` is the signing time (UTC) if the signer
    gave one. `certificates` are all that the message carries, in DER; the signer's is among them.
    """

    content: bytes
    digest_name: str
    attributes_digest: bytes
    signed_attributes: bytes
    signed_at: datetime | None
    signature_algorithm: algos.SignedDigestAlgorithm
    signature: bytes
    signer: Certificate
    certificates: tuple[bytes, ...]


def parse_signed_message(encoded: bytes, content_type: str) -> SignedMessage:
    """The message in the DER ContentInfo `encoded`; its content must be of `content_type` (dotted).

    Raises `ParseError`, also when the signer's certificate is not among those that the message carries.
    """
    check_nesting(encoded)
    try:
        return _read(cms.ContentInfo.load(encoded, strict=True), content_type)
    except ASN1_ERRORS as error:
        raise ParseError("The signed message cannot be read.") from error


def message_signature_is_good(message: SignedMessage) -> bool:
    """Whether the signer that the message carries signed its content. Raises `UnsupportedKeyError`, `ParseError`."""
    if hashlib.new(message.digest_name, message.content).digest() != message.attributes_digest:
        return False
    return signature_is_good(
        message.signer.public_key,
        message.signature_algorithm,
        message.digest_name,
        message.signature,
        message.signed_attributes,
    )


def digest_name_of(algorithm: algos.DigestAlgorithmId) -> str:
    """The name of an allowed digest. Raises `ParseError` for others, MD5 among them."""
    try:
        name = str(algorithm.native)
    except ASN1_ERRORS as error:
        raise ParseError("A signed message names no digest that can be read.") from error
    if name not in DIGEST_LENGTHS:
        raise ParseError("A signed message uses a digest that is not allowed.")
    return name


def _read(info: cms.ContentInfo, content_type: str) -> SignedMessage:
    if info["content_type"].native != "signed_data":
        raise ParseError("The message is not signed data.")
    signed = info["content"]
    if signed["version"].native not in _VERSIONS or not signed["digest_algorithms"]:
        raise ParseError("The signed data have another version or name no digest.")
    for algorithm in signed["digest_algorithms"]:
        digest_name_of(algorithm["algorithm"])
    if signed["encap_content_info"]["content_type"].dotted != content_type:
        raise ParseError("The signed data hold content of another type.")
    content = signed["encap_content_info"]["content"].native
    if not isinstance(content, bytes) or len(signed["signer_infos"]) != 1:
        raise ParseError("The signed data have no content or not exactly one signer.")
    signer = signed["signer_infos"][0]
    attributes, digest, signed_at = _read_attributes(signer, content_type)
    certificates = _certificates(signed)
    return SignedMessage(
        content=content,
        digest_name=digest_name_of(signer["digest_algorithm"]["algorithm"]),
        attributes_digest=digest,
        signed_attributes=attributes,
        signed_at=signed_at,
        signature_algorithm=signer["signature_algorithm"],
        signature=signer["signature"].native,
        signer=_signer_among(certificates, signer),
        certificates=certificates,
    )


def _read_attributes(signer: cms.SignerInfo, content_type: str) -> tuple[bytes, bytes, datetime | None]:
    """Digest of the content and signing time; they must be there where content has a type (RFC 5652 section 5.3)."""
    attributes = signer["signed_attrs"]
    found = {attribute["type"].dotted: attribute["values"] for attribute in attributes}
    kinds = (found.get("1.2.840.113549.1.9.3"), found.get("1.2.840.113549.1.9.4"), found.get("1.2.840.113549.1.9.5"))
    named, digests, times = kinds
    if len(found) != len(attributes) or not named or not digests:
        raise ParseError("The signed attributes are repeated or incomplete.")
    if len(named) != 1 or named[0].dotted != content_type or len(digests) != 1:
        raise ParseError("The signed attributes belong to other content.")
    if times is not None and len(times) != 1:
        raise ParseError("The signing time is empty or repeated.")
    # RFC 5652 section 5.4: signed under the tag of a SET OF, not under the [0] that stands in the file.
    encoded = b"\x31" + attributes.dump()[1:]
    return encoded, digests[0].native, None if times is None else _instant(times[0].native)


def _instant(value: object) -> datetime:
    """A signing time with its zone; RFC 5652 section 11.3 allows no other."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ParseError("The signing time has no zone.")
    return value


def _certificates(signed: cms.SignedData) -> tuple[bytes, ...]:
    choices = signed["certificates"]
    if not choices or len(choices) > _MOST_CERTIFICATES or any(one.name != "certificate" for one in choices):
        raise ParseError("The signed data carry no certificates, too many or others than X.509.")
    return tuple(one.chosen.dump() for one in choices)


def _signer_among(certificates: tuple[bytes, ...], signer: cms.SignerInfo) -> Certificate:
    """The certificate that the signer names; RFC 5652 section 5.3 ties the way of naming to the version."""
    wanted = signer["sid"].chosen
    by_number = isinstance(wanted, cms.IssuerAndSerialNumber)
    if signer["version"].native != ("v1" if by_number else "v3"):
        raise ParseError("The signer's version does not fit the way in which it is named.")
    for encoded in certificates:
        certificate = parse_certificate(encoded)
        if by_number:
            found = (certificate.issuer, certificate.serial)
            if found == (wanted["issuer"].hashable, wanted["serial_number"].native):
                return certificate
        elif wanted.native == certificate.key_identifier:
            return certificate
    raise ParseError("The signed data do not carry their signer's certificate.")
