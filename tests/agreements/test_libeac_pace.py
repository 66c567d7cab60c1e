"""Every kind of PACE that libeac3 plays too: generic mapping over curves and numbers, with all ciphers.

Its integrated mapping is that of BSI TR-03110 2.01, not of ICAO Doc 9303-11. It drops leading zeros of secrets that are
numbers, against RFC 2631 section 2.1.2, so that one conversation in 256 fails and is tried again.
"""

import secrets
from contextlib import suppress

import pytest

from edge.cards.access_key import CardAccessNumber, WrongKeyError
from edge.cards.apdu import PlainChannel, read_short_file, select_application
from edge.cards.pace import establish_pace
from edge.cards.pace_choice import choose_pace
from edge.cards.secure_messaging import SecureChannel
from models.chip.key_agreement import standard_group
from models.chip.security_infos import PACE, parse_security_infos
from models.chip.tlv import encode
from tests.builders.libeac import libeac_path
from tests.builders.libeac_chip import LibeacChip
from tests.builders.needed_programs import need

APPLICATION = bytes.fromhex("A0000002471001")
CONTENT = bytes(range(93))
DH_GM, ECDH_GM = 1, 2
TRIPLE_DES, AES_128, AES_192, AES_256 = 1, 2, 3, 4
CIPHERS = (TRIPLE_DES, AES_128, AES_192, AES_256)
CURVES = range(8, 19)


@pytest.fixture(autouse=True)
def _libeac() -> None:
    need("libeac3", libeac_path())


def card_access(family: int, cipher: int, parameter_id: int) -> bytes:
    numbers = bytes((0x02, 0x01, 0x02, 0x02, 0x01, parameter_id))
    return encode(0x31, encode(0x30, encode(0x06, PACE + bytes((family, cipher))) + numbers))


def read_number_file(cipher: int, parameter_id: int, digits: str = "012345") -> bytes:
    with suppress(WrongKeyError):
        return read_file(DH_GM, cipher, parameter_id, digits)
    with suppress(WrongKeyError):
        return read_file(DH_GM, cipher, parameter_id, digits)
    return read_file(DH_GM, cipher, parameter_id, digits)


def read_file(family: int, cipher: int, parameter_id: int, digits: str = "012345") -> bytes:
    """A file through the session that PACE of this kind opened."""
    infos = card_access(family, cipher, parameter_id)
    chip = LibeacChip("012345", {1: CONTENT}, card_access=infos)
    option = choose_pace(parse_security_infos(infos))
    session = establish_pace(PlainChannel(chip), CardAccessNumber(digits=digits), option, secrets.token_bytes)
    channel = SecureChannel(chip, session.cipher)
    assert channel.send(select_application(APPLICATION)).status == 0x9000
    answer = channel.send(read_short_file(1, len(CONTENT)))
    assert answer.status == 0x9000
    return answer.content


@pytest.mark.parametrize("cipher", CIPHERS)
def test_each_cipher(cipher: int) -> None:
    assert read_file(ECDH_GM, cipher, 13) == CONTENT
    assert read_number_file(cipher, 0) == CONTENT


@pytest.mark.parametrize("parameter_id", CURVES, ids=lambda number: standard_group(number).name)
def test_each_curve(parameter_id: int) -> None:
    assert read_file(ECDH_GM, AES_128, parameter_id) == CONTENT


@pytest.mark.parametrize("parameter_id", [0, 1, 2], ids=lambda number: standard_group(number).name)
def test_each_group_of_numbers(parameter_id: int) -> None:
    assert read_number_file(AES_128, parameter_id) == CONTENT


def test_a_wrong_can_is_said_with_numbers_too() -> None:
    with pytest.raises(WrongKeyError):
        read_number_file(AES_128, 0, digits="012346")
