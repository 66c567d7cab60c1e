"""`python -m edge compare-faces`: compares the faces in two picture files, for staff who set up or check a room.

Exit status: 0 compared, 2 could not be compared, 3 wrong use. Nothing is written but the answer. Not here: the
comparison at the desk, which looks at several live frames (`edge.faces.portrait_comparison`).
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from edge.faces.camera import Picture
from edge.faces.face_matcher import FaceMatcher
from edge.faces.frame_quality import UsableFace, assess_count, assess_frame
from edge.faces.pictures import decode_picture
from edge.faces.sface_matcher import load_sface_matcher
from models.errors import ClassroomError
from models.evidence import FaceDecision, QualityCode
from models.face_profile import FaceProfile, assess_similarity, shipped_face_profile
from models.face_weights import WEIGHTS_DIRECTORY, load_face_weights

COMPARED, COULD_NOT, WRONG_USE = 0, 2, 3
_LARGEST_FILE = 30_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PairAssessment:
    """What two pictures say. `quality` lists per picture why it would not be used at the desk; empty is good."""

    decision: FaceDecision
    similarity: float | None
    minus_log10_fmr: float | None
    reference_quality: tuple[QualityCode, ...]
    probe_quality: tuple[QualityCode, ...]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command to `python -m edge`; `func` takes the parsed arguments and gives the exit status."""
    parser = subparsers.add_parser("compare-faces", help="compare the faces in two picture files")
    parser.add_argument("--reference", type=Path, required=True, help="the picture of the person who should be there")
    parser.add_argument("--probe", type=Path, required=True, help="the picture of the person who is there")
    parser.add_argument("--weights", type=Path, default=WEIGHTS_DIRECTORY, help="where the face weights lie")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Prints the comparison and gives the exit status."""
    pictures = [_read_picture(path) for path in (args.reference, args.probe)]
    if pictures[0] is None or pictures[1] is None:
        sys.stderr.write("Give two JPEG or PNG files that exist, each below 30 MB.\n")
        return WRONG_USE
    try:
        matcher = load_sface_matcher(load_face_weights(args.weights))
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT
    profile = shipped_face_profile(matcher.name)
    pair = assess_pair(pictures[0], pictures[1], matcher, profile)
    sys.stdout.write(_as_json(pair, profile) if args.json else _as_sentence(pair))
    return COULD_NOT if pair.similarity is None else COMPARED


def assess_pair(reference: Picture, probe: Picture, matcher: FaceMatcher, profile: FaceProfile) -> PairAssessment:
    """Compares the one face of each picture; poor quality is named, and compared all the same.

    Nothing is compared when a picture shows no face, or several.
    """
    quality = [_quality_of(picture, matcher, profile) for picture in (reference, probe)]
    faces = [matcher.detect(picture) for picture in (reference, probe)]
    counts = [
        assess_count(picture, found, profile.gates) for picture, found in zip((reference, probe), faces, strict=True)
    ]
    similarity = rate = None
    decision = FaceDecision.NOT_COMPARED
    if counts == [None, None]:
        one, other = matcher.embed(reference, faces[0][0]), matcher.embed(probe, faces[1][0])
        similarity = matcher.similarity(one, [other])
        decision, rate = assess_similarity(similarity, profile)
    return PairAssessment(
        decision=decision,
        similarity=similarity,
        minus_log10_fmr=rate,
        reference_quality=quality[0],
        probe_quality=quality[1],
    )


def _quality_of(picture: Picture, matcher: FaceMatcher, profile: FaceProfile) -> tuple[QualityCode, ...]:
    found = assess_frame(picture, matcher, profile.gates)
    return () if isinstance(found, UsableFace) else (found,)


def _read_picture(path: Path) -> Picture | None:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            return None
        return decode_picture(path.read_bytes())
    except OSError:
        return None


def _as_json(pair: PairAssessment, profile: FaceProfile) -> str:
    answer = {
        "decision": pair.decision,
        "similarity": pair.similarity,
        "minus_log10_fmr": pair.minus_log10_fmr,
        "quality": {"reference": pair.reference_quality, "probe": pair.probe_quality},
        "profile": profile.name,
    }
    return json.dumps(answer, ensure_ascii=False) + "\n"


def _as_sentence(pair: PairAssessment) -> str:
    remarks = [
        f"{which}: {', '.join(codes)}"
        for which, codes in (("reference", pair.reference_quality), ("probe", pair.probe_quality))
        if codes
    ]
    score = (
        "" if pair.similarity is None else f", similarity {pair.similarity:.3f}, -log10 FMR {pair.minus_log10_fmr:.2f}"
    )
    return "; ".join([f"{pair.decision}{score}", *remarks]) + "\n"
