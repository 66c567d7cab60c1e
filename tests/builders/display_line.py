"""A display's driver on a line that a test holds: what it writes, what it says, and a clock that the test moves."""

from collections.abc import Callable, Sequence
from typing import Self

from firmware_bridge.displays.asking import Asking
from firmware_bridge.displays.families import make_asking
from firmware_bridge.drivers.driver import Done, Rest, Said, Word
from models.equipment import EquipmentKind
from models.room_messages import (
    About,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Reach,
    State,
    decode_room,
    encode_room,
)
from models.room_plan import LanLink, PlannedDevice, SerialLink

STEP_SECONDS = 0.05
Answer = Callable[[bytes], bytes]


def planned(
    family: str, device_id: str = "dev-board", *, unit: int = 1, words: str = "", password: str | None = None
) -> PlannedDevice:
    """A display of the plan: on a serial line, or with a password over the LAN."""
    link: SerialLink | LanLink = SerialLink(port="/dev/null", driver=family, unit=unit, map=words)
    if password is not None:
        link = LanLink(host="127.0.0.1", driver=family, unit=unit, map=words, password=password)
    return PlannedDevice(device_id=device_id, kind=EquipmentKind.INTERACTIVE_BOARD, link=link)


class DisplayLine:
    """The other end of a driver's line. `answer` gives what comes back for each write; b"" is silence."""

    def __init__(self, driver: Asking, answer: Answer, greeting: bytes = b"") -> None:
        self.driver = driver
        self.answer = answer
        self.now = 1000.0
        self.words: list[Word] = []
        self.written: list[tuple[float, bytes]] = []
        self.driver.open(self.now)
        if greeting:
            self.hear(greeting)

    def hear(self, data: bytes) -> None:
        """These bytes come from the line."""
        self._note(self.driver.take(data, self.now))

    def run(self, seconds: float) -> Self:
        """Time passes; whatever is written is answered at once."""
        end = self.now + seconds
        while self.now < end:
            self._note(self.driver.due(self.now))
            wrote = self.driver.to_write()
            if wrote:
                self.written.append((self.now, wrote))
                if back := self.answer(wrote):
                    self.hear(back)
            self.now += STEP_SECONDS
        return self

    def run_until(self, *results: str, seconds: float = 200.0) -> Self:
        """Time passes until these commands have ended."""
        end = self.now + seconds
        while self.now < end and not {*results} <= {result.id for result in self.results}:
            self.run(STEP_SECONDS)
        return self

    def ask(self, name: DeviceCommandName, argument: str = "", device_id: str = "dev-board") -> DeviceResult:
        """Give a command and wait for its end."""
        command_id = f"c{len(self.results)}"
        self.give(name, argument, device_id=device_id, command_id=command_id)
        self.run_until(command_id)
        return next(result for result in self.results if result.id == command_id)

    def give(
        self, name: DeviceCommandName, argument: str = "", device_id: str = "dev-board", command_id: str = "c"
    ) -> None:
        """Give a command and go on."""
        command = DeviceCommand(id=command_id, name=name, argument=argument, expires_at=1 << 45)
        self._note(self.driver.ask(device_id, command, self.now))

    def withdraw(self, outcome: DeviceOutcome, device_id: str = "dev-board", command_id: str = "c") -> None:
        """The command may be written no more."""
        result = DeviceResult(id=command_id, outcome=outcome, at=0)
        self._note(self.driver.withdraw(device_id, result, self.now))

    def _note(self, words: Sequence[Word]) -> None:
        """Keeps what was said, each word as the room's broker would take it."""
        for word in words:
            match word:
                case Said(about=about, state=state):
                    assert about is None or decode_room(encode_room(about), About) == about
                    assert state is None or decode_room(encode_room(state), State) == state
                case Done(result=result):
                    assert decode_room(encode_room(result), DeviceResult) == result
                case _:
                    pass
        self.words += words

    @property
    def results(self) -> list[DeviceResult]:
        """What became of all commands so far."""
        return [word.result for word in self.words if isinstance(word, Done)]

    @property
    def rests(self) -> list[Rest]:
        """When the driver let go of the line."""
        return [word for word in self.words if isinstance(word, Rest)]

    @property
    def states(self) -> list[State]:
        """All states that were said."""
        return [word.state for word in self.words if isinstance(word, Said) and word.state is not None]

    @property
    def state(self) -> State:
        """The last state that was said."""
        return self.states[-1]

    def reach(self) -> Reach:
        """How the display is reached by now."""
        return self.state.reach

    @property
    def about(self) -> About:
        """The last word on what the display is."""
        return [word.about for word in self.words if isinstance(word, Said) and word.about is not None][-1]


def line_of(family: str, answer: Answer, *, words: str = "", greeting: bytes = b"", unit: int = 1) -> DisplayLine:
    """A line with one display of this family."""
    return DisplayLine(make_asking(family, [planned(family, words=words, unit=unit)]), answer, greeting)
