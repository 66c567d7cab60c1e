"""Chooses frames that are worth comparing: one reason per frame, in the order in which a person can act on them.

The measures are named after ISO/IEC 29794-5 and computed cheaply; their limits stand in the face profile
(`models.face_profile.QualityGates`). They choose frames and never judge a person. Not here: telling people
(`edge.exam_desk.announcements`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atan2, degrees

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.faces.camera import Picture
from edge.faces.face_matcher import DetectedFace, FaceMatcher
from models.evidence import QualityCode
from models.face_profile import QualityGates

# The part of the 112x112 aligned crop that is face and not background or hair.
_FACE_ROWS = slice(20, 100)
_FACE_COLUMNS = slice(18, 94)

_RIGHT_EYE, _LEFT_EYE, _NOSE = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class UsableFace:
    """A face that passed all gates. `sharpness` ranks such faces among themselves."""

    face: DetectedFace
    sharpness: float


def assess_frame(picture: Picture, matcher: FaceMatcher, gates: QualityGates) -> UsableFace | QualityCode:
    """The one usable face of a live picture, or the first reason why there is none.

    Order: count, size, light, pose, sharpness. Light stands before sharpness because noise in the dark raises it.
    """
    faces = matcher.detect(picture)
    obstacle = assess_count(picture, faces, gates)
    if obstacle is not None:
        return obstacle
    face = faces[0]
    if face.width < gates.face_width_pixels:
        return QualityCode.TOO_FAR
    grey = face_part(matcher.align(picture, face))
    obstacle = _assess_light(grey, gates) or _assess_pose(face, gates)
    if obstacle is not None:
        return obstacle
    sharpness = measure_sharpness(grey)
    if sharpness < gates.sharpness:
        return QualityCode.BLURRED
    return UsableFace(face=face, sharpness=sharpness)


def assess_count(picture: Picture, faces: Sequence[DetectedFace], gates: QualityGates) -> QualityCode | None:
    """Whether exactly one person stands before the camera; `faces` come the widest first.

    A face that the picture's edge cuts through is none. Small faces in the background do not count.
    """
    if not faces or not _is_inside(faces[0], picture):
        return QualityCode.NO_FACE
    if len(faces) > 1 and faces[1].width > gates.second_face_share * faces[0].width:
        return QualityCode.SEVERAL_FACES
    return None


def face_part(aligned: Picture) -> NDArray[np.uint8]:
    """The inner part of an aligned 112x112x3 face in grey."""
    grey = cv2.cvtColor(aligned, cv2.COLOR_BGR2GRAY)
    return np.asarray(grey[_FACE_ROWS, _FACE_COLUMNS], dtype=np.uint8)


def measure_sharpness(grey: NDArray[np.uint8]) -> float:
    """Variance of the 3x3 Laplacian over the squared deviation: independent of contrast, 0 for a flat picture."""
    deviation = float(grey.std())
    if deviation == 0.0:
        return 0.0
    return float(cv2.Laplacian(grey, cv2.CV_64F, ksize=3).var()) / deviation**2


def measure_turn(face: DetectedFace) -> float:
    """How far the head is turned: nose from the eyes' middle, along the eye line, per eye distance; 0 is frontal."""
    right, left, nose = (face.points[index] for index in (_RIGHT_EYE, _LEFT_EYE, _NOSE))
    eye_line = left - right
    distance_squared = float(eye_line @ eye_line)
    if distance_squared == 0.0:
        return 1.0
    return float((nose - (right + left) / 2) @ eye_line) / distance_squared


def measure_roll_degrees(face: DetectedFace) -> float:
    """The angle of the eye line against the horizontal, in degrees."""
    across, down = (float(number) for number in face.points[_LEFT_EYE] - face.points[_RIGHT_EYE])
    return degrees(atan2(down, across))


def _is_inside(face: DetectedFace, picture: Picture) -> bool:
    height, width = picture.shape[:2]
    across, down = face.points[:, 0], face.points[:, 1]
    return bool((across >= 0).all() and (across < width).all() and (down >= 0).all() and (down < height).all())


def _assess_light(grey: NDArray[np.uint8], gates: QualityGates) -> QualityCode | None:
    mean = float(grey.mean())
    middle = grey.shape[1] // 2
    if mean < gates.luminance_lowest:
        return QualityCode.TOO_DARK
    if mean > gates.luminance_highest:
        return QualityCode.TOO_BRIGHT
    if float(grey.std()) < gates.luminance_deviation:
        return QualityCode.BACKLIT
    if abs(float(grey[:, :middle].mean()) - float(grey[:, middle:].mean())) / mean > gates.light_imbalance:
        return QualityCode.UNEVEN_LIGHT
    return None


def _assess_pose(face: DetectedFace, gates: QualityGates) -> QualityCode | None:
    turned = abs(measure_turn(face)) > gates.turn or abs(measure_roll_degrees(face)) > gates.roll_degrees
    return QualityCode.TURNED_AWAY if turned else None
