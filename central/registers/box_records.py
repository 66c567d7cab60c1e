"""What the authority says of every box, as it was last heard, and how far central has listened to it.

Not here: asking the authority (`authority_post`), and what the boxes say themselves (`box_register`).
"""

from collections.abc import Sequence

import msgspec
from sqlalchemy import BigInteger, Column, Connection, Table, Text, select, update

from central.database import metadata
from central.registers.place_register import Scope, in_scope
from models.enrollment import BoxState
from models.fleet import BoxRecord
from models.identifiers import BoxId

box_records = Table(
    "box_records",
    metadata,
    Column("box_id", Text, primary_key=True),
    Column("change", BigInteger, nullable=False),
    Column("room_id", Text, nullable=False, index=True),
    Column("school_id", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("record", Text, nullable=False),
)

authority_marks = Table(
    "authority_marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

LAST_CHANGE = "change"
LAST_AUDIT = "audit"

_LIVE = (BoxState.CERTIFIED.value, BoxState.ENROLLED.value)
_READ = msgspec.json.Decoder(BoxRecord)


def put(connection: Connection, record: BoxRecord) -> None:
    """Enter a record, or replace what was known; an older one than ours changes nothing."""
    values = {
        "change": record.change,
        "room_id": record.room_id,
        "school_id": record.school_id,
        "state": record.state.value,
        "record": msgspec.json.encode(record).decode(),
    }
    mine = box_records.c.box_id == record.box_id
    known = connection.execute(select(box_records.c.change).where(mine)).scalar()
    if known is None:
        connection.execute(box_records.insert().values(box_id=record.box_id, **values))
    elif known < record.change:
        connection.execute(update(box_records).where(mine).values(values))


def find(connection: Connection, box_id: str) -> BoxRecord | None:
    """The box of that name."""
    found = connection.execute(select(box_records.c.record).where(box_records.c.box_id == box_id)).scalar()
    return None if found is None else _READ.decode(found)


def list_all(connection: Connection, scope: Scope) -> list[BoxRecord]:
    """Every box whose room is in scope, by name."""
    in_reach = in_scope(box_records.c.room_id, scope)
    wanted = select(box_records.c.record).where(in_reach).order_by(box_records.c.box_id)
    return [_READ.decode(record) for record in connection.execute(wanted).scalars()]


def of_rooms(connection: Connection, room_ids: Sequence[str]) -> list[BoxRecord]:
    """All boxes that these rooms have or had, the newest first."""
    found: list[BoxRecord] = []
    for start in range(0, len(room_ids), 500):
        here = box_records.c.room_id.in_(room_ids[start : start + 500])
        found += map(_READ.decode, connection.execute(select(box_records.c.record).where(here)).scalars())
    return sorted(found, key=lambda record: record.change, reverse=True)


def live_in_school(connection: Connection, school_id: str) -> list[BoxId]:
    """The names of the boxes of a school that hold a certificate."""
    here = (box_records.c.school_id == school_id) & box_records.c.state.in_(_LIVE)
    return [BoxId(name) for name in connection.execute(select(box_records.c.box_id).where(here)).scalars()]


def live_in_rooms(connection: Connection, room_ids: Sequence[str]) -> list[BoxId]:
    """The names of the boxes of these rooms that hold a certificate."""
    return [record.box_id for record in of_rooms(connection, room_ids) if is_live(record)]


def is_live(record: BoxRecord) -> bool:
    """Whether the box holds a certificate that was not revoked."""
    return record.state.value in _LIVE


def mark(connection: Connection, name: str) -> int:
    """How far we have listened: the last number of that kind, 0 before the first."""
    found = connection.execute(select(authority_marks.c.number).where(authority_marks.c.name == name)).scalar()
    return 0 if found is None else int(found)


def set_mark(connection: Connection, name: str, number: int) -> None:
    """We have listened so far."""
    mine = authority_marks.c.name == name
    if connection.execute(update(authority_marks).where(mine).values(number=number)).rowcount == 0:
        connection.execute(authority_marks.insert().values(name=name, number=number))
