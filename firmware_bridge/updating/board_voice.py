"""Asking a board at an open line who it is (sensor link v1). Not here: its readings (`firmware_bridge.drivers`)."""

import time
from typing import Final

from firmware_bridge.drivers.frames import FrameSplitter, to_frame
from firmware_bridge.drivers.link_ident import Ident, read_ident
from firmware_bridge.updating.patient_line import PatientLine

IDENT_SECONDS: Final = 5.0
"""So long a board has to say who it is, bootloader and start included."""
_ASK_EACH_SECONDS: Final = 1.0
_QUESTION: Final = to_frame(b"I")


def ask_ident(line: PatientLine, seconds: float = IDENT_SECONDS) -> Ident | None:
    """The board's ident, as soon as it comes; asked for once a second. Raises BoardLinkError.

    It is asked at once: a person has named the kind of board, and its bootloader takes the question for a wrong word.
    """
    frames = FrameSplitter()
    now = time.monotonic()
    end, ask_at = now + seconds, now
    while now < end:
        if now >= ask_at:
            line.write(_QUESTION)
            ask_at = now + _ASK_EACH_SECONDS
        for payload in frames.take(line.more(min(end, ask_at) - now)):
            ident = read_ident(payload) if payload[:1] == b"i" else None
            if ident is not None:
                return ident
        now = time.monotonic()
    return None
