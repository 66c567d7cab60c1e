"""An RS-485 bus in software with Modbus RTU sensors on it, written from "Modbus over serial line" 1.02.

Registers are raw 16-bit numbers, one table for both reading functions. A unit that is not on the bus is silent.
"""

from struct import pack, unpack

from provisioning.rehearsal.soft_room.soft_sensor import Readings, classroom

QUESTION_BYTES = 8
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3


def checked(content: bytes) -> bytes:
    """With the CRC behind it, bit by bit as the standard's appendix says."""
    crc = 0xFFFF
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc, low = crc >> 1, crc & 1
            if low:
                crc ^= 0xA001
    return content + pack("<H", crc)


class SoftModbusBus:
    """Units by their number, each with its registers by address; both may be changed at any time."""

    def __init__(self, units: dict[int, dict[int, int]]) -> None:
        self.units = units
        self.echo = False
        """Adapters that hear themselves repeat the question."""
        self._heard = b""

    def opened(self, now: float) -> bytes:
        """Nothing: sensors speak when asked."""
        del now
        self._heard = b""
        return b""

    def tick(self, now: float) -> bytes:
        """Nothing."""
        del now
        return b""

    def take(self, data: bytes, now: float) -> bytes:
        """The answers to whole questions; what is no question is dropped a byte at a time."""
        del now
        self._heard += data
        said = b""
        while len(self._heard) >= QUESTION_BYTES:
            question = self._heard[:QUESTION_BYTES]
            if checked(question[:-2]) == question:
                said += (question if self.echo else b"") + self._answer(question)
                self._heard = self._heard[QUESTION_BYTES:]
            else:
                self._heard = self._heard[1:]
        return said

    def _answer(self, question: bytes) -> bytes:
        unit, function, first, count = unpack(">BBHH", question[:6])
        registers = self.units.get(unit)
        if registers is None:
            return b""
        wanted = range(first, first + count)
        if function not in (3, 4):
            return checked(bytes((unit, function | 0x80, ILLEGAL_FUNCTION)))
        if not 1 <= count <= 125:
            return checked(bytes((unit, function | 0x80, ILLEGAL_VALUE)))
        if any(address not in registers for address in wanted):
            return checked(bytes((unit, function | 0x80, ILLEGAL_ADDRESS)))
        values = [registers[address] & 0xFFFF for address in wanted]
        return checked(bytes((unit, function, 2 * count)) + pack(f">{count}H", *values))


class SoftClassroomBus(SoftModbusBus):
    """Temperature and humidity transmitters (XY-MD02) whose registers follow the readings of a room."""

    def __init__(self, units: tuple[int, ...] = (1,), readings: Readings = classroom) -> None:
        super().__init__({unit: {} for unit in units})
        self._readings = readings
        self.tick(0.0)

    def tick(self, now: float) -> bytes:
        """New numbers in the registers."""
        measured = self._readings(now)
        for registers in self.units.values():
            registers.update({1: round(measured["temperature"] * 10), 2: round(measured["humidity"] * 10)})
        return b""
