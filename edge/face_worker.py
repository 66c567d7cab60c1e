"""The comparing of faces in a thread of its own: one comparison at a time, the newest wins.

Not here: how faces are compared (`faces.portrait_comparison`).
"""

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.faces.camera import Camera
from edge.faces.face_matcher import FaceMatcher
from edge.faces.portrait_comparison import PortraitComparison
from edge.occurrences import FaceMeasured, FaceObstructed
from models.clock import Clock
from models.evidence import FaceDecision, FaceEvidence, Liveness, QualityCode
from models.face_profile import FaceProfile

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Task:
    portrait: bytes = field(repr=False)
    profile: FaceProfile
    cancelled: threading.Event


class FaceWorker:
    """Reports to `report` on its own thread. Without a matcher (no weights) every comparison asks a person."""

    def __init__(
        self,
        camera: Camera,
        matcher: FaceMatcher | None,
        clock: Clock,
        report: Callable[[FaceObstructed | FaceMeasured], None],
    ) -> None:
        self._camera = camera
        self._matcher = matcher
        self._clock = clock
        self._report = report
        self._tasks: queue.Queue[_Task | None] = queue.Queue()
        self._current = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Wait for comparisons."""
        self._thread = threading.Thread(target=self._run, name="faces", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel what is under way and end."""
        self.cancel()
        self._tasks.put(None)
        if self._thread is not None:
            self._thread.join()

    def compare(self, portrait: bytes, profile: FaceProfile) -> None:
        """Compare who is at the camera with this picture file, by the exam's profile; an earlier comparison is dropped."""
        self.cancel()
        self._current = threading.Event()
        self._tasks.put(_Task(portrait=portrait, profile=profile, cancelled=self._current))

    def cancel(self) -> None:
        """Drop the comparison under way; nothing more is reported of it."""
        self._current.set()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            if task.cancelled.is_set():
                continue
            try:
                measured = self._measure(task)
            except Exception:
                log.exception("A comparison failed; a person compares instead")
                measured = FaceMeasured(evidence=_nothing(task.profile, "failed"), snapshot_jpeg=None)
            if not task.cancelled.is_set():
                self._report(measured)

    def _measure(self, task: _Task) -> FaceMeasured:
        if self._matcher is None:
            return FaceMeasured(evidence=_nothing(task.profile, "no weights"), snapshot_jpeg=None)
        comparison = PortraitComparison(
            camera=self._camera, matcher=self._matcher, profile=task.profile, clock=self._clock
        )

        def tell(obstacle: QualityCode | None) -> None:
            if not task.cancelled.is_set():
                self._report(FaceObstructed(obstacle=obstacle))

        result = comparison.compare(task.portrait, tell, task.cancelled)
        return FaceMeasured(evidence=result.evidence, snapshot_jpeg=result.snapshot_jpeg)


def _nothing(profile: FaceProfile, matcher: str) -> FaceEvidence:
    return FaceEvidence(
        decision=FaceDecision.NOT_COMPARED,
        similarity=None,
        minus_log10_fmr=None,
        frames_used=0,
        frames_seen=0,
        obstacles=(),
        liveness=Liveness.NOT_CHECKED,
        matcher=matcher,
        weights={},
        profile=profile.name,
    )
