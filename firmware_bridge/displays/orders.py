"""A command on its way to a display: what is sent, how it is read back, and what became of it.

Whether a command may be given at all (lessons, exams, the plan's allow-list) is decided before it comes here. Not
here: frames (`codec`) and the line (`asking`).
"""

from typing import Final

from firmware_bridge.displays.codec import Verdict
from firmware_bridge.displays.display import Display
from firmware_bridge.displays.meaning import Learned
from firmware_bridge.displays.tables import CommandRow, Question
from firmware_bridge.drivers.driver import Done
from models.measurements import Value
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome, DeviceResult

FIRST_CHECK_SECONDS: Final = 0.5
CHECK_SECONDS: Final = 1.0
LONGEST_SENTENCE: Final = 120
"""As `models.room_messages.Short` says."""


class Order:
    """One command that may be sent. `words` are those of the table with the argument in its place."""

    def __init__(self, display: Display, command: DeviceCommand, row: CommandRow, words: str, wanted: str) -> None:
        self.display: Final = display
        self.command: Final = command
        self.row: Final = row
        self.words: Final = words
        self.sent = False
        self.withdrawn = False
        self.check_at = 0.0
        self._wanted: Final = wanted
        self._until = 0.0
        self._taken = False
        self._last_read: Value | None = None

    @property
    def check(self) -> Question | None:
        """The question that reads the command back, if the table has one."""
        return self.display.table.question(self.row.confirmed_by)

    def was_sent(self, now: float) -> None:
        """Its bytes were given to the line (again)."""
        self.sent = True
        self._until = now + self.row.patience_seconds
        if self.command.name is DeviceCommandName.POWER_ON:
            self.display.be_patient(now)

    def unanswered(self, now: float) -> Done | None:
        """No answer is to be expected (any more): it is read back, if that can be."""
        self.check_at = now + FIRST_CHECK_SECONDS
        if self.check is not None:
            return None
        if not self.row.answered:
            return self.done(DeviceOutcome.SENT, "Sent; this display's protocol knows no answer to it.")
        return self.done(DeviceOutcome.FAILED, "The display did not answer.")

    def answered(self, verdict: Verdict, now: float) -> Done | None:
        """The display answered the command."""
        match verdict:
            case Verdict.ANSWER | Verdict.TAKEN:
                self._taken = True
                self.check_at = now + FIRST_CHECK_SECONDS
                return None if self.check is not None else self.done(DeviceOutcome.DONE)
            case Verdict.UNSUPPORTED:
                return self.done(DeviceOutcome.REFUSED, "The display does not know this command.")
            case Verdict.REFUSED:
                return self.done(DeviceOutcome.REFUSED, "The display does not accept this command or its value.")
            case Verdict.NOT_NOW:
                return self.done(
                    DeviceOutcome.REFUSED, "The display cannot do this now: it is off, warming or cooling."
                )
            case Verdict.BROKEN:
                return self.done(DeviceOutcome.FAILED, "The display says that it has failed.")

    def read_back(self, learned: Learned, now: float) -> Done | None:
        """The question that confirms it was answered."""
        self.check_at = now + CHECK_SECONDS
        self._last_read = learned.values.get(self.row.metric, self._last_read)
        wanted = tuple(word.format(argument=self._wanted) for word in self.row.wanted)
        if self._last_read is not None and _as_word(self._last_read) in wanted:
            return self.done(DeviceOutcome.DONE)
        return self.checked(now)

    def checked(self, now: float) -> Done | None:
        """A check came to nothing: the end, when patience is over."""
        self.check_at = now + CHECK_SECONDS
        if now < self._until:
            return None
        if self._last_read is not None:
            still = _as_word(self._last_read)
            return self.done(DeviceOutcome.FAILED, f"The display was told, but still says {self.row.metric} {still}.")
        if self._taken:
            return self.done(DeviceOutcome.DONE, "The display took the command; it could not be read back.")
        if not self.row.answered:
            return self.done(DeviceOutcome.SENT, "Sent; it could not be read back.")
        return self.done(DeviceOutcome.FAILED, "The display did not answer.")

    def done(self, outcome: DeviceOutcome, sentence: str = "") -> Done:
        """The command's end."""
        return ended(self.display.device_id, self.command, outcome, sentence)


def prepare(display: Display, command: DeviceCommand) -> Order | str:
    """The order, or the sentence with which it is refused."""
    row = display.table.commands.get(command.name)
    if row is None:
        return f"{display.table.title} has no command {command.name.value!r}."
    if not (row.verified or display.unverified):
        return (
            f"Nobody has verified {command.name.value!r} on {display.table.title}."
            " The map of this device must say: unverified = true."
        )
    if row.cable_only and display.over_lan:
        return f"{display.table.title} takes {command.name.value!r} over RS-232 only."
    code, wanted = "", ""
    if row.argument:
        wanted = command.argument.strip().lower()
        words = display.table.writes[row.argument]
        if wanted not in words:
            return f"The argument must be one of: {', '.join(words)}."
        code = words[wanted]
        wanted = display.table.words.get(row.argument, {}).get(code, wanted)
    elif row.lowest is not None and row.highest is not None:
        number = int(command.argument) if command.argument.isdecimal() and len(command.argument) < 6 else -1
        if not row.lowest <= number <= row.highest:
            return f"The argument must be a number from {row.lowest} to {row.highest}."
        code, wanted = format(number, row.form), str(number)
    return Order(display, command, row, row.send.replace("{argument}", code), wanted)


def ended(device_id: str, command: DeviceCommand, outcome: DeviceOutcome, sentence: str = "") -> Done:
    """What came of a command; its instant is put in by the bridge, which has a clock."""
    result = DeviceResult(id=command.id, outcome=outcome, sentence=sentence[:LONGEST_SENTENCE], at=0)
    return Done(device_id=device_id, result=result)


def _as_word(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
