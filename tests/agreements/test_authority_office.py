"""Central's office of the authority and its stand-in in tests answer alike; the real one over mutual TLS."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from central.authority_office import AuthorityOffice, OnlineAuthorityOffice
from models.clock import SystemClock
from models.enrollment import CodeKind, RefusalCode
from models.fleet import (
    CodesRequest,
    Errand,
    ExamWindowsRequest,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from models.identifiers import BoxId, RoomId
from models.wire.authority_line import AuthorityUnreachableError, RefusedByAuthorityError, mutual_tls
from tests.builders.founded_authority import FoundedAuthority, room
from tests.builders.running_authority import AuthorityHouse, near_authority
from tests.conftest import take_port
from tests.fakes.authority_at_hand import AuthorityAtHand

WHY = Errand(actor="it", reason="a test")


def _online(house: AuthorityHouse, address: str = "") -> OnlineAuthorityOffice:
    own = house.central_folder
    return OnlineAuthorityOffice(
        address or house.address,
        lambda: mutual_tls(house.authorities, own / "certificate.pem", own / "key.pem"),
    )


@contextmanager
def _near(folder: Path) -> Iterator[AuthorityOffice]:
    with near_authority(folder, SystemClock()) as house:
        office = _online(house)
        yield office
        office.stop()


@contextmanager
def _at_hand(folder: Path) -> Iterator[AuthorityOffice]:
    house = FoundedAuthority(folder)
    yield AuthorityAtHand(house)
    house.stop()


@pytest.fixture(params=[_near, _at_hand], ids=["over TLS", "at hand"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AuthorityOffice]:
    with request.param(tmp_path / "authority") as office:
        yield office


def test_codes_are_made_boxes_expected_and_the_deed_is_in_the_log(office: AuthorityOffice) -> None:
    made = office.make_codes(CodesRequest(errand=WHY, kind=CodeKind.TYPED, rooms=(room("A-101"), room("A-102"))))
    assert [code.room_id for code in made.codes] == ["A-101", "A-102"]
    assert made.refused == {}
    boxes = office.boxes_after(0)
    assert all(record.state == "expected" for record in boxes.boxes)
    assert office.boxes_after(boxes.last).boxes == ()
    assert "it" in {entry.actor for entry in office.audit_after(0).entries}


def test_device_names_get_passwords_and_may_be_retired(office: AuthorityOffice) -> None:
    names, room_id = ("tablet-1", "vr-1"), RoomId("A-101")
    made = office.make_device_credentials(RoomDevicesRequest(errand=WHY, room_id=room_id, names=names))
    assert tuple(one.name for one in made.credentials) == names
    office.retire_devices(RetireRoomDevicesRequest(errand=WHY, room_id=room_id, names=names[:1]))


def test_exams_are_taken_and_the_state_is_told(office: AuthorityOffice) -> None:
    office.set_exam_windows(ExamWindowsRequest(errand=WHY, windows=(), rooms={}))
    status = office.status()
    assert status.crl_next_update > status.now


def test_a_refusal_keeps_its_code_and_the_line_goes_on(office: AuthorityOffice) -> None:
    with pytest.raises(RefusedByAuthorityError) as refused:
        office.revoke(RevocationRequest(errand=WHY, box_id=BoxId("box-nobody")))
    assert refused.value.refusal.code is RefusalCode.BOX_UNKNOWN
    assert office.boxes_after(0).boxes == ()


def test_nobody_there_is_told_as_silence(tmp_path: Path) -> None:
    with near_authority(tmp_path / "authority", SystemClock()) as house:
        office = _online(house, f"localhost:{take_port()}")
        with pytest.raises(AuthorityUnreachableError):
            office.status()
