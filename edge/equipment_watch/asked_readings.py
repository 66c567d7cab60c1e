"""Readings that a person asked to see as they are: of which devices, until when, and what is told of them now. Pure.

It lives in memory alone: a restart ends it, and so does a plan without the device, an exam, or its time. Not here: who
may ask (`watch`), which values are believed (`known_device`).
"""

from collections import deque
from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from models.telemetry import MOST_RAW_VALUES, RawValue, RawValues

LONGEST_MINUTES: Final = 60
MOST_DEVICES: Final = 5
EVERY_MS: Final = 1_000
MOST_WAITING: Final = 50
"""Readings of one device that wait for their second: a batch of a few seconds goes out whole."""


class _Asked(msgspec.Struct, kw_only=True):
    until_ms: int
    told_ms: int
    waiting: deque[RawValue]
    left_out: int = 0


def minutes_of(argument: str) -> int | None:
    """The minutes that an order asks for; None when they are none from 1 to 60."""
    if not (argument.isascii() and argument.isdigit() and len(argument) <= len(str(LONGEST_MINUTES))):
        return None
    minutes = int(argument)
    return minutes if 1 <= minutes <= LONGEST_MINUTES else None


class AskedReadings:
    """The devices whose readings are told. `now_ms` is the monotonic clock's."""

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}

    def __bool__(self) -> bool:
        """Whether anything is told now."""
        return bool(self._asked)

    def has(self, device_id: str) -> bool:
        """Whether this device's readings are told now."""
        return device_id in self._asked

    def begin(self, device_id: str, minutes: int, now_ms: int) -> bool:
        """From now on, for so many minutes; who asks again gets the later end. False: too many devices are told."""
        until_ms = now_ms + minutes * 60_000
        asked = self._asked.get(device_id)
        if asked is not None:
            asked.until_ms = max(asked.until_ms, until_ms)
            return True
        if len(self._asked) >= MOST_DEVICES:
            return False
        self._asked[device_id] = _Asked(until_ms=until_ms, told_ms=now_ms, waiting=deque())
        return True

    def take(self, device_id: str, readings: Iterable[RawValue], now_ms: int) -> None:
        """Believed numbers of a device that was asked for; what is too many is counted."""
        asked = self._asked[device_id]
        if now_ms >= asked.until_ms:
            return
        for one in readings:
            if len(asked.waiting) < MOST_WAITING:
                asked.waiting.append(one)
            else:
                asked.left_out += 1

    def due(self, now_ms: int) -> list[RawValues]:
        """At most one row of each device a second. A device whose time is over and that has nothing left is dropped."""
        rows = []
        for device_id, asked in list(self._asked.items()):
            if asked.waiting and now_ms - asked.told_ms >= EVERY_MS:
                count = min(MOST_RAW_VALUES, len(asked.waiting))
                values = tuple(asked.waiting.popleft() for _ in range(count))
                rows.append(RawValues(device=device_id, values=values, left_out=asked.left_out))
                asked.told_ms, asked.left_out = now_ms, 0
            if now_ms >= asked.until_ms and not asked.waiting:
                del self._asked[device_id]
        return rows

    def keep_only(self, device_ids: Collection[str]) -> None:
        """Nothing more is told of any other device; with none at all, everything ends at once."""
        for device_id in self._asked.keys() - device_ids:
            del self._asked[device_id]
