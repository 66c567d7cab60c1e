"""The whole fleet in a few figures, true at one instant: for `/metrics`.

Not here: how they are written for Prometheus (`http.metrics_pages`).
"""

from collections import Counter
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.it_office.box_states import RoomBoxState, boxes_by_room
from central.registers import box_commands, device_search, event_log, quarantine
from central.registers.device_search import Wanted
from models.equipment import DeviceState


class FleetFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts by state; `oldest_word_at` (UTC) is the oldest last word of a box that was heard and is still trusted."""

    boxes: dict[str, int]
    commands: dict[str, int]
    devices: dict[str, int]
    events: int
    quarantine: int
    waiting: int
    oldest_word_at: datetime | None


def count_fleet(connection: Connection, now: datetime) -> FleetFigures:
    """All figures of the province at `now` (UTC)."""
    boxes = [box for here in boxes_by_room(connection, None, now).values() for box in here]
    in_use = [box for box in boxes if box.state is not RoomBoxState.REVOKED]
    states = Counter(box.state.value for box in boxes)
    return FleetFigures(
        boxes={state.value: states[state.value] for state in RoomBoxState if state is not RoomBoxState.NONE},
        commands=box_commands.counts(connection, now),
        devices={
            state.value: device_search.count_devices(connection, Wanted(state=state), None) for state in DeviceState
        },
        events=event_log.count(connection),
        quarantine=quarantine.count(connection),
        waiting=sum(box.hello.waiting for box in in_use if box.hello is not None),
        oldest_word_at=min((box.last_word_at for box in in_use if box.last_word_at is not None), default=None),
    )
