"""What on an unknown line speaks Firmata: its version report together with its firmware's name."""

from collections.abc import Sequence

from firmware_bridge.drivers.firmata import recognised
from firmware_bridge.drivers.firmata_messages import FIRMWARE_QUESTION, VERSION_QUESTION, MessageSplitter
from firmware_bridge.drivers.recognition import Guess, Question


class FirmataRecogniser:
    """The firmware report leaves little doubt; readings alone have no check and prove little."""

    def hear(self, heard: bytes) -> Guess | None:
        """A guess from whole messages."""
        splitter = MessageSplitter()
        version, firmware, readings = recognised(splitter.take(heard))
        if splitter.bad + splitter.stray > max(2, len(heard) // 20):
            return None
        if firmware is not None and firmware.name:
            name = f"{firmware.name} {firmware.major}.{firmware.minor}"
            return Guess(driver="firmata", what="Firmata board", confidence=0.95, firmware=name[:120])
        if version is not None and version.major == 2:
            return Guess(driver="firmata", what="Firmata board", confidence=0.7)
        return Guess(driver="firmata", what="perhaps a Firmata board", confidence=0.4) if readings > 10 else None

    def questions(self) -> Sequence[Question]:
        """Version and firmware."""
        return [Question(ask=VERSION_QUESTION + FIRMWARE_QUESTION, seconds=1.0)]
