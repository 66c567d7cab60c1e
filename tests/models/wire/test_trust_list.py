"""A trust list is taken by network and by stick alike: the authority's, for this school, never backwards."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BadInputError
from models.wire.trust_list import (
    DOMAIN,
    LARGEST_BYTES,
    RevokedCertificate,
    SignedTrustList,
    TrustList,
    TrustListRefusal,
    from_file,
    open_trust_list,
    sign_trust_list,
    to_file,
)

KEY = Ed25519PrivateKey.generate()
NOW = datetime(2026, 6, 1, 7, tzinfo=UTC)
LIST = TrustList(
    version=7,
    school_id="thpt-1",
    issued_at=NOW - timedelta(days=1),
    good_until=NOW + timedelta(days=60),
    authorities=(b"root", b"issuer"),
    central_keys=(b"c" * 32,),
    boxes=(),
    revoked=(RevokedCertificate(box_id="box-1", serial="0a", revoked_at=NOW - timedelta(days=2)),),
    exams=(),
)
SIGNED = sign_trust_list(LIST, KEY)


def opened(
    signed: SignedTrustList = SIGNED, school: str = "thpt-1", now: datetime = NOW, held: int | None = None
) -> object:
    return open_trust_list(signed, KEY.public_key(), school, now, held)


@pytest.mark.parametrize("held", [None, 6, 7])
def test_a_newer_or_equal_list_is_taken_from_the_wire_and_from_a_file(held: int | None) -> None:
    assert opened(held=held) == opened(from_file(to_file(SIGNED)), held=held) == LIST


def test_an_older_list_is_refused_whoever_brings_it() -> None:
    assert opened(held=8) is TrustListRefusal.OLDER_THAN_HELD


def test_another_schools_list_and_a_past_one_are_refused() -> None:
    assert opened(school="thpt-2") is TrustListRefusal.OTHER_SCHOOL
    assert opened(now=LIST.good_until) is TrustListRefusal.PAST_GOOD_UNTIL


def test_a_forged_or_altered_list_is_refused() -> None:
    forged = sign_trust_list(LIST, Ed25519PrivateKey.generate())
    altered = SignedTrustList(body=SIGNED.body[:-1] + b"\x01", signature=SIGNED.signature)
    for bad in (forged, altered):
        assert opened(bad) is TrustListRefusal.WRONG_SIGNATURE
    strange = SignedTrustList(body=b"\xa0", signature=KEY.sign(DOMAIN + b"\xa0"))
    assert opened(strange) is TrustListRefusal.UNKNOWN_SHAPE


@given(st.binary(max_size=200))
def test_any_bytes_on_a_stick_are_a_list_or_a_named_error(content: bytes) -> None:
    try:
        signed = from_file(content)
    except BadInputError:
        return
    assert opened(signed) is TrustListRefusal.WRONG_SIGNATURE


def test_a_file_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInputError, match="too large"):
        from_file(b" " * (LARGEST_BYTES + 1))


def test_the_list_names_no_person() -> None:
    assert set(msgspec.structs.asdict(LIST)) == {
        "version", "school_id", "issued_at", "good_until", "authorities", "central_keys", "boxes", "revoked", "exams",
    }  # fmt: skip
