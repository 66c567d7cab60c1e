"""The box's own RSA key for its headsets: made on the box, kept for this program alone, accepted once inside each.

Form of the public half: Android's `RSAPublicKey` (libcrypto_utils, android_pubkey). Who has the private half has a
shell on every headset that accepted it: it never leaves the box, and goes with its folder when the box is retired.
"""

import base64
import struct
import threading
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from models.durable_files import make_folder, write_whole
from models.errors import ClassroomError

_BITS: Final = 2048
_BYTES: Final = _BITS // 8
_NAME: Final = "classroom-box"


class HeadsetKeyError(ClassroomError):
    """The box's key for headsets cannot be used. Remove the file; each headset must accept the new one."""


class HeadsetKey:
    """Signs what headsets ask to be signed."""

    def __init__(self, private: RSAPrivateKey) -> None:
        self._private = private

    def sign(self, token: bytes) -> bytes:
        """The signature over a headset's token, 20 bytes that ADB treats as a SHA-1 digest."""
        return self._private.sign(token, PKCS1v15(), Prehashed(SHA1()))  # noqa: S303 - the protocol's own form

    @property
    def public(self) -> bytes:
        """The public half as headsets keep it: base64, a space, a name."""
        return public_form(self._private.public_key())


def public_form(key: RSAPublicKey) -> bytes:
    """A public key in Android's form."""
    numbers = key.public_numbers()
    words = struct.pack("<II", _BYTES // 4, (1 << 32) - pow(numbers.n, -1, 1 << 32))
    square = pow(2, 2 * _BITS, numbers.n)
    body = words + numbers.n.to_bytes(_BYTES, "little") + square.to_bytes(_BYTES, "little")
    return base64.b64encode(body + struct.pack("<I", numbers.e)) + b" " + _NAME.encode()


def box_key(path: Path) -> HeadsetKey:
    """The key in this file; made when there is none. Raises HeadsetKeyError, DurableFileError."""
    if not path.exists():
        private = generate_private_key(public_exponent=65537, key_size=_BITS)
        make_folder(path.parent)
        write_whole(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), mode=0o600)
    sentence = "Remove it; a new one is made, and must be accepted inside each headset."
    try:
        if path.stat().st_mode & 0o077:
            raise HeadsetKeyError(f"Others could read the key {path}. {sentence}")
        found = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise HeadsetKeyError(f"The key {path} cannot be read. {sentence}") from None
    if not isinstance(found, RSAPrivateKey) or found.key_size != _BITS:
        raise HeadsetKeyError(f"The key {path} is of another kind. {sentence}")
    return HeadsetKey(found)


class KeyKeeper:
    """The key of this file, read (or made) once, when the first headset is met. From any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._key: HeadsetKey | None = None

    def key(self) -> HeadsetKey:
        """Raises HeadsetKeyError, DurableFileError."""
        with self._lock:
            if self._key is None:
                self._key = box_key(self._path)
            return self._key
