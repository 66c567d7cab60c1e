"""Compares whoever stands at the camera with the portrait in the chip.

`observe` looks at the camera until enough frames are good, and may begin before the chip is read; `measure` compares
what was seen with the portrait; `compare` does both. Pictures and embeddings live in memory only and end with the call.
Not here: what follows from the result (`models.admission`), liveness (not checked yet), and words for people.
"""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

from edge.faces.camera import Camera, Picture
from edge.faces.face_matcher import DetectedFace, Embedding, FaceMatcher
from edge.faces.frame_quality import UsableFace, assess_frame
from edge.faces.pictures import decode_picture, snapshot_of
from models.chip.portrait import portrait_to_jpeg
from models.chip.tlv import ParseError
from models.clock import Clock
from models.errors import SettingsError
from models.evidence import FaceDecision, FaceEvidence, Liveness, QualityCode
from models.face_profile import FaceProfile, assess_similarity

# A fast camera gives this many good frames more than the profile compares, within this time, to choose from. Nobody
# waits longer for the choice: a slow camera's first good frames are compared.
_SPARE_FRAMES = 2
_CHOICE_MS = 150
_STEADY_MS = 300

OnObstacle = Callable[[QualityCode | None], None]
"""Told when a reason has stood for 300 ms, and None when a good frame came after it."""


