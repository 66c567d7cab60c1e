"""A trust list from a stick is taken under the same rules as one from the network, and each refusal has its words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from edge.settings import read_central_keys
from models.identifiers import BoxId, RoomId
from models.wire import trust_list
from models.wire.trust_list import TrustList, TrustListRefusal, sign_trust_list, to_file
from provisioning.device import trust_store
from provisioning.device.box_folder import BoxFolder, RoomRecord
from provisioning.device.trust_store import NoTrustListError, TrustListRefusedError, read_file

KEY = Ed25519PrivateKey.generate()
NOW = datetime.now(UTC)
LIST = TrustList(
    version=7,
    school_id="TRUONG-1",
    issued_at=NOW - timedelta(days=1),
    good_until=NOW + timedelta(days=30),
    authorities=(),
    central_keys=(),
    boxes=(),
    revoked=(),
    exams=(),
)


@pytest.fixture
def box(tmp_path: Path) -> BoxFolder:
    box = BoxFolder(path=tmp_path)
    box.trust_key.write_bytes(KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    room = RoomRecord(
        box_id=BoxId("box-1"),
        room_id=RoomId("A-1"),
        room_name="A1",
        school_id="TRUONG-1",
        authority_address="localhost:1",
        broker_host="localhost",
        broker_port=8883,
        chain_key=bytes(32),
    )
    box.write_room(room)
    return box


def _stick(tmp_path: Path, key: Ed25519PrivateKey = KEY, **changed: object) -> Path:
    stick = tmp_path / "stick"
    stick.mkdir(exist_ok=True)
    signed = sign_trust_list(msgspec.structs.replace(LIST, **changed), key)
    (stick / trust_list.FILE_NAME).write_bytes(to_file(signed))
    return stick


def _take(box: BoxFolder, place: Path) -> TrustList:
    return trust_store.take(box, read_file(place))


def test_a_list_is_taken_from_a_stick_or_a_file(box: BoxFolder, tmp_path: Path) -> None:
    stick = _stick(tmp_path)
    assert _take(box, stick).version == 7
    assert _take(box, stick / "trust-list.json").version == 7
    assert trust_store.held_version(box) == 7
    assert _take(box, _stick(tmp_path, version=8)).version == 8


@pytest.mark.parametrize(
    ("refusal", "changed"),
    [
        (TrustListRefusal.OLDER_THAN_HELD, {"version": 6}),
        (TrustListRefusal.OTHER_SCHOOL, {"school_id": "TRUONG-2", "version": 9}),
        (TrustListRefusal.PAST_GOOD_UNTIL, {"good_until": NOW - timedelta(seconds=1), "version": 9}),
        (TrustListRefusal.WRONG_SIGNATURE, {"key": Ed25519PrivateKey.generate(), "version": 9}),
    ],
)
def test_what_is_refused_is_said_and_changes_nothing(
    box: BoxFolder, tmp_path: Path, refusal: TrustListRefusal, changed: dict[str, object]
) -> None:
    _take(box, _stick(tmp_path))
    before = box.trust_list.read_bytes()
    with pytest.raises(TrustListRefusedError) as refused:
        _take(box, _stick(tmp_path, **changed))  # type: ignore[arg-type]  # a table of single changes
    assert refused.value.refusal is refusal
    assert len(str(refused.value).splitlines()) == 2
    assert box.trust_list.read_bytes() == before


def test_every_key_of_central_that_counts_is_kept_for_the_room_agent(box: BoxFolder, tmp_path: Path) -> None:
    keys = [Ed25519PrivateKey.generate() for _ in range(2)]
    public = tuple(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for key in keys)
    _take(box, _stick(tmp_path, central_keys=public))
    for key in keys:
        read_central_keys(box.central_key).verify(key.sign(b"receipt"), b"receipt")
    _take(box, _stick(tmp_path, version=8))
    assert len(read_central_keys(box.central_key).keys) == 2, "a list that names none takes none away"


def test_a_broken_or_missing_file_is_said(box: BoxFolder, tmp_path: Path) -> None:
    with pytest.raises(NoTrustListError):
        _take(box, tmp_path / "no stick")
    (tmp_path / "rubbish").write_bytes(b"{")
    with pytest.raises(TrustListRefusedError) as refused:
        _take(box, tmp_path / "rubbish")
    assert refused.value.refusal is TrustListRefusal.UNKNOWN_SHAPE


def test_every_refusal_has_words() -> None:
    assert all(trust_store.sentence_of(refusal) for refusal in TrustListRefusal)


def test_a_list_that_has_run_out_on_the_box_still_counts_as_held(box: BoxFolder, tmp_path: Path) -> None:
    stick = _stick(tmp_path, good_until=NOW - timedelta(days=1))
    box.trust_list.write_bytes((stick / "trust-list.json").read_bytes())
    with pytest.raises(TrustListRefusedError) as refused:
        _take(box, _stick(tmp_path, version=6))
    assert refused.value.refusal is TrustListRefusal.OLDER_THAN_HELD
