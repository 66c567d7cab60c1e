import pytest

from edge.cards.access_key import CardAccessNumber, MrzKey
from models.errors import BadInputError

ZONE = "IDVNM2080123455001208012345<<6\n0809030M3309036VNM<<<<<<<<<<<8\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<\n"


@pytest.mark.parametrize("digits", ["", "12345", "1234567", "12345a", "１２３４５６", " 12345"])
def test_a_can_has_six_digits(digits: str) -> None:
    with pytest.raises(BadInputError):
        CardAccessNumber(digits=digits)


def test_a_whole_vietnamese_zone_gives_the_key() -> None:
    assert MrzKey.from_zone(ZONE).information == b"208012345508090303309036"


def test_a_mistyped_zone_is_refused_before_the_card_hears_of_it() -> None:
    with pytest.raises(BadInputError, match="mistyped"):
        MrzKey.from_zone(ZONE.replace("2080123455", "2080123465"))
    with pytest.raises(BadInputError):
        MrzKey.from_zone("IDVNM")
