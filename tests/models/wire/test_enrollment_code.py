"""A code proves both sides to each other, forgives what people mistype, and never travels itself."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enrollment import CodeKind, EnrollmentRequest, KeyGrade
from models.identifiers import RoomId
from models.wire.enrollment_code import (
    ALPHABET,
    CodeError,
    authority_proof,
    keys_of,
    link_of,
    make_code,
    prove,
    proves,
    read_code,
    read_link,
)

CODES = st.sampled_from([16, 26]).flatmap(lambda length: st.text(ALPHABET, min_size=length, max_size=length))
REQUEST = EnrollmentRequest(
    lookup=b"l" * 32,
    csr=b"csr",
    chain_key=b"k" * 32,
    key_grade=KeyGrade.PLAIN,
    machine="m" * 64,
    software="1",
    room_id=RoomId("P101"),
)


def test_a_typed_code_has_80_bits_and_a_printed_one_130() -> None:
    assert len(ALPHABET) == len(set(ALPHABET)) == 32
    assert len(read_code(make_code(CodeKind.TYPED))) * 5 == 80
    assert len(read_code(make_code(CodeKind.PRINTED))) * 5 == 130
    assert len({make_code(CodeKind.TYPED) for _ in range(1000)}) == 1000


@given(CODES, st.sampled_from(["", " ", "-", " - "]))
def test_hyphens_spaces_case_and_look_alikes_are_forgiven(letters: str, between: str) -> None:
    typed = between.join(letters[start : start + 4] for start in range(0, len(letters), 4)).lower()
    typed = typed.replace("0", "o").replace("1", "l")
    assert read_code(typed) == letters
    assert keys_of(typed) == keys_of(letters)


@pytest.mark.parametrize(
    "text", ["", "7KQM", "7KQM-4XPD-9RTW-2H6", "7KQM-4XPD-9RTW-2H6U", "7KQM-4XPD-9RTW-2H6C-1", "ñ" * 16]
)
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(CodeError):
        read_code(text)


@given(st.text(max_size=80))
def test_any_text_is_a_link_or_a_named_error(text: str) -> None:
    try:
        link = read_link(text)
    except CodeError:
        return
    assert read_link(link_of(link.address, link.code)) == link


@given(CODES)
def test_a_link_carries_address_and_code(code: str) -> None:
    link = read_link(link_of("authority.school.vn:8443", code))
    assert (link.address, link.code) == ("authority.school.vn:8443", code)


@given(CODES, CODES)
def test_what_follows_from_a_code_names_only_that_code(one: str, other: str) -> None:
    keys = keys_of(one)
    assert len({keys.lookup, keys.authority_key, keys.box_key}) == 3
    assert (keys == keys_of(other)) is (one == other)


def test_the_authoritys_proof_holds_for_its_own_certificate_and_this_question_only() -> None:
    keys, other = keys_of("7KQM4XPD9RTW2H6C"), keys_of("7KQM4XPD9RTW2H6D")
    proof = authority_proof(keys, b"nonce", b"certificate")
    assert proof == authority_proof(keys, b"nonce", b"certificate")
    assert proof != authority_proof(keys, b"nonce", b"the one in the middle")
    assert proof != authority_proof(keys, b"another", b"certificate")
    assert proof != authority_proof(other, b"nonce", b"certificate")


@pytest.mark.parametrize(
    "change",
    [
        {"csr": b"other"},
        {"chain_key": b"x" * 32},
        {"room_id": None},
        {"machine": "other"},
        {"key_grade": KeyGrade.LOCKED},
        {"lookup": b"other"},
        {"software": "2"},
        {"proof": b""},
    ],
)
def test_a_request_that_was_changed_on_its_way_proves_nothing(change: dict[str, object]) -> None:
    keys = keys_of("7KQM4XPD9RTW2H6C")
    request = prove(REQUEST, keys)
    assert proves(request, keys)
    assert not proves(request, keys_of("7KQM4XPD9RTW2H6D"))
    assert not proves(msgspec.structs.replace(request, **change), keys)
