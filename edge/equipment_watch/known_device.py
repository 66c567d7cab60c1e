"""What the box knows of one device: its last words, whether it is there, what central was told of it. Pure.

Not here: which device a word is about (`watch`), alerts (`alerts`).
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from edge.equipment_watch.alerts import RESET_CAUSES, Facts
from edge.equipment_watch.believing import Belief, Believing, Doubted
from edge.equipment_watch.roll_up import RollUp
from edge.equipment_watch.use import SeenDevice, is_used
from edge.equipment_watch.words import AboutHeard, OnlineHeard, ReadingsHeard, StateHeard
from models.measurements import APP, METRICS, MetricRow, Value, row_of
from models.room_messages import IMPLAUSIBLE, Reach
from models.room_plan import PlannedDevice
from models.room_readiness import DeviceWordNow
from models.telemetry import DeviceWord, RawValue

HEARTBEAT_MS: Final = 5 * 60_000
STATE_PAUSE_MS: Final = 2_000
"""At most so often a word is sent because a state changed, or something is measured for the first time."""
NUMBER_PAUSE_MS: Final = 30_000
"""At most so often a word is sent because a number moved."""
SETTLED_MS: Final = 60_000
"""So long nothing is said of a device that was not heard yet: after a start, words need a moment to come in."""
WHOLE_KNOWN_MS: Final = 2 * 60_000
"""So long after its first whole state all that a device has to tell is in, its readings too."""
MEASURES_MS: Final = 5 * 60_000
_UNIT: Final = 16
_FIRMWARE: Final = 120


class Counts(msgspec.Struct, kw_only=True):
    """What was not taken, of one device or of the room."""

    doubted: int = 0
    unknown: int = 0
    unreadable: int = 0


class KnownDevice:
    """One planned device. `now_ms` is always the monotonic clock's."""

    def __init__(self, planned: PlannedDevice, now_ms: int) -> None:
        self.planned = planned
        self.values: dict[str, Value] = {}
        self.counts = Counts()
        self.told: DeviceWord | None = None
        self.session = ""
        self.changed = True
        self._planned_ms = now_ms
        self._told_ms = now_ms
        self._heard_at: datetime | None = None
        self._heard_ms: int | None = None
        self._reading_ms: int | None = None
        self._number_ms: int | None = None
        self._reset_ms: int | None = None
        self._ended = False
        self._state_known = False
        self._reach = Reach.OK
        self._faults: tuple[str, ...] = ()
        self._firmware = ""
        self._units: dict[str, str] = {}
        self._announced: frozenset[str] = frozenset()
        self._value_at: dict[str, datetime] = {}
        self._believing = Believing()
        self._by_state: set[str] = set()
        self._whole_ms: int | None = None
        self._doubted = Doubted()

    def take_readings(self, word: ReadingsHeard, minutes: RollUp, now: datetime, now_ms: int) -> list[RawValue]:
        """Readings: what is believed becomes the newest value, and part of its minute. Gives the believed numbers."""
        self.changed = True
        self._hear(now, now_ms)
        self._reading_ms = now_ms
        numbers = []
        for name, value in word.values.items():
            unit = (word.units.get(name) or self._units.get(name) or "")[:_UNIT]
            belief = self._take_value(name, value, word.at, unit)
            if belief is Belief.DOUBTED:
                minutes.doubt(self.planned.device_id, name)
                self._doubted.doubt(name, now_ms)
            elif belief is Belief.BELIEVED:
                self._by_state.discard(name)
                self._doubted.believe(name)
                self._note(name, value, word, minutes, now_ms)
                if not isinstance(value, str | bool):
                    shown = row_of(name, unit).unit or unit
                    numbers.append(RawValue(metric=name, at=word.at, value=float(value), unit=shown))
        if numbers:
            self._number_ms = now_ms
        return numbers

    def measures(self, now_ms: int) -> bool:
        """Whether it told a number as a reading in the last five minutes."""
        return self._number_ms is not None and now_ms - self._number_ms < MEASURES_MS

    def _note(self, name: str, value: Value, word: ReadingsHeard, minutes: RollUp, now_ms: int) -> None:
        if name == "reset_cause" and value in RESET_CAUSES:
            self._reset_ms = now_ms
        unit = (word.units.get(name) or self._units.get(name) or "")[:_UNIT]
        row = row_of(name, unit)
        if row.rolled_up and not isinstance(value, str | bool):
            minutes.add(
                (self.planned.device_id, name),
                word.at,
                float(value),
                unit=row.unit or unit,
                integrity=word.integrity,
                now_ms=now_ms,
                span_minutes=row.span_minutes,
            )

    def take_state(self, word: StateHeard, minutes: RollUp, now: datetime, now_ms: int) -> None:
        """How the device is. That it cannot be reached is not its own word.

        A state repeats itself: of its numbers only what changes slowly is rolled up (a battery's level).
        """
        self.changed = True
        self._reach, self._faults, self._state_known = word.reach, word.faults, True
        told = ReadingsHeard(device_id=word.device_id, at=word.at, values=word.values)
        for name, value in word.values.items():
            unit = self._units.get(name, "")
            belief = self._take_value(name, value, word.at, unit)
            if belief is Belief.BELIEVED and word.own_word and row_of(name, unit).span_minutes > 1:
                self._note(name, value, told, minutes, now_ms)
        if word.whole:
            self._forget(self._by_state - word.values.keys())
            self._by_state = set(word.values)
            self._whole_ms = now_ms if self._whole_ms is None else self._whole_ms
        if word.own_word and word.reach is not Reach.UNREACHABLE:
            self._hear(now, now_ms)

    def _forget(self, names: Iterable[str]) -> None:
        for name in names:
            self.values.pop(name, None)
            self._value_at.pop(name, None)

    def take_online(self, word: OnlineHeard, now: datetime, now_ms: int) -> None:
        """A connection began or ended; the end of an older one is ignored."""
        self.changed = True
        if word.on:
            self.session = word.session
            self._ended = False
            if word.own_word:
                self._hear(now, now_ms)
        elif not (word.session and self.session and word.session != self.session):
            self._ended = True

    def take_end(self) -> None:
        """Whoever spoke for it is gone."""
        self._ended = self.changed = True

    def take_about(self, word: AboutHeard) -> None:
        """What it says it is: its firmware, its metrics and their units."""
        self.changed = True
        self._firmware = word.about.firmware[:_FIRMWARE]
        self._units = {name: about.unit[:_UNIT] for name, about in word.about.metrics.items()}
        self._announced = frozenset(self._units)

    def follow(self, planned: PlannedDevice) -> None:
        """The plan says something new of it."""
        self.planned = planned

    def word(self, now: datetime, now_ms: int, silent_ms: int) -> DeviceWord:
        """How it is now (UTC), as central is told."""
        online = self._is_online(now_ms, silent_ms)
        since = None if self._reading_ms is None else timedelta(milliseconds=now_ms - self._reading_ms)
        faults = self._all_faults(now_ms)
        seen = SeenDevice(values=self.values, faults=faults, since_reading=since)
        return DeviceWord(
            device=self.planned.device_id,
            at=now,
            heard_at=self._heard_at,
            online=online,
            reach=self._reach,
            in_use=online and is_used(self.planned.kind, seen),
            faults=faults,
            firmware=self._firmware,
            values=dict(self.values),
        )

    def now(self, now: datetime, now_ms: int) -> DeviceWordNow:
        """What its room's readiness is judged by. A clock that was set meanwhile does not make it silent."""
        since = None if self._heard_ms is None else timedelta(milliseconds=now_ms - self._heard_ms)
        return DeviceWordNow(
            device_id=self.planned.device_id,
            kind=self.planned.kind,
            heard_at=None if since is None else now - since,
            reach=self._reach,
            faults=self._all_faults(now_ms),
            values=dict(self.values),
        )

    def may_still_speak(self, now_ms: int, silent_ms: int) -> bool:
        """Whether it was never heard, and not known for long enough to call that silence."""
        return self._heard_ms is None and now_ms - self._planned_ms <= silent_ms

    def is_due(self, word: DeviceWord, now_ms: int) -> bool:
        """Whether this word is worth telling now: a change, or the heartbeat. `changed` holds until it was told."""
        if self._heard_ms is None and not self._state_known and now_ms - self._planned_ms < SETTLED_MS:
            return False
        pause = now_ms - self._told_ms
        told = self.told
        if told is None or pause >= HEARTBEAT_MS:
            return True
        if _states(word) != _states(told) or word.values.keys() - told.values.keys():
            return pause >= STATE_PAUSE_MS
        self.changed = any(
            _is_worth_telling(row_of(name, self._units.get(name, "")), name, value, told.values.get(name))
            for name, value in word.values.items()
        )
        return self.changed and pause >= NUMBER_PAUSE_MS

    def was_told(self, word: DeviceWord, now_ms: int) -> None:
        """Central will be told this."""
        self.told, self._told_ms, self.changed = word, now_ms, False

    def facts(self, now_ms: int, *, expected: bool, quiet: bool) -> Facts:
        """What its alerts are judged by."""
        since = self._planned_ms if self._heard_ms is None else self._heard_ms
        return Facts(
            device=self.planned.device_id,
            silent_ms=now_ms - since,
            spoke=self._heard_ms is not None,
            state_known=self._state_known or self._heard_ms is not None,
            expected=expected,
            quiet=quiet,
            reach=self._reach,
            faults=self._all_faults(now_ms),
            values=self.values,
            settled=self._whole_ms is not None and now_ms - self._whole_ms >= WHOLE_KNOWN_MS,
            reset_ms=None if self._reset_ms is None else now_ms - self._reset_ms,
        )

    def _all_faults(self, now_ms: int) -> tuple[str, ...]:
        return (*self._faults, IMPLAUSIBLE) if self._doubted.lasts(now_ms) else self._faults

    def _hear(self, now: datetime, now_ms: int) -> None:
        self._heard_at, self._heard_ms = now, now_ms
        self._ended = False

    def _is_online(self, now_ms: int, silent_ms: int) -> bool:
        spoke = self._heard_ms is not None and now_ms - self._heard_ms < silent_ms
        return spoke and not self._ended and self._reach is not Reach.UNREACHABLE

    def _take_value(self, name: str, value: Value, at: datetime, unit: str) -> Belief:
        if name.startswith(APP):
            belief = self._believing.judge_app(name, value, self.planned.link)
        else:
            belief = self._believing.judge(name, value, at, unit, self._announced)
        if belief is Belief.UNKNOWN:
            self.counts.unknown += 1
        elif belief is Belief.DOUBTED:
            self.counts.doubted += 1
        elif name not in self._value_at or at >= self._value_at[name]:
            self.values[name], self._value_at[name] = value, at
        return belief


def _states(word: DeviceWord) -> tuple[object, ...]:
    words = {name: value for name, value in word.values.items() if isinstance(value, str | bool)}
    return word.online, word.reach, word.in_use, word.faults, word.firmware, words


def _is_worth_telling(row: MetricRow, name: str, value: Value, told: Value | None) -> bool:
    if isinstance(value, str | bool):
        return False
    if not isinstance(told, int | float) or isinstance(told, bool):
        return True
    if row.worth_telling <= 0:
        return name in METRICS and value != told
    return abs(value - told) >= row.worth_telling
