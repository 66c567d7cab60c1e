"""What on an unknown line is a board of sensor link v1: any frame with a good check. The question is the ident."""

from collections.abc import Sequence

from firmware_bridge.drivers.frames import FrameSplitter, to_frame
from firmware_bridge.drivers.link_ident import read_ident
from firmware_bridge.drivers.recognition import Guess, Question


class LinkRecogniser:
    """Two good frames of known types, or one ident, leave no doubt."""

    def hear(self, heard: bytes) -> Guess | None:
        """A guess from frames alone."""
        payloads = [payload for payload in FrameSplitter().take(heard) if payload[0] in b"bidpr" and len(payload) >= 7]
        if not payloads:
            return None
        what = "sensor board, link v1"
        for payload in payloads:
            ident = read_ident(payload) if payload[0] == 0x69 else None
            if ident is not None:
                return Guess(
                    driver="link-v1",
                    what=what,
                    confidence=1.0,
                    model=ident.board,
                    serial=ident.serial,
                    firmware=ident.firmware,
                )
        return Guess(driver="link-v1", what=what, confidence=1.0 if len(payloads) > 1 else 0.9)

    def questions(self) -> Sequence[Question]:
        """Who are you? After opening a board needs up to two seconds before it answers."""
        return [Question(ask=to_frame(b"I"), seconds=1.0)]
