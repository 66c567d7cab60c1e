"""How the box of each room stands, in one word: from its last words and from what the authority says of it."""

from collections import defaultdict
from datetime import datetime
from enum import StrEnum

import msgspec
from sqlalchemy import Connection

from central.exam_day import BoxState, box_word
from central.registers import box_records, box_register
from central.registers.box_register import BoxRow
from central.registers.place_register import Scope
from central.roster_post import greeting_in
from models.enrollment import BoxState as AuthorityState
from models.messages import Hello


class RoomBoxState(StrEnum):
    """The best that can be said of a room's boxes; pages show them in this order."""

    READY = "ready"
    """Heard lately, card reader and camera ok."""
    TROUBLE = "trouble"
    """Heard lately, but its reader or camera is not ok."""
    SILENT = "silent"
    NEVER_HEARD = "never heard"
    REVOKED = "revoked"
    NONE = "none"


BEST_FIRST = tuple(RoomBoxState)


class RoomBox(msgspec.Struct, frozen=True, kw_only=True):
    """One box as it stands. `hello` is its last greeting."""

    box_id: str
    room_id: str
    state: RoomBoxState
    last_word_at: datetime | None
    hello: Hello | None


def boxes_by_room(connection: Connection, scope: Scope, now: datetime) -> dict[str, list[RoomBox]]:
    """Every box in scope by its room's code; in a room the best one stands first."""
    revoked = {
        record.box_id: record
        for record in box_records.list_all(connection, scope)
        if record.state is AuthorityState.REVOKED
    }
    found: dict[str, list[RoomBox]] = defaultdict(list)
    known = box_register.list_boxes(connection, scope)
    for box in known:
        found[box.room_id].append(room_box(box, box.box_id in revoked, now))
    names = {box.box_id for box in known}
    for record in revoked.values():
        if record.box_id not in names:
            found[record.room_id].append(
                RoomBox(
                    box_id=record.box_id,
                    room_id=record.room_id,
                    state=RoomBoxState.REVOKED,
                    last_word_at=None,
                    hello=None,
                )
            )
    return {room: sorted(boxes, key=lambda box: BEST_FIRST.index(box.state)) for room, boxes in found.items()}


def room_box(box: BoxRow, revoked: bool, now: datetime) -> RoomBox:  # noqa: FBT001 what the authority says of it
    """One box as it stands at `now` (UTC)."""
    hello = greeting_in(box.hello)
    state = RoomBoxState.REVOKED if revoked else _heard(box, hello, now)
    return RoomBox(box_id=box.box_id, room_id=box.room_id, state=state, last_word_at=box.last_word_at, hello=hello)


def _heard(box: BoxRow, hello: Hello | None, now: datetime) -> RoomBoxState:
    match box_word([box], now).state:
        case BoxState.REPORTING:
            fit = hello is not None and hello.reader == "ok" and hello.camera == "ok"
            return RoomBoxState.READY if fit else RoomBoxState.TROUBLE
        case BoxState.SILENT:
            return RoomBoxState.SILENT
        case BoxState.NEVER_HEARD | BoxState.NONE:
            return RoomBoxState.NEVER_HEARD
