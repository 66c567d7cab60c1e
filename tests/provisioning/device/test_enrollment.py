"""From a code to a box of its room, against the real authority; also when the power goes in between."""

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from edge.settings import read_chain_key, read_identity, read_settings
from models.enrollment import BoxState, RefusalCode
from models.fleet import BoxRecord, BoxRecords
from models.identifiers import RoomId
from models.wire.authority_line import RefusedByAuthorityError, WrongAuthorityError
from models.wire.box_certificate import room_of
from models.wire.enrollment_code import CodeError
from provisioning.device import enrollment, units
from provisioning.device.box_folder import BoxFolder
from provisioning.device.box_state import EventsWaitingError
from provisioning.device.enrollment import AlreadyEnrolledError, Order, Step
from provisioning.device.file_keys import FileKeys
from provisioning.device.meeting import RoomDiffersError
from provisioning.device.this_machine import ThisMachine
from tests.builders.box_enrollment import enroll_box
from tests.builders.checkout import REPOSITORY
from tests.builders.running_authority import RunningProgram, running_authority


def _records(authority: RunningProgram) -> dict[str, BoxRecord]:
    with authority.central() as central:
        return {record.box_id: record for record in central.get("/v1/boxes?after=0", BoxRecords).boxes}


def _is_whole(folder: Path, room: str) -> None:
    """The room agent itself could start from these files."""
    box = BoxFolder(path=folder)
    settings = read_settings(box.settings)
    identity = read_identity(settings.broker.certificate)
    assert identity.box_id == box.read_room().box_id
    assert box.read_room().room_id == room
    read_chain_key(settings.chain_key)
    leaf = x509.load_pem_x509_certificate(settings.broker.certificate.read_bytes())
    key = load_pem_private_key(settings.broker.key.read_bytes(), None)
    assert leaf.public_key() == key.public_key()
    assert settings.broker.key.stat().st_mode & 0o077 == 0
    assert box.trust_list.is_file()
    assert not box.unfinished.exists()
    assert not list(folder.rglob("*.half"))
    assert (box.room_broker / "mosquitto.conf").is_file()


def test_a_code_makes_a_box_of_its_room_and_the_authority_hears_it(authority: RunningProgram, tmp_path: Path) -> None:
    steps: list[Step] = []
    code = authority.make_code("A-101")
    done = enroll_box(tmp_path / "box", code.code, authority.address, steps.append)
    assert done.room_id == "A-101"
    assert steps == list(Step)
    _is_whole(tmp_path / "box", "A-101")
    record = _records(authority)[done.box_id]
    assert record.state is BoxState.ENROLLED
    assert record.key_grade is done.key_grade


def test_the_code_itself_is_not_on_the_box(authority: RunningProgram, tmp_path: Path) -> None:
    code = authority.make_code("A-102").code
    enroll_box(tmp_path / "box", code, authority.address)
    for path in (tmp_path / "box").rglob("*"):
        if path.is_file():
            assert code.replace("-", "").encode() not in path.read_bytes().replace(b"-", b"")


def test_an_enrolled_box_says_so_and_changes_nothing(authority: RunningProgram, tmp_path: Path) -> None:
    enroll_box(tmp_path / "box", authority.make_code("A-103").code, authority.address)
    before = {path: path.read_bytes() for path in (tmp_path / "box").rglob("*") if path.is_file()}
    with pytest.raises(AlreadyEnrolledError, match="--again"):
        enroll_box(tmp_path / "box", authority.make_code("A-104").code, authority.address)
    assert {path: path.read_bytes() for path in (tmp_path / "box").rglob("*") if path.is_file()} == before


