"""The cipher suites of a card: 3DES with retail MAC, AES of three key lengths with CMAC.

ICAO Doc 9303-11 sections 9.7 and 9.8. What is in the messages: `secure_channel`.
"""

import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC


class SuiteKind(IntEnum):
    """The last number of a protocol's object identifier (ICAO Doc 9303-11 section 9.2)."""

    TRIPLE_DES = 1
    AES_128 = 2
    AES_192 = 3
    AES_256 = 4


_KEY_OCTETS: Final = {
    SuiteKind.TRIPLE_DES: 16,
    SuiteKind.AES_128: 16,
    SuiteKind.AES_192: 24,
    SuiteKind.AES_256: 32,
}


class CipherSuite(Protocol):
    """Keys of one session. Counters and data are whole blocks of `block_octets`."""

    @property
    def block_octets(self) -> int:
        """Octets of one block, and of the send sequence counter."""

    def encrypt(self, counter: bytes, blocks: bytes) -> bytes:
        """Padded plain text to cryptogram."""

    def decrypt(self, counter: bytes, blocks: bytes) -> bytes:
        """Cryptogram to padded plain text."""

    def mac(self, padded: bytes) -> bytes:
        """The eight octets over a padded message that begins with the counter."""

    def token(self, message: bytes) -> bytes:
        """The eight octets over a message that carries no padding yet, as in PACE's last step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AesSuite:
    """AES CBC with the encrypted counter as first vector; CMAC cut to eight octets."""

    encryption_key: bytes
    mac_key: bytes

    @property
    def block_octets(self) -> int:
        """Sixteen."""
        return 16

    def encrypt(self, counter: bytes, blocks: bytes) -> bytes:
        """Padded plain text to cryptogram."""
        worker = self._cipher(counter).encryptor()
        return worker.update(blocks) + worker.finalize()

    def decrypt(self, counter: bytes, blocks: bytes) -> bytes:
        """Cryptogram to padded plain text."""
        worker = self._cipher(counter).decryptor()
        return worker.update(blocks) + worker.finalize()

    def mac(self, padded: bytes) -> bytes:
        """CMAC's own padding does not apply: the message is whole blocks."""
        return self.token(padded)

    def token(self, message: bytes) -> bytes:
        """The first eight octets of the CMAC, which pads by itself."""
        worker = CMAC(algorithms.AES(self.mac_key))
        worker.update(message)
        return worker.finalize()[:8]

    def _cipher(self, counter: bytes) -> Cipher[modes.CBC]:
        # ICAO Doc 9303-11 section 9.8.6.1 asks for ECB here: the counter is one block.
        first_vector = Cipher(algorithms.AES(self.encryption_key), modes.ECB()).encryptor()  # noqa: S305 - as above
        return Cipher(algorithms.AES(self.encryption_key), modes.CBC(first_vector.update(counter)))


@dataclass(frozen=True, slots=True, kw_only=True)
class TripleDesSuite:
    """Two-key 3DES CBC with a zero vector; ISO/IEC 9797-1 MAC algorithm 3."""

    encryption_key: bytes
    mac_key: bytes

    @property
    def block_octets(self) -> int:
        """Eight."""
        return 8

    def encrypt(self, counter: bytes, blocks: bytes) -> bytes:
        """Padded plain text to cryptogram; the counter plays no part."""
        del counter
        return _triple_des(self.encryption_key, blocks)

    def decrypt(self, counter: bytes, blocks: bytes) -> bytes:
        """Cryptogram to padded plain text; the counter plays no part."""
        del counter
        worker = Cipher(TripleDES(_three_keys(self.encryption_key)), modes.CBC(bytes(8))).decryptor()
        return worker.update(blocks) + worker.finalize()

    def mac(self, padded: bytes) -> bytes:
        """Single DES along the message with the first half, 3DES on its last block."""
        first, second = self.mac_key[:8], self.mac_key[8:]
        chained = _triple_des(first * 3, padded)[-8:]
        worker = Cipher(TripleDES(second * 3), modes.ECB()).decryptor()  # noqa: S305 - one block by definition
        return _triple_des(first * 3, worker.update(chained))

    def token(self, message: bytes) -> bytes:
        """The MAC over the padded message."""
        return self.mac(pad(message, 8))


def derive_key(secret: bytes, counter: int, kind: SuiteKind = SuiteKind.AES_128) -> bytes:
    """A key of the suite: counter 1 to encrypt, 2 for the MAC, 3 from a password (9303-11 section 9.7.1)."""
    message = secret + counter.to_bytes(4, "big")
    if kind in {SuiteKind.AES_192, SuiteKind.AES_256}:
        return hashlib.sha256(message).digest()[: _KEY_OCTETS[kind]]
    return hashlib.sha1(message).digest()[:16]  # noqa: S324 - the standard's hash


def session_suite(secret: bytes, kind: SuiteKind) -> CipherSuite:
    """The two keys of a session from what both sides agreed on."""
    encryption_key, mac_key = derive_key(secret, 1, kind), derive_key(secret, 2, kind)
    if kind is SuiteKind.TRIPLE_DES:
        return TripleDesSuite(encryption_key=encryption_key, mac_key=mac_key)
    return AesSuite(encryption_key=encryption_key, mac_key=mac_key)


def encrypt_blocks(key: bytes, blocks: bytes, kind: SuiteKind) -> bytes:
    """CBC with a vector of zeros: PACE's nonce, and the steps of integrated mapping."""
    if kind is SuiteKind.TRIPLE_DES:
        return _triple_des(key, blocks)
    worker = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    return worker.update(blocks) + worker.finalize()


def pad(content: bytes, block_octets: int) -> bytes:
    """ISO/IEC 9797-1 padding method 2."""
    return content + b"\x80" + bytes(-(len(content) + 1) % block_octets)


def unpad(padded: bytes) -> bytes | None:
    """The content before the padding, or None when there is no padding."""
    content = padded.rstrip(b"\x00")
    return content[:-1] if content.endswith(b"\x80") else None


def _triple_des(key: bytes, blocks: bytes) -> bytes:
    worker = Cipher(TripleDES(_three_keys(key)), modes.CBC(bytes(8))).encryptor()
    return worker.update(blocks) + worker.finalize()


def _three_keys(key: bytes) -> bytes:
    return (key + key[:8])[:24]
