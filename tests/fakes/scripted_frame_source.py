"""A frame source whose every grab the test releases."""

import queue
from dataclasses import dataclass

import numpy as np

from edge.faces.camera import Picture
from tests.fakes.manual_clock import ManualClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Grab:
    """One frame to come: its grey tone, and how long the grab had to wait for it."""

    tone: int
    waited_ms: int = 40


class Unplugged:
    """The device is gone: this grab and the next opening fail."""


class DriverFault:
    """The driver raises."""


class ScriptedFrameSource:
    """Grabs block until `play` releases them; the clock advances by what each of them waited."""

    backlog_below_ms = 2

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._script: queue.Queue[Grab | Unplugged | DriverFault] = queue.Queue()
        self._tone = 0
        self._has_one_in_hand = False
        self.is_plugged = True
        self.openings = 0
        self.decoded: list[int] = []

    def play(self, *grabs: Grab | Unplugged | DriverFault) -> None:
        for grab in grabs:
            self._script.put(grab)

    def wait_until_played(self) -> None:
        """Returns when every grab so far was worked through and the next is waited for."""
        self._script.join()

    def open(self) -> bool:
        self.openings += 1
        return self.is_plugged

    def grab(self) -> bool:
        if self._has_one_in_hand:
            self._script.task_done()
        grab = self._script.get(timeout=20)
        self._has_one_in_hand = True
        match grab:
            case Grab():
                self._clock.advance(milliseconds=grab.waited_ms)
                self._tone = grab.tone
                return True
            case Unplugged():
                return False
            case DriverFault():
                raise OSError("the driver broke")

    def retrieve(self) -> Picture | None:
        self.decoded.append(self._tone)
        return np.full((48, 64, 3), self._tone, np.uint8)

    def close(self) -> None:
        self._tone = 0
