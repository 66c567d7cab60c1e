"""Pictures for the proctor's screen."""

import cv2
import numpy as np

from edge.faces.camera import Picture
from edge.faces.face_matcher import DetectedFace
from edge.faces.pictures import LivePreview, decode_picture, encode_jpeg, snapshot_of
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_camera import ScriptedCamera

GREY = np.full((720, 1280, 3), 128, np.uint8)


def size_of(jpeg: bytes | None) -> tuple[int, int]:
    assert jpeg is not None
    picture = decode_picture(jpeg)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def face_at(left: float, top: float, width: float) -> DetectedFace:
    return DetectedFace(box=(left, top, width, width), points=np.zeros((5, 2), np.float32), certainty=0.9)


def test_a_snapshot_shows_the_face_in_portrait_shape() -> None:
    width, height = size_of(snapshot_of(GREY, face_at(500, 250, 160)))
    assert (width, height) == (352, 470)


def test_a_snapshot_stops_at_the_edge_of_the_picture() -> None:
    width, height = size_of(snapshot_of(GREY, face_at(-20, 0, 160)))
    assert width < 260
    assert height < 400


def test_a_snapshot_without_a_face_shows_everything() -> None:
    assert size_of(snapshot_of(GREY, None)) == (853, 480)


def test_bytes_that_are_no_picture_decode_to_nothing() -> None:
    assert decode_picture(b"") is None
    assert decode_picture(b"GIF89a nonsense") is None
    assert decode_picture(encode_jpeg(GREY)[:100]) is None


def preview_of(*pictures: Picture | None) -> tuple[LivePreview, ScriptedCamera, ManualClock]:
    clock = ManualClock()
    camera = ScriptedCamera(clock, pictures, frame_ms=5)
    camera.start()
    return LivePreview(camera, clock), camera, clock


def test_many_pages_share_at_most_ten_pictures_a_second() -> None:
    preview, camera, clock = preview_of(GREY)
    for _ in range(100):
        assert size_of(preview.jpeg()) == (480, 270)
        clock.advance(milliseconds=5)
    assert 4 <= len(camera.asks) <= 10


def test_a_camera_without_a_picture_gives_no_preview_instead_of_the_last() -> None:
    preview, _, clock = preview_of(GREY, None)
    assert preview.jpeg() is not None
    clock.advance(seconds=1)
    assert preview.jpeg() is None


def test_a_small_picture_is_not_blown_up() -> None:
    small = cv2.resize(GREY, (160, 120))
    assert size_of(preview_of(np.asarray(small, np.uint8))[0].jpeg()) == (160, 120)
