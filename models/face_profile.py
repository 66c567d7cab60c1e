"""The rules of face comparison as data, and the one judgement made with them.

Box and central assess a similarity with the same function. The profiles that come with this version lie in
`models/face_profiles/`. Not here: pictures, detection, embeddings (`edge.faces`).
"""

from importlib.resources import files
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

    `match_from` and `look_from` bound the three decisions on the mean of `frames` embeddings. `anchors` rise in both
    fields from a similarity above 0 and were measured on comparisons of `fitted_frames` embeddings; `fitted_on` says
    on which people. `patience_seconds`: after it the desk offers the way without the face. Raises ValueError when the
    numbers contradict each other.
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
    fitted_frames: int = 1
    fitted_on: str

    def __post_init__(self) -> None:
        points = (Anchor(similarity=0.0, minus_log10_fmr=0.0), *self.anchors)
        rising = all(
            low.similarity < high.similarity and low.minus_log10_fmr < high.minus_log10_fmr
            for low, high in pairwise(points)
        )
        if not rising or self.frames < 1 or not -1.0 <= self.look_from <= self.match_from <= 1.0:
            raise ValueError("A face profile needs rising anchors, a frame or more, and look_from below match_from.")

    @property
    def name(self) -> str:
        """Identity and version in one word, as stored with every score."""
        return f"{self.id}@{self.version}"


def shipped_face_profile(matcher: str) -> FaceProfile:
    """The profile that this version brings for a matcher: `sface` (decides) or `dlib` (a second opinion)."""
    text = files("models").joinpath("face_profiles", f"{matcher}.toml").read_bytes()
    return msgspec.toml.decode(text, type=FaceProfile)


def assess_similarity(similarity: float, profile: FaceProfile) -> tuple[FaceDecision, float]:
    """The decision for a similarity (cosine, -1 to 1) and its -log10 false match rate.

    The rate is interpolated between the profile's anchors, runs down to 0 at similarity 0, and is capped at the last
    anchor, because beyond it the data can show nothing. What is not a number is no match at rate 0.
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
    if not similarity > 0.0:
        return 0.0
    for low, high in pairwise(points):
        if similarity <= high.similarity:
            share = (similarity - low.similarity) / (high.similarity - low.similarity)
            return low.minus_log10_fmr + share * (high.minus_log10_fmr - low.minus_log10_fmr)
    return points[-1].minus_log10_fmr
