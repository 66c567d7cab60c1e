"""What is asked of devices, and what came of it: every order ends, in an audit row. Pure.

A device's own answer counts, also one that comes after its time: it corrects the row, once. Where its protocol knows no
answer, its next state counts. Not here: whether a person's order is
central's (`edge.remote_orders`), what a device may be asked (`watch` looks into the plan).
"""

from datetime import datetime
from typing import Final

import msgspec

from edge.equipment_watch.use import is_on
from models.measurements import Value
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult
from models.telemetry import AskedBy, CommandRow

POWER_MS: Final = 130_000
"""Displays and projectors are deaf for half a minute to two while they switch on or cool down."""
SOURCE_MS: Final = 40_000
OTHER_MS: Final = 15_000
CORRECTED_WITHIN_MS: Final = 10 * 60_000
"""So long after its time an answer still counts."""
_SENTENCE: Final = 120


def time_for(name: DeviceCommandName) -> int:
    """So many milliseconds a device has to follow."""
    match name:
        case DeviceCommandName.POWER_ON | DeviceCommandName.POWER_OFF:
            return POWER_MS
        case DeviceCommandName.SELECT_SOURCE:
            return SOURCE_MS
        case _:
            return OTHER_MS


class DeviceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """Something asked of one device; `by` as in `CommandRow`."""

    command_id: str
    device_id: str
    name: DeviceCommandName
    argument: str = ""
    asked: AskedBy
    by: str
    asked_at: datetime

    def command(self, now: datetime) -> DeviceCommand:
        """As it is said in the room at `now` (UTC)."""
        expires_ms = int(now.timestamp() * 1000) + time_for(self.name)
        return DeviceCommand(
            id=self.command_id,
            name=self.name,
            argument=self.argument,
            expires_at=expires_ms,
            by_rule=self.asked is AskedBy.RULE,
        )

    def ended(self, outcome: DeviceOutcome, sentence: str, now: datetime) -> CommandRow:
        """The audit row of this order."""
        return CommandRow(
            command_id=self.command_id,
            device=self.device_id,
            name=self.name,
            argument=self.argument,
            asked=self.asked,
            by=self.by,
            asked_at=self.asked_at,
            outcome=outcome,
            finished_at=now,
            sentence=sentence[:_SENTENCE],
        )


class _Pending(msgspec.Struct, kw_only=True):
    order: DeviceOrder
    due_ms: int
    answers: bool
    shown: bool = False


class Orders:
    """The orders under way, by device and id, and those that were given up not long ago."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], _Pending] = {}
        self._given_up: dict[tuple[str, str], _Pending] = {}

    def has(self, device_id: str, command_id: str) -> bool:
        """Whether this order is under way."""
        return (device_id, command_id) in self._pending

    def begin(self, order: DeviceOrder, now_ms: int, *, answers: bool) -> None:
        """The order was said in the room; `answers`: the device will say what came of it."""
        key = (order.device_id, order.command_id)
        self._pending[key] = _Pending(order=order, due_ms=now_ms + time_for(order.name), answers=answers)

    def heard(self, device_id: str, result: DeviceResult, now: datetime) -> list[CommandRow]:
        """The device's answer. One that was merely taken waits for the state that shows it."""
        pending = self._pending.get((device_id, result.id))
        if pending is None:
            late = self._given_up.pop((device_id, result.id), None)
            return [] if late is None else [late.order.ended(result.outcome, result.sentence, now)]
        if result.outcome is DeviceOutcome.SENT and shows(pending.order) is not None and not pending.shown:
            pending.answers = False
            return []
        return [self._end(pending, result.outcome, result.sentence, now)]

    def state_read(self, device_id: str, values: dict[str, Value], now: datetime) -> list[CommandRow]:
        """A new word of the device: does it show what was asked."""
        ended = []
        for key in [key for key in self._pending if key[0] == device_id]:
            pending = self._pending[key]
            pending.shown = is_shown(pending.order, values)
            if pending.shown and not pending.answers:
                ended.append(self._end(pending, DeviceOutcome.DONE, "The device's state shows it.", now))
        return ended

    def overdue(self, now: datetime, now_ms: int) -> list[CommandRow]:
        """What was not answered in time; the state that was read back last decides."""
        ended = []
        for key in [key for key, one in self._given_up.items() if now_ms >= one.due_ms + CORRECTED_WITHIN_MS]:
            del self._given_up[key]
        for pending in [one for one in self._pending.values() if now_ms >= one.due_ms]:
            self._given_up[pending.order.device_id, pending.order.command_id] = pending
            if pending.shown:
                ended.append(self._end(pending, DeviceOutcome.DONE, "The device's state shows it.", now))
            elif pending.answers:
                sentence = f"No answer within {time_for(pending.order.name) // 1000} seconds."
                ended.append(self._end(pending, DeviceOutcome.FAILED, sentence, now))
            else:
                sentence = "It was sent; the device's state does not show it yet."
                ended.append(self._end(pending, DeviceOutcome.SENT, sentence, now))
        return ended

    def _end(self, pending: _Pending, outcome: DeviceOutcome, sentence: str, now: datetime) -> CommandRow:
        del self._pending[pending.order.device_id, pending.order.command_id]
        return pending.order.ended(outcome, sentence, now)


def shows(order: DeviceOrder) -> tuple[str, tuple[Value, ...]] | None:
    """The metric and the values by which a state shows that an order was followed; None where none does."""
    match order.name:
        case DeviceCommandName.POWER_ON | DeviceCommandName.SWITCH_ON:
            return "power", ("on", "warming", True)
        case DeviceCommandName.POWER_OFF | DeviceCommandName.SWITCH_OFF:
            return "power", ("off", "standby", "cooling", False)
        case DeviceCommandName.SELECT_SOURCE:
            return "source", (order.argument,)
        case DeviceCommandName.SCREEN_ON | DeviceCommandName.UNBLANK:
            return "screen", ("on", True)
        case DeviceCommandName.SCREEN_OFF | DeviceCommandName.BLANK:
            return "screen", ("off", False)
        case _:
            return None


def is_shown(order: DeviceOrder, values: dict[str, Value]) -> bool:
    """Whether these values show that the order was followed."""
    wanted = shows(order)
    if wanted is None:
        return False
    metric, shown = wanted
    value = values.get(metric)
    if isinstance(value, float | int) and metric != "source":
        value = is_on(value) or False
    return value is not None and value in shown
