"""One Modbus sensor as its bus sees it: which registers are asked together, when, and what its answers say.

Not here: the bus (`modbus`), bytes (`modbus_frames`).
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from firmware_bridge.drivers.driver import Said, Word
from firmware_bridge.drivers.modbus_frames import MOST_REGISTERS, Question, Refusal, Registers
from firmware_bridge.drivers.readings import batches
from firmware_bridge.drivers.register_map import Register, RegisterMap
from models.equipment import EquipmentKind
from models.room_messages import About, Entry, Integrity, MetricAbout, Reach, State

MISSES: Final = 3
"""Unanswered questions in turn after which a sensor is unreachable."""
AFRESH_SECONDS: Final = 10.0
"""An unreachable sensor is asked so seldom: it must not slow the others down."""
REST_SECONDS: Final = 1.0
"""After a miss the unit is left alone for so long, and again after the answer to the repeated question. What comes late
in that time is thrown away, and no other block was asked meanwhile, so it is never taken for something else."""
_SPLIT: Final = frozenset({2, 3})
_TRY_AGAIN: Final = frozenset({5, 6})
_NOBODY_THERE: Final = frozenset({0x0A, 0x0B})


class Block(NamedTuple):
    """Registers that follow one another and are asked in one question."""

    function: int
    address: int
    registers: tuple[Register, ...]

    @property
    def length(self) -> int:
        """How many registers it asks for."""
        return sum(register.words for register in self.registers)


def blocks_of(registers: Sequence[Register]) -> list[Block]:
    """As few questions as will read all, never a register that the map does not name."""
    blocks: list[Block] = []
    for register in sorted(registers, key=lambda register: (register.function, register.address)):
        last = blocks[-1] if blocks else None
        follows = (
            last is not None
            and last.function == register.function
            and last.address + last.length == register.address
            and last.length + register.words <= MOST_REGISTERS
        )
        if last is not None and follows:
            blocks[-1] = last._replace(registers=(*last.registers, register))
        else:
            blocks.append(Block(register.function, register.address, (register,)))
    return blocks


class ModbusUnit:
    """One sensor: its rounds of questions, and how it is reached."""

    def __init__(self, device_id: str, unit: int, register_map: RegisterMap) -> None:
        self.device_id = device_id
        self.unit = unit
        self.map = register_map
        self._blocks = blocks_of(register_map.registers)
        self.begin(0.0)

    def begin(self, now: float) -> None:
        """The line was opened."""
        self.next_at = now
        self._round_at = now
        self._at = 0
        self._missed = 0
        self._repeating = False
        self._told = False
        self._state: State | None = None
        self._entries: list[Entry] = []
        self._outside: list[str] = []
        self._refused = ""

    @property
    def questions(self) -> list[Question]:
        """Those of a whole round."""
        return [Question(self.unit, block.function, block.address, block.length) for block in self._blocks]

    def question(self, now: float) -> Question:
        """What to ask now; a question that was not answered is asked again before any other."""
        if self._at == 0:
            self._round_at = now
        return self.questions[self._at]

    def missed(self, now: float, every: float) -> list[Word]:
        """The question was not answered."""
        self._missed += 1
        self._repeating = True
        self.next_at = now + (REST_SECONDS if self._missed < MISSES else max(AFRESH_SECONDS, every))
        if self._missed < MISSES:
            return []
        self._entries.clear()
        return self._say(State(at=0, reach=Reach.UNREACHABLE, sentence=f"Unit {self.unit} does not answer."))

    def answered(self, answer: Registers | Refusal, now: float, every: float) -> list[Word]:
        """The answer to the last question; the words of a round come at its end."""
        if isinstance(answer, Refusal) and answer.code in _NOBODY_THERE:
            return self.missed(now, every)
        self._missed = 0
        block = self._blocks[self._at]
        match answer:
            case Refusal(code) if code in _SPLIT and len(block.registers) > 1:
                single = [Block(block.function, one.address, (one,)) for one in block.registers]
                self._blocks[self._at : self._at + 1] = single
                self._at -= 1
            case Refusal(code) if code not in _TRY_AGAIN:
                self._refused = f"It refuses register {block.address} by function {block.function} (exception {code})."
            case Registers(content):
                self._read(block, content)
            case _:
                pass
        self._at += 1
        self.next_at = now + (REST_SECONDS if self._repeating else 0.0)
        self._repeating = False
        return self._end_of_round(now, every) if self._at >= len(self._blocks) else []

    def _read(self, block: Block, content: bytes) -> None:
        at = 0
        for register in block.registers:
            value = register.value(content[at : at + 2 * register.words])
            at += 2 * register.words
            if value is not None and register.believes(value):
                self._entries.append(Entry(n=register.metric, x=value, u=register.unit))
            elif value is not None:
                self._outside.append(register.metric)

    def _end_of_round(self, now: float, every: float) -> list[Word]:
        self._at = 0
        self.next_at = max(self._round_at + every, self.next_at, now)
        reach, faults, sentence = Reach.OK, (), ""
        words: list[Word] = []
        if not self._told:
            self._told = True
            words.append(Said(device_id=self.device_id, about=self._about()))
        if self._refused:
            reach, sentence = Reach.FAULT, self._refused
        elif self._outside:
            sentence = f"Outside the sensor's own range: {', '.join(self._outside)}."[:120]
        words += self._say(State(at=0, reach=reach, faults=faults, sentence=sentence))
        words += batches(self.device_id, self._entries, Integrity.CRC)
        self._entries.clear()
        self._outside.clear()
        self._refused = ""
        return words

    def _say(self, state: State) -> list[Word]:
        if state == self._state:
            return []
        self._state = state
        return [Said(device_id=self.device_id, state=state)]

    def _about(self) -> About:
        metrics = {one.metric: MetricAbout(unit=one.unit, title=one.title) for one in self.map.registers[:64]}
        return About(
            kind=EquipmentKind.SENSOR_BOARD,
            maker=self.map.maker[:120],
            model=self.map.model[:120],
            via=f"modbus unit {self.unit}",
            metrics=metrics,
        )
