"""What on an unknown line answers as a Modbus RTU unit: a frame with a good check, an exception too."""

from collections.abc import Sequence

from firmware_bridge.drivers import modbus_frames
from firmware_bridge.drivers.recognition import Guess, Question

ASKED_UNITS = (1, 2, 3)
_LOOKED_AT = 4096


class ModbusRecogniser:
    """Which model of sensor it is no frame tells: a person chooses the register map."""

    def hear(self, heard: bytes) -> Guess | None:
        """A guess from the first right answer that is not our own question."""
        heard = heard[:_LOOKED_AT]
        for at in range(len(heard) - 4):
            unit, function, size = heard[at], heard[at + 1], heard[at + 2]
            if not 1 <= unit <= 247 or function & 0x7F not in (3, 4) or (function < 0x80 and (size % 2 or not size)):
                continue
            frame = heard[at : at + (size + 5 if function < 0x80 else 5)]
            if modbus_frames.with_crc(frame[:-2]) == frame and (function < 0x80 or 1 <= size <= 11):
                return Guess(driver="modbus", what=f"Modbus RTU sensor, unit {unit}", confidence=0.9, unit=unit)
        return None

    def questions(self) -> Sequence[Question]:
        """One register of the first few units, by both functions; nothing is written to any."""
        return [
            Question(ask=modbus_frames.Question(unit, function, 0, 1).frame, seconds=0.5)
            for unit in ASKED_UNITS
            for function in (3, 4)
        ]
