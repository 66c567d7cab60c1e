"""A camera never hands out the past, and comes back by itself."""

import logging
import threading
from collections.abc import Iterator

import pytest

from edge.faces.camera import CameraNotStartedError, Frame
from edge.faces.opencv_camera import OpenCvCamera
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_frame_source import DriverFault, Grab, ScriptedFrameSource, Unplugged


class Bench:
    """A started camera on a scripted source."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.source = ScriptedFrameSource(self.clock)
        self.camera = OpenCvCamera(self.source, self.clock)
        self.camera.start()

    def ask(self, newer_than_ms: int | None = None) -> "Question":
        return Question(self.camera, newer_than_ms)

    def tone_of_next_frame(self, *grabs: Grab | Unplugged | DriverFault) -> int:
        """Asks, lets the grabs happen, and gives the grey tone of the answer."""
        question = self.ask()
        self.source.play(*grabs)
        return question.tone()


class Question:
    """Somebody who waits for a frame; constructed only once the camera knows that it is asked."""

    def __init__(self, camera: OpenCvCamera, newer_than_ms: int | None) -> None:
        self._answer: Frame | None = None
        self._thread = threading.Thread(target=self._wait, args=(camera, newer_than_ms))
        self._thread.start()
        while not camera._askers and self._thread.is_alive():
            self._thread.join(0.001)

    def _wait(self, camera: OpenCvCamera, newer_than_ms: int | None) -> None:
        self._answer = camera.frame(newer_than_ms)

    def tone(self) -> int:
        self._thread.join()
        assert self._answer is not None
        return int(self._answer.pixels[0, 0, 0])


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.source.play(Unplugged())
    bench.camera.stop()


def test_a_frame_whose_reading_began_before_the_question_is_not_the_answer(bench: Bench) -> None:
    assert bench.tone_of_next_frame(Grab(tone=10), Grab(tone=20)) == 20


def test_frames_that_came_out_of_a_queue_are_not_the_answer(bench: Bench) -> None:
    queued = [Grab(tone=tone, waited_ms=0) for tone in (11, 12, 13)]
    assert bench.tone_of_next_frame(Grab(tone=10), *queued, Grab(tone=40)) == 40
    assert not {11, 12, 13} & set(bench.source.decoded)


def test_nothing_is_decoded_while_nobody_asks(bench: Bench) -> None:
    bench.source.play(*[Grab(tone=9)] * 50)
    bench.source.wait_until_played()
    assert bench.tone_of_next_frame(Grab(tone=69), Grab(tone=70)) == 70
    assert 9 not in bench.source.decoded


def test_a_watcher_gets_each_following_frame(bench: Bench) -> None:
    question = bench.ask(newer_than_ms=0)
    bench.source.play(Grab(tone=10))
    assert question.tone() == 10


def test_a_camera_that_was_unplugged_comes_back_and_says_so_once(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert bench.tone_of_next_frame(Grab(tone=10), Grab(tone=20)) == 20
    bench.source.play(Unplugged())
    assert bench.camera.frame() is None
    bench.source.play(Grab(tone=30))
    bench.source.wait_until_played()
    assert bench.tone_of_next_frame(Grab(tone=32), Grab(tone=33)) == 33
    said = [record.levelname for record in caplog.records]
    assert said == ["WARNING", "INFO"]


def test_a_driver_that_breaks_does_not_end_the_camera(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.source.play(DriverFault(), Grab(tone=50))
    bench.source.wait_until_played()
    assert bench.tone_of_next_frame(Grab(tone=52), Grab(tone=53)) == 53
    assert bench.source.openings == 2
    assert "driver failed" in caplog.text


def test_a_camera_that_gives_nothing_answers_none(bench: Bench) -> None:
    assert bench.camera.frame() is None


def test_an_unstarted_camera_says_so() -> None:
    clock = ManualClock()
    with pytest.raises(CameraNotStartedError):
        OpenCvCamera(ScriptedFrameSource(clock), clock).frame()
