"""Everything about one box on one page, true at one instant: state, place, certificates, orders, last events."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.database import AnyRow
from central.it_office.box_states import RoomBox, RoomBoxState, room_box
from central.it_office.health_charts import Chart, draw_charts
from central.registers import box_commands, box_health, box_records, box_register, event_log, place_register
from central.registers.box_commands import BoxCommand
from central.registers.place_register import Room, Scope
from models.enrollment import BoxState
from models.fleet import BoxRecord
from models.messages import Hello

EVENTS_SHOWN: Final = 15


class Left(StrEnum):
    """How near the end of a certificate is (warnings at 30, 14 and 7 days)."""

    FINE = "fine"
    SOON = "30 days"
    SOONER = "14 days"
    NOW = "7 days"
    OVER = "over"


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate's end (UTC) and how near it is."""

    good_until: datetime
    left: Left
    days_left: int


class BoxSheet(msgspec.Struct, frozen=True, kw_only=True):
    """One box. `record` is the authority's word, None where no authority certified it."""

    box: RoomBox
    room: Room | None
    record: BoxRecord | None
    hello: Hello | None
    gone_at: datetime | None
    certificate: Certificate | None
    exam_certificate: Certificate | None
    charts: tuple[Chart, ...]
    events: tuple[AnyRow, ...]
    commands: tuple[BoxCommand, ...]
    head: str | None

    @property
    def takes_orders(self) -> bool:
        """Whether an order to it makes sense: it is registered and was not taken out."""
        return self.box.state is not RoomBoxState.REVOKED


def open_sheet(connection: Connection, box_id: str, scope: Scope, now: datetime, days: int) -> BoxSheet | None:
    """The sheet at `now` (UTC) with `days` of health; None when there is no such box in scope."""
    row, record = box_register.find_box(connection, box_id), box_records.find(connection, box_id)
    if row is not None:
        box = room_box(row, record is not None and record.state is BoxState.REVOKED, now)
    elif record is not None:
        state = RoomBoxState.REVOKED if record.state is BoxState.REVOKED else RoomBoxState.NEVER_HEARD
        box = RoomBox(box_id=box_id, room_id=record.room_id, state=state, last_word_at=None, hello=None)
    else:
        return None
    room = place_register.find_room(connection, box.room_id, scope)
    if room is None and scope is not None and (record is None or record.school_id != scope):
        return None
    starts_at = now - timedelta(days=days)
    return BoxSheet(
        box=box,
        room=room,
        record=record,
        hello=box.hello,
        gone_at=row.gone_at if row else None,
        certificate=_certificate(_good_until(record, box.hello), now),
        exam_certificate=_certificate(record.exam_certificate_good_until if record else None, now),
        charts=tuple(draw_charts(box_health.since(connection, box_id, starts_at), starts_at, now)),
        events=tuple(event_log.newest_of(connection, box_id, EVENTS_SHOWN)),
        commands=tuple(box_commands.of_box(connection, box_id)),
        head=f"{row.head_epoch}/{row.head_seq}" if row is not None and row.head_seq is not None else None,
    )


def _good_until(record: BoxRecord | None, hello: Hello | None) -> datetime | None:
    """The authority knows what it issued; without one the box says itself what it carries."""
    if record is not None:
        return record.certificate_good_until
    return hello.vitals.certificate_good_until if hello is not None and hello.vitals is not None else None


def _certificate(good_until: datetime | None, now: datetime) -> Certificate | None:
    return None if good_until is None else judge_certificate(good_until, now)


def judge_certificate(good_until: datetime, now: datetime) -> Certificate:
    """How near the end is at `now` (both UTC)."""
    rest = good_until - now
    limits = ((0, Left.OVER), (7, Left.NOW), (14, Left.SOONER), (30, Left.SOON))
    left = next((word for days, word in limits if rest <= timedelta(days=days)), Left.FINE)
    return Certificate(good_until=good_until, left=left, days_left=max(0, rest.days))
