"""Similarity to decision and false match rate, and the shipped profile against the measured curves."""

import csv
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.evidence import FaceDecision
from models.face_profile import Anchor, FaceProfile, assess_similarity, shipped_face_profile

SHIPPED = shipped_face_profile("sface")


@pytest.mark.parametrize(
    ("similarity", "decision"),
    [
        (1.0, FaceDecision.MATCH),
        (0.451, FaceDecision.MATCH),
        (0.4509, FaceDecision.LOOK),
        (0.28, FaceDecision.LOOK),
        (0.2799, FaceDecision.NO_MATCH),
        (-1.0, FaceDecision.NO_MATCH),
        (math.nan, FaceDecision.NO_MATCH),
    ],
)
def test_the_bounds_belong_to_the_better_decision(similarity: float, decision: FaceDecision) -> None:
    assert assess_similarity(similarity, SHIPPED)[0] is decision


@pytest.mark.parametrize(
    ("similarity", "rate"),
    [(-0.2, 0.0), (0.0, 0.0), (0.155, 1.0), (0.31, 2.0), (0.349, 2.5), (0.388, 3.0), (0.451, 4.0), (math.nan, 0.0)],
)
def test_the_rate_lies_on_the_line_between_anchors(similarity: float, rate: float) -> None:
    assert assess_similarity(similarity, SHIPPED)[1] == pytest.approx(rate)


@given(st.floats(0.451, 1.0))
def test_the_rate_promises_no_more_than_the_data_can_show(similarity: float) -> None:
    assert assess_similarity(similarity, SHIPPED)[1] == 4.0


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_more_alike_is_never_judged_worse(one: float, other: float) -> None:
    low, high = sorted((one, other))
    order = [FaceDecision.NO_MATCH, FaceDecision.LOOK, FaceDecision.MATCH]
    (low_decision, low_rate), (high_decision, high_rate) = (assess_similarity(s, SHIPPED) for s in (low, high))
    assert order.index(low_decision) <= order.index(high_decision)
    assert low_rate <= high_rate + 1e-12


def test_dlib_gives_no_verdict_above_its_strict_distance() -> None:
    dlib = shipped_face_profile("dlib")
    assert assess_similarity(1 - 0.40, dlib)[0] is FaceDecision.MATCH
    assert assess_similarity(1 - 0.41, dlib)[0] is FaceDecision.LOOK
    assert assess_similarity(1 - 1.4, dlib)[0] is FaceDecision.LOOK


def made_with(**wrong: object) -> FaceProfile:
    return msgspec.convert(msgspec.to_builtins(SHIPPED) | msgspec.to_builtins(wrong), FaceProfile)


@pytest.mark.parametrize(
    "wrong",
    [
        {"anchors": [Anchor(similarity=0.4, minus_log10_fmr=3), Anchor(similarity=0.3, minus_log10_fmr=4)]},
        {"anchors": [Anchor(similarity=0.3, minus_log10_fmr=3), Anchor(similarity=0.4, minus_log10_fmr=2)]},
        {"anchors": [Anchor(similarity=0.0, minus_log10_fmr=1)]},
        {"frames": 0},
        {"match_from": 0.2},
        {"match_from": 1.1},
    ],
)
def test_a_profile_that_contradicts_itself_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        made_with(**wrong)


def test_a_profile_survives_the_wire() -> None:
    assert msgspec.json.decode(msgspec.json.encode(SHIPPED), type=FaceProfile) == SHIPPED
    assert SHIPPED.name == "sface@1"


def scores_of(folder: Path, name: str) -> NDArray[np.float64]:
    with (folder / "calibration" / name).open() as stream:
        return np.array([float(row["score"]) for row in csv.DictReader(stream)])


def share_of_all_impostors_from(folder: Path, similarity: float) -> float:
    with (folder / "calibration" / "lfw_all_impostors_binned.csv").open() as stream:
        rows = [(float(row["bin_low"]), int(row["count"])) for row in csv.DictReader(stream)]
    return sum(count for low, count in rows if low >= similarity - 1e-9) / sum(count for _, count in rows)


def test_the_shipped_threshold_keeps_its_error_rates(face_data_folder: Path) -> None:
    """Goals: FMR at most 1e-4 on all people and on the subset, FNMR at most 3.5 %."""
    subset_impostors = scores_of(face_data_folder, "asian_subset_impostors.csv")
    assert share_of_all_impostors_from(face_data_folder, SHIPPED.match_from) <= 1e-4
    assert np.mean(subset_impostors >= SHIPPED.match_from) <= 1e-4
    for name in ("lfw_all_genuine.csv", "asian_subset_genuine.csv"):
        assert np.mean(scores_of(face_data_folder, name) < SHIPPED.match_from) <= 0.035


@pytest.mark.parametrize("anchor", SHIPPED.anchors, ids=lambda anchor: f"1e-{anchor.minus_log10_fmr:.0f}")
def test_each_anchor_is_the_stricter_of_both_populations(face_data_folder: Path, anchor: Anchor) -> None:
    subset = float(np.mean(scores_of(face_data_folder, "asian_subset_impostors.csv") >= anchor.similarity))
    everybody = share_of_all_impostors_from(face_data_folder, anchor.similarity)
    promised = 10.0**-anchor.minus_log10_fmr
    assert everybody <= promised
    assert subset <= promised * 1.05
    assert subset >= promised * 0.5, "an anchor that is far too strict hides what the data shows"
