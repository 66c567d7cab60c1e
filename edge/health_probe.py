"""Looks now and then whether the camera still gives pictures, and says so when that changes.

Not here: the reader (its watch tells by itself), network (the uplink tells), storage (a failed commit tells).
"""

import logging
import threading
from collections.abc import Callable

from edge.box_condition import CameraChanged
from edge.faces.camera import Camera

log = logging.getLogger(__name__)

_PAUSE_SECONDS = 3.0


class HealthProbe:
    """Asks the camera for a frame every few seconds in a thread of its own; calls `report` on each change."""

    def __init__(self, camera: Camera, report: Callable[[CameraChanged], None]) -> None:
        self._camera = camera
        self._report = report
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._run, name="health probe", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the look under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        works = True
        while not self._stopping.is_set():
            sees = self._camera.frame() is not None
            if sees is not works:
                works = sees
                log.log(logging.INFO if works else logging.WARNING, "The camera %s", "is back" if works else "is gone")
                self._report(CameraChanged(working=works))
            self._stopping.wait(_PAUSE_SECONDS)
