"""Pictures in and out of memory: decoding what comes from outside, and JPEGs for the proctor's screen.

Nothing here touches a disk. Not here: the chip portrait's own caps (`models.chip.portrait`).
"""

import threading

import cv2
import numpy as np

from edge.faces.camera import Camera, Picture
from edge.faces.face_matcher import DetectedFace
from models.clock import Clock

_SNAPSHOT_HEIGHT = 480
_PREVIEW_WIDTH = 480
_JPEG_QUALITY = 82
_CROP_FACE_WIDTHS = 2.2
_CROP_SHAPE = 4 / 3


def decode_picture(content: bytes) -> Picture | None:
    """A JPEG or PNG file as pixels, turned as its EXIF says; None when it cannot be decoded."""
    try:
        pixels = cv2.imdecode(np.frombuffer(content, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # an empty file, or a header that claims more than OpenCV's own cap
        return None
    return None if pixels is None else np.asarray(pixels, dtype=np.uint8)


def encode_jpeg(picture: Picture) -> bytes:
    """The picture as JPEG bytes."""
    _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return encoded.tobytes()


def snapshot_of(picture: Picture, face: DetectedFace | None) -> bytes:
    """A JPEG for the proctor: the face with some surroundings, 3:4 like a portrait; None gives the whole picture."""
    part = picture if face is None else _crop(picture, face)
    scale = min(1.0, _SNAPSHOT_HEIGHT / part.shape[0])
    return encode_jpeg(_scaled(part, scale))


class LivePreview:
    """What the camera sees, as JPEGs of 480 pixels width, at most ten a second however many pages look."""

    def __init__(self, camera: Camera, clock: Clock) -> None:
        self._camera = camera
        self._clock = clock
        self._turn = threading.Lock()
        self._encoded_ms = -1000
        self._jpeg: bytes | None = None

    def jpeg(self) -> bytes | None:
        """The present picture; None when the camera gives none. Waits for the next frame, at most about a second."""
        with self._turn:
            if self._clock.monotonic_ms() - self._encoded_ms < 100:
                return self._jpeg
            frame = self._camera.frame()
            self._jpeg = None
            if frame is not None:
                self._jpeg = encode_jpeg(_scaled(frame.pixels, min(1.0, _PREVIEW_WIDTH / frame.pixels.shape[1])))
            self._encoded_ms = self._clock.monotonic_ms()
            return self._jpeg


def _crop(picture: Picture, face: DetectedFace) -> Picture:
    height, width = picture.shape[:2]
    left, top, face_width, face_height = face.box
    half = face_width * _CROP_FACE_WIDTHS / 2
    across, down = left + face_width / 2, top + face_height / 2
    rows = slice(max(0, round(down - half * _CROP_SHAPE)), min(height, round(down + half * _CROP_SHAPE)))
    columns = slice(max(0, round(across - half)), min(width, round(across + half)))
    return picture[rows, columns]


def _scaled(picture: Picture, scale: float) -> Picture:
    if scale == 1.0:
        return picture
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
