"""`python -m edge compare-faces`, as staff use it."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.faces.sface_matcher import SfaceMatcher
from models.face_weights import WEIGHTS_DIRECTORY

REPOSITORY = Path(__file__).resolve().parents[3]


def compare(reference: Path, probe: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "edge", "compare-faces", "--reference", str(reference), "--probe", str(probe), *more]
    return subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)


def london(folder: Path, name: str) -> Path:
    return folder / "london" / name


@pytest.mark.usefixtures("sface_matcher")
def test_two_pictures_of_one_person_are_compared(face_data_folder: Path) -> None:
    reference, probe = (
        london(face_data_folder, name) for name in ("neutral_front/001_03.jpg", "smiling_front/001_08.jpg")
    )
    outcome = compare(reference, probe, "--json")
    answer = json.loads(outcome.stdout)
    assert outcome.returncode == 0, outcome.stderr
    assert answer["decision"] == "match"
    assert answer["similarity"] > 0.8
    assert answer["minus_log10_fmr"] == 4.0
    assert answer["quality"] == {"reference": [], "probe": []}
    assert answer["profile"] == "sface@1"


@pytest.mark.usefixtures("sface_matcher")
def test_a_picture_without_a_face_cannot_be_compared(tmp_path: Path, face_data_folder: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((480, 640, 3), 150, np.uint8))
    outcome = compare(london(face_data_folder, "neutral_front/001_03.jpg"), tmp_path / "wall.png", "--json")
    answer = json.loads(outcome.stdout)
    assert outcome.returncode == 2
    assert (answer["decision"], answer["similarity"]) == ("not compared", None)
    assert answer["quality"]["probe"] == ["no face"]


def test_a_missing_or_broken_file_is_wrong_use(tmp_path: Path) -> None:
    (tmp_path / "note.jpg").write_text("no picture")
    assert compare(tmp_path / "note.jpg", tmp_path / "note.jpg").returncode == 3
    assert compare(tmp_path / "absent.jpg", tmp_path / "note.jpg").returncode == 3


def test_without_weights_nothing_is_compared_and_the_remedy_is_named(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((48, 64, 3), 150, np.uint8))
    outcome = compare(tmp_path / "wall.png", tmp_path / "wall.png", "--weights", str(tmp_path))
    assert outcome.returncode == 2
    assert "install-weights" in outcome.stderr


def test_the_weights_directory_is_the_one_of_the_checkout(sface_matcher: SfaceMatcher) -> None:
    assert WEIGHTS_DIRECTORY == REPOSITORY / "models" / "weights"
    assert sface_matcher.name == "sface"
