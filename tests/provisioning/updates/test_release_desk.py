"""The release desk: signing in turn, publishing, renewing, and the commands that do it."""

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, Snapshot, Timestamp

from models.roll_outs import ReleaseKind
from provisioning.__main__ import main
from provisioning.updates.release_desk import CARRIED, ReleaseNotReadyError, offers_in
from provisioning.updates.release_keys import KeyHolder, ReleaseKeyError, make_key, read_key
from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse, tiny_wheel


def test_one_signature_is_not_enough_to_publish(house: ReleaseHouse) -> None:
    (house.folder / "classroom-2.tar").write_bytes(b"two")
    house.desk.add(house.folder / "classroom-2.tar", ReleaseKind.PACKAGE, house.now)
    (draft,) = house.desk.sign(house.keys[KeyHolder.TARGETS_1])
    assert (draft.part, draft.missing) == ("targets", 1)
    with pytest.raises(ReleaseNotReadyError, match="lacks signatures"):
        house.publish()
    assert len(offers_in(house.desk.repository)) == 1
    house.sign(KeyHolder.TARGETS_2)
    house.publish()
    assert [offer.target for offer in offers_in(house.desk.repository)] == ["classroom-2.tar", "classroom-1.tar"]


def test_a_key_that_belongs_to_no_draft_signs_nothing(house: ReleaseHouse) -> None:
    house.desk.draft_again(house.now)
    for signer in (house.keys[KeyHolder.ONLINE], house.keys[KeyHolder.ROOT_1], make_key(house.folder / "stranger")):
        with pytest.raises(ReleaseNotReadyError):
            house.desk.sign(signer)


def test_only_the_online_key_publishes(house: ReleaseHouse) -> None:
    with pytest.raises(ReleaseNotReadyError, match="online key"):
        house.desk.publish(house.keys[KeyHolder.TARGETS_1], house.now)


@pytest.mark.parametrize("name", ["classroom-1.tar", "no spaces.tar", "classroom.zip", ".tar"])
def test_a_name_that_is_taken_or_odd_is_refused(house: ReleaseHouse, name: str) -> None:
    (house.folder / name).write_bytes(b"other bytes")
    with pytest.raises(ReleaseNotReadyError):
        house.desk.add(house.folder / name, ReleaseKind.PACKAGE, house.now)


def test_the_daily_stamp_keeps_the_snapshot_until_it_is_near_its_end(house: ReleaseHouse) -> None:
    house.later(days=14)
    assert _snapshots(house) == [1]
    house.later(days=2)
    assert _snapshots(house) == [1, 2]


def test_a_stick_is_never_good_for_longer_than_the_list(house: ReleaseHouse) -> None:
    published = house.desk.publish(house.keys[KeyHolder.ONLINE], house.now + timedelta(days=80))
    stamp = Metadata[Timestamp].from_file(str(house.desk.repository / "metadata" / CARRIED)).signed
    assert published.stick_good_until == published.targets_good_until == stamp.expires


def test_a_replaced_targets_key_counts_no_more_and_boxes_go_on(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    box.client(line, house.now).look()
    stolen = house.keys[KeyHolder.TARGETS_1]
    house.keys[KeyHolder.TARGETS_1] = make_key(house.folder / "new")
    house.desk.draft_root(house.now, {KeyHolder.TARGETS_1: house.keys[KeyHolder.TARGETS_1].public_key})
    house.desk.draft_again(house.now)
    with pytest.raises(ReleaseNotReadyError):
        house.desk.sign(stolen)
    house.sign(KeyHolder.ROOT_2, KeyHolder.ROOT_3, KeyHolder.TARGETS_1, KeyHolder.TARGETS_2)
    house.publish()
    assert box.client(line, house.now).find("classroom-1.tar").number == 1


def test_a_key_that_others_can_read_is_not_used(house: ReleaseHouse) -> None:
    (house.folder / "keys/online/key.pem").chmod(0o644)
    with pytest.raises(ReleaseKeyError, match="chmod 600"):
        read_key(house.folder / "keys/online")


def test_keys_are_never_overwritten(house: ReleaseHouse) -> None:
    with pytest.raises(ReleaseKeyError):
        make_key(house.folder / "keys/root-1")


def test_the_whole_day_at_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk, box = tmp_path / "desk", tmp_path / "box"
    tiny_wheel(tmp_path / "wheels", "1.0")
    archive = str(tmp_path / "classroom-1.0.tar")
    stick = tmp_path / "stick"
    assert _run("make-keys", desk) == 0
    assert _run("make-package", tmp_path / "wheels", archive) == 0
    assert _run("add-package", desk, archive) == 0
    assert _run("publish", desk, desk / "keys/online") == 2
    assert _run("sign", desk, desk / "keys/targets-1") == 0
    assert _run("sign", desk, desk / "keys/targets-2") == 0
    assert _run("publish", desk, desk / "keys/online") == 0
    shutil.copytree(desk / "repository", stick)
    assert _run("trust-root", stick / "metadata/1.root.json", "--box", box) == 0
    assert _run("from-stick", stick, "--box", box) == 2
    assert "no valid trust list" in capsys.readouterr().err
    assert _run("starting", "--box", box) == 0
    assert _run("confirm", "--box", box) == 0


def _run(*words: object) -> int:
    return main(["update", *map(str, words)])


def _snapshots(house: ReleaseHouse) -> list[int]:
    files = (house.desk.repository / "metadata").glob("*.snapshot.json")
    return sorted(Metadata[Snapshot].from_file(str(file)).signed.version for file in files)
