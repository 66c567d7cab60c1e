"""The caretaker against a real authority over TLS, with a clock that the test moves."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest

from models.enrollment import CertificateRole, Done, ExamWindow, IssuedCertificate, RenewalRequest
from models.fleet import (
    BoxRecord,
    BoxRecords,
    DeviceCredentials,
    ExamWindowsRequest,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from models.identifiers import BoxId, RoomId
from models.wire.authority_line import AuthorityLine, AuthorityUnreachableError
from models.wire.trust_list import TrustList
from provisioning.authority.caller import Caller
from provisioning.device import enrollment, exam_identities, identities, renewal, trust_store, units
from provisioning.device.authority_talk import line_with, speaking_identity
from provisioning.device.box_folder import BoxFolder, NotEnrolledError
from provisioning.device.caretaker import Caretaker
from provisioning.device.file_keys import FileKeys
from provisioning.device.this_machine import Bench
from provisioning.device.trial_certificates import trial_certificate
from tests.builders.box_enrollment import enroll_box
from tests.builders.running_authority import ERRAND, NearAuthority, near_authority
from tests.fakes.manual_clock import ManualClock
from tests.fakes.remembering_house import RememberingHouse

T = TypeVar("T")
ROOM = RoomId("A-101")


class Scene:
    """One authority, one box, one caretaker. The authority's clock and the caretaker's are the same."""

    def __init__(self, authority: NearAuthority, clock: ManualClock, folder: Path) -> None:
        self.authority = authority
        self.clock = clock
        self.box = BoxFolder(path=folder)
        self.house = RememberingHouse(clock)
        self.caretaker = Caretaker(self.box, self.house, clock)

    def enroll(self) -> BoxId:
        return enroll_box(self.box.path, self.authority.make_code(ROOM).code, self.authority.address).box_id

    def record(self) -> BoxRecord:
        with self.authority.central() as central:
            records = central.get("/v1/boxes?after=0", BoxRecords).boxes
        (record,) = (record for record in records if record.room_id == ROOM)
        return record

    def set_exam(self, starts_in: timedelta, exam_id: str = "thpt-2027") -> ExamWindow:
        starts_at = (self.clock.now() + starts_in).replace(microsecond=0)
        window = ExamWindow(exam_id=exam_id, starts_at=starts_at, ends_at=starts_at + timedelta(days=2))
        with self.authority.central() as central:
            wish = ExamWindowsRequest(errand=ERRAND, windows=(window,), rooms={exam_id: (ROOM,)})
            central.put("/v1/exam-windows", wish, Done)
        return window


def _scene(tmp_path: Path, days_ago: float) -> Iterator[Scene]:
    clock = ManualClock(datetime.now(UTC) - timedelta(days=days_ago))
    with near_authority(tmp_path / "authority", clock) as authority:
        yield Scene(authority, clock, tmp_path / "box")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    yield from _scene(tmp_path, 0)


@pytest.fixture
def two_months_ago(tmp_path: Path) -> Iterator[Scene]:
    yield from _scene(tmp_path, 61)


@pytest.fixture
def before_the_summer(tmp_path: Path) -> Iterator[Scene]:
    yield from _scene(tmp_path, 100)


def test_a_round_brings_the_newest_trust_list(scene: Scene) -> None:
    scene.enroll()
    first = trust_store.held_version(scene.box)
    order = enrollment.Order(code=scene.authority.make_code("A-102").code, address=scene.authority.address)
    other_board = Bench(FileKeys, units.NoUnits())
    enrollment.enroll(BoxFolder(path=scene.box.path.parent / "neighbour"), order, other_board, lambda _: None)
    scene.clock.advance(minutes=5)
    assert scene.caretaker.attend()
    held = trust_store.held_version(scene.box)
    assert first is not None
    assert held is not None
    assert held > first
    assert scene.record().trust_list_version == held


def test_a_certificate_is_renewed_at_two_thirds_of_its_life_and_the_old_one_kept(two_months_ago: Scene) -> None:
    scene = two_months_ago
    scene.enroll()
    before, key = scene.box.identity_name(), (scene.box.current / "key.pem").read_bytes()
    scene.clock.advance(days=61)
    assert scene.caretaker.attend()
    after = scene.box.identity_name()
    assert after != before
    assert set(identities.names(scene.box)) == {before, after}
    assert (scene.box.current / "key.pem").read_bytes() != key
    assert scene.record().serial == after
    assert not list(scene.box.path.glob("*.draft"))
    assert scene.caretaker.attend()
    assert scene.box.identity_name() == after


def test_a_renewal_that_was_cut_off_is_given_the_same_certificate(two_months_ago: Scene) -> None:
    scene = two_months_ago
    scene.enroll()
    scene.clock.advance(days=61)
    old = speaking_identity(scene.box, scene.clock.now())
    with line_with(scene.box, old) as line, pytest.raises(AuthorityUnreachableError):
        renewal.renew(scene.box, _LosesAnswers(line), old)
    assert scene.box.identity_name() == old.name
    key = (scene.box.path / "renewal.draft/key.pem").read_bytes()
    assert scene.caretaker.attend()
    assert (scene.box.current / "key.pem").read_bytes() == key


def test_a_certificate_that_cannot_be_used_is_dropped_and_the_old_one_stays(scene: Scene, tmp_path: Path) -> None:
    scene.enroll()
    old = speaking_identity(scene.box, scene.clock.now())
    FileKeys().make(tmp_path)
    with pytest.raises(AuthorityUnreachableError):
        renewal.renew(scene.box, _ForeignIssuer(tmp_path / "key.pem"), old)
    assert scene.box.identity_name() == old.name
    assert identities.names(scene.box) == (old.name,)
    assert scene.caretaker.attend()
    assert not scene.caretaker.is_away


def test_after_a_summer_in_a_cupboard_the_old_key_brings_a_new_certificate(before_the_summer: Scene) -> None:
    scene = before_the_summer
    order = enrollment.Order(code=scene.authority.make_code(ROOM).code, address=scene.authority.address)
    enrollment.enroll(scene.box, order, Bench(FileKeys, units.NoUnits()), lambda _: None)
    before = scene.box.identity_name()
    scene.clock.advance(days=100)
    assert scene.caretaker.attend()
    assert not scene.caretaker.is_away
    assert scene.box.identity_name() != before
    assert scene.record().serial == scene.box.identity_name()


def test_an_exam_certificate_is_used_on_its_days_only_also_without_a_network(scene: Scene) -> None:
    scene.enroll()
    operating = scene.box.identity_name()
    scene.set_exam(timedelta(days=5))
    assert scene.caretaker.attend()
    (exam,) = exam_identities.held_exams(scene.box)
    assert scene.box.identity_name() == operating
    alone = Caretaker(scene.box, scene.house, ManualClock(scene.clock.now() + timedelta(days=5)))
    _without_network(scene, alone)
    assert scene.box.identity_name() == exam
    after = Caretaker(scene.box, scene.house, ManualClock(scene.clock.now() + timedelta(days=9)))
    _without_network(scene, after)
    assert scene.box.identity_name() == operating
    assert identities.names(scene.box) == (operating,)


def test_an_exam_in_its_days_is_entered_at_once_and_the_operating_certificate_keeps_speaking(scene: Scene) -> None:
    scene.enroll()
    operating = scene.box.identity_name()
    scene.set_exam(timedelta(hours=3))
    assert scene.caretaker.attend()
    assert str(scene.box.identity_name()).startswith("exam-")
    assert speaking_identity(scene.box, scene.clock.now()).name == operating
    assert scene.caretaker.attend()
    assert not scene.caretaker.is_away


def test_no_exam_certificate_earlier_than_a_month_before_and_none_for_a_cancelled_exam(scene: Scene) -> None:
    scene.enroll()
    scene.set_exam(timedelta(days=40))
    assert scene.caretaker.attend()
    assert exam_identities.held_exams(scene.box) == {}
    scene.set_exam(timedelta(days=20))
    assert scene.caretaker.attend()
    assert len(exam_identities.held_exams(scene.box)) == 1
    scene.set_exam(timedelta(days=25), "another-exam")
    assert scene.caretaker.attend()
    assert list(exam_identities.held_exams(scene.box).values()) == ["another-exam"]


def test_an_exam_that_is_moved_gets_a_certificate_for_its_new_days(scene: Scene) -> None:
    scene.enroll()
    scene.set_exam(timedelta(days=5))
    assert scene.caretaker.attend()
    moved = scene.set_exam(timedelta(days=12))
    assert scene.caretaker.attend()
    lives = [identities.validity(scene.box.identities / name) for name in exam_identities.held_exams(scene.box)]
    assert any(life.begins_at <= moved.starts_at and moved.ends_at <= life.ends_at for life in lives)


def test_room_devices_are_admitted_and_retired(scene: Scene) -> None:
    scene.enroll()
    with scene.authority.central() as central:
        wish = RoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("tablet-01", "vr-01"))
        made = central.post("/v1/room-devices", wish, DeviceCredentials)
    assert scene.caretaker.attend()
    passwords = scene.box.room_broker / "passwords"
    assert sorted(line.split(":")[0] for line in passwords.read_text().splitlines()) == ["tablet-01", "vr-01"]
    for credential in made.credentials:
        assert credential.password not in passwords.read_text()
    with scene.authority.central() as central:
        central.post(
            "/v1/room-devices/retire",
            RetireRoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("vr-01",)),
            Done,
        )
    assert scene.caretaker.attend()
    assert passwords.read_text().startswith("tablet-01:")
    assert "vr-01" not in passwords.read_text()


def test_a_revoked_box_wipes_itself_and_cannot_come_back_with_its_keys(scene: Scene, tmp_path: Path) -> None:
    box_id = scene.enroll()
    identity = tmp_path / "kept by a thief"
    identity.mkdir()
    for name in ("certificate.pem", "key.pem", "authorities.pem"):
        (identity / name).write_bytes((scene.box.current / name).read_bytes())
    with scene.authority.central() as central:
        central.post("/v1/revocations", RevocationRequest(errand=ERRAND, box_id=box_id), BoxRecord)
    assert not scene.caretaker.attend()
    assert not [path for path in scene.box.path.rglob("*") if path.is_file()]
    assert scene.house.restarts == 1
    caller = Caller(
        role=CertificateRole.BOX,
        name=box_id,
        serial_hex=identities.validity(identity).serial,
        room_id=ROOM,
    )
    csr = FileKeys().request(identity)
    refused = scene.authority.authority.renew(caller, msgspec.convert({"csr": csr}, RenewalRequest))
    assert not isinstance(refused, IssuedCertificate)
    with pytest.raises(NotEnrolledError):
        scene.caretaker.attend()


def test_an_authority_that_is_away_changes_nothing_and_is_told_once(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.enroll()
    room = scene.box.read_room()
    scene.box.write_room(msgspec.structs.replace(room, authority_address="localhost:1"))
    before = {path: path.read_bytes() for path in scene.box.path.rglob("*") if path.is_file()}
    with caplog.at_level(logging.WARNING):
        assert scene.caretaker.attend()
        assert scene.caretaker.attend()
    assert scene.caretaker.is_away
    assert len([line for line in caplog.messages if "cannot be asked" in line]) == 1
    assert {path: path.read_bytes() for path in scene.box.path.rglob("*") if path.is_file()} == before


def test_the_end_of_a_certificate_is_told_30_14_and_7_days_before_once_each(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.enroll()
    scene.box.write_room(msgspec.structs.replace(scene.box.read_room(), authority_address="localhost:1"))
    with caplog.at_level(logging.WARNING, "provisioning.device.caretaker"):
        for _ in range(4 * 92):
            scene.clock.advance(hours=6)
            scene.caretaker.attend()
    told = [line for line in caplog.messages if "within" in line or "is over" in line]
    assert [line.split("within ")[-1] for line in told][:3] == ["30 days.", "14 days.", "7 days."]
    assert len(told) == 4
    assert scene.box.is_enrolled


def test_a_duty_that_breaks_stops_no_other_and_is_seen(scene: Scene) -> None:
    scene.enroll()
    scene.clock.advance(days=8)
    house = _BrokenCard(scene.clock)
    caretaker = Caretaker(scene.box, house, scene.clock)
    issued_at = _held(scene).issued_at
    assert caretaker.attend()
    assert not caretaker.is_well
    assert _held(scene).issued_at > issued_at
    house.broken = False
    assert caretaker.attend()
    assert caretaker.is_well


def test_the_rounds_go_on_after_a_surprise(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.enroll()
    house = _Surprise(scene.clock)
    caretaker = house.caretaker = Caretaker(scene.box, house, scene.clock)
    caretaker.run()
    assert not caretaker.is_well
    assert "Traceback" in caplog.text


def test_a_trust_list_is_fetched_again_when_it_is_a_week_old(scene: Scene) -> None:
    scene.enroll()
    first = _held(scene)
    scene.clock.advance(days=6)
    assert scene.caretaker.attend()
    assert _held(scene) == first
    scene.clock.advance(days=2)
    assert scene.caretaker.attend()
    assert _held(scene).version == first.version
    assert _held(scene).good_until > first.good_until


def test_news_wakes_the_caretaker_at_once(scene: Scene) -> None:
    scene.enroll()
    caretaker = Caretaker(scene.box, scene.house, scene.clock)
    thread = threading.Thread(target=caretaker.run)
    thread.start()
    try:
        with scene.authority.central() as central:
            wish = RoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("tablet-01",))
            central.post("/v1/room-devices", wish, DeviceCredentials)
        deadline = threading.Event()
        for _ in range(300):
            scene.box.news.touch()
            if scene.house.devices or deadline.wait(0.1):
                break
        assert [device.name for device in scene.house.devices] == ["tablet-01"]
    finally:
        caretaker.stop()
        thread.join(30)
    assert not thread.is_alive()


def _without_network(scene: Scene, caretaker: Caretaker) -> None:
    room = scene.box.read_room()
    scene.box.write_room(msgspec.structs.replace(room, authority_address="localhost:1"))
    assert caretaker.attend()
    assert caretaker.is_away
    scene.box.write_room(room)


def _held(scene: Scene) -> TrustList:
    held = trust_store.held(scene.box)
    assert held is not None
    return held


class _BrokenCard(RememberingHouse):
    broken = True

    def certify_room_broker(self, box: BoxFolder, line: AuthorityLine) -> None:
        if self.broken:
            raise OSError(5, "Input/output error")
        super().certify_room_broker(box, line)


class _Surprise(RememberingHouse):
    caretaker: Caretaker

    def certify_room_broker(self, box: BoxFolder, line: AuthorityLine) -> None:
        self.caretaker.stop()
        raise ZeroDivisionError(f"{box} {line}")


class _LosesAnswers(AuthorityLine):
    """The power goes after the authority has answered."""

    def __init__(self, line: AuthorityLine) -> None:
        self._line = line

    def post(self, path: str, question: msgspec.Struct, answer: type[T]) -> T:
        self._line.post(path, question, answer)
        raise AuthorityUnreachableError("cut")


class _ForeignIssuer(AuthorityLine):
    """Answers with a certificate that nobody trusts."""

    def __init__(self, issuer_key: Path) -> None:
        self._issuer_key = issuer_key

    def post(self, path: str, question: msgspec.Struct, answer: type[T]) -> T:
        assert isinstance(question, RenewalRequest), path
        certificate = trial_certificate(question.csr, self._issuer_key)
        return msgspec.convert({"certificate": certificate}, answer)
