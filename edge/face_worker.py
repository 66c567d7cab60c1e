"""The comparing of faces in a thread of its own: one person at a time, the newest wins.

Not here: how faces are compared (`faces.portrait_comparison`).
"""

import logging
import queue
import threading
from collections.abc import Callable

import msgspec

from edge.faces.camera import Camera
from edge.faces.face_matcher import FaceMatcher
from edge.faces.portrait_comparison import PortraitComparison
from edge.occurrences import FaceMeasured, FaceObstructed
from models.clock import Clock
from models.evidence import FaceDecision, FaceEvidence, Liveness, QualityCode
from models.face_profile import FaceProfile

log = logging.getLogger(__name__)

_SECOND_LOOK_SECONDS = 1.0
"""With less patience left than this, what was seen has to do."""


class _Look:
    """One person at the camera: looked at from `look` on, compared once the portrait is there."""

    def __init__(self, profile: FaceProfile) -> None:
        self.profile = profile
        self.cancelled = threading.Event()
        self.portrait: queue.Queue[bytes | None] = queue.Queue()
        self.asked_ms = 0


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
        self._looks: queue.Queue[_Look | None] = queue.Queue()
        self._current: _Look | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Wait for comparisons."""
        self._thread = threading.Thread(target=self._run, name="faces", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cancel what is under way and end."""
        self.cancel()
        self._looks.put(None)
        if self._thread is not None:
            self._thread.join()

    def look(self, profile: FaceProfile) -> None:
        """Begin to look, by this profile; an earlier look or comparison is dropped."""
        self.cancel()
        self._current = _Look(profile)
        self._looks.put(self._current)

    def compare(self, portrait: bytes, profile: FaceProfile) -> None:
        """Compare who is at the camera with this picture file; reports once, unless cancelled."""
        if self._current is None or self._current.asked_ms or self._current.profile != profile:
            self.look(profile)
        if self._current is not None:
            self._current.asked_ms = self._clock.monotonic_ms()
            self._current.portrait.put(portrait)

    def cancel(self) -> None:
        """Drop the look or comparison under way; nothing more is reported of it."""
        if self._current is not None:
            self._current.cancelled.set()
            self._current.portrait.put(None)
            self._current = None

    def _run(self) -> None:
        while (look := self._looks.get()) is not None:
            try:
                measured = self._measure(look)
            except Exception:
                log.exception("A comparison failed; a person compares instead")
                measured = _unmeasured(look, "failed")
            if measured is not None and not look.cancelled.is_set():
                self._report(measured)

    def _measure(self, look: _Look) -> FaceMeasured | None:
        """The comparison's outcome, None when it was cancelled before the portrait came.

        What was seen during the reading can only hasten a match. Anything else is looked at once more, because the
        person may have stepped before the camera only now.
        """
        if self._matcher is None:
            return _unmeasured(look, "no weights")

        def tell(obstacle: QualityCode | None) -> None:
            if not look.cancelled.is_set():
                self._report(FaceObstructed(obstacle=obstacle))

        early = self._comparison(self._matcher, look.profile)
        observation = early.observe(tell, look.cancelled)
        portrait = look.portrait.get()
        if portrait is None:
            return None
        result = early.measure(portrait, observation)
        left = look.profile.patience_seconds - (self._clock.monotonic_ms() - look.asked_ms) / 1000
        if result.evidence.decision is not FaceDecision.MATCH and left >= _SECOND_LOOK_SECONDS:
            patient = msgspec.structs.replace(look.profile, patience_seconds=left)
            result = self._comparison(self._matcher, patient).compare(portrait, tell, look.cancelled)
        return FaceMeasured(evidence=result.evidence, snapshot_jpeg=result.snapshot_jpeg)

    def _comparison(self, matcher: FaceMatcher, profile: FaceProfile) -> PortraitComparison:
        return PortraitComparison(camera=self._camera, matcher=matcher, profile=profile, clock=self._clock)


def _unmeasured(look: _Look, matcher: str) -> FaceMeasured | None:
    """The answer to a comparison that cannot be made, given only when it is asked for."""
    if not look.asked_ms and look.portrait.get() is None:
        return None
    return FaceMeasured(evidence=_nothing(look.profile, matcher), snapshot_jpeg=None)


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
