"""What staff are told of a device: one alert at a time for each device and kind, with a beginning and an end. Pure.

Each kind is a row: when a device is in that condition, how long it must last to begin and be gone to end. Between its
two limits nothing changes. Not here: who is told, quiet hours of messages, acknowledging (`central`).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.use import is_on
from models.measurements import Value
from models.room_messages import Reach, defects
from models.room_plan import AlertLimits
from models.telemetry import Alert, AlertKind

RESET_CAUSES: Final = ("watchdog", "brown-out")
RESET_SHOWN_MS: Final = 10 * 60_000


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a device's alerts are judged by. `silent_ms`: since its last own word, or since it was planned.

    `spoke`: it did since this program began; `state_known`: reach and faults come from a state that was heard. Without
    them an alert of before a restart stays as it is. `expected`: it should speak now (a lesson runs, or nobody said
    when lessons are). `reset_ms`: since its last boot for a cause of `RESET_CAUSES`, None for none. `settled`: it has
    told all of its states, so that what is missing among the values is known no more.
    """

    device: str
    silent_ms: int
    spoke: bool
    state_known: bool
    expected: bool
    quiet: bool
    reach: Reach
    faults: tuple[str, ...]
    values: Mapping[str, Value]
    reset_ms: int | None = None
    settled: bool = False


class _Row(msgspec.Struct, frozen=True):
    """`judge` gives True (begins), False (ends) or None (stays as it is); `value` is what staff are told with it."""

    judge: Callable[[Facts, AlertLimits], bool | None]
    sentence: str
    begin_after_ms: int = 0
    end_after_ms: int = 0
    value: str = ""


def _number(facts: Facts, name: str) -> float | None:
    value = facts.values.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _gone(facts: Facts) -> bool | None:
    """A value that its device tells no more ends an alert; one that may still come leaves it as it is."""
    return False if facts.settled else None


def _silent(facts: Facts, limits: AlertLimits) -> bool | None:
    if facts.silent_ms < limits.silent_minutes * 60_000:
        return False if facts.spoke else None
    return True if facts.expected and facts.reach is not Reach.UNREACHABLE else None


def _unreachable(facts: Facts, _limits: AlertLimits) -> bool | None:
    if facts.reach is not Reach.UNREACHABLE:
        return False if facts.state_known else None
    return True if facts.expected else None


def _hot(facts: Facts, limits: AlertLimits) -> bool | None:
    warm = _number(facts, "device_temperature")
    if warm is None:
        return _gone(facts)
    if limits.hot_clear_celsius < warm < limits.hot_celsius:
        return None
    return warm >= limits.hot_celsius


def _faulty(facts: Facts, _limits: AlertLimits) -> bool | None:
    if not facts.state_known:
        return None
    return facts.reach is Reach.FAULT or bool(defects(facts.faults))


def _lamp(facts: Facts, limits: AlertLimits) -> bool | None:
    hours = _number(facts, "lamp_hours")
    return None if hours is None else hours >= limits.lamp_hours


def _battery(facts: Facts, limits: AlertLimits) -> bool | None:
    level = _number(facts, "battery")
    if is_on(facts.values.get("charging")):
        return False
    if level is None:
        return _gone(facts)
    if limits.battery_low < level < limits.battery_clear:
        return None
    return level <= limits.battery_low


def _door(facts: Facts, limits: AlertLimits) -> bool | None:
    is_open = is_on(facts.values.get("door"))
    if is_open:
        return True if limits.door_open_quiet and facts.quiet else None
    return is_open


def _reset(facts: Facts, _limits: AlertLimits) -> bool | None:
    return facts.reset_ms is not None and facts.reset_ms < RESET_SHOWN_MS


_ROWS: Final[Mapping[AlertKind, _Row]] = {
    AlertKind.SILENT: _Row(_silent, "No word from the device."),
    AlertKind.UNREACHABLE: _Row(_unreachable, "The device does not answer.", begin_after_ms=120_000),
    AlertKind.HOT: _Row(_hot, "The device is hot.", begin_after_ms=60_000, value="device_temperature"),
    AlertKind.FAULT: _Row(_faulty, "The device reports a fault.", begin_after_ms=10_000, end_after_ms=60_000),
    AlertKind.LAMP_HOURS: _Row(_lamp, "The lamp is near its end.", value="lamp_hours"),
    AlertKind.BATTERY_LOW: _Row(_battery, "The battery is low and does not charge.", 60_000, value="battery"),
    AlertKind.DOOR_OPEN: _Row(_door, "A door is open in quiet hours.", end_after_ms=10_000),
    AlertKind.BOARD_RESET: _Row(_reset, "The board was reset by its watchdog or its supply."),
}


class AlertBook:
    """The open alerts of a room. `new_id` names a new one."""

    def __init__(self, still_open: Iterable[Alert], new_id: Callable[[], str]) -> None:
        self._open = {(one.device, one.kind): one for one in still_open}
        self._new_id = new_id
        self._changing: dict[tuple[str, AlertKind], int] = {}

    def judge(self, facts: Facts, limits: AlertLimits, now: datetime, now_ms: int) -> list[Alert]:
        """The alerts of a device that begin or end at `now` (UTC; `now_ms` by the monotonic clock)."""
        told = []
        for kind, row in _ROWS.items():
            key = (facts.device, kind)
            is_open, wanted = key in self._open, row.judge(facts, limits)
            if wanted is None or wanted is is_open:
                self._changing.pop(key, None)
                continue
            since = self._changing.setdefault(key, now_ms)
            if now_ms - since >= (row.begin_after_ms if wanted else row.end_after_ms):
                del self._changing[key]
                told.append(self._begin(key, row, facts, now) if wanted else self._end(key, now))
        return told

    def end_all_but(self, devices: frozenset[str], now: datetime) -> list[Alert]:
        """Ends the alerts of devices that are no longer the room's."""
        return [self._end(key, now) for key in sorted(self._open) if key[0] not in devices]

    def _begin(self, key: tuple[str, AlertKind], row: _Row, facts: Facts, now: datetime) -> Alert:
        device, kind = key
        words = ", ".join(defects(facts.faults))[:60]
        begun = Alert(
            alert_id=self._new_id(),
            device=device,
            kind=kind,
            began_at=now,
            value=_number(facts, row.value),
            sentence=f"{row.sentence} ({words})" if kind is AlertKind.FAULT and words else row.sentence,
        )
        self._open[key] = begun
        return begun

    def _end(self, key: tuple[str, AlertKind], now: datetime) -> Alert:
        begun = self._open.pop(key)
        return msgspec.structs.replace(begun, ended_at=max(now, begun.began_at))
