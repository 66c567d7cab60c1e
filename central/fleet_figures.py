"""The whole fleet in a few figures, true at one instant: for `/metrics`.

Not here: how they are written for Prometheus (`http.metrics_pages`).
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.it_office.box_list import silence_at
from central.it_office.box_states import RoomBoxState
from central.registers import box_commands, box_search, device_search, event_log, quarantine
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


class _Waiting(msgspec.Struct, frozen=True):
    waiting: int = 0


_WAITING = msgspec.json.Decoder(_Waiting)


def count_fleet(connection: Connection, now: datetime) -> FleetFigures:
    """All figures of the province at `now` (UTC)."""
    states = box_search.count_states(connection, box_search.Wanted(), silence_at(now))
    return FleetFigures(
        boxes={state.value: states.get(state.value, 0) for state in RoomBoxState if state is not RoomBoxState.NONE},
        commands=box_commands.counts(connection, now),
        devices={
            state.value: device_search.count_devices(connection, Wanted(state=state), None) for state in DeviceState
        },
        events=event_log.count(connection),
        quarantine=quarantine.count(connection, None),
        waiting=sum(_WAITING.decode(hello).waiting for hello in box_search.hellos_in_use(connection)),
        oldest_word_at=box_search.oldest_word(connection),
    )
