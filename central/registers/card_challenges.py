"""The challenges that chips must sign: made by central, handed to one box each, used for one reading.

A box that invents a challenge, takes another box's, or shows an old answer again is found here. Not here: how they
travel (`mail_room`), what the signature is worth (`models.chip`).
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Column, Connection, LargeBinary, Table, Text, delete, select, update

from central.database import Instant, metadata
from models.chip.active_authentication import CHALLENGE_BYTES
from models.identifiers import BoxId

FULL: Final = 64
"""So many a box holds at most; it gets more when it has less than half."""
KEPT: Final = timedelta(days=90)

card_challenges = Table(
    "card_challenges",
    metadata,
    Column("challenge", LargeBinary, primary_key=True),
    Column("box_id", Text, nullable=False),
    Column("issued_at", Instant, nullable=False, index=True),
    Column("used_for", LargeBinary),
)


class ChallengeUse(StrEnum):
    """What becomes of a challenge that a box says was central's."""

    FIRST = "first"
    """Handed to this box, and used for no other reading."""
    UNKNOWN = "unknown"
    """Central never made it, or forgot it long ago."""
    OTHER_BOX = "other box"
    USED_BEFORE = "used before"


def hand_out(connection: Connection, box_id: BoxId, held: int, now: datetime) -> tuple[bytes, ...]:
    """New challenges for a box that holds `held`; none while that is half of a full hand or more."""
    if held >= FULL // 2:
        return ()
    made = tuple(secrets.token_bytes(CHALLENGE_BYTES) for _ in range(FULL - max(held, 0)))
    connection.execute(
        card_challenges.insert(), [{"challenge": one, "box_id": box_id, "issued_at": now} for one in made]
    )
    return made


def use(connection: Connection, box_id: BoxId, challenge: bytes, reading: bytes) -> ChallengeUse:
    """Note that `challenge` served `reading` (any bytes that are the same only for one and the same reading)."""
    digest = hashlib.sha256(reading).digest()
    mine = card_challenges.c.challenge == challenge
    row = connection.execute(select(card_challenges.c.box_id, card_challenges.c.used_for).where(mine)).one_or_none()
    if row is None:
        return ChallengeUse.UNKNOWN
    if row.box_id != box_id:
        return ChallengeUse.OTHER_BOX
    if row.used_for is None:
        connection.execute(update(card_challenges).where(mine).values(used_for=digest))
    return ChallengeUse.FIRST if row.used_for in {None, digest} else ChallengeUse.USED_BEFORE


def forget_before(connection: Connection, instant: datetime) -> None:
    """Challenges handed out earlier go; an answer to one of them is then unknown."""
    connection.execute(delete(card_challenges).where(card_challenges.c.issued_at < instant))
