"""What finds and compares faces, without saying how.

Not here: which networks do it (`sface_matcher`, `dlib_face_matcher`), and what a similarity means
(`models.face_profile`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edge.faces.camera import Picture

Embedding = NDArray[np.float32]
"""128 numbers that describe a face. A face can be rebuilt from them: treat as a picture, never log, store or send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFace:
    """A face in a picture, in that picture's pixels.

    `box` is left, top, width, height (may reach outside the picture). `points` is 5x2: the right eye, left eye, nose
    tip, right and left corner of the mouth, of the person seen. `certainty` is 0-1.
    """

    box: tuple[float, float, float, float]
    points: NDArray[np.float32]
    certainty: float

    @property
    def width(self) -> float:
        """Width of the box in pixels."""
        return self.box[2]


class FaceMatcher(Protocol):
    """Detects faces, describes them, compares descriptions. Used by one thread at a time."""

    @property
    def name(self) -> str:
        """Which method this is, as stored with every score."""

    @property
    def weights(self) -> Mapping[str, str]:
        """SHA-256 in hex of every weights file, by file name."""

    def detect(self, picture: Picture) -> Sequence[DetectedFace]:
        """The faces in a picture, the widest first."""

    def align(self, picture: Picture, face: DetectedFace) -> Picture:
        """The face turned level and scaled to 112x112x3, eyes and mouth in their standard places."""

    def embed(self, picture: Picture, face: DetectedFace) -> Embedding:
        """The description of one face."""

    def similarity(self, reference: Embedding, live: Sequence[Embedding]) -> float:
        """How like the reference the live face is, from one or several frames of it: -1 to 1, higher is more alike."""
