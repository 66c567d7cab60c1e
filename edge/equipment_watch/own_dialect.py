"""Our own way of speaking: `dev/<device>/...` with the JSON of `models.room_messages`.

Devices with a password of their own speak so, and the bridge for all that it reads. Unknown fields are ignored. Not
here: whether a value is believed (`believing`), the bridge's words of itself (`listener`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.dialect import reading_instant
from edge.equipment_watch.words import (
    AboutHeard,
    Heard,
    OnlineHeard,
    Outgoing,
    ReadingsHeard,
    ResultHeard,
    StateHeard,
    StrangerHeard,
    Unreadable,
)
from models.measurements import Value
from models.room_messages import (
    About,
    Batch,
    DeviceCommand,
    DeviceResult,
    Online,
    RoomMessageError,
    State,
    decode_room,
    encode_room,
)
from models.room_plan import MqttDialect, MqttLink, PlannedDevice, RoomPlan
from models.telemetry import Found
from models.wire.room_topics import RoomLane, RoomTopicError, parse_room_topic, room_topic

_NO_CLOCK: Final = ("rx", "none")
"""Qualities of a clock that nobody set: what it says is no time."""

_SURE: Final = 1.0


def speaks_own(device: PlannedDevice) -> bool:
    """Whether a device is heard below `dev/`: by itself or through the bridge."""
    match device.link:
        case None:
            return False
        case MqttLink(dialect=dialect):
            return dialect is MqttDialect.OWN
        case _:
            return True


class OwnDialect:
    """For the devices of one plan."""

    def __init__(self, plan: RoomPlan) -> None:
        self._speakers = {device.device_id for device in plan.devices if speaks_own(device)}
        self._planned = {device.device_id for device in plan.devices}

    def filters(self) -> tuple[str, ...]:
        """The five lanes of whoever may speak; what the plan does not name gives at most a `StrangerHeard`."""
        return tuple(f"dev/+/{lane}" for lane in RoomLane if lane is not RoomLane.COMMAND)

    def hear(self, topic: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
        """Never raises."""
        if not topic.startswith("dev/"):
            return ()
        try:
            place = parse_room_topic(topic)
            if place.device_id in self._speakers:
                return _READERS[place.lane](place.device_id, payload, arrived_at) if payload else ()
            if place.lane is RoomLane.ABOUT and payload and place.device_id not in self._planned:
                return (_stranger(place.device_id, decode_room(payload, About), arrived_at),)
        except RoomTopicError:
            return (Unreadable(device_id=None, why="a topic that no device has"),)
        except RoomMessageError as error:
            known = place.device_id if place.device_id in self._planned else None
            return (Unreadable(device_id=known, why=str(error)),)
        return ()

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        """The command on the device's own topic."""
        if device_id not in self._speakers:
            return ()
        return (Outgoing(topic=room_topic(device_id, RoomLane.COMMAND), payload=encode_room(command)),)

    def answers(self, device_id: str) -> bool:
        """Ours answer on `cmd/res`."""
        return device_id in self._speakers


def _read_batch(device_id: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
    batch = decode_room(payload, Batch)
    if batch.bn != device_id:
        raise RoomMessageError("A batch names another device than its topic.")
    base_ms = None if batch.q in _NO_CLOCK else batch.bt
    values: dict[datetime, dict[str, Value]] = {}
    units: dict[str, str] = {}
    for entry in batch.e:
        values.setdefault(reading_instant(base_ms, entry.t, arrived_at), {})[entry.n] = entry.x
        if entry.u:
            units[entry.n] = entry.u
    return tuple(
        ReadingsHeard(device_id=device_id, at=at, values=values[at], units=units, integrity=batch.integrity)
        for at in sorted(values)
    )


def _read_state(device_id: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
    state = decode_room(payload, State)
    at = reading_instant(state.at, 0, arrived_at)
    return (StateHeard(device_id=device_id, at=at, reach=state.reach, faults=state.faults, values=state.values),)


def _read_online(device_id: str, payload: bytes, _arrived_at: datetime) -> tuple[Heard, ...]:
    online = decode_room(payload, Online)
    return (OnlineHeard(device_id=device_id, on=online.on, session=online.session),)


def _read_about(device_id: str, payload: bytes, _arrived_at: datetime) -> tuple[Heard, ...]:
    return (AboutHeard(device_id=device_id, about=decode_room(payload, About)),)


def _read_result(device_id: str, payload: bytes, _arrived_at: datetime) -> tuple[Heard, ...]:
    return (ResultHeard(device_id=device_id, result=decode_room(payload, DeviceResult)),)


def _read_command(_device_id: str, _payload: bytes, _arrived_at: datetime) -> tuple[Heard, ...]:
    return ()


_READERS: Final[Mapping[RoomLane, Callable[[str, bytes, datetime], tuple[Heard, ...]]]] = {
    RoomLane.TELEMETRY: _read_batch,
    RoomLane.STATE: _read_state,
    RoomLane.ONLINE: _read_online,
    RoomLane.ABOUT: _read_about,
    RoomLane.COMMAND: _read_command,
    RoomLane.RESULT: _read_result,
}


def _stranger(device_id: str, about: About, arrived_at: datetime) -> StrangerHeard:
    return StrangerHeard(
        found=Found(
            where=f"dev/{device_id}",
            what=about.kind,
            confidence=_SURE,
            maker=about.maker,
            model=about.model,
            serial=about.serial,
            firmware=about.firmware,
            link=msgspec.json.encode(MqttLink()).decode(),
            at=arrived_at,
        )
    )
