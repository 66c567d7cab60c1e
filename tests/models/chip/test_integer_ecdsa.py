"""Signatures on curves that the library lacks, tried against the library where both can compute."""

import hashlib

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from models.chip.curves import BRAINPOOL_P256, P256, P521, Curve
from models.chip.integer_ecdsa import integer_ecdsa_is_good


@pytest.mark.parametrize("curve", [P256, P521, BRAINPOOL_P256], ids=lambda curve: curve.name)
@pytest.mark.parametrize("digest", [hashes.SHA224(), hashes.SHA512()], ids=lambda digest: digest.name)
def test_what_the_library_signs_is_good_in_integers_and_nothing_else_is(
    curve: Curve, digest: hashes.HashAlgorithm
) -> None:
    assert curve.library is not None
    private = ec.generate_private_key(curve.library)
    numbers = private.public_key().public_numbers()
    key = (numbers.x, numbers.y)
    r, s = decode_dss_signature(private.sign(b"message", ec.ECDSA(digest)))
    hashed = hashlib.new(digest.name, b"message").digest()
    alone = msgspec.structs.replace(curve, library=None)
    for same in (alone, curve):
        assert integer_ecdsa_is_good(same, key, hashed, (r, s))
        assert not integer_ecdsa_is_good(same, key, hashlib.new(digest.name, b"other").digest(), (r, s))
        assert not integer_ecdsa_is_good(same, key, hashed, (r, s ^ 2))
        assert not integer_ecdsa_is_good(same, (key[0], curve.p - key[1]), hashed, (r, s))


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0), (P256.n, 1), (1, P256.n), (-1, 1)])
def test_numbers_out_of_range_are_bad(numbers: tuple[int, int]) -> None:
    assert not integer_ecdsa_is_good(P256, P256.generator, bytes(32), numbers)
