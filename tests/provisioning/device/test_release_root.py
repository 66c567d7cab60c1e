"""Whose releases a box believes comes with enrolment, or later from the same authority; then it stays."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from edge.settings import read_settings
from models.clock import SystemClock
from models.enrollment import EnrollmentAnswer
from models.face_weights import INSTALLED_FILE_NAME, WEIGHTS_DIRECTORY
from models.roll_outs import ReleaseKind, RollOut, RollOutGroup, RollOutRequest
from provisioning.device import room_files
from provisioning.device.authority_talk import report_of
from provisioning.device.box_folder import BoxFolder
from provisioning.device.caretaker import Caretaker
from provisioning.device.file_keys import FileKeys
from provisioning.device.keys import KEY_FILE
from provisioning.device.room_files import AnswerWrongError
from provisioning.updates.follow import shelf_of
from provisioning.updates.release_keys import KeyHolder
from provisioning.updates.shelf import ReleaseNote
from tests.builders.box_enrollment import enroll_box
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.releases import ReleaseHouse
from tests.builders.running_authority import ERRAND, NearAuthority, near_authority
from tests.fakes.remembering_house import RememberingHouse

SOMEBODY_ELSE = 54321


@pytest.fixture
def house(tmp_path: Path) -> Iterator[NearAuthority]:
    with near_authority(tmp_path / "authority", SystemClock()) as near:
        yield near


@pytest.fixture
def releases(tmp_path: Path) -> ReleaseHouse:
    desk = ReleaseHouse(tmp_path / "desk")
    desk.now = datetime.now(UTC)
    return desk


def _enroll(house: NearAuthority, folder: Path) -> BoxFolder:
    enroll_box(folder, house.make_code().code, house.address)
    return BoxFolder(path=folder)


def test_a_new_box_is_given_the_newest_published_root(
    house: NearAuthority, releases: ReleaseHouse, tmp_path: Path
) -> None:
    releases.release("classroom-1.tar")
    releases.desk.draft_root(releases.now, {})
    releases.sign(KeyHolder.ROOT_1, KeyHolder.ROOT_2)
    releases.publish()
    house.settings.releases.symlink_to(releases.desk.repository)
    box = _enroll(house, tmp_path / "box")
    held = (box.path / "updates/root.json").read_bytes()
    assert held == (releases.desk.repository / "metadata/2.root.json").read_bytes() != releases.root


def test_a_root_that_is_there_is_never_written_over(
    house: NearAuthority, releases: ReleaseHouse, tmp_path: Path
) -> None:
    own = tmp_path / "box/updates/root.json"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"by hand")
    house.settings.releases.symlink_to(releases.desk.repository)
    _enroll(house, tmp_path / "box")
    assert own.read_bytes() == b"by hand"


def test_an_authority_hands_out_no_root_that_is_broken(
    house: NearAuthority, releases: ReleaseHouse, tmp_path: Path
) -> None:
    house.settings.releases.symlink_to(releases.desk.repository)
    (releases.desk.repository / "metadata/1.root.json").write_bytes(
        releases.root.replace(b'"version":1', b'"version":7')
    )
    box = _enroll(house, tmp_path / "box")
    assert not (box.path / "updates").exists()


def test_a_root_that_its_own_keys_did_not_sign_stops_the_enrolment_before_anything_is_written(
    house: NearAuthority, releases: ReleaseHouse, tmp_path: Path
) -> None:
    board = EnrollingBox(house.address, tmp_path / "board")
    board.folder.mkdir()
    keys, box = FileKeys(), BoxFolder(path=tmp_path / "box")
    box.unfinished.mkdir(parents=True)
    keys.make(box.unfinished)
    key = load_pem_private_key((box.unfinished / KEY_FILE).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    board.key = key
    answer: EnrollmentAnswer = board.enroll(house.make_code().code)
    forged = msgspec.structs.replace(answer, release_root=releases.root.replace(b'"version":1', b'"version":7'))
    with pytest.raises(AnswerWrongError):
        room_files.write(box, forged, keys)
    assert not box.room.exists()


def test_a_box_enrolled_before_there_was_a_release_asks_the_authority_that_enrolled_it(
    house: NearAuthority, releases: ReleaseHouse, tmp_path: Path
) -> None:
    box = _enroll(house, tmp_path / "box")
    caretaker = Caretaker(box, RememberingHouse(SystemClock()), SystemClock())
    caretaker.attend()
    assert not (box.path / "updates/root.json").exists()
    target = releases.release_package("2.0").target
    house.settings.releases.symlink_to(releases.desk.repository)
    with house.central() as central:
        everybody = (RollOutGroup(percent=100),)
        central.post("/v1/roll-outs", RollOutRequest(errand=ERRAND, target=target, groups=everybody), RollOut)
    caretaker.attend()
    assert (box.path / "updates/root.json").read_bytes() == releases.root
    assert shelf_of(box.path, ReleaseKind.PACKAGE).current == target.removesuffix(".tar")


def test_the_installed_weights_are_the_first_on_the_shelf_and_a_roll_out_takes_their_place(
    house: NearAuthority, tmp_path: Path
) -> None:
    box = _enroll(house, tmp_path / "box")
    seen = read_settings(box.settings).camera.weights
    assert seen.resolve() == WEIGHTS_DIRECTORY
    shelf = shelf_of(box.path, ReleaseKind.WEIGHTS)
    note = 'folded_from_sha256 = "abcdef0123456789"\nfolded_sha256 = ""\n'
    shelf.place(
        "weights-2", ReleaseNote(target="weights-2.tar", number=2), lambda new: _write(new / INSTALLED_FILE_NAME, note)
    )
    shelf.switch("weights-2")
    assert (seen / INSTALLED_FILE_NAME).read_text() == note
    assert report_of(box).weights == "abcdef012345"
    assert shelf.previous == room_files.INSTALLATION


@pytest.mark.skipif(os.geteuid() != 0, reason="only root enrols for another account")
def test_what_root_lays_down_belongs_to_the_account_of_the_box(
    house: NearAuthority, releases: ReleaseHouse, tmp_path: Path
) -> None:
    house.settings.releases.symlink_to(releases.desk.repository)
    folder = tmp_path / "box"
    folder.mkdir()
    os.chown(folder, SOMEBODY_ELSE, SOMEBODY_ELSE)
    _enroll(house, folder)
    for made in ("updates", "updates/root.json", "weights"):
        assert (folder / made).stat().st_uid == SOMEBODY_ELSE


def _write(file: Path, text: str) -> None:
    file.write_text(text)
