"""Devices, streams and files as frame sources; the stream is the rehearsal's camera over real HTTP."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.faces.camera import CameraSourceError
from edge.faces.frame_sources import CaptureSource, StillSource, VideoFileSource, frame_source
from edge.faces.opencv_camera import OpenCvCamera
from models.clock import SystemClock
from provisioning.rehearsal.soft_camera import NOBODY, SoftCamera

FACES = {"red": Image.new("RGB", (64, 64), (200, 20, 20)), "blue": Image.new("RGB", (64, 64), (20, 20, 200))}


@pytest.mark.parametrize("text", ["0", "12", "/dev/video3", "http://localhost:1/stream", "rtsp://localhost/live"])
def test_devices_and_streams_may_appear_later(text: str) -> None:
    assert isinstance(frame_source(text), CaptureSource)


@pytest.mark.parametrize("text", ["", "nowhere.mp4", "ftp://localhost/film"])
def test_what_can_never_be_a_camera_is_refused_at_once(text: str) -> None:
    with pytest.raises(CameraSourceError, match="neither"):
        frame_source(text)


def test_a_device_that_is_not_there_does_not_open() -> None:
    source = frame_source("/dev/video63")
    assert not source.open()
    assert not source.grab()
    assert source.retrieve() is None
    source.close()


def test_a_picture_file_is_a_camera_that_stands_still(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "still.png"), np.full((48, 64, 3), 90, np.uint8))
    source = frame_source(str(tmp_path / "still.png"))
    assert isinstance(source, StillSource)
    assert source.open()
    assert source.grab()
    picture = source.retrieve()
    assert picture is not None
    assert picture.shape == (48, 64, 3)


def test_a_film_begins_again_when_it_ends(tmp_path: Path) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter.fourcc(*"MJPG"), 50, (64, 48))
    for tone in (30, 120, 210):
        writer.write(np.full((48, 64, 3), tone, np.uint8))
    writer.release()
    source = frame_source(str(film))
    assert isinstance(source, VideoFileSource)
    assert source.open()
    tones = []
    for _ in range(4):
        assert source.grab()
        picture = source.retrieve()
        assert picture is not None
        tones.append(int(picture.mean()))
    source.close()
    assert tones[0] == pytest.approx(30, abs=6)
    assert tones[3] == pytest.approx(tones[0], abs=3)


@pytest.mark.parametrize("name", ["broken.jpg", "broken.mp4"])
def test_a_file_that_is_no_picture_does_not_open(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no picture")
    assert not frame_source(str(tmp_path / name)).open()


@pytest.fixture
def stream_camera(free_port: int) -> Iterator[tuple[SoftCamera, OpenCvCamera]]:
    soft = SoftCamera(FACES, port=free_port)
    soft.start()
    camera = OpenCvCamera(frame_source(soft.stream_address), SystemClock())
    camera.start()
    yield soft, camera
    camera.stop()
    soft.stop()


def colour_of(camera: OpenCvCamera) -> str:
    """Which colour stands in the middle of the present frame."""
    frame = camera.frame() or camera.frame()
    if frame is None:
        return "nothing"
    blue, _, red = frame.pixels[200:280, 280:360].reshape(-1, 3).mean(axis=0)
    return "red" if red > blue + 60 else "blue" if blue > red + 60 else "wall"


def test_whoever_steps_before_a_network_camera_is_seen_in_the_next_frame(
    stream_camera: tuple[SoftCamera, OpenCvCamera],
) -> None:
    soft, camera = stream_camera
    assert colour_of(camera) == "wall"
    for scene in ("red", "blue", "red"):
        soft.set_scene(f"person:{scene}")
        camera.frame()  # the one that was being filmed while the scene changed
        assert colour_of(camera) == scene
    soft.set_scene(NOBODY)
    camera.frame()
    assert colour_of(camera) == "wall"


def test_a_network_camera_that_was_switched_off_comes_back(stream_camera: tuple[SoftCamera, OpenCvCamera]) -> None:
    soft, camera = stream_camera
    assert colour_of(camera) == "wall"
    soft.stop()
    while camera.frame() is not None:
        pass
    soft.set_scene("person:blue")
    soft.start()
    tries = (colour_of(camera) for _ in range(10))
    assert next(colour for colour in tries if colour != "nothing") == "blue"
