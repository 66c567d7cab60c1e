"""The real matcher, and its goals on consenting people's photographs (credit: tests/README.md of the shared data).

London set: DeBruine & Jones (2017), Face Research Lab London Set, figshare, CC-BY 4.0. Same day and studio: a
regression test, not a proof.
"""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from edge.faces.camera import Picture
from edge.faces.face_matcher import Embedding
from edge.faces.frame_quality import UsableFace, assess_frame
from edge.faces.pictures import decode_picture, encode_jpeg
from edge.faces.sface_matcher import SfaceMatcher
from models.chip.portrait import portrait_to_jpeg
from models.evidence import FaceDecision
from models.face_profile import FaceProfile, assess_similarity

# Two pairs of look-alikes of the set, accepted at the shipped threshold and known: facts, section 3.
LOOK_ALIKES = {frozenset(("009", "019")), frozenset(("014", "029"))}
LIVE_FACE_PIXELS = 200


def as_chip_portrait(photograph: Path, matcher: SfaceMatcher) -> bytes:
    """A 240x320 JPEG 2000 of 15 kB, the head framed as in an identity document."""
    with Image.open(photograph) as opened:
        picture = opened.convert("RGB")
    left, top, width, height = matcher.detect(np.asarray(picture)[:, :, ::-1].copy())[0].box
    half, across, down = width * 0.95, left + width / 2, top + height * 0.45
    part = picture.crop(
        (round(across - half), round(down - half * 4 / 3), round(across + half), round(down + half * 4 / 3))
    ).resize((240, 320), Image.Resampling.LANCZOS)
    written = io.BytesIO()
    part.save(written, "JPEG2000", quality_mode="rates", quality_layers=[240 * 320 * 3 / 15_000])
    return written.getvalue()


def as_live_frame(photograph: Path, matcher: SfaceMatcher, chance: np.random.Generator) -> Picture:
    """A 640x480 camera frame: face about 200 pixels wide, sensor noise, JPEG."""
    picture = decode_picture(photograph.read_bytes())
    assert picture is not None
    scale = LIVE_FACE_PIXELS / matcher.detect(picture)[0].width
    scaled = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)[:480, :640]
    frame = np.full((480, 640, 3), 190.0, np.float32)
    left = (640 - scaled.shape[1]) // 2
    frame[480 - scaled.shape[0] :, left : left + scaled.shape[1]] = scaled
    noisy = np.clip(frame + 3 * chance.standard_normal(frame.shape, np.float32), 0, 255).astype(np.uint8)
    decoded = decode_picture(encode_jpeg(noisy))
    assert decoded is not None
    return decoded


class LondonSet:
    """Embeddings of all portraits and frames, made once."""

    def __init__(self, folder: Path, matcher: SfaceMatcher) -> None:
        chance = np.random.default_rng(5)
        self.portraits: dict[str, Embedding] = {}
        self.frames: dict[str, Embedding] = {}
        self.pictures: dict[str, Picture] = {}
        self.portrait_sizes: list[int] = []
        for neutral in sorted((folder / "london" / "neutral_front").glob("*.jpg")):
            person = neutral.name.partition("_")[0]
            portrait = as_chip_portrait(neutral, matcher)
            self.portrait_sizes.append(len(portrait))
            chip = decode_picture(portrait_to_jpeg(portrait))
            assert chip is not None
            self.portraits[person] = matcher.embed(chip, matcher.detect(chip)[0])
            frame = as_live_frame(folder / "london" / "smiling_front" / f"{person}_08.jpg", matcher, chance)
            self.pictures[person] = frame
            self.frames[person] = matcher.embed(frame, matcher.detect(frame)[0])


@pytest.fixture(scope="session")
def london(face_data_folder: Path, sface_matcher: SfaceMatcher) -> LondonSet:
    return LondonSet(face_data_folder, sface_matcher)


def test_the_simulated_portraits_are_as_small_as_a_chip_holds_them(london: LondonSet) -> None:
    assert len(london.portraits) == 51
    assert max(london.portrait_sizes) <= 16_500


def test_nobody_is_missed_in_good_light(
    london: LondonSet, sface_matcher: SfaceMatcher, shipped_profile: FaceProfile
) -> None:
    scores = {
        person: sface_matcher.similarity(portrait, [london.frames[person]])
        for person, portrait in london.portraits.items()
    }
    missed = [p for p, s in scores.items() if assess_similarity(s, shipped_profile)[0] is not FaceDecision.MATCH]
    assert missed == []
    assert np.median(list(scores.values())) >= 0.90


def test_nobody_is_taken_for_another_besides_the_known_look_alikes(
    london: LondonSet, sface_matcher: SfaceMatcher, shipped_profile: FaceProfile
) -> None:
    accepted = {
        frozenset((person, other))
        for person, portrait in london.portraits.items()
        for other, frame in london.frames.items()
        if other != person
        and assess_similarity(sface_matcher.similarity(portrait, [frame]), shipped_profile)[0] is FaceDecision.MATCH
    }
    assert accepted <= LOOK_ALIKES


def test_the_gates_let_good_frames_pass(
    london: LondonSet, sface_matcher: SfaceMatcher, shipped_profile: FaceProfile
) -> None:
    found = [assess_frame(frame, sface_matcher, shipped_profile.gates) for frame in london.pictures.values()]
    assert sum(isinstance(one, UsableFace) for one in found) >= 0.9 * len(found)


def test_a_picture_without_a_person_has_no_face(sface_matcher: SfaceMatcher) -> None:
    assert list(sface_matcher.detect(np.full((480, 640, 3), 128, np.uint8))) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (20, 1000, 3), (2000, 30, 3)])
def test_pictures_of_odd_shapes_have_no_face(sface_matcher: SfaceMatcher, shape: tuple[int, int, int]) -> None:
    assert list(sface_matcher.detect(np.zeros(shape, np.uint8))) == []


def test_an_embedding_has_length_one_and_the_mean_of_frames_is_compared(
    london: LondonSet, sface_matcher: SfaceMatcher
) -> None:
    reference, frame = london.portraits["001"], london.frames["001"]
    assert np.linalg.norm(reference) == pytest.approx(1.0, abs=1e-5)
    assert reference.shape == (128,)
    one, three = (sface_matcher.similarity(reference, [frame] * count) for count in (1, 3))
    assert three == pytest.approx(one, abs=1e-6)
    assert sface_matcher.similarity(reference, [frame, reference]) > one


def test_the_record_names_every_weights_file(sface_matcher: SfaceMatcher) -> None:
    assert sface_matcher.weights["face_recognition_sface_2021dec_int8bq.onnx"].startswith("fb143eea")
    assert all(len(digest) == 64 for digest in sface_matcher.weights.values())
    assert len(sface_matcher.weights) == 3