class ProfileMismatchError(SettingsError):
    """The exam's face profile was fitted for another matcher than this box runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What the camera showed. Holds faces: keep it in memory, drop it soon. Never logged (its repr is empty)."""

    embeddings: tuple[Embedding, ...] = field(repr=False)
    snapshot_jpeg: bytes | None = field(repr=False)
    frames_seen: int
    obstacles: tuple[QualityCode, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceMeasurement:
    """Scores for the record, and the best live picture for the proctor's screen (JPEG, memory only)."""

    evidence: FaceEvidence
    snapshot_jpeg: bytes | None = field(repr=False)


class PortraitComparison:
    """Camera, matcher and profile of one desk. Used by one thread at a time."""

    def __init__(self, *, camera: Camera, matcher: FaceMatcher, profile: FaceProfile, clock: Clock) -> None:
        self._camera = camera
        self._matcher = matcher
        self._profile = profile
        self._clock = clock

    def compare(self, portrait: bytes, on_obstacle: OnObstacle, cancelled: threading.Event) -> FaceMeasurement:
        """Looks at the camera and compares with the picture file of data group 2 (JPEG, JPEG 2000).

        Ends when the profile's number of frames is good, after its patience, or soon after `cancelled` is set. Nothing
        was compared when too few frames were good; the obstacles say why. A portrait that cannot be decoded or shows
        no face gives NO_FACE with no frame seen. Raises ProfileMismatchError.
        """
        reference = self._describe_portrait(portrait)
        if reference is None:
            return self._not_compared(_NOTHING_LOOKED_AT)
        return self._judge(reference, self.observe(on_obstacle, cancelled))

    def observe(self, on_obstacle: OnObstacle, cancelled: threading.Event) -> Observation:
        """Looks at the camera, at frames taken after this call only, and describes the best of the good ones."""
        watch = _Watch(on_obstacle=on_obstacle)
        began_ms = self._clock.monotonic_ms()
        newer_than_ms: int | None = None
        while not cancelled.is_set() and not watch.has_enough(self._profile.frames):
            if self._clock.monotonic_ms() - began_ms >= self._profile.patience_seconds * 1000:
                break
            frame = self._camera.frame(newer_than_ms)
            if frame is None:
                watch.note(QualityCode.NO_PICTURE, self._clock.monotonic_ms())
                continue
            newer_than_ms = frame.taken_ms
            watch.look_at(frame.pixels, assess_frame(frame.pixels, self._matcher, self._profile.gates), frame.taken_ms)
        best = watch.best(self._profile.frames)
        return Observation(
            embeddings=tuple(self._matcher.embed(picture, face) for picture, face in best),
            snapshot_jpeg=watch.snapshot_jpeg(best),
            frames_seen=watch.frames_seen,
            obstacles=watch.obstacles(),
        )

    def measure(self, portrait: bytes, observation: Observation) -> FaceMeasurement:
        """Compares what `observe` saw with the picture file of data group 2; says what `compare` says."""
        reference = self._describe_portrait(portrait)
        if reference is None:
            return self._not_compared(_NOTHING_LOOKED_AT)
        return self._judge(reference, observation)

    def _describe_portrait(self, portrait: bytes) -> Embedding | None:
        if self._profile.matcher != self._matcher.name:
            raise ProfileMismatchError(
                f"The exam's face profile {self._profile.name} is made for {self._profile.matcher}, this box compares "
                f"with {self._matcher.name}. Choose the profile that fits."
            )
        try:
            picture = decode_picture(portrait_to_jpeg(portrait))
        except ParseError:
            return None
        faces = () if picture is None else self._matcher.detect(picture)
        return self._matcher.embed(picture, faces[0]) if picture is not None and faces else None

    def _judge(self, reference: Embedding, observation: Observation) -> FaceMeasurement:
        if len(observation.embeddings) < self._profile.frames:
            return self._not_compared(observation)
        similarity = self._matcher.similarity(reference, observation.embeddings)
        decision, minus_log10_fmr = assess_similarity(similarity, self._profile)
        return self._measurement(observation, decision, similarity, minus_log10_fmr)

    def _not_compared(self, observation: Observation) -> FaceMeasurement:
        return self._measurement(observation, FaceDecision.NOT_COMPARED, None, None)

    def _measurement(
        self,
        observation: Observation,
        decision: FaceDecision,
        similarity: float | None,
        minus_log10_fmr: float | None,
    ) -> FaceMeasurement:
        evidence = FaceEvidence(
            decision=decision,
            similarity=similarity,
            minus_log10_fmr=minus_log10_fmr,
            frames_used=0 if similarity is None else len(observation.embeddings),
            frames_seen=observation.frames_seen,
            obstacles=observation.obstacles,
            liveness=Liveness.NOT_CHECKED,
            matcher=self._matcher.name,
            weights=dict(self._matcher.weights),
            profile=self._profile.name,
        )
        return FaceMeasurement(evidence=evidence, snapshot_jpeg=observation.snapshot_jpeg)


_NOTHING_LOOKED_AT = Observation(embeddings=(), snapshot_jpeg=None, frames_seen=0, obstacles=(QualityCode.NO_FACE,))


@dataclass(slots=True, kw_only=True)
class _Watch:
    """What one look at the camera has seen so far."""

    on_obstacle: OnObstacle
    usable: list[tuple[Picture, UsableFace]] = field(default_factory=list)
    frames_seen: int = 0
    _first_good_ms: int = 0
    _last_good_ms: int = 0
    _last_picture: Picture | None = None
    _counts: Counter[QualityCode] = field(default_factory=Counter)
    _standing: QualityCode | None = None
    _standing_since_ms: int = 0
    _told: QualityCode | None = None

    def look_at(self, picture: Picture, found: UsableFace | QualityCode, at_ms: int) -> None:
        self.frames_seen += 1
        self._last_picture = picture
        match found:
            case UsableFace():
                self._first_good_ms = self._first_good_ms if self.usable else at_ms
                self._last_good_ms = at_ms
                self.usable.append((picture, found))
                self._standing = None
                self._tell(None)
            case QualityCode():
                self.note(found, at_ms)
            case _:
                assert_never(found)

    def has_enough(self, wanted: int) -> bool:
        time_is_up = self._last_good_ms - self._first_good_ms >= _CHOICE_MS
        return len(self.usable) >= (wanted if time_is_up else wanted + _SPARE_FRAMES)

    def note(self, obstacle: QualityCode, at_ms: int) -> None:
        self._counts[obstacle] += 1
        if obstacle is not self._standing:
            self._standing, self._standing_since_ms = obstacle, at_ms
        if at_ms - self._standing_since_ms >= _STEADY_MS:
            self._tell(obstacle)

    def best(self, count: int) -> list[tuple[Picture, DetectedFace]]:
        """The sharpest good faces, at most `count`."""
        ranked = sorted(self.usable, key=lambda seen: seen[1].sharpness, reverse=True)
        return [(picture, usable.face) for picture, usable in ranked[:count]]

    def snapshot_jpeg(self, best: list[tuple[Picture, DetectedFace]]) -> bytes | None:
        if best:
            return snapshot_of(*best[0])
        return None if self._last_picture is None else snapshot_of(self._last_picture, None)

    def obstacles(self) -> tuple[QualityCode, ...]:
        return tuple(code for code, _ in self._counts.most_common())

    def _tell(self, obstacle: QualityCode | None) -> None:
        if obstacle is not self._told:
            self._told = obstacle
            self.on_obstacle(obstacle)
