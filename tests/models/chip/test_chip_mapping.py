import pytest
from msgspec import structs

from models.chip.chip_mapping import mapping_proves_chip
from models.chip.curves import BRAINPOOL_P256
from models.chip.key_agreement import EllipticGroup, UnsupportedGroupError, parameter_id_of, standard_group
from models.chip.security_infos import CHIP_PUBLIC_KEY, SecurityInfo, parse_security_infos
from models.chip.tlv import ParseError, encode
from models.evidence import ChipMapping

STATIC, MAPPING = 0x1234567890ABCDEF, 0xFEDCBA0987654321
CURVES = range(8, 19)


def key_info(parameter: int, private: int = STATIC, named: int | None = None) -> bytes:
    """A static key in that group; `named` writes another number of a group over it."""
    group = standard_group(parameter)
    number = parameter if named is None else named
    algorithm = encode(0x30, encode(0x06, bytes.fromhex("04007F00070102")) + bytes((2, 1, number)))
    point = encode(0x03, b"\x00" + group.encode(group.base_multiple(private)))
    return encode(0x30, encode(0x06, CHIP_PUBLIC_KEY + b"\x02") + encode(0x30, algorithm + point))


def infos(*members: bytes) -> tuple[SecurityInfo, ...]:
    return parse_security_infos(encode(0x31, b"".join(members)))


def mapped(parameter: int = 13) -> ChipMapping:
    """What a chip with the key STATIC shows of its mapping with the key MAPPING."""
    group = standard_group(parameter)
    quotient = pow(STATIC, -1, group.order) * MAPPING % group.order
    return ChipMapping(
        parameter_id=parameter,
        mapping_key=group.encode(group.base_multiple(MAPPING)),
        chip_data=quotient.to_bytes((group.order.bit_length() + 7) // 8),
        ef_card_security=b"",
    )


@pytest.mark.parametrize("parameter", CURVES, ids=lambda number: standard_group(number).name)
def test_the_key_of_the_mapping_proves_the_chip(parameter: int) -> None:
    assert mapping_proves_chip(infos(key_info(parameter)), mapped(parameter))
    assert not mapping_proves_chip(infos(key_info(parameter, STATIC + 1)), mapped(parameter))


def test_one_of_several_keys_is_enough_and_unknown_ones_are_passed_over() -> None:
    others = key_info(12), key_info(13, named=31), key_info(13, STATIC + 1)
    assert mapping_proves_chip(infos(*others, key_info(13)), mapped())
    assert not mapping_proves_chip(infos(*others), mapped())


@pytest.mark.parametrize(
    "data",
    [b"", mapped().chip_data[:-1], mapped().chip_data + b"\x00", bytes(32), b"\x00" * 31 + b"\x01", b"\xff" * 32],
)
def test_refusal_3_other_chip_data_prove_nothing(data: bytes) -> None:
    assert not mapping_proves_chip(infos(key_info(13)), structs.replace(mapped(), chip_data=data))


@pytest.mark.parametrize("key", [b"", b"\x00", mapped().mapping_key[:-1] + b"\x00", mapped(12).mapping_key])
def test_refusal_18_a_mapping_key_off_the_curve_proves_nothing(key: bytes) -> None:
    assert not mapping_proves_chip(infos(key_info(13)), structs.replace(mapped(), mapping_key=key))


@pytest.mark.parametrize("parameter", [0, 5, 12, 99])
def test_a_mapping_without_a_key_on_its_curve_cannot_be_judged(parameter: int) -> None:
    with pytest.raises(ParseError):
        mapping_proves_chip(infos(key_info(13)), structs.replace(mapped(), parameter_id=parameter))


def test_a_group_outside_the_standard_has_no_number() -> None:
    foreign = EllipticGroup(structs.replace(BRAINPOOL_P256, b=1))
    with pytest.raises(UnsupportedGroupError):
        parameter_id_of(foreign)
