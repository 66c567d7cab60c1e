"""Chip authentication version 1 (ICAO Doc 9303-11 section 6.2): what a chip offers, and whether its answer proves it.

Both sides agree on new session keys, the chip with the static key of DG14. Its first answer under them carries a
checksum that nobody makes without the secret; the transcript keeps our ephemeral key, so that anybody may compute it
again. Not here: the conversation (the terminal), what follows from the result (`chip_proofs`).
"""

from collections.abc import Iterable
from hmac import compare_digest
from typing import Final

import msgspec

from models.chip.chip_keys import read_chip_key
from models.chip.key_agreement import BadPublicKeyError, Element, EllipticGroup, Group
from models.chip.security_infos import (
    CHIP_AUTHENTICATION,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKey,
    SecurityInfo,
    infos_of,
)
from models.chip.session_keys import CHECKSUM, SessionSuite, derive_session_key, session_checksum
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError, encode, parse_fields
from models.evidence import ChipAuthentication

_DH, _ECDH = 1, 2
_STATUS, _CHECKSUM = 0x99, 0x8E
_ANSWER_OBJECTS: Final = (0x85, 0x87, _STATUS, _CHECKSUM)
_FIRST_ANSWER: Final = 2
"""The counter starts at nought; the command was one, the answer two (9303-11 section 9.8.6.3)."""


class ChipKeyOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One way to authenticate the chip: protocol (value of its identifier), the key's number, the key."""

    protocol: bytes
    key_id: int | None
    suite: SessionSuite
    group: Group
    public_key: Element

    def secret(self, private_key: int) -> bytes:
        """What our ephemeral key and the chip's static one agree on. Raises `BadPublicKeyError`."""
        return self.group.shared_secret(private_key, self.public_key)


def lists_chip_key(dg14: Iterable[SecurityInfo]) -> bool:
    """Whether DG14 holds a key for chip authentication, of whatever kind. Raises `ParseError`."""
    return bool(infos_of(dg14, ChipAuthenticationPublicKey))


def chip_key_offers(dg14: Iterable[SecurityInfo]) -> tuple[ChipKeyOffer, ...]:
    """The ways that this program can compute, the strongest cipher first.

    A key without a ChipAuthenticationInfo of its own means 3DES (9303-11 section 9.2.5 came after the first chips).
    Raises `UnsupportedKeyError` when there are keys and none is usable, `ParseError` for damaged infos.
    """
    infos = tuple(dg14)
    keys = infos_of(infos, ChipAuthenticationPublicKey)
    offers: list[ChipKeyOffer] = []
    trouble: UnsupportedKeyError | None = None
    for key in keys:
        try:
            group, public_key = read_chip_key(key.public_key)
        except UnsupportedKeyError as error:
            trouble = error
            continue
        kind = _ECDH if isinstance(group, EllipticGroup) else _DH
        offers += [
            ChipKeyOffer(
                protocol=protocol,
                key_id=key.key_id,
                suite=SessionSuite(protocol[-1]),
                group=group,
                public_key=public_key,
            )
            for protocol in _protocols(infos, key, kind)
        ]
    if keys and not offers:
        raise trouble or UnsupportedKeyError("Data group 14 names no known protocol for the chip's key.")
    return tuple(sorted(offers, key=lambda offer: offer.suite.value, reverse=True))


def _protocols(infos: tuple[SecurityInfo, ...], key: ChipAuthenticationPublicKey, kind: int) -> list[bytes]:
    """The protocols of this key: those named for its number; version 1 only, with a cipher that is known."""
    family = CHIP_AUTHENTICATION + bytes([kind])
    named = [info for info in infos_of(infos, ChipAuthenticationInfo) if info.protocol[:-1] == family]
    fitting = [info for info in named if info.key_id in {None, key.key_id} or key.key_id is None]
    if not infos_of(infos, ChipAuthenticationInfo):
        return [family + bytes([SessionSuite.TRIPLE_DES.value])]
    known = {suite.value for suite in SessionSuite}
    return [info.protocol for info in fitting if info.version == 1 and info.protocol[-1] in known]


def answer_proves_chip(dg14: Iterable[SecurityInfo], run: ChipAuthentication) -> bool:
    """Whether the answer of this run was made with keys that only we and the chip with DG14's private key could have.

    Raises `UnsupportedKeyError`, and `ParseError` when DG14 is damaged or offers nothing of what the run says.
    """
    for offer in chip_key_offers(dg14):
        if (offer.protocol, offer.key_id) == (run.protocol, run.key_id):
            return _checksum_fits(offer, run)
    raise ParseError("Data group 14 does not offer the chip authentication that was run.")


def _checksum_fits(offer: ChipKeyOffer, run: ChipAuthentication) -> bool:
    try:
        objects = parse_fields(run.answer[:-2], _ANSWER_OBJECTS)
        secret = offer.secret(int.from_bytes(run.private_key))
    except (ParseError, BadPublicKeyError):
        return False
    status, checksum = objects.get(_STATUS, b""), objects.get(_CHECKSUM, b"")
    if len(status) != 2 or len(checksum) != 8:
        return False
    key = derive_session_key(offer.suite, secret, CHECKSUM)
    sealed = run.answer[: -2 - len(encode(_CHECKSUM, checksum))]
    return compare_digest(session_checksum(offer.suite, key, _FIRST_ANSWER, sealed), checksum)
