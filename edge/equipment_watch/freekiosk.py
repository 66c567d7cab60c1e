"""FreeKiosk, an Android kiosk app that speaks MQTT: battery, screen, storage and kiosk state of tablets.

Its state holds more than we may know. What is kept is named here, field by field; the page that a pupil has open, the
Wi-Fi's name, addresses and whatever the camera sees are never read. Its name in the topic comes from the plan. Source:
FreeKiosk's own page on MQTT (version 1.2). Not here: when a tablet counts as silent (the plan's limits).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.words import AboutHeard, Heard, OnlineHeard, Outgoing, ReadingsHeard, Unreadable
from models.foreign_topics import KIOSK, KIOSK_SAYS, kiosk_names
from models.measurements import Value
from models.room_messages import LARGEST_BYTES, About, DeviceCommand, DeviceCommandName
from models.room_plan import RoomPlan

_LOUDEST: Final = 100


class _Battery(msgspec.Struct, frozen=True):
    level: float | None = None
    charging: bool | None = None


class _Screen(msgspec.Struct, frozen=True):
    on: bool | None = None


class _Wifi(msgspec.Struct, frozen=True, rename="camel"):
    signal_level: float | None = None


class _Device(msgspec.Struct, frozen=True, rename="camel"):
    version: str = ""
    kiosk_mode: bool | None = None


class _Storage(msgspec.Struct, frozen=True):
    available_megabytes: float | None = msgspec.field(default=None, name="availableMB")


class _State(msgspec.Struct, frozen=True):
    battery: _Battery = _Battery()
    screen: _Screen = _Screen()
    wifi: _Wifi = _Wifi()
    device: _Device = _Device()
    storage: _Storage = _Storage()

    def values(self) -> dict[str, Value]:
        """In the words of our vocabulary."""
        said: dict[str, Value | None] = {
            "battery": self.battery.level,
            "charging": self.battery.charging,
            "screen": self.screen.on,
            "signal": self.wifi.signal_level,
            "storage_free_megabytes": self.storage.available_megabytes,
            "kiosk": self.device.kiosk_mode,
        }
        return {name: value for name, value in said.items() if value is not None}


_state: Final = msgspec.json.Decoder(_State)

_AVAILABILITY: Final[Mapping[bytes, bool]] = {b"online": True, b"offline": False}

SAID: Final[Mapping[DeviceCommandName, tuple[str, bytes | None]]] = {
    DeviceCommandName.SCREEN_ON: ("screen", b"ON"),
    DeviceCommandName.SCREEN_OFF: ("screen", b"OFF"),
    DeviceCommandName.SET_VOLUME: ("volume", None),
    DeviceCommandName.MUTE: ("volume", b"0"),
}
"""All that is ever asked of a tablet: what stands behind `set/`, and its payload (None: the argument, 0 to 100).

FreeKiosk also opens pages, runs scripts, types and restarts. None of it has a name here, and the room's broker lets
nobody say it.
"""


class FreeKiosk:
    """For the devices of one plan."""

    def __init__(self, plan: RoomPlan) -> None:
        self._names = kiosk_names(plan)
        self._devices = {name: device_id for device_id, name in self._names.items()}

    def filters(self) -> tuple[str, ...]:
        """Two topics of each planned tablet."""
        return tuple(f"{KIOSK}/{name}/{last}" for name in self._devices for last in KIOSK_SAYS)

    def hear(self, topic: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
        """Never raises."""
        root, _, rest = topic.partition("/")
        name, _, last = rest.rpartition("/")
        device_id = self._devices.get(name)
        if root != KIOSK or device_id is None or not payload:
            return ()
        if last == "availability":
            on = _AVAILABILITY.get(payload)
            if on is None:
                return (Unreadable(device_id=device_id, why="neither online nor offline"),)
            return (OnlineHeard(device_id=device_id, on=on),)
        return _read_state(device_id, payload, arrived_at) if last == "state" else ()

    def say(self, device_id: str, command: DeviceCommand) -> tuple[Outgoing, ...]:
        """Only what stands in `SAID`."""
        name, row = self._names.get(device_id), SAID.get(command.name)
        if name is None or row is None:
            return ()
        entity, payload = row
        if payload is None:
            if not command.argument.isdecimal() or not command.argument.isascii() or len(command.argument) > 3:
                return ()
            payload = b"%d" % min(int(command.argument), _LOUDEST)
        return (Outgoing(topic=f"{KIOSK}/{name}/set/{entity}", payload=payload),)

    def answers(self, _device_id: str) -> bool:
        """FreeKiosk does not; its next state shows."""
        return False


def _read_state(device_id: str, payload: bytes, arrived_at: datetime) -> tuple[Heard, ...]:
    if len(payload) > LARGEST_BYTES:
        return (Unreadable(device_id=device_id, why="a state that is too large"),)
    try:
        state = _state.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return (Unreadable(device_id=device_id, why="a state that is not FreeKiosk's"),)
    words: list[Heard] = []
    if state.device.version:
        words.append(AboutHeard(device_id=device_id, about=About(firmware=f"FreeKiosk {state.device.version[:40]}")))
    return (*words, ReadingsHeard(device_id=device_id, at=arrived_at, values=state.values()))
