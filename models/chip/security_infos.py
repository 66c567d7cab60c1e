"""SecurityInfos (ICAO Doc 9303-11 section 9.2): what EF.CardAccess, DG14 and EF.CardSecurity say of the chip.

Each protocol's own object is read into its own type; a protocol that is not known stays as it is, a `SecurityInfo`.
Not here: keys and curves themselves, and running a protocol.
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from models.chip.data_groups import FILE_TAGS
from models.chip.tlv import ParseError, Tlv, check_nesting, encode, parse_all, parse_integer, parse_one

_BSI_PROTOCOLS = bytes.fromhex("04007f00070202")  # 0.4.0.127.0.7.2.2, named protocols
CHIP_PUBLIC_KEY = _BSI_PROTOCOLS + b"\x01"
"""id-PK; below it 1 is DH and 2 is ECDH."""
TERMINAL_AUTHENTICATION = _BSI_PROTOCOLS + b"\x02"
CHIP_AUTHENTICATION = _BSI_PROTOCOLS + b"\x03"
PACE = _BSI_PROTOCOLS + b"\x04"
PACE_ECDH_GM_AES_128 = PACE + b"\x02\x02"
"""id-PACE-ECDH-GM-AES-CBC-CMAC-128, the value bytes of its object identifier."""
ACTIVE_AUTHENTICATION = bytes.fromhex("678108010105")
"""id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5."""
DIRECTORY = bytes.fromhex("67810801010d")
"""id-EFDIR, 2.23.136.1.1.13."""


class SecurityInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One SecurityInfo: `protocol` is the value of its object identifier, `encoded` the whole DER object."""

    protocol: bytes
    encoded: bytes


class PaceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One PACEInfo (9303-11 section 9.2.1). `parameter_id` is None where the chip leaves it out."""

    protocol: bytes
    version: int
    parameter_id: int | None


class PaceDomainParameters(msgspec.Struct, frozen=True, kw_only=True):
    """One PACEDomainParameterInfo (9.2.2): `algorithm` is the DER AlgorithmIdentifier with the parameters in full."""

    protocol: bytes
    algorithm: bytes
    parameter_id: int | None


class ChipAuthenticationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One ChipAuthenticationInfo (9.2.5). `key_id` is None where the chip has only one key."""

    protocol: bytes
    version: int
    key_id: int | None


class ChipAuthenticationPublicKey(msgspec.Struct, frozen=True, kw_only=True):
    """One ChipAuthenticationPublicKeyInfo (9.2.6): `public_key` is the DER SubjectPublicKeyInfo."""

    protocol: bytes
    public_key: bytes
    key_id: int | None


class ActiveAuthenticationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One ActiveAuthenticationInfo (9.2.4); `signature_algorithm` is the value of its object identifier."""

    protocol: bytes
    version: int
    signature_algorithm: bytes


class TerminalAuthenticationInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One TerminalAuthenticationInfo (9.2.7; BSI TR-03110-3 A.1.1.3): `authority_file` and `short_file` name EF.CVCA.

    Both are None where the chip keeps the file at its usual place.
    """

    protocol: bytes
    version: int
    authority_file: bytes | None
    short_file: int | None


class DirectoryCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One EFDIRInfo (9.2.8): the whole content of EF.DIR, signed with the rest."""

    protocol: bytes
    content: bytes


TypedInfo = (
    PaceInfo
    | PaceDomainParameters
    | ChipAuthenticationInfo
    | ChipAuthenticationPublicKey
    | ActiveAuthenticationInfo
    | TerminalAuthenticationInfo
    | DirectoryCopy
    | SecurityInfo
)
Kind = TypeVar(
    "Kind",
    PaceInfo,
    PaceDomainParameters,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKey,
    ActiveAuthenticationInfo,
    TerminalAuthenticationInfo,
    DirectoryCopy,
)
_FAMILIES: dict[type, bytes] = {
    PaceInfo: PACE,
    PaceDomainParameters: PACE,
    ChipAuthenticationInfo: CHIP_AUTHENTICATION,
    ChipAuthenticationPublicKey: CHIP_PUBLIC_KEY,
    ActiveAuthenticationInfo: ACTIVE_AUTHENTICATION,
    TerminalAuthenticationInfo: TERMINAL_AUTHENTICATION,
    DirectoryCopy: DIRECTORY,
}


def parse_security_infos(content: bytes) -> tuple[SecurityInfo, ...]:
    """The members of a DER `SET OF SecurityInfo`, each unopened. Raises `ParseError`."""
    check_nesting(content)
    return tuple(_security_info(member) for member in parse_all(parse_one(content, 0x31)))


def infos_of_dg14(dg14: bytes) -> tuple[SecurityInfo, ...]:
    """The SecurityInfos inside the file DG14. Raises `ParseError`."""
    return parse_security_infos(parse_one(dg14, FILE_TAGS[14]))


def _security_info(member: Tlv) -> SecurityInfo:
    parts = parse_all(member.value) if member.tag == 0x30 else ()
    if len(parts) < 2 or parts[0].tag != 0x06 or not parts[0].value:
        raise ParseError("A SecurityInfo is not a SEQUENCE that starts with an object identifier.")
    return SecurityInfo(protocol=parts[0].value, encoded=encode(0x30, member.value))


def of_family(infos: Iterable[SecurityInfo], family: bytes) -> tuple[SecurityInfo, ...]:
    """Those infos whose protocol lies below the object identifier `family`."""
    return tuple(info for info in infos if info.protocol.startswith(family))


def typed_info(info: SecurityInfo) -> TypedInfo:
    """The info in its own type, or itself where its protocol is not known. Raises `ParseError` for a damaged one.

    Known are identifiers of the exact length that the standard gives: a family's own or longer ones stay opaque.
    """
    for family, further, read in _READERS:
        if info.protocol.startswith(family) and len(info.protocol) == len(family) + further:
            return read(info.protocol, parse_all(parse_one(info.encoded, 0x30))[1:])
    return info


def _pace(protocol: bytes, parts: tuple[Tlv, ...]) -> PaceInfo:
    version, parameter_id = _number_and_number(parts, "PACEInfo")
    return PaceInfo(protocol=protocol, version=version, parameter_id=parameter_id)


def _pace_domain(protocol: bytes, parts: tuple[Tlv, ...]) -> PaceDomainParameters:
    algorithm, parameter_id = _object_and_number(parts, "PACEDomainParameterInfo")
    return PaceDomainParameters(protocol=protocol, algorithm=algorithm, parameter_id=parameter_id)


def _chip_authentication(protocol: bytes, parts: tuple[Tlv, ...]) -> ChipAuthenticationInfo:
    version, key_id = _number_and_number(parts, "ChipAuthenticationInfo")
    return ChipAuthenticationInfo(protocol=protocol, version=version, key_id=key_id)


def _chip_public_key(protocol: bytes, parts: tuple[Tlv, ...]) -> ChipAuthenticationPublicKey:
    public_key, key_id = _object_and_number(parts, "ChipAuthenticationPublicKeyInfo")
    return ChipAuthenticationPublicKey(protocol=protocol, public_key=public_key, key_id=key_id)


def _active_authentication(protocol: bytes, parts: tuple[Tlv, ...]) -> ActiveAuthenticationInfo:
    _want(parts, (0x02, 0x06), 0, "ActiveAuthenticationInfo")
    version = parse_integer(parts[0].value)
    return ActiveAuthenticationInfo(protocol=protocol, version=version, signature_algorithm=parts[1].value)


def _terminal_authentication(protocol: bytes, parts: tuple[Tlv, ...]) -> TerminalAuthenticationInfo:
    _want(parts, (0x02, 0x30), 1, "TerminalAuthenticationInfo")
    version, authority_file, short_file = parse_integer(parts[0].value), None, None
    if len(parts) == 2:
        names = parse_all(parts[1].value)
        _want(names, (0x04, 0x04), 1, "FileID")
        if [len(name.value) for name in names] != [2, 1][: len(names)]:
            raise ParseError("A FileID does not have two bytes and one.")
        authority_file = names[0].value
        short_file = names[1].value[0] if len(names) == 2 else None
    return TerminalAuthenticationInfo(
        protocol=protocol, version=version, authority_file=authority_file, short_file=short_file
    )


def _directory(protocol: bytes, parts: tuple[Tlv, ...]) -> DirectoryCopy:
    _want(parts, (0x04,), 0, "EFDIRInfo")
    return DirectoryCopy(protocol=protocol, content=parts[0].value)


_READERS: tuple[tuple[bytes, int, Callable[[bytes, tuple[Tlv, ...]], TypedInfo]], ...] = (
    (PACE, 2, _pace),
    (PACE, 1, _pace_domain),
    (CHIP_AUTHENTICATION, 2, _chip_authentication),
    (CHIP_PUBLIC_KEY, 1, _chip_public_key),
    (TERMINAL_AUTHENTICATION, 0, _terminal_authentication),
    (ACTIVE_AUTHENTICATION, 0, _active_authentication),
    (DIRECTORY, 0, _directory),
)
"""A family, how many bytes its protocols add to it, and what reads them."""


def _number_and_number(parts: tuple[Tlv, ...], what: str) -> tuple[int, int | None]:
    _want(parts, (0x02, 0x02), 1, what)
    return parse_integer(parts[0].value), parse_integer(parts[1].value) if len(parts) == 2 else None


def _object_and_number(parts: tuple[Tlv, ...], what: str) -> tuple[bytes, int | None]:
    _want(parts, (0x30, 0x02), 1, what)
    return encode(0x30, parts[0].value), parse_integer(parts[1].value) if len(parts) == 2 else None


def _want(parts: tuple[Tlv, ...], tags: tuple[int, ...], optional: int, what: str) -> None:
    """Refuse other fields than `tags`, of which the last `optional` may be absent."""
    found = tuple(part.tag for part in parts)
    if len(found) < len(tags) - optional or found != tags[: len(found)]:
        raise ParseError(f"The fields of a {what} are not those of the standard.")


def infos_of(infos: Iterable[SecurityInfo], kind: type[Kind]) -> tuple[Kind, ...]:
    """The infos of one type, in their order. Raises `ParseError` when one of that family is damaged, not for others."""
    family = of_family(infos, _FAMILIES[kind])
    return tuple(typed for info in family if isinstance(typed := typed_info(info), kind))


def pace_infos(infos: Iterable[SecurityInfo]) -> tuple[PaceInfo, ...]:
    """The PACEInfos among `infos`, not the domain parameters (shorter identifier). Raises `ParseError`."""
    return infos_of(infos, PaceInfo)
