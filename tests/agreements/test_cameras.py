"""What every camera promises, real or scripted."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.faces.camera import Camera, CameraNotStartedError
from edge.faces.frame_sources import frame_source
from edge.faces.opencv_camera import OpenCvCamera
from models.clock import Clock, SystemClock
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_camera import ScriptedCamera

GREY = np.full((48, 64, 3), 90, np.uint8)


@pytest.fixture(params=["opencv", "scripted"])
def camera_and_clock(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Camera, Clock]]:
    if request.param == "scripted":
        manual = ManualClock()
        yield ScriptedCamera(manual, [GREY]), manual
        return
    cv2.imwrite(str(tmp_path / "still.png"), GREY)
    clock = SystemClock()
    camera = OpenCvCamera(frame_source(str(tmp_path / "still.png")), clock)
    yield camera, clock
    camera.stop()


def test_an_unstarted_camera_says_so(camera_and_clock: tuple[Camera, Clock]) -> None:
    with pytest.raises(CameraNotStartedError):
        camera_and_clock[0].frame()


def test_a_frame_is_blue_green_red_and_newer_than_the_question(camera_and_clock: tuple[Camera, Clock]) -> None:
    camera, clock = camera_and_clock
    camera.start()
    asked_ms = clock.monotonic_ms()
    frame = camera.frame()
    assert frame is not None
    assert frame.taken_ms >= asked_ms
    assert frame.pixels.shape == (48, 64, 3)
    assert frame.pixels.dtype == np.dtype(np.uint8)


def test_a_row_of_frames_never_repeats_and_never_goes_back(camera_and_clock: tuple[Camera, Clock]) -> None:
    camera, clock = camera_and_clock
    camera.start()
    taken = [clock.monotonic_ms()]
    for _ in range(4):
        frame = camera.frame(newer_than_ms=taken[-1])
        assert frame is not None
        taken.append(frame.taken_ms)
    assert taken == sorted(set(taken))


def test_a_stopped_camera_can_be_started_again(camera_and_clock: tuple[Camera, Clock]) -> None:
    camera, _ = camera_and_clock
    camera.start()
    camera.stop()
    camera.start()
    assert camera.frame() is not None
