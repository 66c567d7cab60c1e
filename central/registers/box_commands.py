"""Orders to boxes: who gave which, why, until when it counts, and what the box answered. Kept for thirty days.

Not here: signing and sending (`command_post`), carrying out (the box).
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Column, Connection, LargeBinary, Table, Text, delete, func, select, update

from central.database import ROW_NUMBER, Instant, metadata, read_as
from models.identifiers import BoxId
from models.messages import CommandOutcome, CommandResult
from models.wire.commands import Command, SignedCommand

box_commands = Table(
    "box_commands",
    metadata,
    Column("number", ROW_NUMBER, primary_key=True),
    Column("command_id", Text, nullable=False, unique=True),
    Column("box_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("outcome", Text),
    Column("sentence", Text),
    Column("answered_at", Instant),
    Column("attachment", LargeBinary),
)

KEPT: Final = timedelta(days=30)


class BoxCommand(msgspec.Struct, frozen=True, kw_only=True):
    """One order. `outcome` and what follows are None until the box answers; `attachment_bytes` is None without one."""

    number: int
    command_id: str
    box_id: BoxId
    name: str
    ordered_by: str
    reason: str
    issued_at: datetime
    expires_at: datetime
    body: bytes
    signature: bytes
    outcome: str | None
    sentence: str | None
    answered_at: datetime | None
    attachment_bytes: int | None

    @property
    def signed(self) -> SignedCommand:
        """The order as it travels."""
        return SignedCommand(body=self.body, signature=self.signature)

    def state(self, now: datetime) -> str:
        """The box's outcome, else `waiting` or, when its time ran out at `now` (UTC), `unanswered`."""
        return self.outcome or ("waiting" if now < self.expires_at else "unanswered")


_SHOWN = [box_commands.c[name] for name in BoxCommand.__struct_fields__ if name != "attachment_bytes"]
_READ = select(*_SHOWN, func.length(box_commands.c.attachment).label("attachment_bytes"))


def add(connection: Connection, command: Command, signed: SignedCommand, *, ordered_by: str, reason: str) -> None:
    """Enter an order and its signed form."""
    connection.execute(
        box_commands.insert().values(
            command_id=command.command_id,
            box_id=command.box_id,
            name=command.name.value,
            ordered_by=ordered_by,
            reason=reason,
            issued_at=command.issued_at,
            expires_at=command.expires_at,
            body=signed.body,
            signature=signed.signature,
        )
    )


def of_box(connection: Connection, box_id: str, limit: int = 20) -> list[BoxCommand]:
    """The newest orders to a box, newest first."""
    wanted = _READ.where(box_commands.c.box_id == box_id).order_by(box_commands.c.number.desc()).limit(limit)
    return [read_as(row, BoxCommand) for row in connection.execute(wanted)]


def open_orders(
    connection: Connection, now: datetime, *, box_id: str | None = None, after: int = 0
) -> list[BoxCommand]:
    """Orders without an answer whose time runs at `now` (UTC), oldest first; of one box, or beyond a number."""
    wanted = (box_commands.c.expires_at > now) & box_commands.c.outcome.is_(None) & (box_commands.c.number > after)
    if box_id is not None:
        wanted = wanted & (box_commands.c.box_id == box_id)
    rows = connection.execute(_READ.where(wanted).order_by(box_commands.c.number))
    return [read_as(row, BoxCommand) for row in rows]


def note_result(connection: Connection, box_id: str, result: CommandResult, at: datetime) -> bool:
    """Keep a box's answer; whether there is such an order to this box at all.

    The first one counts, but for a device that followed after its time: then `done` takes the place of failed or sent.
    """
    mine = (box_commands.c.command_id == result.command_id) & (box_commands.c.box_id == box_id)
    answer = {
        "outcome": result.outcome.value,
        "sentence": result.sentence,
        "answered_at": at,
        "attachment": result.attachment,
    }
    corrects = result.outcome is CommandOutcome.DONE
    open_to_it = (CommandOutcome.FAILED.value, CommandOutcome.SENT.value) if corrects else ()
    takes_it = box_commands.c.outcome.is_(None) | box_commands.c.outcome.in_(open_to_it)
    if connection.execute(update(box_commands).where(mine, takes_it).values(answer)).rowcount:
        return True
    return connection.execute(select(box_commands.c.number).where(mine)).first() is not None


def attachment_of(connection: Connection, box_id: str, command_id: str) -> bytes | None:
    """The support bundle (gzip) that came with an answer."""
    mine = (box_commands.c.command_id == command_id) & (box_commands.c.box_id == box_id)
    found: bytes | None = connection.execute(select(box_commands.c.attachment).where(mine)).scalar()
    return found


def counts(connection: Connection, now: datetime) -> dict[str, int]:
    """How many orders of the last thirty days stand in each state at `now` (UTC)."""
    open_ = box_commands.c.outcome.is_(None) & (box_commands.c.expires_at > now)
    found = connection.execute(select(box_commands.c.outcome, func.count()).group_by(box_commands.c.outcome))
    by_outcome = {outcome or "unanswered": int(count) for outcome, count in found}
    waiting = int(connection.execute(select(func.count()).select_from(box_commands).where(open_)).scalar_one())
    by_outcome["unanswered"] = by_outcome.get("unanswered", 0) - waiting
    return by_outcome | {"waiting": waiting}


def forget_before(connection: Connection, at: datetime) -> int:
    """Delete older orders with what came of them; the audit log keeps that they were given."""
    return connection.execute(delete(box_commands).where(box_commands.c.issued_at < at)).rowcount
