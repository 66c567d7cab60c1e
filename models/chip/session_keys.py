"""Session keys of secure messaging and the checksum over an answer (ICAO Doc 9303-11 sections 9.7.1 and 9.8).

What the judgement of a recorded answer needs, and the terminal too. Not here: enciphering and the objects of secure
messaging, which only the terminal does.
"""

import hashlib
from enum import Enum

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

ENCRYPTION, CHECKSUM = 1, 2
"""The counters of key derivation (9303-11 section 9.7.1.2 and 9.7.1.4)."""


class SessionSuite(Enum):
    """What protects a session; the value is the last byte of the protocols that lead to it (9303-11 section 9.2)."""

    TRIPLE_DES = 1
    AES_128 = 2
    AES_192 = 3
    AES_256 = 4

    @property
    def block(self) -> int:
        """Bytes of a block, which the send sequence counter has too."""
        return 8 if self is SessionSuite.TRIPLE_DES else 16

    @property
    def key_size(self) -> int:
        """Bytes of a key."""
        return _KEY_LENGTHS[self]


_KEY_LENGTHS = {
    SessionSuite.TRIPLE_DES: 16,
    SessionSuite.AES_128: 16,
    SessionSuite.AES_192: 24,
    SessionSuite.AES_256: 32,
}


def derive_session_key(suite: SessionSuite, secret: bytes, counter: int) -> bytes:
    """KDF(K, c): SHA-1 for keys of 16 bytes, SHA-256 for longer ones. Parity bits of 3DES are left as they fall."""
    length = suite.key_size
    digest = hashlib.new("sha1" if length == 16 else "sha256", secret + counter.to_bytes(4), usedforsecurity=True)
    return digest.digest()[:length]


def session_checksum(suite: SessionSuite, key: bytes, counter: int, content: bytes) -> bytes:
    """The eight bytes over counter and content, which is padded here: CMAC, or the retail MAC of 3DES."""
    padded = content + b"\x80"
    blocks = counter.to_bytes(suite.block) + padded + bytes(-len(padded) % suite.block)
    if suite is SessionSuite.TRIPLE_DES:
        return _retail_mac(key, blocks)
    mac = CMAC(AES(key))
    mac.update(blocks)
    return mac.finalize()[:8]


def _retail_mac(key: bytes, blocks: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3: single DES down to the last block, 3DES on it."""
    single = key[:8] * 3
    last = Cipher(TripleDES(single), CBC(bytes(8))).encryptor().update(blocks)[-8:]
    inner = Cipher(TripleDES(key[8:16] * 3), ECB()).decryptor().update(last)  # noqa: S305 - one block, as the standard says
    return Cipher(TripleDES(single), ECB()).encryptor().update(inner)  # noqa: S305 - as above
