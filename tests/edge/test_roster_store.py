"""Rosters rest encrypted, survive a restart, and only the right one is worked from."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.roster_store import RosterStore, RosterStoreError
from models.exams import RosterBundle
from models.identifiers import BoxId, SessionId
from models.wire.signed_bundle import BundleRefusal, sign_bundle
from tests.builders.events import CENTRAL_KEY
from tests.builders.exams import AN, SEVEN_O_CLOCK, bundle

NOW = SEVEN_O_CLOCK


def opened(folder: Path) -> RosterStore:
    store = RosterStore(folder / "rosters.sqlite", folder / "box.key", CENTRAL_KEY.public_key(), BoxId("box-101"))
    store.start()
    return store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RosterStore]:
    store = opened(tmp_path)
    yield store
    store.stop()


def roster(name: str = "ca-1", version: int = 1, starts_in: float = 0.5, ends_in: float = 2) -> RosterBundle:
    session = msgspec.structs.replace(
        bundle().session,
        session_id=SessionId(name),
        starts_at=NOW + timedelta(hours=starts_in),
        ends_at=NOW + timedelta(hours=ends_in),
    )
    return msgspec.structs.replace(bundle(), version=version, session=session)


def keep(store: RosterStore, one: RosterBundle) -> RosterBundle | BundleRefusal:
    return store.keep(sign_bundle(one, CENTRAL_KEY), NOW)


def test_a_roster_is_there_after_a_restart(tmp_path: Path, store: RosterStore) -> None:
    assert keep(store, roster()) == roster()
    store.stop()
    again = opened(tmp_path)
    assert again.current(NOW) == roster()
    again.stop()


def test_the_newest_version_of_a_sitting_stays(store: RosterStore) -> None:
    keep(store, roster(version=2))
    assert keep(store, roster(version=1)) is BundleRefusal.OLDER_THAN_HELD
    assert keep(store, roster(version=3)) == roster(version=3)
    assert store.versions(NOW) == {"ca-1": 3}


def test_the_sitting_under_way_comes_before_the_next_and_the_next_before_the_last(store: RosterStore) -> None:
    morning, noon = roster("ca-1", starts_in=0.5, ends_in=2), roster("ca-2", starts_in=3, ends_in=4)
    keep(store, noon)
    keep(store, morning)
    assert store.current(NOW) == morning
    assert store.current(NOW + timedelta(hours=1)) == morning
    assert store.current(NOW + timedelta(hours=2.5)) == noon
    assert store.current(NOW + timedelta(hours=5)) == noon


def test_a_roster_past_its_time_is_neither_used_nor_kept(tmp_path: Path, store: RosterStore) -> None:
    keep(store, roster())
    later = roster().good_until
    assert store.current(later) is None
    assert store.forget_before(later) == 1
    assert store.rosters(NOW) == []
    store.stop()
    assert opened(tmp_path).rosters(NOW) == []


def test_a_refused_roster_is_not_stored(store: RosterStore) -> None:
    forged = sign_bundle(roster(), Ed25519PrivateKey.generate())
    assert store.keep(forged, NOW) is BundleRefusal.WRONG_SIGNATURE
    assert store.rosters(NOW) == []


def test_nobody_reads_a_name_or_number_from_the_disk(tmp_path: Path, store: RosterStore) -> None:
    keep(store, roster())
    keep(store, roster(version=2))
    store.stop()
    content = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.name != "box.key")
    for word in (AN, "Nguyễn Văn An", "ca-1", "Phòng 101"):
        assert word.encode() not in content


def test_the_key_is_only_ours_and_a_readable_one_is_refused(tmp_path: Path, store: RosterStore) -> None:
    key = tmp_path / "box.key"
    assert key.stat().st_mode & 0o777 == 0o600
    store.stop()
    key.chmod(0o644)
    with pytest.raises(RosterStoreError):
        opened(tmp_path)


def test_a_roster_under_another_key_is_as_if_absent(tmp_path: Path, store: RosterStore) -> None:
    keep(store, roster())
    store.stop()
    (tmp_path / "box.key").unlink()
    again = opened(tmp_path)
    assert again.current(NOW) is None
    assert keep(again, roster()) == roster()
    assert again.current(NOW) == roster()
    again.stop()


def test_a_closed_store_is_a_named_error(tmp_path: Path) -> None:
    store = RosterStore(tmp_path / "r", tmp_path / "k", CENTRAL_KEY.public_key(), BoxId("box-101"))
    with pytest.raises(RosterStoreError):
        store.current(NOW)
