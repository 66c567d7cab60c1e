"""PACE in every standardised group and cipher, against libeac3 as reader and the examples of ICAO 9303-11 G to I.

libeac3 as Debian builds it does neither integrated nor chip authentication mapping.
"""

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from provisioning.rehearsal.key_drawing import new_agreement_key
from provisioning.rehearsal.security_info_writing import card_access_of
from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.soft_chip.chip import SoftChip
from provisioning.rehearsal.soft_chip.chip_keys import PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind, session_suite, unpad
from provisioning.rehearsal.soft_chip.groups import GROUPS, ElementRefusedError, draw_private
from provisioning.rehearsal.soft_chip.pace import PaceExchange, pseudo_random
from provisioning.rehearsal.tlv_writing import objects, tlv
from tests.builders.libeac import libeac_path
from tests.builders.libeac_terminal import LibeacTerminal
from tests.builders.needed_programs import need
from tests.builders.soft_card import good_card

CURVE_OFFERS = [
    PaceOffer(parameter=parameter, suite=suite)
    for parameter in range(8, 19)
    for suite in (SuiteKind if parameter in {12, 13} else (SuiteKind.AES_256,))
]
NUMBER_OFFERS = [
    PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=parameter, suite=suite)
    for parameter, suite in (
        (0, SuiteKind.TRIPLE_DES),
        (0, SuiteKind.AES_128),
        (1, SuiteKind.AES_192),
        (2, SuiteKind.AES_256),
    )
]
G2_MAPPING_PRIVATE = 0x5265030F751F4AD18B08AC565FC7AC952E41618D
G2_NONCE = 0xFA5B7E3E49753A0DB9178B7B9BD898C8
G2_CARD_MAPPING = bytes.fromhex(
    "78879F57225AA8080D52ED0FC890A4B25336F699AA89A2D3A189654AF70729E623EA5738B26381E4DA19E004706FACE7"
    "B235C2DBF2F38748312F3C98C2DD4882A41947B324AA1259AC22579DB93F7085655AF30889DBB845D9E6783FE42C9F24"
    "49400306254C8AE8EE9DD812A804C0B66E8CAFC14F84D8258950A91B44126EE6"
)
G2_GENERATOR = bytes.fromhex(
    "7C9CBFE98F9FBDDA8D143506FA7D9306F4CB17E3C71707AFF5E1C1A12370249684D64EE37AF44B8DBD9D45BF6023919C"
    "BAA027AB97ACC771666C8E98FF483301BFA4872DEDE9034EDFACB70814166B7F360676829B826BEA57291B5AD69FBC84"
    "EF1E779032A305803F74341793E869742D401325B37EE8565FFCDEE618342DC5"
)
H2_GENERATOR = bytes.fromhex(
    "1D7D767F11E333BCD6DBAEF40E799E7A926B96973550656FF3C830726D118D61C276CDCC61D475CF03A98E0C0E79CAEB"
    "A5BE25578BD4551D0B10903236F0B0F976852FA78EEA14EA0ACA87D1E91F688FE0DFF897BBE35A472621D343564B262F"
    "34223AE8FC59B664BFEDFA2BFE7516CA5510A6BBB633D517EC25D4E0BBAA16C2"
)


@pytest.mark.parametrize("offer", CURVE_OFFERS, ids=lambda offer: f"{offer.parameter}-{offer.suite.name}")
def test_libeac_opens_the_chip_on_every_curve(offer: PaceOffer) -> None:
    open_and_read(offer)


@pytest.mark.parametrize("offer", NUMBER_OFFERS, ids=lambda offer: f"{offer.parameter}-{offer.suite.name}")
def test_libeac_opens_the_chip_in_every_group_of_numbers(offer: PaceOffer) -> None:
    # libeac3 leaves out a shared secret's leading zero bytes, which RFC 2631 keeps: one session of 256 cannot agree.
    for _ in range(3):
        with contextlib.suppress(AssertionError):
            open_and_read(offer)
            return
    open_and_read(offer)


def open_and_read(offer: PaceOffer) -> None:
    need("libeac3", libeac_path())
    card = replace(good_card(), pace=(offer,))
    terminal = LibeacTerminal(SoftChip(card), card_access_of(card.pace, None), card.access_number)
    terminal.open(offer.oid)
    assert terminal.read(ShortFile.DG1, 20) == card.files[ShortFile.DG1][:20]


def test_9303_11_g2_generic_mapping_of_numbers() -> None:
    group = GROUPS[0]
    shared = group.power(G2_MAPPING_PRIVATE, G2_CARD_MAPPING)
    assert group.combine(group.power(G2_NONCE, group.base), shared) == G2_GENERATOR


def test_9303_11_h1_integrated_mapping_onto_a_curve() -> None:
    group = GROUPS[13]
    nonce, reader_nonce = (
        bytes.fromhex(text) for text in ("2923BE84E16CD6AE529049F1F1BBE9EB", "5DD4CBFC96F5453B130D890A1CDBAE32")
    )
    number = pseudo_random(nonce, reader_nonce, group.modulus, SuiteKind.AES_128)
    assert f"{number:064X}" == "A2F8FF2DF50E52C6599F386ADCB595D229F6A167ADE2BE5F2C3296ADD5B7430E"
    assert group.from_number(number).hex().upper() == (
        "048E82D31559ED0FDE92A4D0498ADD3C23BABA94FB77691E31E90AEA77FB17D427"
        "4C1AE14BD0C3DBAC0C871B7F3608169364437CA30AC243A089D3F266C1E60FAD"
    )


