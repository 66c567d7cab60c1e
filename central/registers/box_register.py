"""The room boxes: which room, which chain key, how far their chain has come, and their last word."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, Table, Text, bindparam, select, text, update

from central.database import Instant, metadata, read_as
from central.registers import room_plans
from central.registers.place_register import Scope, in_scope
from models.identifiers import BoxId, RoomId
from models.messages import Hello
from models.wire.event_chain import Head

boxes = Table(
    "boxes",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("room_id", Text, nullable=False, index=True),
    Column("chain_key", LargeBinary, nullable=False),
    Column("registered_at", Instant, nullable=False),
    Column("last_word_at", Instant),
    Column("session", Text),
    Column("gone_at", Instant),
    Column("hello", Text),
    Column("head_epoch", BigInteger),
    Column("head_seq", BigInteger),
    Column("head_hash", LargeBinary),
    Column("revoked_at", Instant),
    Column("sessions_counted", BigInteger, nullable=False, server_default=text("0")),
    Column("counted_from", Instant),
)

COUNT_SESSIONS_FOR: Final = timedelta(minutes=10)


# Statements of the writer's every batch are built once.
_FIND = select(boxes).where(boxes.c.box_id == bindparam("wanted")).with_for_update()
_NOTE = (
    update(boxes)
    .where(boxes.c.box_id == bindparam("wanted"))
    .values(
        last_word_at=bindparam("at"),
        gone_at=None,
        head_epoch=bindparam("epoch"),
        head_seq=bindparam("seq"),
        head_hash=bindparam("hash"),
    )
)


class BoxRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one box. The head fields are None until its first event; `hello` is its last greeting (JSON).

    `sessions_counted` is how often it came in anew within ten minutes from `counted_from`. Nothing that a box says
    after `revoked_at` is believed.
    """

    box_id: BoxId
    room_id: RoomId
    chain_key: bytes
    registered_at: datetime
    last_word_at: datetime | None
    session: str | None
    gone_at: datetime | None
    hello: str | None
    head_epoch: int | None
    head_seq: int | None
    head_hash: bytes | None
    revoked_at: datetime | None = None
    sessions_counted: int = 0
    counted_from: datetime | None = None


def register_box(connection: Connection, box_id: BoxId, room_id: RoomId, chain_key: bytes, at: datetime) -> None:
    """Enter a box, or move a known one to another room or key; its chain stays what it was."""
    values = {"room_id": room_id, "chain_key": chain_key}
    before = connection.execute(select(boxes.c.room_id).where(boxes.c.box_id == box_id)).scalar()
    if before is None:
        connection.execute(boxes.insert().values(box_id=box_id, registered_at=at, **values))
        return
    connection.execute(update(boxes).where(boxes.c.box_id == box_id).values(values))
    if before != room_id:
        room_plans.mark(connection, {before, room_id})


def find_box(connection: Connection, box_id: str) -> BoxRow | None:
    """The box of that name, its row held until the transaction ends (PostgreSQL)."""
    row = connection.execute(_FIND, {"wanted": box_id}).one_or_none()
    return None if row is None else read_as(row, BoxRow)


def list_boxes(connection: Connection, scope: Scope = None) -> list[BoxRow]:
    """Every box of the scope's school, or (None) of the province, by name."""
    rows = connection.execute(select(boxes).where(in_scope(boxes.c.room_id, scope)).order_by(boxes.c.box_id))
    return [read_as(row, BoxRow) for row in rows]


def rooms_of_boxes(connection: Connection) -> dict[str, str]:
    """The room of every box that was not taken out."""
    rows = connection.execute(select(boxes.c.box_id, boxes.c.room_id).where(boxes.c.revoked_at.is_(None)))
    return dict(rows.all())


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """What is needed to know how a box is heard; thousands are read for one page."""

    hello: str | None
    last_word_at: datetime | None
    gone_at: datetime | None
    registered_at: datetime
    sessions_counted: int
    counted_from: datetime | None


def voices(connection: Connection, scope: Scope) -> dict[BoxId, Voice]:
    """How every box in scope was heard last, by name."""
    columns = (boxes.c.box_id, *(boxes.c[name] for name in Voice.__struct_fields__))
    rows = connection.execute(select(*columns).where(in_scope(boxes.c.room_id, scope)))
    return {
        BoxId(box_id): Voice(
            hello=hello,
            last_word_at=heard,
            gone_at=gone,
            registered_at=registered,
            sessions_counted=counted,
            counted_from=since,
        )
        for box_id, hello, heard, gone, registered, counted, since in rows
    }


def boxes_in(connection: Connection, room_ids: Sequence[str]) -> list[BoxRow]:
    """The boxes of these rooms that were not taken out, by name."""
    here = boxes.c.room_id.in_(room_ids) & boxes.c.revoked_at.is_(None)
    wanted = select(boxes).where(here).order_by(boxes.c.box_id)
    return [read_as(row, BoxRow) for row in connection.execute(wanted)]


def note_word(connection: Connection, box_id: BoxId, at: datetime, head: Head | None) -> None:
    """The box was heard, and its chain has come to `head`."""
    epoch, seq, own_hash = (None, None, None) if head is None else (head.epoch, head.seq, head.hash)
    connection.execute(_NOTE, {"wanted": box_id, "at": at, "epoch": epoch, "seq": seq, "hash": own_hash})


def note_hello(connection: Connection, box_id: BoxId, at: datetime, hello: Hello) -> None:
    """The box said hello; its words are kept as JSON."""
    values = {"session": hello.session, "hello": msgspec.json.encode(hello).decode()}
    connection.execute(update(boxes).where(boxes.c.box_id == box_id).values(last_word_at=at, gone_at=None, **values))


def note_new_session(connection: Connection, box: BoxRow, at: datetime) -> None:
    """The box came in anew. Two machines that share one name throw each other out again and again."""
    begun = box.counted_from
    fresh = begun is None or at - begun >= COUNT_SESSIONS_FOR
    values = {"sessions_counted": 1 if fresh else box.sessions_counted + 1, "counted_from": at if fresh else begun}
    connection.execute(update(boxes).where(boxes.c.box_id == box.box_id).values(values))


def note_revoked(connection: Connection, box_id: BoxId, at: datetime) -> None:
    """The authority took the box out, for good."""
    mine = (boxes.c.box_id == box_id) & boxes.c.revoked_at.is_(None)
    rooms = set(connection.execute(select(boxes.c.room_id).where(mine)).scalars())
    connection.execute(update(boxes).where(mine).values(revoked_at=at))
    room_plans.mark(connection, rooms)


def note_gone(connection: Connection, box_id: BoxId, session: str, at: datetime) -> None:
    """The broker published the box's last will; the will of an older connection changes nothing."""
    same = (boxes.c.box_id == box_id) & (boxes.c.session == session)
    connection.execute(update(boxes).where(same).values(gone_at=at))
