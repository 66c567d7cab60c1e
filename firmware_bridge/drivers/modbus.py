"""Driver `modbus`: a master on an RS-485 bus with one or several sensors, each read by a register map.

Registers are only read (functions 3 and 4); nothing here can write one. One question at a time, each followed by the
silence that the standard asks for; a sensor that does not answer takes no more than its time-out from the others. Not
here: maps (`register_map`), a sensor's rounds (`modbus_units`), bytes (`modbus_frames`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.drivers.columns import map_of
from firmware_bridge.drivers.driver import Counts, Done, Driver, DriverError, Word
from firmware_bridge.drivers.modbus_frames import Question, find_answer
from firmware_bridge.drivers.modbus_units import ModbusUnit
from firmware_bridge.drivers.register_map import load_register_map
from models.errors import SettingsError
from models.room_messages import DeviceCommand, DeviceOutcome, DeviceResult
from models.room_plan import PlannedDevice, SerialLink

USUAL_BAUD: Final = 9600
BITS_OF_A_BYTE: Final = 11
SHORTEST_SILENCE_SECONDS: Final = 0.00175
"""Of three and a half characters above 19200 baud (Modbus over serial line, 2.5.1.1)."""
TURN_ROUND_SECONDS: Final = 0.05
"""What a question costs beside its bytes: the sensor's thinking and our own pace."""
BUDGET: Final = 0.8
"""Share of the bus that rounds may take; more sensors are asked more seldom."""
SILENT_SECONDS: Final = 60.0
_MOST_HEARD: Final = 1024


def make(devices: Sequence[PlannedDevice]) -> Driver:
    """The driver of a bus. Raises SettingsError naming map or unit."""
    units: dict[int, ModbusUnit] = {}
    baud = 0
    for device in devices:
        unit = device.link.unit if isinstance(device.link, SerialLink) else 1
        if not 1 <= unit <= 247:
            raise SettingsError(f"{device.device_id}: a Modbus unit is 1 to 247, the plan says {unit}.")
        if unit in units:
            raise SettingsError(f"{device.device_id} and {units[unit].device_id} have the same Modbus unit {unit}.")
        register_map = load_register_map(map_of(device))
        units[unit] = ModbusUnit(device.device_id, unit, register_map)
        baud = baud or (device.link.baud if isinstance(device.link, SerialLink) else 0)
    return ModbusBus(list(units.values()), baud or USUAL_BAUD)


class ModbusBus:
    """One bus's conversation."""

    def __init__(self, units: Sequence[ModbusUnit], baud: int) -> None:
        self.counts = Counts()
        self._units = units
        self._byte_seconds = BITS_OF_A_BYTE / baud
        self._silence = SHORTEST_SILENCE_SECONDS if baud > 19_200 else 3.5 * self._byte_seconds
        load = sum(sum(map(self._cost, unit.questions)) / unit.map.every_seconds for unit in units)
        self.stretch = max(1.0, load / BUDGET)
        """By how much rounds are further apart than their maps say, so that all fit on the bus."""
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        self._out = b""
        self._asked: tuple[ModbusUnit, Question, float] | None = None
        self._heard = b""
        self._free_at = now + self._silence
        self._good_at = now
        for unit in self._units:
            unit.begin(now)

    def _cost(self, question: Question) -> float:
        return (8 + 5 + 2 * question.length) * self._byte_seconds + 2 * self._silence + TURN_ROUND_SECONDS

    def open(self, now: float) -> None:
        """All sensors are asked afresh."""
        self.counts = Counts()
        self._begin(now)

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        """Words come at the end of a sensor's round. What nobody asked for is thrown away and counted."""
        self._free_at = now + self._silence
        if self._asked is None:
            self.counts.skipped += bool(data)
            return []
        unit, question, _ = self._asked
        self._heard = (self._heard + data)[-_MOST_HEARD:]
        answer = find_answer(question, self._heard)
        if answer is None:
            return []
        self._asked, self._heard = None, b""
        self.counts.good += 1
        self.counts.last_good_at = self._good_at = now
        return unit.answered(answer, now, unit.map.every_seconds * self.stretch)

    def due(self, now: float) -> Sequence[Word]:
        """Give up what was not answered, ask what is next. Raises DriverError when the whole bus is silent."""
        words: list[Word] = []
        if self._asked is not None and now >= self._asked[2]:
            unit, question, _ = self._asked
            self.counts.bad += bool(self._heard.replace(question.frame, b"", 1))
            self._asked, self._heard = None, b""
            words = unit.missed(now, unit.map.every_seconds * self.stretch)
        if not words and now - self._good_at >= SILENT_SECONDS:
            raise DriverError("No sensor of this bus has answered for a minute.")
        if self._asked is None and now >= self._free_at:
            waiting = [unit for unit in self._units if unit.next_at <= now]
            if waiting:
                self._ask(min(waiting, key=lambda unit: unit.next_at), now)
        return words

    def _ask(self, unit: ModbusUnit, now: float) -> None:
        question = unit.question(now)
        on_the_wire = (8 + 5 + 2 * question.length) * self._byte_seconds
        self._asked = unit, question, now + on_the_wire + unit.map.timeout_seconds
        self._heard = b""
        self._out += question.frame

    def to_write(self) -> bytes:
        """At most one question."""
        out, self._out = self._out, b""
        return out

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        """Refused: sensors are only read."""
        del now
        sentence = "A Modbus sensor is only read; its number and speed are set with its maker's tool."
        result = DeviceResult(id=command.id, outcome=DeviceOutcome.REFUSED, sentence=sentence, at=0)
        return [Done(device_id=device_id, result=result)]

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        """Nothing waits: it takes no commands."""
        del device_id, result, now
        return ()

    def farewell(self) -> bytes:
        """Nothing: a bus that is not asked is silent."""
        return b""
