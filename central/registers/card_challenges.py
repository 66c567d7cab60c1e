"""The challenges that chips must sign: made by central, handed to one box each, used for one reading.

A box that invents a challenge, takes another box's, or shows an old answer again is found here. Not here: how they
travel (`mail_room`), what the signature is worth (`models.chip`).
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, Table, Text, delete, select, update

from central.database import Instant, metadata
from models.chip.active_authentication import CHALLENGE_BYTES
from models.identifiers import BoxId

FULL: Final = 64
"""So many a box holds at most; it gets more when it has less than half."""
MOST_UNUSED: Final = 128
"""So many wait for a box's answers; with every new hand the oldest beyond that are taken back."""
FRESH: Final = timedelta(hours=24)
"""So long after it was handed out a challenge may serve a reading; a box drops it an hour earlier."""
CLOCKS_APART: Final = timedelta(minutes=5)
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
    """Central never made it, took it back, or forgot it long ago."""
    OTHER_BOX = "other box"
    USED_BEFORE = "used before"
    NOT_YET_HANDED = "not yet handed"
    """The box says that it decided before it had the challenge."""
    STALE = "stale"
    FROM_THE_FUTURE = "from the future"
    """The box says that it decided later than its answer came."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What a challenge served: `mark` is the same only for one and the same reading; instants are UTC."""

    mark: bytes
    decided_at: datetime
    received_at: datetime


def hand_out(connection: Connection, box_id: BoxId, held: int, now: datetime) -> tuple[bytes, ...]:
    """New challenges for a box that says it holds `held`; none while that is half of a full hand or more."""
    if held >= FULL // 2:
        return ()
    made = tuple(secrets.token_bytes(CHALLENGE_BYTES) for _ in range(FULL - max(held, 0)))
    _take_back(connection, box_id, MOST_UNUSED - len(made))
    connection.execute(
        card_challenges.insert(), [{"challenge": one, "box_id": box_id, "issued_at": now} for one in made]
    )
    return made


def _take_back(connection: Connection, box_id: BoxId, leaving: int) -> None:
    """The oldest unused ones of a box go, so that it cannot hoard them by claiming that it holds none."""
    columns = card_challenges.c
    unused = select(columns.challenge).where(columns.box_id == box_id, columns.used_for.is_(None))
    newest_first = unused.order_by(columns.issued_at.desc(), columns.challenge)
    surplus = connection.execute(newest_first.offset(leaving)).scalars().all()
    if surplus:
        connection.execute(delete(card_challenges).where(columns.challenge.in_(surplus)))


def use(connection: Connection, box_id: BoxId, challenge: bytes, reading: Reading) -> ChallengeUse:
    """Note that `challenge` served `reading`."""
    digest, columns = hashlib.sha256(reading.mark).digest(), card_challenges.c
    mine = columns.challenge == challenge
    row = connection.execute(select(columns.box_id, columns.issued_at).where(mine)).one_or_none()
    if row is None:
        return ChallengeUse.UNKNOWN
    if row.box_id != box_id:
        return ChallengeUse.OTHER_BOX
    untimely = _untimely(row.issued_at, reading)
    if untimely is not None:
        return untimely
    first = update(card_challenges).where(mine, columns.used_for.is_(None)).values(used_for=digest)
    if connection.execute(first).rowcount == 1:
        return ChallengeUse.FIRST
    served = connection.execute(select(columns.used_for).where(mine)).scalar_one_or_none()
    return ChallengeUse.FIRST if served == digest else ChallengeUse.USED_BEFORE


def note_own(connection: Connection, box_id: BoxId, pair: bytes, reading: Reading) -> ChallengeUse:
    """Note a box's own challenge with its answer (`pair`), which may stand behind one box's one reading only.

    Only its SHA-256 is kept, in the same table and as long; central's own challenges are shorter.
    """
    key, digest = (hashlib.sha256(one).digest() for one in (pair, box_id.encode() + b"\n" + reading.mark))
    columns = card_challenges.c
    served = connection.execute(select(columns.used_for).where(columns.challenge == key)).scalar_one_or_none()
    if served is None:
        row = {"challenge": key, "box_id": box_id, "issued_at": reading.received_at, "used_for": digest}
        connection.execute(card_challenges.insert(), row)
        return ChallengeUse.FIRST
    return ChallengeUse.FIRST if served == digest else ChallengeUse.USED_BEFORE


def _untimely(issued_at: datetime, reading: Reading) -> ChallengeUse | None:
    """Differences only: a box may write any instant of the calendar."""
    if reading.decided_at - reading.received_at > CLOCKS_APART:
        return ChallengeUse.FROM_THE_FUTURE
    if issued_at - reading.decided_at > CLOCKS_APART:
        return ChallengeUse.NOT_YET_HANDED
    return ChallengeUse.STALE if reading.decided_at - issued_at > FRESH else None


def forget_before(connection: Connection, instant: datetime) -> None:
    """Challenges handed out earlier go; an answer to one of them is then unknown."""
    connection.execute(delete(card_challenges).where(card_challenges.c.issued_at < instant))
