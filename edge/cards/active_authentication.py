"""Active authentication at the terminal (ICAO Doc 9303-11 section 6.1): a challenge that the chip signs.

Not here: where central's challenges come from, and what the answer proves (`models.chip.active_authentication`).
"""

from collections.abc import Callable

import msgspec

from edge.cards.apdu import Answer, Channel, Command
from models.chip.active_authentication import CHALLENGE_BYTES
from models.evidence import ChallengeBy

APDUS = 1
"""Commands that it takes."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """Eight bytes for one chip, used once, and who chose them."""

    value: bytes
    by: ChallengeBy


def own_challenge(random_bytes: Callable[[int], bytes]) -> Challenge:
    """A challenge of the box's own, for when central's have run out."""
    return Challenge(value=random_bytes(CHALLENGE_BYTES), by=ChallengeBy.BOX)


def authenticate_actively(channel: Channel, challenge: Challenge, expected: int) -> Answer:
    """Let the chip sign `challenge` by INTERNAL AUTHENTICATE; `expected` bytes are asked for (256: up to as many).

    The chip's refusal is an answer. Raises the errors of the channel and of the reader.
    """
    return channel.send(Command(ins=0x88, content=challenge.value, expected=expected))
