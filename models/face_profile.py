"""The rules of face comparison as data, and the one judgement made with them.

Box and central assess a similarity with the same function. Not here: pictures, detection, embeddings (`edge.faces`).
"""

from itertools import pairwise

import msgspec

from models.evidence import FaceDecision


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """One measured point: at this similarity and above, 10**-minus_log10_fmr of impostor pairs are accepted."""

    similarity: float
    minus_log10_fmr: float


class QualityGates(msgspec.Struct, frozen=True, kw_only=True):
    """What a frame must pass before it is compared (ISO/IEC 29794-5 measures; units in the names)."""

    face_width_pixels: int = 100
    second_face_share: float = 0.4
    luminance_lowest: float = 55.0
    luminance_highest: float = 200.0
    luminance_deviation: float = 18.0
    light_imbalance: float = 0.25
    turn: float = 0.20
    roll_degrees: float = 15.0
    sharpness: float = 1.5


class FaceProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A published, never changing set of face rules.

    `match_from` and `look_from` bound the three decisions; `anchors` rise in both fields and were fitted for the mean
    of `frames` embeddings. `patience_seconds`: after it the desk offers the way without the face.
    """

    id: str
    version: str
    matcher: str
    frames: int
    match_from: float
    look_from: float
    anchors: tuple[Anchor, ...]
    gates: QualityGates = QualityGates()
    patience_seconds: float = 8.0
    fitted_on: str

    @property
    def name(self) -> str:
        """Identity and version in one word, as stored with every score."""
        return f"{self.id}@{self.version}"


def assess_similarity(similarity: float, profile: FaceProfile) -> tuple[FaceDecision, float]:
    """The decision for a similarity (cosine, -1 to 1) and its -log10 false match rate.

    The rate is interpolated between the profile's anchors, runs down to 0 at similarity 0, and is capped at the last
    anchor, because beyond it the data can show nothing.
    """
    if similarity >= profile.match_from:
        decision = FaceDecision.MATCH
    elif similarity >= profile.look_from:
        decision = FaceDecision.LOOK
    else:
        decision = FaceDecision.NO_MATCH
    return decision, _minus_log10_fmr(similarity, profile.anchors)


def _minus_log10_fmr(similarity: float, anchors: tuple[Anchor, ...]) -> float:
    points = (Anchor(similarity=0.0, minus_log10_fmr=0.0), *anchors)
    if similarity <= 0.0:
        return 0.0
    for low, high in pairwise(points):
        if similarity <= high.similarity:
            share = (similarity - low.similarity) / (high.similarity - low.similarity)
            return low.minus_log10_fmr + share * (high.minus_log10_fmr - low.minus_log10_fmr)
    return points[-1].minus_log10_fmr
