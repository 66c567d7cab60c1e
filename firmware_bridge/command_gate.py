"""Which commands go to a device: known, allowed by the plan, in time, outside exams, and each at most once.

A command may wait for its line, so `why_not` is asked again before each time that its bytes are written. Not here:
who asked (edge judges it), carrying a command out (`supervisor`).
"""

from collections import OrderedDict
from datetime import datetime
from enum import Enum, auto
from typing import Final

from models.clock import to_unix_ms
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult
from models.room_plan import PlannedDevice, RoomPlan, in_exam, in_lesson

DISTURBING: Final = frozenset(
    {
        DeviceCommandName.POWER_OFF,
        DeviceCommandName.SELECT_SOURCE,
        DeviceCommandName.BLANK,
        DeviceCommandName.SCREEN_OFF,
        DeviceCommandName.SWITCH_OFF,
    }
)
"""Nobody may do this while an exam runs."""

MOST_REMEMBERED: Final = 500


class Admission(Enum):
    """What is to be done with a command that needs no answer yet."""

    GO = auto()
    UNDER_WAY = auto()
    """It is being carried out already."""


class CommandGate:
    """Remembers the last five hundred commands. Used under its owner's lock."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], DeviceResult | None] = OrderedDict()

    def judge(
        self, device: PlannedDevice | None, command: DeviceCommand, plan: RoomPlan | None, now: datetime
    ) -> Admission | DeviceResult:
        """Go ahead, wait for the answer to come, or the answer itself. `device` None: the bridge speaks for no such."""
        if device is None or plan is None:
            return _unknown(command, now)
        key = (device.device_id, command.id)
        if key in self._known:
            return self._known[key] or Admission.UNDER_WAY
        refusal = why_not(device, command, plan, now)
        self._known[key] = refusal
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return refusal or Admission.GO

    def answered(self, device_id: str, result: DeviceResult) -> None:
        """What came of a command: the same answer when it is asked again."""
        key = (device_id, result.id)
        if key in self._known:
            self._known[key] = result


def why_not(
    device: PlannedDevice | None, command: DeviceCommand, plan: RoomPlan | None, now: datetime
) -> DeviceResult | None:
    """Why nothing of this command may be written now (UTC); None when it may."""
    if device is None or plan is None:
        return _unknown(command, now)
    if command.expires_at < to_unix_ms(now):
        return _answer(command, DeviceOutcome.EXPIRED, "The command came too late.", now)
    if command.name not in device.commands:
        sentence = f"The room's plan does not allow '{command.name}' for this device."
        return _answer(command, DeviceOutcome.REFUSED, sentence, now)
    if command.name in DISTURBING and in_exam(plan, now):
        return _answer(command, DeviceOutcome.REFUSED, "An exam runs in this room.", now)
    if command.by_rule and in_lesson(plan, now):
        return _answer(command, DeviceOutcome.REFUSED, "A lesson runs, and it was a rule that asked.", now)
    return None


def _unknown(command: DeviceCommand, now: datetime) -> DeviceResult:
    return _answer(command, DeviceOutcome.REFUSED, "The bridge does not speak for this device.", now)


def _answer(command: DeviceCommand, outcome: DeviceOutcome, sentence: str, now: datetime) -> DeviceResult:
    return DeviceResult(id=command.id, outcome=outcome, sentence=sentence, at=to_unix_ms(now))
