"""The comparison at the desk: which frames it uses, when it ends, what it says."""

import threading

import pytest

from edge.faces.camera import Picture
from edge.faces.portrait_comparison import FaceMeasurement, PortraitComparison, ProfileMismatchError
from models.evidence import FaceDecision, Liveness, QualityCode
from models.face_profile import FaceProfile, shipped_face_profile
from tests.fakes.manual_clock import ManualClock
from tests.fakes.painted_face_matcher import PaintedFaceMatcher, empty_portrait, paint, painted_portrait
from tests.fakes.scripted_camera import ScriptedCamera

PROFILE = shipped_face_profile("sface")


class Desk:
    """One comparison with a scripted camera, and what was told meanwhile."""

    def __init__(
        self, *pictures: Picture | None, likeness: float = 0.1, profile: FaceProfile = PROFILE, frame_ms: int = 80
    ) -> None:
        self.clock = ManualClock()
        self.camera = ScriptedCamera(self.clock, pictures, frame_ms)
        self.camera.start()
        self.told: list[QualityCode | None] = []
        self.cancelled = threading.Event()
        self.comparison = PortraitComparison(
            camera=self.camera, matcher=PaintedFaceMatcher(likeness=likeness), profile=profile, clock=self.clock
        )

    def compare(self, portrait: bytes = painted_portrait(1)) -> FaceMeasurement:
        return self.comparison.compare(portrait, self.told.append, self.cancelled)


def test_the_same_person_matches_on_three_frames() -> None:
    evidence = Desk(paint(person=1)).compare().evidence
    assert evidence.decision is FaceDecision.MATCH
    assert evidence.similarity == pytest.approx(1.0, abs=1e-5)
    assert evidence.minus_log10_fmr == 4.0
    assert (evidence.frames_used, evidence.obstacles) == (3, ())
    assert evidence.liveness is Liveness.NOT_CHECKED
    assert (evidence.matcher, evidence.profile) == ("sface", "sface@1")
    assert evidence.weights == {"painted.onnx": "00" * 32}


@pytest.mark.parametrize(
    ("likeness", "decision"),
    [(0.1, FaceDecision.NO_MATCH), (0.3, FaceDecision.LOOK), (0.44, FaceDecision.LOOK), (0.46, FaceDecision.MATCH)],
)
def test_another_person_is_judged_by_the_profile(likeness: float, decision: FaceDecision) -> None:
    assert Desk(paint(person=2), likeness=likeness).compare().evidence.decision is decision


def test_with_a_fast_camera_the_three_sharpest_of_five_good_frames_are_compared() -> None:
    soft, crisp = paint(person=2, sharp_percent=40), paint(person=1, sharp_percent=100)
    evidence = Desk(soft, crisp, crisp, soft, crisp, frame_ms=33).compare().evidence
    assert evidence.similarity == pytest.approx(1.0, abs=1e-5)
    assert evidence.frames_seen == 5


def test_nobody_waits_for_a_choice_of_frames_at_a_slow_camera() -> None:
    assert Desk(paint(), frame_ms=100).compare().evidence.frames_seen == 3


def test_poor_frames_are_passed_over_and_named_commonest_first() -> None:
    dark, far, good = paint(light=30, contrast=20), paint(width=80), paint()
    evidence = Desk(far, dark, dark, good).compare().evidence
    assert evidence.decision is FaceDecision.MATCH
    assert evidence.obstacles == (QualityCode.TOO_DARK, QualityCode.TOO_FAR)
    assert evidence.frames_seen == 3 + 3


@pytest.mark.parametrize(
    ("picture", "obstacle"),
    [
        (paint(faces=0), QualityCode.NO_FACE),
        (paint(faces=2), QualityCode.SEVERAL_FACES),
        (paint(light=20, contrast=19), QualityCode.TOO_DARK),
        (None, QualityCode.NO_PICTURE),
    ],
)
def test_nothing_is_decided_when_no_frame_becomes_good(picture: Picture | None, obstacle: QualityCode) -> None:
    desk = Desk(picture)
    began = desk.clock.monotonic_ms()
    evidence = desk.compare().evidence
    assert evidence.decision is FaceDecision.NOT_COMPARED
    assert (evidence.similarity, evidence.minus_log10_fmr, evidence.frames_used) == (None, None, 0)
    assert evidence.obstacles == (obstacle,)
    assert desk.told == [obstacle]
    assert 8_000 <= desk.clock.monotonic_ms() - began <= 9_000


def test_fewer_good_frames_than_the_profile_wants_decide_nothing() -> None:
    evidence = Desk(paint(), paint(), paint(faces=2)).compare().evidence
    assert evidence.decision is FaceDecision.NOT_COMPARED


def test_three_good_frames_are_enough_when_patience_ends() -> None:
    evidence = Desk(paint(), paint(), paint(), paint(faces=0)).compare().evidence
    assert (evidence.decision, evidence.frames_used) == (FaceDecision.MATCH, 3)


def test_a_reason_is_told_only_when_it_stands_for_300_ms_and_taken_back_once() -> None:
    far, turned, good = paint(width=80), paint(turn_percent=40), paint()
    assert Desk(far, turned, far, good).compare() is not None
    hasty = Desk(far, turned, far, turned, good)
    hasty.compare()
    assert hasty.told == []
    steady = Desk(*[far] * 6, good)
    steady.compare()
    assert steady.told == [QualityCode.TOO_FAR, None]


def test_the_first_frame_is_asked_for_anew_and_each_later_one_is_newer_than_the_last() -> None:
    desk = Desk(paint())
    desk.compare()
    first, *later = desk.camera.asks
    assert first is None
    assert later == sorted({moment for moment in later if moment is not None})


def test_a_cancelled_comparison_ends_without_a_decision() -> None:
    desk = Desk(paint())
    desk.cancelled.set()
    evidence = desk.compare().evidence
    assert (evidence.decision, evidence.frames_seen) == (FaceDecision.NOT_COMPARED, 0)


@pytest.mark.parametrize("portrait", [b"", b"not a picture", empty_portrait(), painted_portrait()[:200]])
def test_a_portrait_that_shows_no_face_is_an_answer_and_the_camera_is_not_asked(portrait: bytes) -> None:
    desk = Desk(paint())
    evidence = desk.compare(portrait).evidence
    assert evidence.decision is FaceDecision.NOT_COMPARED
    assert (evidence.obstacles, evidence.frames_seen) == ((QualityCode.NO_FACE,), 0)
    assert desk.camera.asks == []


def test_the_camera_may_look_before_the_chip_is_read() -> None:
    desk = Desk(paint(person=1))
    seen = desk.comparison.observe(desk.told.append, desk.cancelled)
    assert desk.comparison.measure(painted_portrait(1), seen).evidence.decision is FaceDecision.MATCH
    assert desk.comparison.measure(painted_portrait(2), seen).evidence.decision is FaceDecision.NO_MATCH
    assert desk.comparison.measure(b"", seen).evidence.decision is FaceDecision.NOT_COMPARED


def test_what_holds_a_face_never_shows_it_in_a_log_line() -> None:
    desk = Desk(paint())
    seen = desk.comparison.observe(desk.told.append, desk.cancelled)
    measured = desk.comparison.measure(painted_portrait(), seen)
    assert measured.snapshot_jpeg is not None
    assert "array" not in repr(seen)
    assert "\\xff" not in repr(seen) + repr(measured)


def test_a_profile_for_another_matcher_is_refused() -> None:
    desk = Desk(paint(), profile=shipped_face_profile("dlib"))
    with pytest.raises(ProfileMismatchError, match="dlib"):
        desk.compare()
