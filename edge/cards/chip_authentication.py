"""Chip authentication version 1 at the terminal (ICAO Doc 9303-11 section 6.2): session keys that a copy cannot make.

The chip agrees on keys with the static key of DG14; the terminal draws an ephemeral one and keeps it for the evidence.
Not here: which key is used (`models.chip.chip_authentication`), and what the first answer proves (the judgement).
"""

from collections.abc import Callable

import msgspec

from edge.cards.apdu import Command, in_chain
from edge.cards.secure_messaging import SecureChannel
from edge.cards.session_ciphers import SessionCipher, session_cipher
from models.chip.chip_authentication import ChipKeyOffer
from models.chip.key_agreement import BadPublicKeyError
from models.chip.session_keys import SessionSuite
from models.chip.tlv import encode
from models.evidence import ChipAuthentication


class ChipAuthenticationRun(msgspec.Struct, frozen=True, kw_only=True):
    """What was said in at least `apdus` commands, and the cipher under which the chip must now answer (None: refused).

    The evidence's `answer` is still empty: it is the first one under the new keys.
    """

    evidence: ChipAuthentication
    cipher: SessionCipher | None
    apdus: int


def authenticate_chip(
    channel: SecureChannel, offer: ChipKeyOffer, longest_content: int, random_bytes: Callable[[int], bytes]
) -> ChipAuthenticationRun:
    """Agree on new keys through `channel`, whose own keys count no more once the chip has agreed.

    A command with more than `longest_content` bytes is sent as a chain of several. Raises the errors of the channel and
    of the reader. A refusal of the chip is a run without a cipher.
    """
    private_key = offer.group.private_key(random_bytes(offer.group.random_size))
    evidence = ChipAuthentication(
        protocol=offer.protocol,
        key_id=offer.key_id,
        private_key=private_key.to_bytes(offer.group.random_size),
        answer=b"",
    )
    try:
        ours = offer.group.encode(offer.group.base_multiple(private_key))
        secret = offer.secret(private_key)
    except BadPublicKeyError:  # one in 2^100, or a key of DG14 that the judgement will name
        return ChipAuthenticationRun(evidence=evidence, cipher=None, apdus=0)
    commands = _in_one(offer, ours) if offer.suite is SessionSuite.TRIPLE_DES else _in_two(offer, ours)
    agreed = all(_agrees(channel, command, longest_content) for command in commands)
    cipher = session_cipher(offer.suite, secret) if agreed else None
    return ChipAuthenticationRun(evidence=evidence, cipher=cipher, apdus=len(commands))


def _in_one(offer: ChipKeyOffer, ours: bytes) -> tuple[Command, ...]:
    """MSE:Set KAT (section 6.2.4.1), the only form for 3DES."""
    return (Command(ins=0x22, p1=0x41, p2=0xA6, content=encode(0x91, ours) + _reference(offer)),)


def _in_two(offer: ChipKeyOffer, ours: bytes) -> tuple[Command, ...]:
    """MSE:Set AT and GENERAL AUTHENTICATE (section 6.2.4.2)."""
    return (
        Command(ins=0x22, p1=0x41, p2=0xA4, content=encode(0x80, offer.protocol) + _reference(offer)),
        Command(ins=0x86, content=encode(0x7C, encode(0x80, ours)), expected=256),
    )


def _reference(offer: ChipKeyOffer) -> bytes:
    if offer.key_id is None:
        return b""
    return encode(0x84, offer.key_id.to_bytes(max(1, (offer.key_id.bit_length() + 7) // 8)))


def _agrees(channel: SecureChannel, command: Command, longest_content: int) -> bool:
    """Whether the chip takes all of the command and answers nothing, or an empty 7C, to it."""
    answers = []
    for part in in_chain(command, longest_content):
        answers.append(channel.send(part))
        if answers[-1].status != 0x9000:
            return False
    return answers[-1].content in {b"", encode(0x7C, b"")}
