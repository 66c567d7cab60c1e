"""A camera that shows prepared pictures one after the other; time passes with each."""

from collections.abc import Sequence

from edge.faces.camera import CameraNotStartedError, Frame, Picture
from tests.fakes.manual_clock import ManualClock


class ScriptedCamera:
    """Each ask shows the next picture; the last one stays. None is a camera that gives nothing for a second."""

    def __init__(self, clock: ManualClock, pictures: Sequence[Picture | None], frame_ms: int = 80) -> None:
        self._clock = clock
        self._pictures = list(pictures)
        self._frame_ms = frame_ms
        self._started = False
        self.asks: list[int | None] = []

    def start(self) -> None:
        self._started = True

    def stop(self) -> None:
        self._started = False

    def frame(self, newer_than_ms: int | None = None) -> Frame | None:
        if not self._started:
            raise CameraNotStartedError("not started")
        self.asks.append(newer_than_ms)
        picture = self._pictures.pop(0) if len(self._pictures) > 1 else self._pictures[0]
        self._clock.advance(milliseconds=1000 if picture is None else self._frame_ms)
        return None if picture is None else Frame(pixels=picture, taken_ms=self._clock.monotonic_ms())
