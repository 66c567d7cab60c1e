"""A roster opens only for its box, in its time, with central's signature, and never an older one over a newer."""

from datetime import datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.identifiers import BoxId
from models.wire.signed_bundle import DOMAIN, BundleRefusal, SignedBundle, open_bundle, sign_bundle
from tests.builders.events import CENTRAL_KEY
from tests.builders.exams import SEVEN_O_CLOCK, bundle, candidate

PUBLIC = CENTRAL_KEY.public_key()
BOX = BoxId("box-101")
ROSTER = msgspec.structs.replace(
    bundle(candidates=(msgspec.structs.replace(candidate(), photo=bytes(range(256))),)), version=3
)
SIGNED = sign_bundle(ROSTER, CENTRAL_KEY)


def test_a_roster_comes_back_whole() -> None:
    assert open_bundle(SIGNED, PUBLIC, BOX, SEVEN_O_CLOCK) == ROSTER


def test_the_same_roster_always_has_the_same_bytes() -> None:
    assert sign_bundle(ROSTER, CENTRAL_KEY) == SIGNED


def test_the_version_that_is_held_is_welcome_again() -> None:
    assert open_bundle(SIGNED, PUBLIC, BOX, SEVEN_O_CLOCK, held_version=3) == ROSTER


@pytest.mark.parametrize(
    ("box", "now", "held", "refusal"),
    [
        (BoxId("box-102"), SEVEN_O_CLOCK, None, BundleRefusal.OTHER_BOX),
        (BOX, ROSTER.good_until, None, BundleRefusal.PAST_GOOD_UNTIL),
        (BOX, ROSTER.good_until + timedelta(days=1), None, BundleRefusal.PAST_GOOD_UNTIL),
        (BOX, SEVEN_O_CLOCK, 4, BundleRefusal.OLDER_THAN_HELD),
    ],
)
def test_a_roster_that_is_not_for_here_and_now_is_refused(
    box: BoxId, now: datetime, held: int | None, refusal: BundleRefusal
) -> None:
    assert open_bundle(SIGNED, PUBLIC, box, now, held) is refusal


def test_a_roster_of_another_signer_or_with_altered_bytes_is_refused() -> None:
    forged = sign_bundle(ROSTER, Ed25519PrivateKey.generate())
    altered = SignedBundle(body=SIGNED.body + b"\x00", signature=SIGNED.signature)
    for bad in (forged, altered, SignedBundle(body=b"", signature=b"")):
        assert open_bundle(bad, PUBLIC, BOX, SEVEN_O_CLOCK) is BundleRefusal.WRONG_SIGNATURE


def test_a_signed_unknown_shape_is_refused() -> None:
    strange = SignedBundle(body=b"\xa0", signature=CENTRAL_KEY.sign(DOMAIN + b"\xa0"))
    assert open_bundle(strange, PUBLIC, BOX, SEVEN_O_CLOCK) is BundleRefusal.UNKNOWN_SHAPE
