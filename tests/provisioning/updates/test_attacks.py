"""P04: each attack on updates by name, over a line that lies: refused, with our own error."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp

from models.wire.authority_line import AuthorityUnreachableError
from provisioning.updates.client import newest_seen
from provisioning.updates.refusals import (
    ATTACKS,
    BrokenListError,
    EndlessFileError,
    MixedUpError,
    NotOfferedError,
    NotSignedError,
    NotThereError,
    OutOfDateError,
    RolledBackError,
    StickStampError,
    TamperedFileError,
    TooSlowError,
    UpdateRefusedError,
)
from provisioning.updates.release_desk import CARRIED
from provisioning.updates.release_keys import KeyHolder, make_key
from tests.builders.releases import LyingLine, ReleaseBox, ReleaseHouse


def test_the_true_repository_is_believed(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    client = box.client(line, house.now)
    assert client.find("classroom-1.tar").number == 1
    assert client.fetch("classroom-1.tar").read_bytes() == b"the first release"


def test_rollback_an_older_list_is_shown_again(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, yesterday: Path
) -> None:
    house.release("classroom-2.tar")
    box.client(line, house.now).look()
    with pytest.raises(RolledBackError):
        box.client(LyingLine(yesterday), house.now).look()
    assert box.client(line, house.now).find("classroom-2.tar").number == 2


def test_freeze_the_same_list_is_shown_for_days(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    box.client(line, house.now).look()
    with pytest.raises(OutOfDateError):
        box.client(line, house.now + timedelta(hours=25)).look()


def test_freeze_with_the_long_lived_stamp_of_a_stick(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    metadata = house.desk.repository / "metadata"
    shutil.copy(metadata / CARRIED, metadata / "timestamp.json")
    with pytest.raises(StickStampError):
        box.client(line, house.now + timedelta(days=3)).look()


def test_a_true_stamp_is_believed_after_a_stick_stamp_was_refused(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, yesterday: Path
) -> None:
    shutil.copy(yesterday / "metadata" / CARRIED, yesterday / "metadata" / "timestamp.json")
    with pytest.raises(StickStampError):
        box.client(LyingLine(yesterday), house.now).look()
    box.client(line, house.now).look()


def test_mix_and_match_new_stamp_with_an_older_snapshot(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, yesterday: Path
) -> None:
    house.release("classroom-2.tar")
    metadata = house.desk.repository / "metadata"
    shutil.copy(yesterday / "metadata/1.snapshot.json", metadata / "2.snapshot.json")
    with pytest.raises(MixedUpError):
        box.client(line, house.now).look()


def test_mix_and_match_new_snapshot_with_an_older_list(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, yesterday: Path
) -> None:
    house.release("classroom-2.tar")
    shutil.copy(yesterday / "metadata/1.targets.json", house.desk.repository / "metadata/2.targets.json")
    with pytest.raises(MixedUpError):
        box.client(line, house.now).look()


def test_fast_forward_without_the_key_changes_nothing(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    stranger = make_key(house.folder / "stranger")
    forged = _stamp(house, 2_000_000_000)
    forged.sign(stranger)
    line.lies["metadata/timestamp.json"] = lambda: iter((forged.to_bytes(),))
    with pytest.raises(NotSignedError):
        box.client(line, house.now).look()
    line.lies.clear()
    box.client(line, house.now).look()


def test_fast_forward_with_a_stolen_online_key_ends_with_the_next_root(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    forged = _stamp(house, 2_000_000_000)
    forged.sign(house.keys[KeyHolder.ONLINE])
    line.lies["metadata/timestamp.json"] = lambda: iter((forged.to_bytes(),))
    box.client(line, house.now).look()
    line.lies.clear()
    with pytest.raises(RolledBackError):
        box.client(line, house.now).look()
    house.keys[KeyHolder.ONLINE] = make_key(house.folder / "new-online")
    house.desk.draft_root(house.now, {KeyHolder.ONLINE: house.keys[KeyHolder.ONLINE].public_key})
    house.sign(KeyHolder.ROOT_1, KeyHolder.ROOT_3)
    house.publish()
    assert box.client(line, house.now).find("classroom-1.tar").number == 1


@pytest.mark.parametrize("name", ["metadata/timestamp.json", "metadata/1.snapshot.json", "metadata/1.targets.json"])
def test_endless_data_in_the_list(house: ReleaseHouse, box: ReleaseBox, line: LyingLine, name: str) -> None:
    line.lies[name] = _endless
    with pytest.raises(EndlessFileError):
        box.client(line, house.now).look()


def test_endless_data_in_the_file(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    client = box.client(line, house.now)
    line.lies[_stored(house)] = _endless
    with pytest.raises(EndlessFileError):
        client.fetch("classroom-1.tar")
    assert not (box.updates / "downloads/classroom-1.tar").exists()


def test_arbitrary_file_of_the_same_length(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    line.lies[_stored(house)] = lambda: iter((b"THE first release",))
    with pytest.raises(TamperedFileError):
        box.client(line, house.now).fetch("classroom-1.tar")
    assert not (box.updates / "downloads/classroom-1.tar").exists()


def test_a_file_that_is_too_short(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    line.lies[_stored(house)] = lambda: iter((b"the first",))
    with pytest.raises(TamperedFileError):
        box.client(line, house.now).fetch("classroom-1.tar")


def test_a_file_exchanged_on_the_card_after_the_download_is_fetched_again(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    box.client(line, house.now).fetch("classroom-1.tar").write_bytes(b"THE first release")
    assert box.client(line, house.now).fetch("classroom-1.tar").read_bytes() == b"the first release"


def test_stolen_key_one_targets_key_alone_releases_nothing(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    metadata = house.desk.repository / "metadata"
    evil = Metadata[Targets].from_file(str(metadata / "1.targets.json"))
    evil.signed.version = 2
    evil.sign(house.keys[KeyHolder.TARGETS_1])
    _publish_by_force(house, evil)
    with pytest.raises(NotSignedError):
        box.client(line, house.now).look()


def test_stolen_key_one_root_key_alone_makes_no_root(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    metadata = house.desk.repository / "metadata"
    evil = Metadata[Root].from_file(str(metadata / "1.root.json"))
    evil.signed.version = 2
    evil.sign(house.keys[KeyHolder.ROOT_2])
    (metadata / "2.root.json").write_bytes(evil.to_bytes())
    with pytest.raises(NotSignedError):
        box.client(line, house.now).look()


def test_stolen_key_the_online_key_alone_cannot_name_a_file(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine
) -> None:
    evil = Metadata[Targets].from_file(str(house.desk.repository / "metadata/1.targets.json"))
    evil.signed.version = 2
    evil.sign(house.keys[KeyHolder.ONLINE])
    _publish_by_force(house, evil)
    with pytest.raises(NotSignedError):
        box.client(line, house.now).look()


def test_slow_retrieval(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    def dripping() -> Iterator[bytes]:
        while True:
            box.clock.advance(seconds=5)
            yield b" "

    line.lies["metadata/timestamp.json"] = dripping
    with pytest.raises(TooSlowError):
        box.client(line, house.now).look()


def test_a_foreign_province_is_not_believed(box: ReleaseBox, tmp_path: Path) -> None:
    other = ReleaseHouse(tmp_path / "other")
    other.release("classroom-1.tar")
    with pytest.raises(NotSignedError):
        box.client(LyingLine(other.desk.repository), other.now).look()


def test_no_repository_and_no_list(house: ReleaseHouse, box: ReleaseBox, line: LyingLine, tmp_path: Path) -> None:
    with pytest.raises(NotThereError):
        box.client(LyingLine(tmp_path / "nothing"), house.now).look()
    line.lies["metadata/timestamp.json"] = lambda: iter((b"{}",))
    with pytest.raises(BrokenListError):
        box.client(line, house.now).look()


@pytest.mark.parametrize("name", ["classroom-9.tar", "../../etc/passwd", "metadata/root.json"])
def test_what_the_list_does_not_name_is_not_fetched(
    house: ReleaseHouse, box: ReleaseBox, line: LyingLine, name: str
) -> None:
    with pytest.raises(NotOfferedError):
        box.client(line, house.now).fetch(name)


def test_the_first_root_never_comes_over_the_wire(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    (box.updates / "root.json").unlink()
    with pytest.raises(UpdateRefusedError, match="no release root"):
        box.client(line, house.now).look()
    assert line.asked == []


def test_a_silent_authority_is_no_refusal(house: ReleaseHouse, box: ReleaseBox, line: LyingLine) -> None:
    def silent() -> Iterator[bytes]:
        raise AuthorityUnreachableError("Nobody answers.")

    line.lies["metadata/timestamp.json"] = silent
    with pytest.raises(AuthorityUnreachableError):
        box.client(line, house.now).look()


def test_every_attack_has_a_sentence_of_its_own() -> None:
    errors = {error for _, error in ATTACKS} | {StickStampError, TamperedFileError, NotOfferedError}
    assert len({error.sentence for error in errors}) == len(errors)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shown=some.lists(some.tuples(some.integers(0, 3), some.sampled_from(["network", "stick"])), max_size=8))
def test_whatever_is_shown_in_whatever_order_the_believed_version_only_rises(
    versions: tuple[ReleaseHouse, list[Path]], tmp_path_factory: pytest.TempPathFactory, shown: list[tuple[int, str]]
) -> None:
    house, copies = versions
    box = ReleaseBox(tmp_path_factory.mktemp("any") / "box", house.root)
    before = newest_seen(box.updates)
    for number, way in shown:
        source = copies[number] if way == "stick" else LyingLine(copies[number])
        try:
            box.client(source, house.now).look()
            assert newest_seen(box.updates).targets_version == max(number + 1, before.targets_version)
        except RolledBackError:
            assert newest_seen(box.updates) == before
        assert newest_seen(box.updates) >= before
        before = newest_seen(box.updates)


@pytest.fixture
def versions(house: ReleaseHouse, tmp_path: Path) -> tuple[ReleaseHouse, list[Path]]:
    """Four copies of the repository, with one release more each."""
    copies = []
    for number in range(1, 5):
        if number > 1:
            house.release(f"classroom-{number}.tar")
        copies.append(tmp_path / f"copy-{number}")
        shutil.copytree(house.desk.repository, copies[-1])
    return house, copies


def _endless() -> Iterator[bytes]:
    while True:
        yield bytes(65536)


def _stored(house: ReleaseHouse) -> str:
    (file,) = (house.desk.repository / "targets").iterdir()
    return f"targets/{file.name}"


def _stamp(house: ReleaseHouse, version: int) -> Metadata[Timestamp]:
    stamp = Metadata[Timestamp].from_file(str(house.desk.repository / "metadata/timestamp.json"))
    stamp.signed.version = version
    return stamp


def _publish_by_force(house: ReleaseHouse, evil: Metadata[Targets]) -> None:
    """What somebody with the online key and the server could do."""
    metadata, online = house.desk.repository / "metadata", house.keys[KeyHolder.ONLINE]
    (metadata / "2.targets.json").write_bytes(evil.to_bytes())
    snapshot = Metadata[Snapshot].from_file(str(metadata / "1.snapshot.json"))
    snapshot.signed.version = 2
    snapshot.signed.meta["targets.json"] = MetaFile.from_data(2, evil.to_bytes(), ["sha256"])
    snapshot.sign(online)
    (metadata / "2.snapshot.json").write_bytes(snapshot.to_bytes())
    stamp = _stamp(house, 9)
    stamp.signed.snapshot_meta = MetaFile.from_data(2, snapshot.to_bytes(), ["sha256"])
    stamp.sign(online)
    (metadata / "timestamp.json").write_bytes(stamp.to_bytes())
