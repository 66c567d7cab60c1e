"""The document security object EF.SOD (ICAO Doc 9303-10 section 4.6.2): signed digests of the data groups.

The content of a `signed_message`, in the forms of LDS 1.7 (version 0) and LDS 1.8 (version 1, which names its LDS and
Unicode versions). Whether the signer may be trusted is judged in `passive_authentication`.
"""

import hashlib
import re
from datetime import datetime

import msgspec
from asn1crypto import algos

from models.chip.certificates import Certificate
from models.chip.signed_message import (
    DIGEST_LENGTHS,
    SignedMessage,
    digest_name_of,
    message_signature_is_good,
    parse_signed_message,
)
from models.chip.tlv import ParseError, Tlv, check_nesting, parse_all, parse_integer, parse_one

_LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
_NULL = Tlv(tag=0x05, value=b"")


class LdsVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The versions that a security object names: four digits of the LDS ("0108"), six of Unicode ("040000")."""

    lds: str
    unicode: str


class SecurityObject(msgspec.Struct, frozen=True, kw_only=True):
    """What EF.SOD holds. `digest_name` as hashlib spells it; `digests` by data group number.

    `named_version` is None in the form of LDS 1.7.
    """

    message: SignedMessage
    digest_name: str
    digests: dict[int, bytes]
    named_version: LdsVersion | None

    @property
    def signer(self) -> Certificate:
        """The document signer's certificate, as the object carries it."""
        return self.message.signer

    @property
    def signed_at(self) -> datetime | None:
        """The signing time (UTC), if the signer gave one."""
        return self.message.signed_at


def digest_of(content: bytes, name: str) -> bytes:
    """The digest of a file under the algorithm that a `SecurityObject` names."""
    return hashlib.new(name, content, usedforsecurity=True).digest()


def parse_security_object(ef_sod: bytes) -> SecurityObject:
    """The security object from the whole file EF.SOD (tag 77). Raises `ParseError`."""
    message = parse_signed_message(parse_one(ef_sod, 0x77), _LDS_SECURITY_OBJECT)
    content = message.content
    check_nesting(content)
    parts = parse_all(parse_one(content, 0x30))
    if [part.tag for part in parts] not in ([0x02, 0x30, 0x30], [0x02, 0x30, 0x30, 0x30]):
        raise ParseError("The LDS security object does not have its three or four fields.")
    version, named = parse_integer(parts[0].value), len(parts) == 4
    if version != int(named):
        raise ParseError("The LDS security object's version does not fit its fields.")
    name = _digest_name(parts[1].value)
    return SecurityObject(
        message=message,
        digest_name=name,
        digests=_digests(parts[2].value, DIGEST_LENGTHS[name]),
        named_version=_named_version(parts[3].value) if named else None,
    )


def own_signature_is_good(security_object: SecurityObject) -> bool:
    """Whether the signer that the object carries signed these digests. Raises `UnsupportedKeyError`, `ParseError`."""
    return message_signature_is_good(security_object.message)


def _digest_name(algorithm: bytes) -> str:
    parts = parse_all(algorithm)
    if not parts or parts[0].tag != 0x06 or parts[1:] not in ((), (_NULL,)):
        raise ParseError("The LDS security object names no digest algorithm.")
    return digest_name_of(algos.DigestAlgorithmId(contents=parts[0].value))


def _digests(entries: bytes, length: int) -> dict[int, bytes]:
    digests: dict[int, bytes] = {}
    for entry in parse_all(entries):
        fields = parse_all(entry.value)
        if entry.tag != 0x30 or [field.tag for field in fields] != [0x02, 0x04]:
            raise ParseError("A data group's digest is not a number with an octet string.")
        number, digest = parse_integer(fields[0].value), fields[1].value
        if not 1 <= number <= 16 or number in digests or len(digest) != length:
            raise ParseError("A data group's digest is repeated, out of range or of the wrong length.")
        digests[number] = digest
    return digests


def _named_version(content: bytes) -> LdsVersion:
    """LDSVersionInfo: two PrintableStrings of digits."""
    parts = parse_all(content)
    if [part.tag for part in parts] != [0x13, 0x13]:
        raise ParseError("The LDS security object does not name its versions as two texts.")
    lds, unicode = (part.value.decode("ascii", "replace") for part in parts)
    if not re.fullmatch(r"[0-9]{4}", lds) or not re.fullmatch(r"[0-9]{6}", unicode):
        raise ParseError("The LDS security object names versions that are not four and six digits.")
    return LdsVersion(lds=lds, unicode=unicode)
