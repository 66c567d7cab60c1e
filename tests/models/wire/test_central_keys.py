"""Central's keys come as one PEM block after the other, and any of them counts."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.wire.central_keys import CentralKeysError, keys_from_pem


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_signature_of_any_of_them_counts() -> None:
    old, new, other = (Ed25519PrivateKey.generate() for _ in range(3))
    keys = keys_from_pem(b"# kept by the caretaker\n" + pem(old) + pem(new))
    for key in (old, new):
        keys.verify(key.sign(b"plan"), b"plan")
    with pytest.raises(InvalidSignature):
        keys.verify(other.sign(b"plan"), b"plan")


@pytest.mark.parametrize(
    "content", [b"", b"-----BEGIN PUBLIC KEY-----\nrubbish", pem(ec.generate_private_key(ec.SECP256R1()))]
)
def test_no_key_or_another_kind_of_key_is_an_error(content: bytes) -> None:
    with pytest.raises(CentralKeysError):
        keys_from_pem(content)
    with pytest.raises(CentralKeysError):
        keys_from_pem(pem(Ed25519PrivateKey.generate()) + content if content else content)
