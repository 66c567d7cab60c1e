"""Evidence: only central opens it, it is what the event names, and it comes back whole."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from models.evidence import AdmissionEvidence, CardTrouble
from models.exams import Assurance
from models.wire.evidence_seal import (
    LARGEST_EVIDENCE_BYTES,
    EvidenceSealError,
    commitment_of,
    open_evidence,
    seal_evidence,
)
from tests.builders.exams import AN, SEVEN_O_CLOCK, candidate, card_evidence, face

CENTRAL = X25519PrivateKey.from_private_bytes(bytes(range(32)))


def build(salt: bytes = bytes(32), card_bytes: bytes = b"sod") -> AdmissionEvidence:
    return AdmissionEvidence(
        salt=salt,
        candidate_number=candidate().candidate_number,
        citizen_id=AN,
        seat="01",
        card=card_evidence(),
        trouble=None,
        face=face(),
        seated_before=False,
        light="green",
        reasons=("a", card_bytes.hex()),
        assurance=Assurance.L_OFFLINE,
        profile="test-rules@1",
        decided_at=SEVEN_O_CLOCK,
    )


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=3000))
def test_evidence_comes_back_whole(salt: bytes, card_bytes: bytes) -> None:
    evidence = build(salt, card_bytes)
    sealed = seal_evidence(evidence, CENTRAL.public_key())
    assert open_evidence(sealed.sealed, CENTRAL, sealed.evidence_hash) == evidence
    assert sealed.commitment == commitment_of(evidence)


def test_no_personal_word_can_be_read_from_the_sealed_bytes() -> None:
    sealed = seal_evidence(build(), CENTRAL.public_key())
    for word in (AN, candidate().candidate_number, "green", "test-rules"):
        assert word.encode() not in sealed.sealed


def test_the_same_evidence_is_sealed_differently_each_time() -> None:
    first, second = (seal_evidence(build(), CENTRAL.public_key()) for _ in range(2))
    assert first.sealed != second.sealed
    assert first.evidence_hash == second.evidence_hash


def test_another_key_altered_bytes_or_another_event_open_nothing() -> None:
    sealed = seal_evidence(build(), CENTRAL.public_key())
    with pytest.raises(EvidenceSealError):
        open_evidence(sealed.sealed, X25519PrivateKey.generate(), sealed.evidence_hash)
    with pytest.raises(EvidenceSealError):
        open_evidence(sealed.sealed[:-1], CENTRAL, sealed.evidence_hash)
    with pytest.raises(EvidenceSealError):
        open_evidence(b"", CENTRAL, sealed.evidence_hash)
    with pytest.raises(EvidenceSealError):
        open_evidence(sealed.sealed, CENTRAL, bytes(32))


def test_a_chip_with_endless_files_is_refused() -> None:
    with pytest.raises(EvidenceSealError):
        seal_evidence(build(card_bytes=bytes(LARGEST_EVIDENCE_BYTES)), CENTRAL.public_key())


def test_the_commitment_does_not_depend_on_how_the_card_was_read() -> None:
    evidence = build()
    without_card = AdmissionEvidence(
        **{**{name: getattr(evidence, name) for name in evidence.__struct_fields__}, "card": None,
           "trouble": CardTrouble.REMOVED}
    )  # fmt: skip
    assert commitment_of(without_card) == commitment_of(evidence)
