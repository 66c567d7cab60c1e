from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.chip.security_infos import (
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKey,
    DirectoryCopy,
    PaceDomainParameters,
    PaceInfo,
    SecurityInfo,
    TerminalAuthenticationInfo,
    infos_of,
    infos_of_dg14,
    pace_infos,
    parse_security_infos,
    typed_info,
)
from models.chip.tlv import ParseError, encode
from tests.builders.libeac_chip import CARD_ACCESS

BSI = bytes.fromhex("04007f00070202")
OTHER = bytes.fromhex("2a03")


def info(protocol: bytes, *fields: bytes) -> SecurityInfo:
    (only,) = parse_security_infos(encode(0x31, encode(0x30, encode(0x06, protocol) + b"".join(fields))))
    return only


def number(value: int) -> bytes:
    return encode(0x02, value.to_bytes(1 + value.bit_length() // 8))


def test_9303_11_the_card_access_seen_on_a_citizen_card() -> None:
    kinds = [typed_info(member) for member in parse_security_infos(CARD_ACCESS)]
    assert kinds == [
        TerminalAuthenticationInfo(protocol=BSI + b"\x02", version=1, authority_file=None, short_file=None),
        ChipAuthenticationInfo(protocol=BSI + b"\x03\x02\x02", version=1, key_id=None),
        PaceInfo(protocol=BSI + b"\x04\x02\x02", version=2, parameter_id=13),
    ]
    assert pace_infos(parse_security_infos(CARD_ACCESS)) == (kinds[2],)


@pytest.mark.parametrize(
    ("given_info", "typed"),
    [
        (
            info(BSI + b"\x04\x06\x02", number(2), number(200)),
            PaceInfo(protocol=BSI + b"\x04\x06\x02", version=2, parameter_id=200),
        ),
        (
            info(BSI + b"\x04\x02", encode(0x30, b"\x06\x01\x2a"), number(40)),
            PaceDomainParameters(protocol=BSI + b"\x04\x02", algorithm=bytes.fromhex("300306012a"), parameter_id=40),
        ),
        (
            info(BSI + b"\x03\x01\x01", number(1), number(70_000)),
            ChipAuthenticationInfo(protocol=BSI + b"\x03\x01\x01", version=1, key_id=70_000),
        ),
        (
            info(BSI + b"\x01\x02", encode(0x30, b"\x05\x00")),
            ChipAuthenticationPublicKey(protocol=BSI + b"\x01\x02", public_key=bytes.fromhex("30020500"), key_id=None),
        ),
        (
            info(bytes.fromhex("678108010105"), number(1), encode(0x06, OTHER)),
            ActiveAuthenticationInfo(protocol=bytes.fromhex("678108010105"), version=1, signature_algorithm=OTHER),
        ),
        (
            info(BSI + b"\x02", number(2), encode(0x30, b"\x04\x02\x01\x1c\x04\x01\x1c")),
            TerminalAuthenticationInfo(protocol=BSI + b"\x02", version=2, authority_file=b"\x01\x1c", short_file=0x1C),
        ),
        (
            info(BSI + b"\x02", number(2), encode(0x30, b"\x04\x02\x01\x1c")),
            TerminalAuthenticationInfo(protocol=BSI + b"\x02", version=2, authority_file=b"\x01\x1c", short_file=None),
        ),
        (
            info(bytes.fromhex("67810801010d"), encode(0x04, b"\x61\x00")),
            DirectoryCopy(protocol=bytes.fromhex("67810801010d"), content=b"\x61\x00"),
        ),
    ],
)
def test_9303_11_each_protocol_has_its_own_type(given_info: SecurityInfo, typed: object) -> None:
    assert typed_info(given_info) == typed


@pytest.mark.parametrize(
    "protocol",
    [OTHER, BSI, BSI + b"\x04", BSI + b"\x04\x02\x02\x01", BSI + b"\x03\x02", BSI + b"\x02\x01", BSI + b"\x08"],
)
def test_what_is_not_known_stays_as_it_is(protocol: bytes) -> None:
    opaque = info(protocol, encode(0x04, b"anything"))
    assert typed_info(opaque) is opaque


@pytest.mark.parametrize(
    "damaged",
    [
        info(BSI + b"\x04\x02\x02", encode(0x04, b"\x02")),
        info(BSI + b"\x04\x02\x02", number(2), number(13), number(1)),
        info(BSI + b"\x04\x02\x02", encode(0x02, b"")),
        info(BSI + b"\x04\x02\x02", encode(0x02, b"\x00\x02")),
        info(BSI + b"\x04\x02\x02", encode(0x02, b"\xff")),
        info(BSI + b"\x04\x02\x02", encode(0x02, b"\x01\x00\x00\x00\x00")),
        info(BSI + b"\x04\x02", number(2)),
        info(BSI + b"\x03\x02\x02", number(1), encode(0x04, b"")),
        info(BSI + b"\x01\x02", encode(0x03, b"\x00")),
        info(BSI + b"\x02", encode(0x30, b"")),
        info(BSI + b"\x02", number(1), encode(0x30, b"")),
        info(BSI + b"\x02", number(1), encode(0x30, b"\x04\x01\x01")),
        info(BSI + b"\x02", number(1), encode(0x30, b"\x04\x02\x01\x1c\x04\x00")),
        info(bytes.fromhex("678108010105"), number(1)),
        info(bytes.fromhex("67810801010d"), number(1)),
    ],
)
def test_a_damaged_info_of_a_known_protocol_is_refused(damaged: SecurityInfo) -> None:
    with pytest.raises(ParseError):
        typed_info(damaged)


def test_a_damaged_info_does_not_hide_another_family() -> None:
    infos = (info(BSI + b"\x02", encode(0x30, b"")), info(BSI + b"\x04\x02\x02", number(2)))
    assert infos_of(infos, PaceInfo) == (PaceInfo(protocol=BSI + b"\x04\x02\x02", version=2, parameter_id=None),)
    with pytest.raises(ParseError):
        infos_of(infos, TerminalAuthenticationInfo)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x30\x00", b"\x31\x02\x04\x00", b"\x31\x02\x30\x00", b"\x31\x04\x30\x02\x06\x00", b"\x31\x80\x00\x00",
     bytes.fromhex("310730050600040141"), bytes.fromhex("31083006040141040141")],
)  # fmt: skip
def test_other_bytes_are_no_security_infos(content: bytes) -> None:
    with pytest.raises(ParseError):
        parse_security_infos(content)


@given(st.integers(0, 2**31 - 1), st.none() | st.integers(0, 2**31 - 1))
def test_numbers_go_there_and_back(version: int, parameter_id: int | None) -> None:
    fields = [number(value) for value in (version, parameter_id) if value is not None]
    typed = PaceInfo(protocol=BSI + b"\x04\x02\x02", version=version, parameter_id=parameter_id)
    assert typed_info(info(BSI + b"\x04\x02\x02", *fields)) == typed


def test_the_specimen_offers_chip_authentication_with_one_key(chip_data_folder: Path) -> None:
    infos = infos_of_dg14((chip_data_folder / "DG14.bin").read_bytes())
    assert [type(typed_info(member)).__name__ for member in infos] == [
        "ChipAuthenticationPublicKey",
        "ChipAuthenticationInfo",
        "TerminalAuthenticationInfo",
    ]
    (key,) = infos_of(infos, ChipAuthenticationPublicKey)
    assert key.protocol == BSI + b"\x01\x02"
    assert key.public_key[:2] == b"\x30\x82"
