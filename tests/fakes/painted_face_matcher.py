"""A face matcher for painted scenes: `paint` writes into a picture what the matcher then sees in it.

Nothing is recognised; the light and sharpness of the aligned face are real pixels, so that the quality gates measure
them for real.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge.faces.camera import Picture
from edge.faces.face_matcher import DetectedFace, Embedding

_MARK = 77  # a value of the first row that says: painted, the rest of the row holds the face


def paint(
    *,
    person: int = 1,
    faces: int = 1,
    width: int = 180,
    second_width: int = 150,
    light: int = 130,
    contrast: int = 40,
    side_light: int = 0,
    turn_percent: int = 0,
    roll_degrees: int = 0,
    sharp_percent: int = 100,
    cut_off: int = 0,
) -> Picture:
    """A 480x640 picture in which `PaintedFaceMatcher` sees these faces; percentages are 0-100 of a strong effect."""
    picture = np.zeros((480, 640, 3), np.uint8)
    values = (_MARK, person, faces, width, second_width, light, contrast, side_light, turn_percent, roll_degrees)
    picture[0, : len(values) + 2, 0] = (*values, sharp_percent, cut_off)
    return picture


def painted_portrait(person: int = 1) -> bytes:
    """A JPEG that `PaintedFaceMatcher` takes for this person's portrait: the person's number is its grey tone / 10."""
    written = io.BytesIO()
    Image.new("RGB", (240, 320), (person * 10,) * 3).save(written, "JPEG", quality=95)
    return written.getvalue()


def empty_portrait() -> bytes:
    """A JPEG without any face."""
    written = io.BytesIO()
    Image.new("RGB", (240, 320)).save(written, "JPEG")
    return written.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaintedFaceMatcher:
    """Sees what was painted. Different people have the similarity `likeness`."""

    likeness: float = 0.1
    name: str = "sface"
    weights: Mapping[str, str] = field(default_factory=lambda: {"painted.onnx": "00" * 32})

    def detect(self, picture: Picture) -> Sequence[DetectedFace]:
        row = picture[0, :, 0].astype(int)
        if row[0] != _MARK:
            return [_face(120.0, 0, 0, 60.0)] if picture.mean() > 3 else []
        left = -row[11] if row[11] else 100
        faces = [_face(float(row[3]), row[8], row[9], float(left))] if row[2] else []
        return faces + [_face(float(row[4]), 0, 0, 330.0) for _ in range(row[2] - 1)]

    def align(self, picture: Picture, face: DetectedFace) -> Picture:  # noqa: ARG002 - the port hands the face over; here the picture tells all
        row = picture[0, :, 0].astype(int)
        return _aligned(light=row[5], contrast=row[6], side_light=row[7], sharp_percent=row[10])

    def embed(self, picture: Picture, face: DetectedFace) -> Embedding:  # noqa: ARG002 - the port hands the face over; here the picture tells all
        row = picture[0, :, 0].astype(int)
        person = row[1] if row[0] == _MARK else round(float(picture.mean()) / 10)
        vector = np.zeros(128, np.float32)
        vector[0] = np.sqrt(self.likeness)
        vector[person] = np.sqrt(1 - self.likeness)
        return vector

    def similarity(self, reference: Embedding, live: Sequence[Embedding]) -> float:
        return float(np.dot(reference, np.mean(live, axis=0)))


def _face(width: float, turn_percent: int, roll_degrees: int, left: float) -> DetectedFace:
    eye_distance = width * 0.4
    angle = np.deg2rad(roll_degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * eye_distance
    right_eye = np.array([left + width * 0.3, 120.0])
    nose = right_eye + along * (0.5 + turn_percent / 100) + np.array([0.0, width * 0.2])
    mouth = right_eye + np.array([0.0, width * 0.5])
    points = np.array([right_eye, right_eye + along, nose, mouth, mouth + along], dtype=np.float32)
    return DetectedFace(box=(left, 60.0, width, width * 1.2), points=points, certainty=0.95)


def _aligned(*, light: int, contrast: int, side_light: int, sharp_percent: int) -> Picture:
    rows, columns = np.mgrid[0:112, 0:112]
    coarse = np.sin(columns / 6) * np.sin(rows / 6)
    fine = np.where((rows // 2 + columns // 2) % 2, 1.0, -1.0)
    pattern: NDArray[np.float64] = coarse * (1 - sharp_percent / 100) + fine * sharp_percent / 100
    pattern /= pattern.std()
    tilt = np.where(columns < 56, side_light / 2, -side_light / 2)
    grey = np.clip(light + pattern * contrast + tilt, 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)
