"""SecurityInfos (ICAO Doc 9303-11 section 9.2): what EF.CardAccess and DG14 say about the chip's protocols.

Only as far as opening and judging need: which infos there are, and which PACE they offer. Not here: running a protocol.
"""

import msgspec

from models.chip.data_groups import FILE_TAGS
from models.chip.tlv import ParseError, Tlv, check_nesting, encode, parse_all, parse_one

_BSI_PROTOCOLS = bytes.fromhex("04007f00070202")  # 0.4.0.127.0.7.2.2, named protocols
TERMINAL_AUTHENTICATION = _BSI_PROTOCOLS + b"\x02"
CHIP_AUTHENTICATION = _BSI_PROTOCOLS + b"\x03"
PACE = _BSI_PROTOCOLS + b"\x04"
PACE_ECDH_GM_AES_128 = PACE + b"\x02\x02"
"""id-PACE-ECDH-GM-AES-CBC-CMAC-128, the value bytes of its object identifier."""


class SecurityInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One SecurityInfo: `protocol` is the value of its object identifier, `encoded` the whole DER object."""

    protocol: bytes
    encoded: bytes


class PaceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One PACEInfo (9303-11 section 9.2.1). `parameter_id` is None where the chip leaves it out."""

    protocol: bytes
    version: int
    parameter_id: int | None


def parse_security_infos(content: bytes) -> tuple[SecurityInfo, ...]:
    """The members of a DER `SET OF SecurityInfo`. Raises `ParseError`."""
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


def of_family(infos: tuple[SecurityInfo, ...], family: bytes) -> tuple[SecurityInfo, ...]:
    """Those infos whose protocol lies below the object identifier `family`."""
    return tuple(info for info in infos if info.protocol.startswith(family))


def pace_infos(infos: tuple[SecurityInfo, ...]) -> tuple[PaceInfo, ...]:
    """The PACEInfos among `infos`, not the domain parameters (shorter identifier). Raises `ParseError`."""
    return tuple(_pace_info(info) for info in of_family(infos, PACE) if len(info.protocol) == len(PACE_ECDH_GM_AES_128))


def _pace_info(info: SecurityInfo) -> PaceInfo:
    parts = parse_all(parse_one(info.encoded, 0x30))[1:]
    if not 1 <= len(parts) <= 2 or any(part.tag != 0x02 or len(part.value) != 1 for part in parts):
        raise ParseError("A PACEInfo does not hold one or two small integers.")
    numbers = [part.value[0] for part in parts]
    return PaceInfo(protocol=info.protocol, version=numbers[0], parameter_id=numbers[1] if len(numbers) == 2 else None)
