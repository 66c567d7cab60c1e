"""P07: a box that leaves its room keeps no key, no list of people, no evidence; its old keys are worth nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from models.enrollment import RefusalCode
from models.fleet import BoxRecord, RevocationRequest
from models.wire.authority_line import RefusedByAuthorityError
from provisioning.device import decommission, enrollment, units
from provisioning.device.box_folder import BoxFolder
from provisioning.device.box_state import EventsWaitingError
from provisioning.device.decommission import Waiting
from provisioning.device.enrollment import Order
from provisioning.device.file_keys import FileKeys
from provisioning.device.this_machine import ThisMachine
from tests.builders.box_enrollment import enroll_box
from tests.builders.running_authority import ERRAND, RunningProgram

PERSON = b"NGUYEN VAN THU 079000000001"


def _fill(box: BoxFolder, waiting: int) -> None:
    (box.state / "rosters.db").write_bytes(b"SQLite" + PERSON * 500)
    (box.state / "rosters.key").write_bytes(b"rosters' key 32 octets long.....")
    with closing(sqlite3.connect(box.state / "outbox.db")) as store:
        store.execute("CREATE TABLE waiting (position INTEGER)")
        store.executemany("INSERT INTO waiting VALUES (?)", [(number,) for number in range(waiting)])
        store.commit()


def _secrets(box: BoxFolder) -> list[bytes]:
    keys = [
        path for path in box.path.rglob("*") if path.is_file() and (path.suffix == ".key" or path.name == "key.pem")
    ]
    assert len(keys) >= 3
    return [PERSON, *(line for path in keys for line in path.read_bytes().splitlines()[1:-1] if len(line) > 16)]


def test_nothing_of_people_and_keys_is_left_in_the_file_system(authority: RunningProgram, tmp_path: Path) -> None:
    box = BoxFolder(path=tmp_path / "box")
    enroll_box(box.path, authority.make_code("D-1").code, authority.address)
    _fill(box, waiting=0)
    secrets = _secrets(box)
    hard_link = tmp_path / "what a recovery program finds"
    hard_link.hardlink_to(box.state / "rosters.db")
    key_blocks = tmp_path / "the key's blocks"
    key_blocks.hardlink_to(box.chain_key)
    decommission.wipe(box, Waiting.REFUSED)
    assert not [path for path in box.path.rglob("*") if not path.is_dir()]
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret in content]


def test_what_central_does_not_have_yet_is_not_wiped_unless_forced(authority: RunningProgram, tmp_path: Path) -> None:
    box = BoxFolder(path=tmp_path / "box")
    enroll_box(box.path, authority.make_code("D-2").code, authority.address)
    _fill(box, waiting=3)
    with pytest.raises(EventsWaitingError, match="3 events"):
        decommission.wipe(box, Waiting.REFUSED)
    assert box.is_enrolled
    decommission.wipe(box, Waiting.KEPT)
    assert [path.name for path in box.path.rglob("*") if path.is_file()] == ["outbox.db"]
    decommission.wipe(box, Waiting.WIPED)
    assert not [path for path in box.path.rglob("*") if path.is_file()]


def test_a_store_that_cannot_be_read_counts_as_waiting(tmp_path: Path) -> None:
    box = BoxFolder(path=tmp_path)
    box.state.mkdir()
    (box.state / "outbox.db").write_bytes(b"no database at all, but something")
    with pytest.raises(EventsWaitingError):
        decommission.wipe(box, Waiting.REFUSED)


def test_the_old_keys_cannot_enrol_again(authority: RunningProgram, tmp_path: Path) -> None:
    """Somebody buys the box and has a copy of its keys from before; the authority knows them."""
    box = BoxFolder(path=tmp_path / "box")
    done = enroll_box(box.path, authority.make_code("D-3").code, authority.address)
    copy = BoxFolder(path=tmp_path / "copy")
    copy.unfinished.mkdir(parents=True)
    (copy.unfinished / "key.pem").write_bytes((box.current / "key.pem").read_bytes())
    (copy.unfinished / "chain.key").write_bytes(box.chain_key.read_bytes())
    with authority.central() as central:
        central.post("/v1/revocations", RevocationRequest(errand=ERRAND, box_id=done.box_id), BoxRecord)
    decommission.wipe(box, Waiting.REFUSED)
    order = Order(code=authority.make_code("D-4").code, address=authority.address)
    with pytest.raises(RefusedByAuthorityError) as refused:
        enrollment.enroll(copy, order, ThisMachine(FileKeys, units.NoUnits()), lambda _: None)
    assert refused.value.refusal.code is RefusalCode.KEY_SHARED
    assert not copy.is_enrolled


def test_a_wiped_box_may_come_back_with_a_new_code_and_new_keys(authority: RunningProgram, tmp_path: Path) -> None:
    first = enroll_box(tmp_path / "box", authority.make_code("D-5").code, authority.address)
    decommission.wipe(BoxFolder(path=tmp_path / "box"), Waiting.REFUSED)
    second = enroll_box(tmp_path / "box", authority.make_code("D-6").code, authority.address)
    assert first.box_id != second.box_id


def test_the_installation_stays_and_runs_so_that_the_machine_can_be_enrolled_again(tmp_path: Path) -> None:
    environment, box = tmp_path / "venv", BoxFolder(path=tmp_path / "box")
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/python").write_text("installed")
    releases = box.path / "releases"
    (releases / "classroom-2").mkdir(parents=True)
    (releases / "classroom-2/python").write_text("a release")
    (releases / "base").symlink_to(environment)
    (releases / "current").symlink_to("classroom-2")
    decommission.wipe(box, Waiting.REFUSED)
    assert sorted(path.name for path in releases.iterdir()) == ["base", "current"]
    assert (releases / "current/bin/python").read_text() == "installed"
