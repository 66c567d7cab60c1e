"""The card's end of PACE against ICAO Doc 9303-11 appendix G.1 (ECDH generic mapping, brainpoolP256r1, MRZ)."""

from collections.abc import Callable

import pytest

from provisioning.rehearsal.soft_chip.chip_keys import PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import AesSuite, derive_key
from provisioning.rehearsal.soft_chip.commands import StatusWord
from provisioning.rehearsal.soft_chip.curve_table import CURVES
from provisioning.rehearsal.soft_chip.elliptic_curve import Curve, PointRefusedError
from provisioning.rehearsal.soft_chip.pace import PaceExchange, mrz_password
from provisioning.rehearsal.tlv_writing import tlv

MRZ_KEY_TEXT = "T22000129364081251010318"
NONCE = "3F00C4D39D153F2B2A214A078D899B22"
ENCRYPTED_NONCE = "95A3A016522EE98D01E76CB6B98B42C3"
CARD_MAPPING_PRIVATE = "498FF49756F2DC1587840041839A85982BE7761D14715FB091EFA7BCE9058560"
CARD_MAPPING = (
    "04824FBA91C9CBE26BEF53A0EBE7342A3BF178CEA9F45DE0B70AA601651FBA3F57"
    "30D8C879AAA9C9F73991E61B58F4D52EB87A0A0C709A49DC63719363CCD13C54"
)
READER_MAPPING = (
    "047ACF3EFC982EC45565A4B155129EFBC74650DCBFA6362D896FC70262E0C2CC5E"
    "544552DCB6725218799115B55C9BAA6D9F6BC3A9618E70C25AF71777A9C4922D"
)
CARD_PRIVATE = "107CF58696EF6155053340FD633392BA81909DF7B9706F226F32086C7AFF974A"
CARD_PUBLIC = (
    "049E880F842905B8B3181F7AF7CAA9F0EFB743847F44A306D2D28C1D9EC65DF6DB"
    "7764B22277A2EDDC3C265A9F018F9CB852E111B768B326904B59A0193776F094"
)
READER_PUBLIC = (
    "042DB7A64C0355044EC9DF190514C625CBA2CEA48754887122F3A5EF0D5EDD301C"
    "3556F3B3B186DF10B857B58F6A7EB80F20BA5DC7BE1D43D9BF850149FBB36462"
)
READER_TOKEN = "C2B0BD78D94BA866"
CARD_TOKEN = "3ABB9674BCE93C08"
ENCRYPTION_KEY = "F5F0E35C0D7161EE6724EE513A0D9A7F"
MAC_KEY = "FE251C7858B356B24514B3BD5F4297D1"


def drawing(*values: str) -> Callable[[int], bytes]:
    drawn = iter(values)

    def draw(octets: int) -> bytes:
        value = bytes.fromhex(next(drawn))
        assert len(value) == octets
        return value

    return draw


def exchange() -> PaceExchange:
    draw = drawing(NONCE, CARD_MAPPING_PRIVATE, CARD_PRIVATE)
    return PaceExchange(offer=PaceOffer(), password=mrz_password(MRZ_KEY_TEXT), draw=draw)


def dynamic(tag: int, value: str) -> bytes:
    return tlv(0x7C, tlv(tag, bytes.fromhex(value)))


def test_9303_11_g1_the_password_key_comes_from_the_zone() -> None:
    assert derive_key(mrz_password(MRZ_KEY_TEXT), 3).hex().upper() == "89DED1B26624EC1E634C1989302849DD"


def test_9303_11_g1_every_answer_of_the_card_is_that_of_the_worked_example() -> None:
    pace = exchange()
    assert pace.step(bytes.fromhex("7C00")).body == dynamic(0x80, ENCRYPTED_NONCE)
    assert pace.step(dynamic(0x81, READER_MAPPING)).body == dynamic(0x82, CARD_MAPPING)
    assert pace.step(dynamic(0x83, READER_PUBLIC)).body == dynamic(0x84, CARD_PUBLIC)
    assert pace.step(dynamic(0x85, READER_TOKEN)).body == dynamic(0x86, CARD_TOKEN)
    assert isinstance(pace.suite, AesSuite)
    assert pace.suite.encryption_key.hex().upper() == ENCRYPTION_KEY
    assert pace.suite.mac_key.hex().upper() == MAC_KEY


def test_a_wrong_token_ends_the_exchange_with_6300() -> None:
    pace = exchange()
    pace.step(bytes.fromhex("7C00"))
    pace.step(dynamic(0x81, READER_MAPPING))
    pace.step(dynamic(0x83, READER_PUBLIC))
    answer = pace.step(dynamic(0x85, "0000000000000000"))
    assert answer.status is StatusWord.AUTHENTICATION_FAILED
    assert pace.over
    assert pace.suite is None


def test_a_step_out_of_order_ends_the_exchange() -> None:
    pace = exchange()
    pace.step(bytes.fromhex("7C00"))
    assert pace.step(dynamic(0x83, READER_PUBLIC)).status is StatusWord.WRONG_DATA
    assert pace.step(dynamic(0x81, READER_MAPPING)).status is StatusWord.NOT_NOW


def test_a_point_off_the_curve_is_refused() -> None:
    pace = exchange()
    pace.step(bytes.fromhex("7C00"))
    off_curve = READER_MAPPING[:-2] + "2E"
    assert pace.step(dynamic(0x81, off_curve)).status is StatusWord.WRONG_DATA


def test_the_cards_own_key_sent_back_is_refused() -> None:
    pace = exchange()
    pace.step(bytes.fromhex("7C00"))
    pace.step(dynamic(0x81, READER_MAPPING))
    assert pace.step(dynamic(0x83, CARD_PUBLIC)).status is StatusWord.WRONG_DATA


@pytest.mark.parametrize("curve", CURVES.values(), ids=map(str, CURVES))
def test_the_generator_has_the_stated_order(curve: Curve) -> None:
    almost = curve.multiply(curve.order - 1, curve.generator)
    assert almost == (curve.generator[0], curve.p - curve.generator[1])
    with pytest.raises(PointRefusedError):
        curve.add(almost, curve.generator)
