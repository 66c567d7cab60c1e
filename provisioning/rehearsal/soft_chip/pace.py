"""The card's end of PACE: generic, integrated and chip authentication mapping (ICAO Doc 9303-11 section 4.4).

Not here: the groups (`groups`), and which way in the reader chose (`chip`).
"""

import hashlib
from collections.abc import Callable
from typing import Final

from models.errors import BadInputError
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import (
    CipherSuite,
    SuiteKind,
    derive_key,
    encrypt_blocks,
    pad,
    session_suite,
)
from provisioning.rehearsal.soft_chip.commands import Answer, StatusWord
from provisioning.rehearsal.soft_chip.groups import GROUPS, Draw, draw_private
from provisioning.rehearsal.tlv_writing import objects, tlv

_DYNAMIC = 0x7C
_INTEGRATED: Final = frozenset({PaceMapping.DH_INTEGRATED, PaceMapping.ECDH_INTEGRATED})
_LONG_KEYS: Final = frozenset({SuiteKind.AES_192, SuiteKind.AES_256})
_CONSTANTS: Final = {
    16: (bytes.fromhex("A668892A7C41E3CA739F40B057D85904"), bytes.fromhex("A4E136AC725F738B01C1F60217C188AD")),
    32: (
        bytes.fromhex("D463D65234124EF7897054986DCA0A174E28DF758CBAA03F240616414D5A1676"),
        bytes.fromhex("54BD7255F0AAF831BEC3423FCF39D69B6CBF066677D0FAAE5AADD99DF8E53517"),
    ),
}
"""c0 and c1 of integrated mapping, by the nonce's octets (section 4.4.3.3.3)."""


def can_password(access_number: str) -> bytes:
    """The shared secret of a card access number."""
    return access_number.encode("ascii")


def mrz_password(mrz_key_text: str) -> bytes:
    """The shared secret of the machine readable zone."""
    return hashlib.sha1(mrz_key_text.encode("ascii")).digest()  # noqa: S324 - the standard's hash


class PaceExchange:
    """Four GENERAL AUTHENTICATE commands, from nonce to token. `suite` holds the session keys once all went well.

    `mapping_key` is the static key of chip authentication mapping; other mappings do without.
    """

    def __init__(
        self, *, offer: PaceOffer, password: bytes, draw: Draw, mapping_key: AgreementKey | None = None
    ) -> None:
        self._offer = offer
        self._group = GROUPS[offer.parameter]
        self._password = password
        self._draw = draw
        self._mapping_key = mapping_key
        self._expect: tuple[int | None, Callable[[bytes], Answer]] | None = (None, self._send_nonce)
        self.suite: CipherSuite | None = None

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
        except BadInputError:
            return Answer(status=StatusWord.WRONG_DATA)

    def _send_nonce(self, _: bytes) -> Answer:
        integrated = self._offer.mapping in _INTEGRATED
        # Integrated mapping needs a nonce of at least the key's length, in whole blocks (section 4.4.3.3.3).
        self._nonce = self._draw(32 if integrated and self._offer.suite in _LONG_KEYS else 16)
        key = derive_key(self._password, 3, self._offer.suite)
        self._expect = (0x81, self._map_integrated if integrated else self._map_generic)
        return _dynamic(tlv(0x80, encrypt_blocks(key, self._nonce, self._offer.suite)))

    def _map_generic(self, theirs: bytes) -> Answer:
        group = self._group
        self._mapping_private = draw_private(group, self._draw)
        shared = group.power(self._mapping_private, theirs)
        self._base = group.combine(group.power(int.from_bytes(self._nonce, "big"), group.base), shared)
        self._expect = (0x83, self._agree)
        return _dynamic(tlv(0x82, group.power(self._mapping_private, group.base)))

    def _map_integrated(self, theirs: bytes) -> Answer:
        number = pseudo_random(self._nonce, theirs, self._group.modulus, self._offer.suite)
        self._base = self._group.from_number(number)
        self._expect = (0x83, self._agree)
        return _dynamic(tlv(0x82))

    def _agree(self, theirs: bytes) -> Answer:
        private = draw_private(self._group, self._draw)
        self._own, self._theirs = self._group.power(private, self._base), theirs
        if self._own == theirs:
            return Answer(status=StatusWord.WRONG_DATA)
        secret = self._group.secret(self._group.power(private, theirs))
        self._agreed = session_suite(secret, self._offer.suite)
        self._expect = (0x85, self._confirm)
        return _dynamic(tlv(0x84, self._own))

    def _confirm(self, token: bytes) -> Answer:
        if token != self._token(self._own):
            return Answer(status=StatusWord.AUTHENTICATION_FAILED)
        self.suite = self._agreed
        return _dynamic(tlv(0x86, self._token(self._theirs)), self._chip_mapping())

    def _chip_mapping(self) -> bytes:
        """The quotient of the mapping key and the static one, encrypted (section 4.4.3.3.3 on chip mapping)."""
        if self._offer.mapping is not PaceMapping.ECDH_CHIP or self._mapping_key is None:
            return b""
        order = self._group.order
        quotient = pow(int.from_bytes(self._mapping_key.private, "big"), -1, order) * self._mapping_private % order
        padded = pad(quotient.to_bytes((order.bit_length() + 7) // 8, "big"), self._agreed.block_octets)
        return tlv(0x8A, self._agreed.encrypt(b"\xff" * self._agreed.block_octets, padded))

    def _token(self, public: bytes) -> bytes:
        return self._agreed.token(tlv(0x7F49, tlv(0x06, self._offer.oid), tlv(self._group.key_tag, public)))


def pseudo_random(nonce: bytes, reader_nonce: bytes, modulus: int, kind: SuiteKind) -> int:
    """The field element of integrated mapping from both nonces (section 4.4.3.3.3, function R)."""
    first, second = _CONSTANTS[len(nonce)]
    octets = len(reader_nonce)
    key, drawn = encrypt_blocks(reader_nonce, nonce, kind)[:octets], b""
    while 8 * len(drawn) < modulus.bit_length() + 64:
        drawn += encrypt_blocks(key, second, kind)
        key = encrypt_blocks(key, first, kind)[:octets]
    return int.from_bytes(drawn, "big") % modulus


def _dynamic(*parts: bytes) -> Answer:
    return Answer(status=StatusWord.OK, body=tlv(_DYNAMIC, *parts))
