"""Whether a certificate request (PKCS#10) may be signed at all: its size, its own signature, its kind of key.

Its subject and extensions are ignored: the authority writes the names. Not here: whose key it is (`office`).
"""

import hashlib
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.enrollment import AuthorityRefusal, RefusalCode
from provisioning.authority.sentences import refuse

LARGEST_REQUEST_BYTES: Final = 4096
_STRONG_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)


class SoundKey(msgspec.Struct, frozen=True, kw_only=True):
    """A P-256 key whose holder signed the request; `key_hash` is the SHA-256 of its SubjectPublicKeyInfo."""

    public_key: ec.EllipticCurvePublicKey
    key_hash: bytes


def judge_request(csr: bytes) -> SoundKey | AuthorityRefusal:
    """The key in a PKCS#10 request (DER), or why it is not taken."""
    if len(csr) > LARGEST_REQUEST_BYTES:
        return refuse(RefusalCode.REQUEST_BROKEN)
    try:
        request = x509.load_der_x509_csr(csr)
        key = request.public_key()
        strong = isinstance(request.signature_hash_algorithm, _STRONG_HASHES)
        signed = request.is_signature_valid
    except UnsupportedAlgorithm:
        return refuse(RefusalCode.KEY_WEAK)
    except (ValueError, TypeError):
        return refuse(RefusalCode.REQUEST_BROKEN)
    if not strong or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        return refuse(RefusalCode.KEY_WEAK)
    return SoundKey(public_key=key, key_hash=key_hash_of(key)) if signed else refuse(RefusalCode.PROOF_WRONG)


def key_hash_of(key: ec.EllipticCurvePublicKey | Ed25519PublicKey) -> bytes:
    """SHA-256 of the SubjectPublicKeyInfo (as in RFC 7469)."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def chain_key_hash(raw: bytes) -> bytes | None:
    """The same hash of a raw Ed25519 key; None when these bytes are no key."""
    try:
        return key_hash_of(Ed25519PublicKey.from_public_bytes(raw))
    except ValueError:
        return None
