import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cards.pace_choice import Mapping, PaceOption, UnsupportedPaceError, choose_pace
from models.chip.curves import BRAINPOOL_P256, CURVES, Curve
from models.chip.key_agreement import ModularGroup, standard_group
from models.chip.security_infos import PACE, SecurityInfo, parse_security_infos
from models.chip.session_keys import SessionSuite
from models.chip.tlv import ParseError, encode

DH_GM, ECDH_GM, DH_IM, ECDH_IM, ECDH_CAM = 1, 2, 3, 4, 6
STANDARD = bytes.fromhex("04007f00070102")
EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
DH_PUBLIC_NUMBER = bytes.fromhex("2a8648ce3e0201")


def integer(value: int) -> bytes:
    return encode(0x02, value.to_bytes(value.bit_length() // 8 + 1))


def info(family: int, cipher: int, parameter_id: int | None = 13, version: int = 2) -> bytes:
    number = b"" if parameter_id is None else integer(parameter_id)
    return encode(0x30, encode(0x06, PACE + bytes((family, cipher))) + integer(version) + number)


def parameters(family: int, algorithm: bytes, parameter_id: int | None = None) -> bytes:
    number = b"" if parameter_id is None else integer(parameter_id)
    return encode(0x30, encode(0x06, PACE + bytes((family,))) + algorithm + number)


def written_out(curve: Curve, generator: tuple[int, int] | None = None, cofactor: int = 1) -> bytes:
    x, y = generator or curve.generator
    field = encode(0x30, encode(0x06, bytes.fromhex("2a8648ce3d0101")) + integer(curve.p))
    equation = encode(0x30, b"".join(encode(0x04, value.to_bytes(curve.width)) for value in (curve.a, curve.b)))
    base = encode(0x04, b"\x04" + x.to_bytes(curve.width) + y.to_bytes(curve.width))
    numbers = integer(1) + field + equation + base + integer(curve.n) + integer(cofactor)
    return encode(0x30, encode(0x06, EC_PUBLIC_KEY) + encode(0x30, numbers))


def numbers_written_out(parameter_id: int, *, generator: int | None = None) -> bytes:
    group = standard_group(parameter_id)
    assert isinstance(group, ModularGroup)
    numbers = integer(group.numbers.p) + integer(generator or group.numbers.g) + integer(group.numbers.q)
    return encode(0x30, encode(0x06, DH_PUBLIC_NUMBER) + encode(0x30, numbers))


def infos(*members: bytes) -> tuple[SecurityInfo, ...]:
    return parse_security_infos(encode(0x31, b"".join(members)))


def choice(*members: bytes) -> PaceOption:
    return choose_pace(infos(*members))


def test_the_seen_vietnamese_card_is_opened_as_it_offers() -> None:
    seen = (
        "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
    )
    option = choose_pace(parse_security_infos(bytes.fromhex(seen)))
    assert (option.mapping, option.suite, option.group.name) == (
        Mapping.GENERIC,
        SessionSuite.AES_128,
        "brainpoolP256r1",
    )
    assert not option.ambiguous


MAPPINGS = (ECDH_GM, ECDH_IM, ECDH_CAM)  # the preferred last
OFFERS = [(family, cipher) for family in MAPPINGS for cipher in (1, 2, 3, 4) if (family, cipher) != (ECDH_CAM, 1)]


@given(st.lists(st.sampled_from(OFFERS), min_size=1, unique=True))
def test_nothing_weaker_is_chosen_than_what_is_offered(offered: list[tuple[int, int]]) -> None:
    best = max(offered, key=lambda offer: (MAPPINGS.index(offer[0]), offer[1]))
    assert choice(*(info(*offer) for offer in offered)).protocol == PACE + bytes(best)


def test_of_equal_kinds_the_stronger_group_and_then_the_first_is_chosen() -> None:
    assert choice(info(ECDH_GM, 2, 12), info(ECDH_GM, 2, 17), info(ECDH_GM, 2, 13)).group.name == "brainpoolP512r1"
    assert choice(info(ECDH_GM, 2, 12), info(ECDH_GM, 2, 13)).group.name == "secp256r1"
    assert choice(info(DH_GM, 2, 0), info(DH_GM, 2, 2)).group.name == "modp2048-256"
    assert choice(info(DH_GM, 2, 2), info(ECDH_GM, 2, 13)).group.name == "brainpoolP256r1"


UNKNOWN = {
    "integrated mapping on P-224": info(ECDH_IM, 2, 10),
    "chip authentication mapping with 3DES": info(ECDH_CAM, 1),
    "another version": info(ECDH_GM, 2, version=1),
    "an unknown mapping": info(5, 2),
    "an unknown cipher": info(ECDH_GM, 5),
    "a reserved number": info(ECDH_GM, 2, 3),
    "a number of nothing": info(ECDH_GM, 2, 31),
    "numbers for a curve": info(ECDH_GM, 2, 0),
    "a curve for numbers": info(DH_GM, 2, 13),
    "no parameters at all": info(ECDH_GM, 2, None),
    "parameters that are missing": info(ECDH_GM, 2, 32),
}


@pytest.mark.parametrize("what", UNKNOWN)
def test_what_we_do_not_speak_is_said_and_passed_over(what: str) -> None:
    with pytest.raises(UnsupportedPaceError):
        choice(UNKNOWN[what])
    assert choice(UNKNOWN[what], info(ECDH_GM, 1)).protocol == PACE + bytes((ECDH_GM, 1))


def test_no_offer_at_all_is_unsupported() -> None:
    with pytest.raises(UnsupportedPaceError):
        choose_pace(())


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_a_curve_written_out_is_known_by_all_its_numbers(curve: Curve) -> None:
    option = choice(info(ECDH_GM, 2, 32), parameters(ECDH_GM, written_out(curve), 32))
    assert option.group.name == curve.name
    assert option.reference == 32


def test_parameters_without_numbers_belong_together() -> None:
    option = choice(info(ECDH_GM, 2, None), parameters(ECDH_GM, written_out(BRAINPOOL_P256)))
    assert (option.group.name, option.reference) == ("brainpoolP256r1", None)


@pytest.mark.parametrize("parameter_id", [0, 1, 2])
def test_numbers_written_out_are_known_by_all_of_them(parameter_id: int) -> None:
    option = choice(info(DH_GM, 2, 32), parameters(DH_GM, numbers_written_out(parameter_id), 32))
    assert option.group == standard_group(parameter_id)


def test_parameters_by_standard_number_in_an_algorithm_are_known() -> None:
    named = encode(0x30, encode(0x06, STANDARD) + integer(13))
    assert choice(info(ECDH_GM, 2, 40), parameters(ECDH_GM, named, 40)).group.name == "brainpoolP256r1"


FOREIGN = {
    "another generator": parameters(
        ECDH_GM,
        written_out(BRAINPOOL_P256, (BRAINPOOL_P256.generator[0], BRAINPOOL_P256.p - BRAINPOOL_P256.generator[1])),
    ),
    "another cofactor": parameters(ECDH_GM, written_out(BRAINPOOL_P256, cofactor=2)),
    "of another family": parameters(ECDH_IM, written_out(BRAINPOOL_P256)),
    "of another number": parameters(ECDH_GM, written_out(BRAINPOOL_P256), 33),
    "an unknown standard number": parameters(ECDH_GM, encode(0x30, encode(0x06, STANDARD) + integer(30))),
    "an unknown algorithm": parameters(ECDH_GM, encode(0x30, encode(0x06, b"\x2a\x03") + integer(1))),
}


@pytest.mark.parametrize("what", FOREIGN)
def test_refusal_9_foreign_parameters_are_not_computed_with(what: str) -> None:
    with pytest.raises(UnsupportedPaceError):
        choice(info(ECDH_GM, 2, 32), FOREIGN[what])


def test_refusal_9_numbers_with_another_generator_are_not_computed_with() -> None:
    with pytest.raises(UnsupportedPaceError):
        choice(info(DH_GM, 2, 32), parameters(DH_GM, numbers_written_out(0, generator=4)))


def test_two_sets_of_parameters_that_both_fit_are_no_choice() -> None:
    twice = parameters(ECDH_GM, written_out(BRAINPOOL_P256)), parameters(ECDH_GM, written_out(CURVES[0]))
    with pytest.raises(UnsupportedPaceError):
        choice(info(ECDH_GM, 2, None), *twice)


def test_damaged_parameters_are_said_to_be_damaged() -> None:
    with pytest.raises(ParseError):
        choice(info(ECDH_GM, 2, 32), parameters(ECDH_GM, encode(0x30, b""), 32))


def test_several_numbers_are_ambiguous_one_is_not() -> None:
    assert choice(info(ECDH_GM, 2, 12), info(ECDH_GM, 2, 13)).ambiguous
    assert not choice(info(ECDH_GM, 1, 13), info(ECDH_GM, 2, 13)).ambiguous