def test_again_makes_a_new_box_and_sets_the_old_stores_aside(authority: RunningProgram, tmp_path: Path) -> None:
    first = enroll_box(tmp_path / "box", authority.make_code("A-105").code, authority.address)
    (tmp_path / "box/state/note").write_text("of the first box")
    box = BoxFolder(path=tmp_path / "box")
    (box.room_broker / "passwords").write_text("tablet-01:$7$101$hash\n")
    (box.room_broker / "state/mosquitto.db").write_text("retained in A-105")
    box.write_room(msgspec.structs.replace(box.read_room(), room_devices_version=3))
    second = enroll_box(tmp_path / "box", authority.make_code("A-106").code, authority.address, again=True)
    assert first.box_id != second.box_id
    _is_whole(tmp_path / "box", "A-106")
    assert (tmp_path / f"box/state.of-{first.box_id}-0/note").is_file()
    assert not (tmp_path / "box/state/note").exists()
    assert (box.room_broker / "passwords").read_text() == ""
    assert not list((box.room_broker / "state").iterdir())
    assert box.read_room().room_devices_version is None
    served = x509.load_pem_x509_certificate((box.room_broker / "served.pem").read_bytes())
    assert room_of(served) == "A-106"
    left = _records(authority)[first.box_id]
    assert (left.state, left.replaced_by) == (BoxState.REVOKED, second.box_id)


def test_an_again_that_failed_leaves_the_checks_in_force(authority: RunningProgram, tmp_path: Path) -> None:
    first = enroll_box(tmp_path / "box", authority.make_code("A-130").code, authority.address)
    with pytest.raises(RefusedByAuthorityError):
        enroll_box(tmp_path / "box", "7KQM4XPD9RTW2H6C", authority.address, again=True)
    with pytest.raises(AlreadyEnrolledError):
        enroll_box(tmp_path / "box", authority.make_code("A-131").code, authority.address)
    with closing(sqlite3.connect(tmp_path / "box/state/outbox.db")) as store:
        store.execute("CREATE TABLE waiting (position INTEGER)")
        store.execute("INSERT INTO waiting VALUES (1)")
        store.commit()
    with pytest.raises(EventsWaitingError):
        enroll_box(tmp_path / "box", authority.make_code("A-131").code, authority.address, again=True)
    assert BoxFolder(path=tmp_path / "box").read_room().box_id == first.box_id


@pytest.mark.parametrize("last", list(Step))
def test_a_power_cut_after_any_step_costs_nothing_but_another_run(
    authority: RunningProgram, tmp_path: Path, last: Step
) -> None:
    room = f"K-{list(Step).index(last)}"
    code = authority.make_code(room).code
    words = [
        sys.executable,
        "-m",
        "tests.builders.box_enrollment",
        str(tmp_path / "box"),
        code,
        authority.address,
        last,
    ]
    cut = subprocess.run(words, cwd=REPOSITORY, capture_output=True, check=False, timeout=60)
    assert cut.returncode == -signal.SIGKILL, cut.stderr
    if last is Step.DONE:
        with pytest.raises(AlreadyEnrolledError):
            enroll_box(tmp_path / "box", code, authority.address)
    else:
        enroll_box(tmp_path / "box", code, authority.address)
    _is_whole(tmp_path / "box", room)
    of_room = [record for record in _records(authority).values() if record.room_id == room]
    assert [record.state for record in of_room] == [BoxState.ENROLLED]