def test_9303_11_h2_integrated_mapping_of_numbers() -> None:
    group = GROUPS[0]
    nonce, reader_nonce = (
        bytes.fromhex(text) for text in ("FA5B7E3E49753A0DB9178B7B9BD898C8", "B3A6DB3C870C3E99245E0D1C06B747DE")
    )
    assert group.from_number(pseudo_random(nonce, reader_nonce, group.modulus, SuiteKind.AES_128)) == H2_GENERATOR


def test_9303_11_i1_chip_data_are_encrypted_under_a_counter_of_ones() -> None:
    suite = session_suite(
        bytes.fromhex("67950559D0C06B4D4B86972D14460837461087F8419FDBC36AAF6CEAAC462832"), SuiteKind.AES_128
    )
    encrypted = "1EEA964DAAE372AC990E3EFDE6333353BFC89A6704D93DA8798CF77F5B7A54BD10CBA372B42BE0B9B5F28AA8DE2F4F92"
    opened = unpad(suite.decrypt(b"\xff" * 16, bytes.fromhex(encrypted)))
    assert opened is not None
    assert opened.hex().upper() == "85DC3FA93D0952BFA82F5FD189EE75BD82F11D1F0B8ED4BF5319AC9B53C426B3"


@pytest.mark.parametrize("parameter", [9, 11, 12, 13, 14, 15, 16, 17, 18])
def test_integrated_mapping_lands_on_every_curve_it_knows(parameter: int) -> None:
    group = GROUPS[parameter]
    assert group.power(1, group.from_number(0x1234567890ABCDEF)) == group.from_number(0x1234567890ABCDEF)


def test_integrated_mapping_knows_no_way_onto_p224() -> None:
    with pytest.raises(ElementRefusedError):
        GROUPS[10].from_number(5)


@pytest.mark.parametrize(
    "offer",
    [
        PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, parameter=13, suite=SuiteKind.AES_256),
        PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, parameter=12, suite=SuiteKind.TRIPLE_DES),
        PaceOffer(mapping=PaceMapping.DH_INTEGRATED, parameter=2, suite=SuiteKind.AES_192),
    ],
    ids=lambda offer: f"{offer.mapping.name}-{offer.suite.name}",
)
def test_integrated_mapping_ends_in_a_token_for_a_reader_that_mapped_alike(offer: PaceOffer) -> None:
    drawn: list[bytes] = []
    chip = PaceExchange(offer=offer, password=b"123456", draw=lambda octets: _kept(drawn, octets))
    chip.step(bytes.fromhex("7C00"))
    reader_nonce = b"\x42" * {1: 16, 2: 16, 3: 24, 4: 32}[offer.suite]
    assert chip.step(tlv(0x7C, tlv(0x81, reader_nonce))).body == bytes.fromhex("7C028200")
    group = GROUPS[offer.parameter]
    base = group.from_number(pseudo_random(drawn[0], reader_nonce, group.modulus, offer.suite))
    private = draw_private(group, lambda octets: _kept([], octets))
    answer = chip.step(tlv(0x7C, tlv(0x83, group.power(private, base))))
    theirs = dict(objects(dict(objects(answer.body))[0x7C]))[0x84]
    suite = session_suite(group.secret(group.power(private, theirs)), offer.suite)
    token = suite.token(tlv(0x7F49, tlv(0x06, offer.oid), tlv(group.key_tag, theirs)))
    assert chip.step(tlv(0x7C, tlv(0x85, token))).status == 0x9000
    assert chip.suite is not None


def test_chip_mapping_gives_the_quotient_of_the_mapping_key_and_the_static_one() -> None:
    key, offer = new_agreement_key(13), PaceOffer(mapping=PaceMapping.ECDH_CHIP)
    card = replace(good_card(), pace=(offer,), mapping_key=key)
    drawn: list[bytes] = []
    chip = PaceExchange(
        offer=offer, password=card.access_number.encode(), draw=lambda octets: _kept(drawn, octets), mapping_key=key
    )
    group = GROUPS[13]
    chip.step(bytes.fromhex("7C00"))
    chip_mapping = dict(objects(dict(objects(chip.step(tlv(0x7C, tlv(0x81, group.base))).body))[0x7C]))[0x82]
    base = group.combine(group.power(int.from_bytes(drawn[0]), group.base), chip_mapping)
    answer = chip.step(tlv(0x7C, tlv(0x83, group.power(5, base))))
    theirs = dict(objects(dict(objects(answer.body))[0x7C]))[0x84]
    suite = session_suite(group.secret(group.power(5, theirs)), SuiteKind.AES_128)
    token = suite.token(tlv(0x7F49, tlv(0x06, offer.oid), tlv(0x86, theirs)))
    last = dict(objects(dict(objects(chip.step(tlv(0x7C, tlv(0x85, token))).body))[0x7C]))
    quotient = unpad(suite.decrypt(b"\xff" * 16, last[0x8A]))
    assert quotient is not None
    public = ec.derive_private_key(int.from_bytes(key.private), ec.BrainpoolP256R1()).public_key()
    shared = ec.derive_private_key(int.from_bytes(quotient), ec.BrainpoolP256R1()).exchange(ec.ECDH(), public)
    assert shared == chip_mapping[1:33]


def _kept(drawn: list[bytes], octets: int) -> bytes:
    drawn.append(bytes((7 + len(drawn),)) * octets)
    return drawn[-1]
