"""Evidence sealed to central: neither the box's disk nor the broker shows who stood at the desk.

HPKE (RFC 9180) in base mode with X25519, HKDF-SHA256 and AES-256-GCM. The event carries the hash of the plain evidence,
so that what central opens is what the box decided on. Not here: what evidence holds (`models.evidence`).
"""

import hashlib
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from models.errors import BadInputError
from models.evidence import AdmissionEvidence
from models.wire import codec
from models.wire.event_chain import commitment

INFO: Final = b"smart-classroom evidence v1"
LARGEST_EVIDENCE_BYTES: Final = 128 * 1024
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class EvidenceSealError(BadInputError):
    """Evidence cannot be sealed or opened; the event itself stays valid."""


class SealedEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the box stores: the sealed bytes (32-byte encapsulated key first), and what the event says about them.

    `evidence_hash` is SHA-256 of the plain bytes, `commitment` stands for the personal fields.
    """

    sealed: bytes
    evidence_hash: bytes
    commitment: bytes


def encode_evidence(evidence: AdmissionEvidence) -> bytes:
    """The evidence's deterministic CBOR."""
    return codec.encode(evidence)


def evidence_hash(plain: bytes) -> bytes:
    """SHA-256 of the plain evidence bytes, as the event names it."""
    return hashlib.sha256(plain).digest()


def commitment_of(evidence: AdmissionEvidence) -> bytes:
    """The commitment to the personal fields: candidate number, citizen number, seat."""
    return commitment(
        evidence.salt,
        {
            "candidate_number": evidence.candidate_number,
            "citizen_id": evidence.citizen_id,
            "seat": evidence.seat,
        },
    )


def seal_evidence(evidence: AdmissionEvidence, public_key: X25519PublicKey) -> SealedEvidence:
    """Seals evidence to central's key. Raises EvidenceSealError above `LARGEST_EVIDENCE_BYTES`, or for a bad key."""
    plain = encode_evidence(evidence)
    if len(plain) > LARGEST_EVIDENCE_BYTES:
        raise EvidenceSealError("This chip's files are larger than evidence may be. Admit by hand, report the card.")
    try:
        sealed = _SUITE.encrypt(plain, public_key, info=INFO)
    except ValueError:
        raise EvidenceSealError(
            "Evidence cannot be sealed to this roster's key. Ask the centre for a new roster."
        ) from None
    return SealedEvidence(
        sealed=sealed,
        evidence_hash=evidence_hash(plain),
        commitment=commitment_of(evidence),
    )


def open_evidence(sealed: bytes, private_key: X25519PrivateKey, expected_hash: bytes) -> AdmissionEvidence:
    """The evidence behind an event. Raises EvidenceSealError when it is not ours or not what the event names."""
    try:
        plain = _SUITE.decrypt(sealed, private_key, info=INFO)
    except (InvalidTag, ValueError):
        raise EvidenceSealError("The evidence was not sealed to this key, or was altered.") from None
    if evidence_hash(plain) != expected_hash:
        raise EvidenceSealError("The evidence is not the one that the event names.")
    try:
        return codec.decode(plain, AdmissionEvidence)
    except codec.CodecError as error:
        raise EvidenceSealError(f"The evidence has an unknown shape: {error}") from None
