"""All boxes that a person may see, searched, narrowed to a state, page by page, and as a table to take away."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.exam_day import SILENT_AFTER, WAIT_AFTER_WILL
from central.it_office.box_states import RoomBoxState
from central.pages.place_words import ROOM_STATES
from central.registers import box_search
from central.registers.box_search import FoundBox, Silence, Wanted
from central.registers.place_register import Scope
from central.roster_post import greeting_in
from models.clock import SCHOOL_ZONE
from models.messages import Hello

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
    """One box with its place and its last greeting."""

    box: FoundBox
    hello: Hello | None


class BoxPage(msgspec.Struct, frozen=True, kw_only=True):
    """Boxes after a name, in the order of their names. `counts` are of what the search found, before the state."""

    boxes: tuple[ListedBox, ...]
    counts: dict[RoomBoxState, int]
    total: int
    next_after: str | None


def silence_at(now: datetime) -> Silence:
    """When a box counts as silent at `now` (UTC): the rule of the exam day's pages."""
    return Silence(now=now, after=SILENT_AFTER, after_will=WAIT_AFTER_WILL)


def find_boxes(
    connection: Connection, scope: Scope, now: datetime, *, words: str, state: RoomBoxState | None, after: str
) -> BoxPage:
    """One page of boxes beyond the name `after`, at `now` (UTC); `words` may stand in names of box, room or school."""
    wanted, silence = Wanted(scope=scope, words=words, state=state), silence_at(now)
    counted = box_search.count_states(connection, wanted, silence)
    found = box_search.find_boxes(connection, wanted, silence, after, BOXES_PER_PAGE + 1)
    shown = found[:BOXES_PER_PAGE]
    return BoxPage(
        boxes=tuple(map(_listed, shown)),
        counts={one: counted.get(one.value, 0) for one in RoomBoxState if one is not RoomBoxState.NONE},
        total=sum(counted.values()) if state is None else counted.get(state.value, 0),
        next_after=shown[-1].box_id if len(found) > len(shown) else None,
    )


def every_box(
    connection: Connection, scope: Scope, now: datetime, *, words: str, state: RoomBoxState | None
) -> list[ListedBox]:
    """The same without pages."""
    wanted = Wanted(scope=scope, words=words, state=state)
    return [_listed(box) for box in box_search.find_boxes(connection, wanted, silence_at(now))]


def _listed(box: FoundBox) -> ListedBox:
    return ListedBox(box=box, hello=greeting_in(box.hello))


def table_rows(boxes: Iterable[ListedBox]) -> Iterator[tuple[str, ...]]:
    """One row for each box, in the order of `HEADER`; times as schools write them."""
    for listed in boxes:
        box, hello = listed.box, listed.hello
        heard = box.last_word_at.astimezone(SCHOOL_ZONE) if box.last_word_at else None
        yield (
            box.box_id,
            box.room_id,
            box.room_name or "",
            box.school_name or "",
            ROOM_STATES[box.state],
            f"{heard:%d/%m/%Y %H:%M:%S}" if heard else "",
            hello.reader if hello else "",
            hello.camera if hello else "",
            str(hello.waiting) if hello else "",
            hello.time_quality if hello else "",
            hello.software if hello else "",
        )
