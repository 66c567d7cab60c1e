"""YuNet finds faces, SFace describes them, both through OpenCV.

Not here: the weights' installation (`provisioning.weights`) and thresholds (`models.face_profile`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.faces.camera import Picture
from edge.faces.face_matcher import DetectedFace, Embedding
from models.face_weights import FaceWeights

_DETECTION_SIDE_PIXELS = 320
_LEAST_CERTAINTY = 0.7


class YunetDetector:
    """Finds faces on a copy of the picture whose longer side is 320 pixels (9 ms less than 640, equal decisions)."""

    def __init__(self, network: cv2.FaceDetectorYN) -> None:
        self._network = network

    @classmethod
    def from_weights(cls, weights: FaceWeights) -> "YunetDetector":
        """A detector from checked weights."""
        side = _DETECTION_SIDE_PIXELS
        no_config = np.zeros(0, np.uint8)
        network = cv2.FaceDetectorYN.create(
            "onnx", _as_array(weights.detector), no_config, (side, side), _LEAST_CERTAINTY
        )
        return cls(network)

    def detect(self, picture: Picture) -> list[DetectedFace]:
        """The faces in a picture, the widest first."""
        height, width = picture.shape[:2]
        scale = min(1.0, _DETECTION_SIDE_PIXELS / max(height, width))
        copy_size = (max(1, round(width * scale)), max(1, round(height * scale)))
        copy = cv2.resize(picture, copy_size, interpolation=cv2.INTER_AREA) if scale < 1 else picture
        self._network.setInputSize(copy_size)
        rows = cast("NDArray[np.float32] | None", self._network.detect(copy)[1])  # the stub forgets "no face"
        if rows is None:
            return []
        across, down = width / copy_size[0], height / copy_size[1]
        faces = [_face_of(row, across, down) for row in rows]
        return sorted(faces, key=lambda face: face.width, reverse=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SfaceMatcher:
    """The judge of faces: cosine between SFace embeddings. Build it with `load_sface_matcher`."""

    detector: YunetDetector
    network: cv2.FaceRecognizerSF
    weights: Mapping[str, str]
    name: str = "sface"

    def detect(self, picture: Picture) -> Sequence[DetectedFace]:
        """The faces in a picture, the widest first."""
        return self.detector.detect(picture)

    def align(self, picture: Picture, face: DetectedFace) -> Picture:
        """112x112x3, as SFace was trained."""
        return align_face(self.network, picture, face)

    def embed(self, picture: Picture, face: DetectedFace) -> Embedding:
        """128 numbers of length 1."""
        raw = self.network.feature(self.align(picture, face)).reshape(-1)
        return _unit(np.asarray(raw, dtype=np.float32))

    def similarity(self, reference: Embedding, live: Sequence[Embedding]) -> float:
        """The cosine between the reference and the mean of the live embeddings."""
        return float(np.dot(reference, _unit(np.mean(live, axis=0))))


def load_sface_matcher(weights: FaceWeights) -> SfaceMatcher:
    """The matcher from checked weights; about 0.2 s."""
    network = cv2.FaceRecognizerSF.create("onnx", _as_array(weights.embedder), np.zeros(0, np.uint8))
    return SfaceMatcher(detector=YunetDetector.from_weights(weights), network=network, weights=dict(weights.hashes))


def align_face(network: cv2.FaceRecognizerSF, picture: Picture, face: DetectedFace) -> Picture:
    """The face turned level and scaled to 112x112x3."""
    row = np.array([[*face.box, *face.points.reshape(-1), face.certainty]], dtype=np.float32)
    return np.asarray(network.alignCrop(picture, row), dtype=np.uint8)


def _face_of(row: NDArray[np.float32], across: float, down: float) -> DetectedFace:
    left, top, width, height = (float(number) for number in row[:4])
    points = row[4:14].reshape(5, 2) * np.array([across, down], dtype=np.float32)
    return DetectedFace(
        box=(left * across, top * down, width * across, height * down),
        points=points.astype(np.float32),
        certainty=float(row[14]),
    )


def _unit(vector: Embedding) -> Embedding:
    return vector / np.float32(np.linalg.norm(vector))


def _as_array(content: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(content, dtype=np.uint8)
