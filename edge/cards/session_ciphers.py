"""The ciphers of secure messaging: AES with CMAC, 3DES with retail MAC (ICAO Doc 9303-11 section 9.8.6 and on).

Keys lie in byte arrays that `wipe` overwrites. Copies inside the cryptographic library are out of reach.
Not here: the objects around the blocks (`secure_messaging`), how keys come from a secret (`models.chip.session_keys`).
"""

from typing import Protocol

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

from models.chip.session_keys import CHECKSUM, ENCRYPTION, SessionSuite, derive_session_key


class SessionCipher(Protocol):
    """Session keys with their send sequence counter. All inputs are padded to whole blocks already."""

    @property
    def block(self) -> int:
        """Bytes of a block."""

    @property
    def read_size(self) -> int:
        """The most plain bytes whose protected answer still fits into 256 bytes."""

    def step(self) -> None:
        """Count one command or answer."""

    def encrypt(self, blocks: bytes) -> bytes:
        """The cryptogram of whole blocks."""

    def decrypt(self, blocks: bytes) -> bytes:
        """The plain text of whole blocks."""

    def checksum(self, blocks: bytes) -> bytes:
        """The 8-byte checksum over the counter and `blocks`."""

    def wipe(self) -> None:
        """Overwrite the keys."""


class AesCipher:
    """AES of the keys' length; the initial vector is the enciphered counter (section 9.8.6.1), which starts at 0."""

    block = 16
    read_size = 223

    def __init__(self, encryption_key: bytes, checksum_key: bytes) -> None:
        self._encryption_key = bytearray(encryption_key)
        self._checksum_key = bytearray(checksum_key)
        self._counter = 0

    def step(self) -> None:
        """Count one command or answer."""
        self._counter += 1

    def encrypt(self, blocks: bytes) -> bytes:
        """AES-CBC."""
        encryptor = self._cbc().encryptor()
        return encryptor.update(blocks) + encryptor.finalize()

    def decrypt(self, blocks: bytes) -> bytes:
        """AES-CBC."""
        decryptor = self._cbc().decryptor()
        return decryptor.update(blocks) + decryptor.finalize()

    def checksum(self, blocks: bytes) -> bytes:
        """CMAC, its first 8 bytes."""
        return _cmac(self._checksum_key, self._counter.to_bytes(16) + blocks)

    def wipe(self) -> None:
        """Overwrite the keys."""
        _overwrite(self._encryption_key, self._checksum_key)

    def _cbc(self) -> Cipher[CBC]:
        return _aes_from(self._encryption_key, self._counter.to_bytes(16))


class TripleDesCipher:
    """Two-key 3DES with initial vector 0 and the 8-byte counter that BAC agrees on (9303-11 section 9.8.7)."""

    block = 8
    read_size = 231

    def __init__(self, encryption_key: bytes, checksum_key: bytes, counter: int = 0) -> None:
        self._encryption_key = bytearray(encryption_key)
        self._checksum_key = bytearray(checksum_key)
        self._counter = counter

    def step(self) -> None:
        """Count one command or answer; the counter wraps at 8 bytes."""
        self._counter = (self._counter + 1) % (1 << 64)

    def encrypt(self, blocks: bytes) -> bytes:
        """3DES-CBC."""
        return triple_des_encrypt(self._encryption_key, blocks)

    def decrypt(self, blocks: bytes) -> bytes:
        """3DES-CBC."""
        return triple_des_decrypt(self._encryption_key, blocks)

    def checksum(self, blocks: bytes) -> bytes:
        """Retail MAC over counter and blocks."""
        return retail_mac(self._checksum_key, self._counter.to_bytes(8) + blocks)

    def wipe(self) -> None:
        """Overwrite the keys."""
        _overwrite(self._encryption_key, self._checksum_key)


def session_cipher(suite: SessionSuite, secret: bytes) -> SessionCipher:
    """The session that both sides derive from a shared secret; its counter starts at 0."""
    keys = derive_session_key(suite, secret, ENCRYPTION), derive_session_key(suite, secret, CHECKSUM)
    return TripleDesCipher(*keys) if suite is SessionSuite.TRIPLE_DES else AesCipher(*keys)


def chain_cipher(suite: SessionSuite, key: bytes) -> Cipher[CBC]:
    """CBC with initial vector 0, as nonces are enciphered and mapped (9303-11 section 4.4.3.3)."""
    if suite is SessionSuite.TRIPLE_DES:
        return Cipher(TripleDES(_three_keys(key)), CBC(bytes(8)))
    return Cipher(AES(key), CBC(bytes(16)))


def authentication_token(suite: SessionSuite, checksum_key: bytes, content: bytes) -> bytes:
    """The 8-byte checksum over `content`, without a counter (9303-11 section 4.4.3.4)."""
    if suite is SessionSuite.TRIPLE_DES:
        return retail_mac(checksum_key, content + b"\x80" + bytes(-(len(content) + 1) % 8))
    return _cmac(checksum_key, content)


def decrypt_chip_data(encryption_key: bytes, cryptogram: bytes) -> bytes:
    """Chip authentication data, still padded: AES-CBC from the enciphered -1 (9303-11 section 4.4.3.5.4)."""
    decryptor = _aes_from(encryption_key, b"\xff" * 16).decryptor()
    return decryptor.update(cryptogram) + decryptor.finalize()


def triple_des_encrypt(key: bytes | bytearray, blocks: bytes) -> bytes:
    """Two-key 3DES-CBC of whole blocks with initial vector 0."""
    encryptor = Cipher(TripleDES(_three_keys(key)), CBC(bytes(8))).encryptor()
    return encryptor.update(blocks) + encryptor.finalize()


def triple_des_decrypt(key: bytes | bytearray, blocks: bytes) -> bytes:
    """The inverse of `triple_des_encrypt`."""
    decryptor = Cipher(TripleDES(_three_keys(key)), CBC(bytes(8))).decryptor()
    return decryptor.update(blocks) + decryptor.finalize()


def retail_mac(key: bytes | bytearray, blocks: bytes) -> bytes:
    """ISO/IEC 9797-1 MAC algorithm 3 with DES over whole blocks: single DES down to the last block, 3DES on it."""
    single = bytes(key[:8]) * 3
    chain = Cipher(TripleDES(single), CBC(bytes(8))).encryptor()
    last = chain.update(blocks)[-8:]
    inner = Cipher(TripleDES(bytes(key[8:16]) * 3), ECB()).decryptor().update(last)  # noqa: S305 - one block, as the standard says
    return Cipher(TripleDES(single), ECB()).encryptor().update(inner)  # noqa: S305 - as above


def _aes_from(key: bytes | bytearray, start: bytes) -> Cipher[CBC]:
    vector = Cipher(AES(key), ECB()).encryptor().update(start)  # noqa: S305 - the standard's initial vector, one block
    return Cipher(AES(key), CBC(vector))


def _cmac(key: bytes | bytearray, content: bytes) -> bytes:
    mac = CMAC(AES(key))
    mac.update(content)
    return mac.finalize()[:8]


def _three_keys(key: bytes | bytearray) -> bytes:
    return bytes(key[:16] + key[:8])


def _overwrite(*keys: bytearray) -> None:
    for key in keys:
        key[:] = bytes(len(key))
