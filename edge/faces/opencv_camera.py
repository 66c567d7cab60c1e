"""A camera whose frames are never stale.

One thread drains the source without pause, because drivers and streams queue frames and would hand out the past. A
frame counts only when its reading began after it was asked for and had to be waited for. A camera that goes away is
opened again every second. Not here: what a device is (`edge.faces.frame_sources`).
"""

import logging
import threading

from edge.faces.camera import CameraNotStartedError, Frame
from edge.faces.frame_sources import FrameSource
from models.clock import Clock

_LOG = logging.getLogger(__name__)
_WAIT_FOR_FRAME_SECONDS = 1.0
_REOPEN_SECONDS = 1.0
_STOP_SECONDS = 5.0


class OpenCvCamera:
    """Live frames of one source. Frames are decoded only while somebody asks."""

    def __init__(self, source: FrameSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._arrived = threading.Condition()
        self._askers = 0
        self._newest: Frame | None = None
        self._stopping = threading.Event()
        self._reader: threading.Thread | None = None
        self._is_delivering = True

    def start(self) -> None:
        """Begins to read; the device may be absent or appear later."""
        self._stopping.clear()
        self._reader = threading.Thread(target=self._read_until_stopped, name="camera-reader", daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """Stops reading. A device that hangs is left behind after five seconds."""
        self._stopping.set()
        if self._reader is not None:
            self._reader.join(_STOP_SECONDS)
            self._reader = None
        self._newest = None

    def frame(self, newer_than_ms: int | None = None) -> Frame | None:
        """A frame taken after the given instant (None: after this call); None when none comes within a second."""
        if self._reader is None:
            raise CameraNotStartedError("The camera was asked for a picture before it was started.")
        after = self._clock.monotonic_ms() if newer_than_ms is None else newer_than_ms
        with self._arrived:
            self._askers += 1
            try:
                self._arrived.wait_for(lambda: self._has_newer(after), _WAIT_FOR_FRAME_SECONDS)
                return self._newest if self._has_newer(after) else None
            finally:
                self._askers -= 1

    def _has_newer(self, after_ms: int) -> bool:
        return self._newest is not None and self._newest.taken_ms > after_ms

    def _read_until_stopped(self) -> None:
        while not self._stopping.is_set():
            try:
                if self._source.open():
                    self._drain()
            except Exception:  # noqa: BLE001 - outermost loop of this thread: a driver's surprise must not end it
                _LOG.exception("The camera's driver failed; it is opened again.")
            self._source.close()
            if not self._stopping.is_set():
                self._note_delivery(delivering=False)
                self._stopping.wait(_REOPEN_SECONDS)

    def _drain(self) -> None:
        while not self._stopping.is_set():
            began = self._clock.monotonic_ms()
            if not self._source.grab():
                return
            self._note_delivery(delivering=True)
            if self._clock.monotonic_ms() - began < self._source.backlog_below_ms or not self._askers:
                continue
            pixels = self._source.retrieve()
            if pixels is None:
                continue
            with self._arrived:
                self._newest = Frame(pixels=pixels, taken_ms=began)
                self._arrived.notify_all()

    def _note_delivery(self, *, delivering: bool) -> None:
        """Logs once when the camera goes and once when it returns."""
        if delivering == self._is_delivering:
            return
        self._is_delivering = delivering
        if delivering:
            _LOG.info("The camera gives pictures again.")
        else:
            _LOG.warning("The camera gives no pictures; check its cable. It is tried again every second.")