@pytest.mark.parametrize("cut", range(2, 58, 5))
def test_a_power_cut_at_any_sync_of_the_card_costs_nothing_either(
    authority: RunningProgram, tmp_path: Path, cut: int, strace: str
) -> None:
    room = f"S-{cut}"
    code = authority.make_code(room).code
    trace = [strace, "-f", "-o", "/dev/null", "-e", "trace=fsync", "-e", f"inject=fsync:signal=KILL:when={cut}"]
    words = [sys.executable, "-m", "tests.builders.box_enrollment", str(tmp_path / "box"), code, authority.address, ""]
    done = subprocess.run([*trace, *words], cwd=REPOSITORY, capture_output=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with suppress(AlreadyEnrolledError):
        enroll_box(tmp_path / "box", code, authority.address)
    _is_whole(tmp_path / "box", room)


def test_another_code_in_between_begins_anew_with_new_keys(authority: RunningProgram, tmp_path: Path) -> None:
    def stop_when_certified(step: Step) -> None:
        if step is Step.CERTIFIED:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enroll_box(tmp_path / "box", authority.make_code("A-107").code, authority.address, stop_when_certified)
    old_key = (tmp_path / "box/enrollment/key.pem").read_bytes()
    enroll_box(tmp_path / "box", authority.make_code("A-108").code, authority.address)
    _is_whole(tmp_path / "box", "A-108")
    assert (tmp_path / "box/identity/current/key.pem").read_bytes() != old_key


def test_a_used_code_is_refused_for_a_second_box(authority: RunningProgram, tmp_path: Path) -> None:
    code = authority.make_code("A-109").code
    enroll_box(tmp_path / "one", code, authority.address)
    with pytest.raises(RefusedByAuthorityError) as refused:
        enroll_box(tmp_path / "two", code, authority.address)
    assert refused.value.refusal.code is RefusalCode.CODE_USED
    assert not BoxFolder(path=tmp_path / "two").is_enrolled


def test_a_copied_unfinished_box_gives_two_boxes_no_common_key(authority: RunningProgram, tmp_path: Path) -> None:
    code = authority.make_code("A-110").code
    enroll_box(tmp_path / "one", code, authority.address)
    shutil.copytree(tmp_path / "one", tmp_path / "two", symlinks=True)
    done = enroll_box(tmp_path / "two", authority.make_code("A-111").code, authority.address, again=True)
    keys = [(tmp_path / name / "identity/current/key.pem").read_bytes() for name in ("one", "two")]
    chains = [(tmp_path / name / "chain.key").read_bytes() for name in ("one", "two")]
    assert len(set(keys)) == len(set(chains)) == 2
    assert done.room_id == "A-111"


def test_a_code_for_another_room_stops_before_anything_is_sent(authority: RunningProgram, tmp_path: Path) -> None:
    order = Order(code=authority.make_code("A-112").code, address=authority.address, room_id=RoomId("B-1"))
    around = ThisMachine(FileKeys, units.NoUnits())
    with pytest.raises(RoomDiffersError, match="A-112"):
        enrollment.enroll(BoxFolder(path=tmp_path / "box"), order, around, lambda _: None)
    assert not (tmp_path / "box/enrollment/request.json").exists()


def test_another_authority_cannot_pose_as_ours(authority: RunningProgram, tmp_path: Path) -> None:
    """It does not hold the code; one that repeats the true authority's answers shows another TLS certificate."""
    code = authority.make_code("A-113").code
    with running_authority(tmp_path / "other") as other, pytest.raises(RefusedByAuthorityError):
        enroll_box(tmp_path / "box", code, other.address)
    assert not (tmp_path / "box/enrollment/request.json").exists()


def test_somebody_in_between_is_noticed(
    authority: RunningProgram, tmp_path: Path, man_in_the_middle: Callable[[str], str]
) -> None:
    code = authority.make_code("A-114").code
    with pytest.raises(WrongAuthorityError, match="Stop and tell"):
        enroll_box(tmp_path / "box", code, man_in_the_middle(authority.address))
    assert not (tmp_path / "box/enrollment/request.json").exists()


def test_a_mistyped_code_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(CodeError):
        enroll_box(tmp_path / "box", "7KQM", "127.0.0.1:1")
    assert not (tmp_path / "box").exists()


def test_the_journal_is_readable_json(authority: RunningProgram, tmp_path: Path) -> None:
    def stop(step: Step) -> None:
        if step is Step.REQUEST_KEPT:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enroll_box(tmp_path / "box", authority.make_code("A-115").code, authority.address, stop)
    kept = msgspec.json.decode((tmp_path / "box/enrollment/request.json").read_bytes())
    assert kept["room_id"] is None
    assert (tmp_path / "box/enrollment").stat().st_mode & 0o077 == 0
