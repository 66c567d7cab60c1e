"""The card's end of PACE with generic mapping over an elliptic curve (ICAO Doc 9303-11 section 4.4).

Object identifier: id-PACE-ECDH-GM-AES-CBC-CMAC-128.
"""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from provisioning.rehearsal.soft_chip.ciphers import AesSuite, aes_mac, derive_key
from provisioning.rehearsal.soft_chip.commands import Answer, StatusWord
from provisioning.rehearsal.soft_chip.elliptic_curve import Curve, Point, PointRefusedError
from provisioning.rehearsal.tlv_writing import CardObjectError, objects, tlv

PACE_OID = bytes.fromhex("04007F00070202040202")
"""0.4.0.127.0.7.2.2.4.2.2 without its tag."""

_DYNAMIC = 0x7C


def can_password(access_number: str) -> bytes:
    """The shared secret of a card access number."""
    return access_number.encode("ascii")


def mrz_password(mrz_key_text: str) -> bytes:
    """The shared secret of the machine readable zone."""
    return hashlib.sha1(mrz_key_text.encode("ascii")).digest()  # noqa: S324 - the standard's hash


class PaceExchange:
    """Four GENERAL AUTHENTICATE commands, from nonce to token. `suite` holds the session keys once all went well."""

    def __init__(self, *, curve: Curve, password: bytes, draw: Callable[[int], bytes]) -> None:
        self._curve = curve
        self._password = password
        self._draw = draw
        self._expect: tuple[int | None, Callable[[bytes], Answer]] | None = (None, self._send_nonce)
        self.suite: AesSuite | None = None

    @property
    def over(self) -> bool:
        """Whether no further command is awaited, be it after success or failure."""
        return self._expect is None

    def step(self, body: bytes) -> Answer:
        """The answer to the next GENERAL AUTHENTICATE; anything unexpected ends the exchange."""
        if self._expect is None:
            return Answer(status=StatusWord.NOT_NOW)
        tag, act = self._expect
        self._expect = None
        try:
            outer = objects(body)
            inner = objects(outer[0][1]) if [name for name, _ in outer] == [_DYNAMIC] else None
            if inner is None or [name for name, _ in inner] != ([] if tag is None else [tag]):
                return Answer(status=StatusWord.WRONG_DATA)
            return act(inner[0][1] if inner else b"")
        except (CardObjectError, PointRefusedError):
            return Answer(status=StatusWord.WRONG_DATA)

    def _send_nonce(self, _: bytes) -> Answer:
        self._nonce = self._draw(16)
        key = derive_key(self._password, 3)
        worker = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
        self._expect = (0x81, self._map)
        return _dynamic(0x80, worker.update(self._nonce))

    def _map(self, encoded: bytes) -> Answer:
        theirs = self._curve.decode(encoded)
        private = self._private()
        shared = self._curve.multiply(private, theirs)
        shift = self._curve.multiply(int.from_bytes(self._nonce, "big"), self._curve.generator)
        self._mapped: Point = self._curve.add(shift, shared)
        self._expect = (0x83, self._agree)
        return _dynamic(0x82, self._public(private, self._curve.generator))

    def _agree(self, encoded: bytes) -> Answer:
        theirs = self._curve.decode(encoded)
        private = self._private()
        self._own, self._theirs = self._public(private, self._mapped), encoded
        if self._own == encoded:
            return Answer(status=StatusWord.WRONG_DATA)
        secret = self._curve.multiply(private, theirs)[0].to_bytes(self._curve.octets, "big")
        self._agreed = AesSuite(encryption_key=derive_key(secret, 1), mac_key=derive_key(secret, 2))
        self._expect = (0x85, self._confirm)
        return _dynamic(0x84, self._own)

    def _confirm(self, token: bytes) -> Answer:
        if token != self._token(self._own):
            return Answer(status=StatusWord.AUTHENTICATION_FAILED)
        self.suite = self._agreed
        return _dynamic(0x86, self._token(self._theirs))

    def _token(self, public: bytes) -> bytes:
        return aes_mac(self._agreed.mac_key, tlv(0x7F49, tlv(0x06, PACE_OID), tlv(0x86, public)))

    def _private(self) -> int:
        private = 0
        while not 0 < private < self._curve.order:
            private = int.from_bytes(self._draw(self._curve.octets), "big")
        return private

    def _public(self, private: int, generator: Point) -> bytes:
        return self._curve.encode(self._curve.multiply(private, generator))


def _dynamic(tag: int, value: bytes) -> Answer:
    return Answer(status=StatusWord.OK, body=tlv(_DYNAMIC, tlv(tag, value)))
