"""All boxes that a person may see, searched, narrowed to a state, page by page, and as a table to take away."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.it_office.box_states import RoomBox, RoomBoxState, boxes_by_room
from central.pages.place_words import ROOM_STATES
from central.registers import place_register
from central.registers.place_register import Room, Scope
from central.registers.word_search import fold
from models.clock import SCHOOL_ZONE

BOXES_PER_PAGE: Final = 50

HEADER: Final = (
    "Máy",
    "Phòng",
    "Tên phòng",
    "Trường",
    "Tình trạng",
    "Tin cuối",
    "Đầu đọc",
    "Máy ảnh",
    "Chờ gửi",
    "Giờ",
    "Phần mềm",
)


class ListedBox(msgspec.Struct, frozen=True, kw_only=True):
    """One box and where it stands; `room` is None where the room is in no register of places."""

    box: RoomBox
    room: Room | None


class BoxPage(msgspec.Struct, frozen=True, kw_only=True):
    """Boxes after a name, in the order of their names. `counts` are of what the search found, before the state."""

    boxes: tuple[ListedBox, ...]
    counts: dict[RoomBoxState, int]
    total: int
    next_after: str | None


def find_boxes(
    connection: Connection, scope: Scope, now: datetime, *, words: str, state: RoomBoxState | None, after: str
) -> BoxPage:
    """One page of boxes beyond the name `after`, at `now` (UTC); `words` may stand in names of box, room or school."""
    every_box, rooms = _searched(connection, scope, now, words)
    counts = {one: sum(box.state is one for box in every_box) for one in RoomBoxState if one is not RoomBoxState.NONE}
    found = [box for box in every_box if state in (None, box.state)]
    beyond = [box for box in found if box.box_id > after]
    shown = beyond[:BOXES_PER_PAGE]
    return BoxPage(
        boxes=tuple(ListedBox(box=box, room=rooms.get(box.room_id)) for box in shown),
        counts=counts,
        total=len(found),
        next_after=shown[-1].box_id if len(beyond) > len(shown) else None,
    )


def every_box(
    connection: Connection, scope: Scope, now: datetime, *, words: str, state: RoomBoxState | None
) -> list[ListedBox]:
    """The same without pages."""
    found, rooms = _searched(connection, scope, now, words)
    return [ListedBox(box=box, room=rooms.get(box.room_id)) for box in found if state in (None, box.state)]


def _searched(connection: Connection, scope: Scope, now: datetime, words: str) -> tuple[list[RoomBox], dict[str, Room]]:
    boxes = [box for here in boxes_by_room(connection, scope, now).values() for box in here]
    rooms = {str(room.room_id): room for room in place_register.list_rooms(connection, scope)}
    asked = fold(words).split()
    found = (box for box in boxes if not asked or _holds(box, rooms.get(box.room_id), asked))
    return sorted(found, key=lambda box: box.box_id), rooms


def _holds(box: RoomBox, room: Room | None, asked: list[str]) -> bool:
    place = (room.room_name, room.school_name) if room else ()
    text = fold(box.box_id, box.room_id, *place)
    return all(word in text for word in asked)


def table_rows(boxes: Iterable[ListedBox]) -> Iterator[tuple[str, ...]]:
    """One row for each box, in the order of `HEADER`; times as schools write them."""
    for listed in boxes:
        box, room, hello = listed.box, listed.room, listed.box.hello
        heard = box.last_word_at.astimezone(SCHOOL_ZONE) if box.last_word_at else None
        yield (
            box.box_id,
            box.room_id,
            room.room_name if room else "",
            room.school_name if room else "",
            ROOM_STATES[box.state],
            f"{heard:%d/%m/%Y %H:%M:%S}" if heard else "",
            hello.reader if hello else "",
            hello.camera if hello else "",
            str(hello.waiting) if hello else "",
            hello.time_quality if hello else "",
            hello.software if hello else "",
        )
