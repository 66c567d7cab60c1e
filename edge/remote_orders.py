"""Orders from afar: what may be done now, carried out at most once, and answered the same however often they come.

Not here: whether an order is central's (`central_conversation`), the screen and the restart themselves (`agent`).
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, assert_never

from edge.exam_desk.desk import AT_REST, Desk
from models.errors import StorageError
from models.messages import CommandOutcome, CommandResult
from models.wire.commands import Command, CommandName

log = logging.getLogger(__name__)

ROOM_OPENS_BEFORE: Final = timedelta(hours=1)
"""From then on candidates come in: the sitting is open for a restart's purposes."""

IDENTIFY_SECONDS: Final = 20


class Remembering(Protocol):
    """Where results are kept (`command_memory`). Both raise StorageError."""

    def result_of(self, command_id: str) -> CommandResult | None:
        """What came of this order, None when it is new."""

    def keep(self, result: CommandResult) -> None:
        """Keep it, on the card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A result, and whether it is new: only then there is something to do."""

    result: CommandResult
    is_new: bool


class RemoteOrders:
    """Judges and remembers. `make_bundle` gives the support bundle; it runs on the caller's thread and is quick."""

    def __init__(self, memory: Remembering, make_bundle: Callable[[], bytes]) -> None:
        self._memory = memory
        self._make_bundle = make_bundle

    def answer(self, command: Command, desk: Desk, now: datetime, *, in_time: bool) -> Answered:
        """The result of a command at `now` (UTC), on the card before it is given.

        What cannot be remembered is not done, and says so.
        """
        try:
            known = self._memory.result_of(command.command_id)
            if known is not None:
                return Answered(result=known, is_new=False)
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
            case _:
                assert_never(command.name)


def why_no_restart(desk: Desk, now: datetime) -> str:
    """Why the room agent must not end at `now` (UTC); empty when it may."""
    if desk.step not in AT_REST:
        return "Somebody stands at the desk. Try again when the desk waits."
    session = desk.bundle.session if desk.bundle else None
    if session is not None and session.starts_at - ROOM_OPENS_BEFORE <= now < session.ends_at:
        return "A sitting is open in this room. Restart after its end, or at the box itself."
    return ""


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
