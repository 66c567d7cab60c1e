import pytest

from models.chip.card_security import (
    CardSecurity,
    card_security_signature_is_good,
    parse_card_security,
    vouches_for,
)
from models.chip.security_infos import ChipAuthenticationPublicKey, infos_of, parse_security_infos
from models.chip.tlv import ParseError, encode, parse_one
from tests.builders.libeac_chip import CARD_ACCESS
from tests.builders.signed_messages import SECURITY_OBJECT, Wrapping, signed_message

KEY = bytes.fromhex("3011 0609 04007F000702020102 3004 3000 0300")
WRAPPING = Wrapping(content_type=SECURITY_OBJECT)


def card_security(infos: bytes) -> CardSecurity:
    return parse_card_security(signed_message(infos, WRAPPING))


def with_further_infos(*infos: bytes) -> bytes:
    return encode(0x31, parse_one(CARD_ACCESS, 0x31) + b"".join(infos))


def test_9303_11_the_key_of_the_mapping_is_found_and_its_signature_holds() -> None:
    parsed = card_security(with_further_infos(KEY))
    assert card_security_signature_is_good(parsed)
    (key,) = infos_of(parsed.infos, ChipAuthenticationPublicKey)
    assert key.public_key == bytes.fromhex("300430000300")


def test_a_key_that_was_replaced_after_signing_is_found_out() -> None:
    spoilt = signed_message(with_further_infos(KEY), WRAPPING).replace(KEY, KEY[:-1] + b"\x01"[:1])
    with pytest.raises(ParseError):
        parse_card_security(spoilt)
    spoilt = signed_message(with_further_infos(KEY), WRAPPING).replace(
        KEY, KEY.replace(b"\x30\x00\x03", b"\x05\x00\x03")
    )
    assert not card_security_signature_is_good(parse_card_security(spoilt))


@pytest.mark.parametrize(
    ("signed", "vouched"),
    [
        (with_further_infos(), True),
        (with_further_infos(KEY), True),
        (encode(0x31, parse_one(CARD_ACCESS, 0x31)[15:]), False),
        (CARD_ACCESS[:-1] + b"\x0c", False),
    ],
)
def test_lds_j_card_access_must_stand_in_card_security(signed: bytes, *, vouched: bool) -> None:
    assert vouches_for(card_security(signed), parse_security_infos(CARD_ACCESS)) is vouched


@pytest.mark.parametrize(
    "file",
    [
        b"",
        CARD_ACCESS,
        signed_message(CARD_ACCESS),
        signed_message(b"\x30\x00", WRAPPING),
        signed_message(CARD_ACCESS, WRAPPING) + b"\x00",
    ],
)
def test_other_bytes_are_no_card_security(file: bytes) -> None:
    with pytest.raises(ParseError):
        parse_card_security(file)
