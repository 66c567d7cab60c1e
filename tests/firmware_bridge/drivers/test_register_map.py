import pytest

from firmware_bridge.drivers.register_map import RegisterMapError, known_maps, load_register_map, read_register_map

GOOD = """
model = "m"
source = "s"
verified = false
[[register]]
metric = "temperature"
address = 1
"""


@pytest.mark.parametrize("name", known_maps())
def test_our_maps_can_be_loaded_and_say_where_they_come_from(name: str) -> None:
    loaded = load_register_map(name)
    assert loaded.source
    assert loaded.registers


def test_only_a_map_from_the_maker_s_document_is_verified() -> None:
    assert [name for name in known_maps() if load_register_map(name).verified] == ["womaster-es107"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('model = "m"', "", "model must be a text"),
        ("verified = false", 'verified = "no"', "verified must be true or false"),
        ("verified = false", "verified = false\nbuad = 9600", 'nobody knows the field "buad"'),
        ("verified = false", "verified = false\nevery_seconds = 0", "every_seconds must be a number from 0.1 to 3600"),
        ("address = 1", "address = 65536", "register 1: address must be a whole number from 0 to 65535"),
        ("address = 1", "address = 1.5", "address must be a whole number"),
        ("address = 1", "", "address must be"),
        ("address = 1", 'address = 65535\ntype = "float32"', "leaves room for both"),
        ("address = 1", "address = 1\nfunction = 6", "function must be a whole number from 3 to 4"),
        ("address = 1", 'address = 1\ntype = "f32"', 'type must be one of "u16"'),
        ("address = 1", 'address = 1\nword_order = "big"', 'word_order must be one of "high first"'),
        ("address = 1", "address = 1\nscale = 0", "scale of 0"),
        ("address = 1", 'address = 1\nscale = "x"', "scale or offset"),
        ("address = 1", "address = 1\nscale = inf", "scale or offset"),
        ("address = 1", "address = 1\nrange = [5, 1]", "range must be two numbers"),
        ("address = 1", 'address = 1\nmissing = ["x"]', "missing must be a list"),
        ("address = 1", 'address = 1\nunit = "K"', 'unit must be "Cel"'),
        ('"temperature"', '"Nhiet Do"', "metric must be a name"),
        ("[[register]]", "[register]", "at least one"),
        ("model", "model model", "is not TOML"),
    ],
)
def test_what_is_wrong_in_a_map_is_named(old: str, new: str, complaint: str) -> None:
    with pytest.raises(RegisterMapError, match=r"own\.toml") as caught:
        read_register_map(GOOD.replace(old, new), "own.toml")
    assert complaint in str(caught.value)


@pytest.mark.parametrize("name", ["", "../womaster-es107", "nope", "/nowhere/at/all.toml"])
def test_a_map_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(RegisterMapError, match=f'"{name}"'):
        load_register_map(name)
