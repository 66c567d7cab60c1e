"""Orders from afar: what may be done now, carried out at most once, and answered the same however often they come.

An order for a device of the room is handed on to the equipment watch, and its result comes later. Not here: whether an
order is central's (`central_conversation`), the screen and the restart themselves (`agent`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, assert_never

from edge.equipment_watch.orders import DeviceOrder
from edge.exam_desk.desk import AT_REST, Desk
from models.errors import StorageError
from models.messages import CommandOutcome, CommandResult
from models.room_messages import DeviceOutcome
from models.telemetry import AskedBy, CommandRow
from models.wire.commands import Command, CommandName

log = logging.getLogger(__name__)

ROOM_OPENS_BEFORE: Final = timedelta(hours=1)
"""From then on candidates come in: the sitting is open for a restart's purposes."""

IDENTIFY_SECONDS: Final = 20


class Remembering(Protocol):
    """Where results are kept (`command_memory`). Each raises StorageError."""

    def result_of(self, command_id: str) -> CommandResult | None:
        """What came of this order, None when it is new."""

    def keep(self, result: CommandResult) -> None:
        """Keep it, on the card."""

    def replace(self, result: CommandResult) -> None:
        """Keep it in the place of an earlier one, on the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A result, and whether it is new: only then there is something to do."""

    result: CommandResult
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A device was asked; the result comes by `finish`. `is_new`: it was asked now."""

    is_new: bool


class RemoteOrders:
    """Judges and remembers. `make_bundle` gives the support bundle; it runs on the caller's thread and is quick.

    `hand_on` gives an order to the equipment watch and returns at once; None where the box watches no equipment.
    """

    def __init__(
        self,
        memory: Remembering,
        make_bundle: Callable[[], bytes],
        hand_on: Callable[[DeviceOrder], None] | None = None,
    ) -> None:
        self._memory = memory
        self._make_bundle = make_bundle
        self._hand_on = hand_on
        self._under_way: set[str] = set()

    def answer(self, command: Command, desk: Desk, now: datetime, *, in_time: bool) -> Answered | UnderWay:
        """The result of a command at `now` (UTC), on the card before it is given.

        What cannot be remembered is not done, and says so.
        """
        if command.command_id in self._under_way:
            return UnderWay(is_new=False)
        try:
            known = self._memory.result_of(command.command_id)
            if known is not None:
                return Answered(result=known, is_new=False)
            order = device_order(command)
            if order is not None and self._hand_on is not None and in_time:
                self._memory.keep(
                    _result(command, CommandOutcome.FAILED, now, "The box ended before the device answered.")
                )
                self._under_way.add(command.command_id)
                self._hand_on(order)
                return UnderWay(is_new=True)
            result = self._judge(command, desk, now) if in_time else _result(command, CommandOutcome.EXPIRED, now)
            self._memory.keep(result)
        except StorageError as error:
            log.warning("An order is not carried out: %s", error)
            return Answered(result=_result(command, CommandOutcome.FAILED, now, str(error)), is_new=False)
        log.info("Ordered from the centre: %s; %s", command.name, result.outcome)
        return Answered(result=result, is_new=True)

    def _judge(self, command: Command, desk: Desk, now: datetime) -> CommandResult:
        match command.name:
            case CommandName.IDENTIFY:
                sentence = f"The screen shows the box's name for {IDENTIFY_SECONDS} seconds."
                return _result(command, CommandOutcome.DONE, now, sentence)
            case CommandName.RESTART:
                why_not = why_no_restart(desk, now)
                if why_not:
                    return _result(command, CommandOutcome.REFUSED, now, why_not)
                return _result(command, CommandOutcome.DONE, now, "The room agent ends and is started again.")
            case CommandName.SUPPORT_BUNDLE:
                packed = self._make_bundle()
                sentence = f"{len(packed)} bytes, without anything personal."
                return _result(command, CommandOutcome.DONE, now, sentence, packed)
            case CommandName.DEVICE:
                sentence = "This box watches no equipment, or the order names no device."
                return _result(command, CommandOutcome.REFUSED, now, sentence)
            case _:
                assert_never(command.name)

    def finish(self, result: CommandResult) -> None:
        """What came of an order that was under way. A card that does not take it leaves what was kept at first."""
        self._under_way.discard(result.command_id)
        try:
            self._memory.replace(result)
        except StorageError as error:
            log.warning("The result of an order is not remembered: %s", error)


def device_order(command: Command) -> DeviceOrder | None:
    """What is asked of a device; None when the command is of another kind or names none."""
    if command.name is not CommandName.DEVICE or command.device is None or command.device_command is None:
        return None
    return DeviceOrder(
        command_id=command.command_id,
        device_id=command.device,
        name=command.device_command,
        argument=command.argument,
        asked=AskedBy.PERSON,
        by=command.command_id,
        asked_at=command.issued_at,
    )


def result_of(row: CommandRow) -> CommandResult:
    """The box's answer to the order of which this row tells."""
    outcome = {
        DeviceOutcome.DONE: CommandOutcome.DONE,
        DeviceOutcome.SENT: CommandOutcome.SENT,
        DeviceOutcome.REFUSED: CommandOutcome.REFUSED,
        DeviceOutcome.FAILED: CommandOutcome.FAILED,
        DeviceOutcome.EXPIRED: CommandOutcome.EXPIRED,
    }[row.outcome]
    return CommandResult(command_id=row.command_id, outcome=outcome, sentence=row.sentence, finished_at=row.finished_at)


def why_no_restart(desk: Desk, now: datetime) -> str:
    """Why the room agent must not end at `now` (UTC); empty when it may."""
    if desk.step not in AT_REST:
        return "Somebody stands at the desk. Try again when the desk waits."
    if sitting_is_open(desk, now):
        return "A sitting is open in this room. Restart after its end, or at the box itself."
    return ""


def sitting_is_open(desk: Desk, now: datetime) -> bool:
    """Whether the desk's sitting is under way at `now` (UTC), from the time on when candidates come in."""
    session = desk.bundle.session if desk.bundle else None
    return session is not None and session.starts_at - ROOM_OPENS_BEFORE <= now < session.ends_at


def _result(
    command: Command, outcome: CommandOutcome, now: datetime, sentence: str = "", attachment: bytes | None = None
) -> CommandResult:
    return CommandResult(
        command_id=command.command_id,
        outcome=outcome,
        sentence=sentence or "The order came after its time had run out.",
        finished_at=now,
        attachment=attachment,
    )
