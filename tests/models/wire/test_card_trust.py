import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.chip.passive_authentication import judge_chip
from models.chip.verdict import ChipVerdict
from models.wire.card_trust import (
    LARGEST_BYTES,
    CardTrust,
    CardTrustRefusal,
    CardTrustTooLargeError,
    open_card_trust,
    sign_card_trust,
)
from tests.builders.card_trust import card_trust, signed_trust
from tests.builders.chip_evidence import AT, make_evidence

KEY = Ed25519PrivateKey.generate()
PUBLIC = KEY.public_key()


def test_a_bundle_comes_back_as_it_was_signed_and_judges() -> None:
    opened = open_card_trust(signed_trust(KEY), PUBLIC)
    assert opened == card_trust()
    assert isinstance(opened, CardTrust)
    assert judge_chip(make_evidence(), opened.store(), AT).verdict is ChipVerdict.GENUINE
    assert opened.store().policy.state("D") == "DEU"


def test_another_signers_bundle_is_refused() -> None:
    foreign = signed_trust(Ed25519PrivateKey.generate())
    assert open_card_trust(foreign, PUBLIC) is CardTrustRefusal.WRONG_SIGNATURE


def test_an_older_version_than_the_one_held_is_refused_and_the_same_is_welcome() -> None:
    assert open_card_trust(signed_trust(KEY, 3), PUBLIC, 4) is CardTrustRefusal.OLDER_THAN_HELD
    assert isinstance(open_card_trust(signed_trust(KEY, 4), PUBLIC, 4), CardTrust)


def test_too_large_a_bundle_is_neither_made_nor_read() -> None:
    with pytest.raises(CardTrustTooLargeError):
        sign_card_trust(card_trust(certificates=(bytes(LARGEST_BYTES),)), KEY)
    assert open_card_trust(bytes(LARGEST_BYTES + 1), PUBLIC) is CardTrustRefusal.UNKNOWN_SHAPE


GOOD = signed_trust(KEY)


@given(st.binary(max_size=200) | st.integers(0, len(GOOD) - 1).map(lambda end: GOOD[:end]))
def test_no_other_bytes_are_a_bundle(content: bytes) -> None:
    assert isinstance(open_card_trust(content, PUBLIC), CardTrustRefusal)
