"""The worker that compares faces: looks early, answers once, and never leaves the desk waiting."""

import queue

import msgspec

from edge.face_worker import FaceWorker
from edge.faces.camera import Picture
from edge.occurrences import FaceMeasured, FaceObstructed
from models.evidence import FaceDecision
from tests.builders import exams
from tests.fakes.manual_clock import ManualClock
from tests.fakes.painted_face_matcher import PaintedFaceMatcher, paint, painted_portrait
from tests.fakes.scripted_camera import ScriptedCamera

PROFILE = msgspec.structs.replace(exams.FACES, patience_seconds=4.0)


class Bench:
    """A worker over a painted camera; `answers` gets what it reports."""

    def __init__(self, pictures: list[Picture | None], matcher: PaintedFaceMatcher | None) -> None:
        self.clock = ManualClock()
        self.camera = ScriptedCamera(self.clock, pictures, frame_ms=200)
        self.camera.start()
        self.answers: queue.Queue[FaceObstructed | FaceMeasured] = queue.Queue()
        self.worker = FaceWorker(self.camera, matcher, self.clock, self.answers.put)
        self.worker.start()

    def decision(self) -> FaceDecision:
        while True:
            answer = self.answers.get(timeout=30)
            if isinstance(answer, FaceMeasured):
                return answer.evidence.decision


def test_a_person_seen_while_the_chip_was_read_is_compared_without_looking_again() -> None:
    bench = Bench([paint(person=1)], PaintedFaceMatcher())
    bench.worker.look(PROFILE)
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.MATCH
    bench.worker.stop()
    assert len(bench.camera.asks) <= 5


def test_who_was_still_there_from_before_does_not_spoil_the_answer() -> None:
    before: list[Picture | None] = [paint(person=2)] * 3
    bench = Bench([*before, paint(person=1)], PaintedFaceMatcher())
    bench.worker.look(PROFILE)
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.MATCH
    bench.worker.stop()


def test_a_stranger_stays_a_stranger_however_often_one_looks() -> None:
    bench = Bench([paint(person=2)], PaintedFaceMatcher())
    bench.worker.look(PROFILE)
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.NO_MATCH
    bench.worker.stop()


def test_nobody_there_is_an_answer_after_the_exams_patience() -> None:
    bench = Bench([None], PaintedFaceMatcher())
    began = bench.clock.monotonic_ms()
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.NOT_COMPARED
    assert bench.clock.monotonic_ms() - began <= PROFILE.patience_seconds * 1000 + 1500
    bench.worker.stop()


def test_a_cancelled_look_says_nothing_and_the_next_is_answered() -> None:
    bench = Bench([paint(person=1)], PaintedFaceMatcher())
    bench.worker.look(PROFILE)
    bench.worker.cancel()
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.MATCH
    bench.worker.stop()
    assert bench.answers.empty()


def test_without_weights_a_person_compares() -> None:
    bench = Bench([paint(person=1)], None)
    bench.worker.look(PROFILE)
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.NOT_COMPARED
    bench.worker.stop()


def test_a_fault_while_looking_early_is_told_when_the_comparison_is_asked_for() -> None:
    bench = Bench([paint(person=1)], PaintedFaceMatcher())
    bench.camera.stop()
    bench.worker.look(PROFILE)
    bench.worker.compare(painted_portrait(1), PROFILE)
    assert bench.decision() is FaceDecision.NOT_COMPARED
    bench.worker.stop()
    assert bench.answers.empty(), "exactly one answer"
