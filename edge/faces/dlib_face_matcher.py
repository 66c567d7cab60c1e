"""dlib as an optional second opinion: stricter than its default, and never the judge.

At its customary distance of 0.6 it accepts 30.7 % of East and South-East Asian impostor pairs; its profile
(`models/face_profiles/dlib.toml`) takes at most 0.40 for a match and gives no verdict above. YuNet finds the faces.
Needs the extra `dlib` and its weights, neither installed by default. Not here: when a second opinion is asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from edge.faces.camera import Picture
from edge.faces.face_matcher import DetectedFace, Embedding
from edge.faces.sface_matcher import SfaceMatcher
from models.errors import SettingsError
from models.face_weights import read_checked, read_manifest

if TYPE_CHECKING:
    import dlib


class DlibMissingError(SettingsError):
    """This box is set to ask dlib, which is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DlibFaceMatcher:
    """Similarity is 1 - Euclidean distance of dlib's descriptions. Build it with `load_dlib_face_matcher`."""

    finder: SfaceMatcher
    points: "dlib.shape_predictor"
    network: "dlib.face_recognition_model_v1"
    rectangle: "type[dlib.rectangle]"
    weights: Mapping[str, str]
    name: str = "dlib"

    def detect(self, picture: Picture) -> Sequence[DetectedFace]:
        """The faces in a picture, the widest first."""
        return self.finder.detect(picture)

    def align(self, picture: Picture, face: DetectedFace) -> Picture:
        """112x112x3, as the quality gates were measured."""
        return self.finder.align(picture, face)

    def embed(self, picture: Picture, face: DetectedFace) -> Embedding:
        """128 numbers, not normalised: dlib's distances mean something only so."""
        left, top, width, height = face.box
        half = (width + height) / 4
        across, down = left + width / 2, top + height / 2
        box = self.rectangle(*(round(edge) for edge in (across - half, down - half, across + half, down + half)))
        colours = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
        return np.array(self.network.compute_face_descriptor(colours, self.points(colours, box)), dtype=np.float32)

    def similarity(self, reference: Embedding, live: Sequence[Embedding]) -> float:
        """1 - distance between the reference and the mean of the live descriptions, at least -1."""
        distance = float(np.linalg.norm(reference - np.mean(live, axis=0)))
        return max(-1.0, 1.0 - distance)


def load_dlib_face_matcher(finder: SfaceMatcher, directory: Path) -> DlibFaceMatcher:
    """The matcher from the weights directory. Raises DlibMissingError or an error of the `WeightsError` family.

    dlib reads paths only, so a file could in theory be exchanged between the check and the load.
    """
    try:
        import dlib  # noqa: PLC0415 - an optional extra
    except ModuleNotFoundError:
        raise DlibMissingError("dlib is not installed. Run: pip install '.[dlib]', or compare without it.") from None
    source = read_manifest().dlib
    for file in (source.points, source.embedder):
        read_checked(directory / file.file, file.sha256)
    return DlibFaceMatcher(
        finder=finder,
        points=dlib.shape_predictor(str(directory / source.points.file)),
        network=dlib.face_recognition_model_v1(str(directory / source.embedder.file)),
        rectangle=dlib.rectangle,
        weights={
            **finder.weights,
            source.points.file: source.points.sha256,
            source.embedder.file: source.embedder.sha256,
        },
    )
