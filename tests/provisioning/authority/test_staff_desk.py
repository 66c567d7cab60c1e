"""Codes, revocations, exam days and room devices as central asks for them, with actor and reason in the log."""

from datetime import timedelta

import msgspec
import pytest

from models.enrollment import BoxOrders, BoxState, CodeKind, Done, EnrollmentAnswer, ExamWindow, RefusalCode
from models.fleet import (
    AuditEntries,
    AuthorityStatus,
    BoxRecord,
    BoxRecords,
    CodesRequest,
    DeviceCredentials,
    Errand,
    ExamDays,
    ExamWindowsRequest,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from models.identifiers import BoxId, RoomId
from models.wire.enrollment_code import read_link
from provisioning.authority.certificate_office import CLOCKS_APART
from tests.builders.founded_authority import ERRAND, FoundedAuthority, code_of, room


def test_codes_are_told_once_with_a_link_and_an_end(house: FoundedAuthority) -> None:
    made = house.make_codes(room("A-101"), room("A-102"), kind=CodeKind.PRINTED)
    assert [code.room_id for code in made.codes] == ["A-101", "A-102"]
    first = made.codes[0]
    assert read_link(first.link).address == "authority.test:8443"
    assert first.good_until == house.clock.now() + timedelta(days=7)
    house.stop()
    held = house.settings.database.read_bytes()
    assert first.code.encode() not in held
    assert first.code.replace("-", "").encode() not in held
    house.authority.start()


def test_a_room_keeps_the_name_of_its_expected_box(house: FoundedAuthority) -> None:
    for _ in range(3):
        house.make_codes(room("A-101"))
    answer = house.authority.boxes_after(house.central, 0)
    assert isinstance(answer, BoxRecords)
    assert [box.state for box in answer.boxes] == [BoxState.EXPECTED]


def test_a_box_may_be_named_in_a_rehearsal_but_never_twice_nor_like_central(house: FoundedAuthority) -> None:
    made = house.make_codes(room("A-101", box_id=BoxId("box-101")))
    enrolled = house.ask(house.board(), made.codes[0].code)
    assert isinstance(enrolled, EnrollmentAnswer)
    assert enrolled.box_id == "box-101"
    for taken in ("box-101", "central", "broker-keeper", "broker"):
        refused = house.make_codes(room("A-102", box_id=BoxId(taken))).refused["A-102"]
        assert code_of(refused) is RefusalCode.NOT_ALLOWED, taken
    assert code_of(house.make_codes(room("A-102", box_id=BoxId("a.b"))).refused["A-102"]) == "REQUEST_BROKEN"
    assert code_of(house.make_codes(room("A/102")).refused["A/102"]) is RefusalCode.REQUEST_BROKEN


def test_nobody_and_rooms_named_twice_get_no_codes(house: FoundedAuthority) -> None:
    nobody = CodesRequest(errand=Errand(actor=" ", reason=""), kind=CodeKind.TYPED, rooms=(room("A-101"),))
    assert code_of(house.authority.make_codes(house.central, nobody)) is RefusalCode.REQUEST_BROKEN
    twice = CodesRequest(errand=ERRAND, kind=CodeKind.TYPED, rooms=(room("A-101"), room("A-101")))
    assert code_of(house.authority.make_codes(house.central, twice)) is RefusalCode.REQUEST_BROKEN


def test_codes_and_passwords_are_made_for_a_reason(house: FoundedAuthority) -> None:
    silent = Errand(actor="it-staff", reason=" ")
    codes = CodesRequest(errand=silent, kind=CodeKind.TYPED, rooms=(room("A-101"),))
    devices = RoomDevicesRequest(errand=silent, room_id=RoomId("A-101"), names=("tablet",))
    retired = RetireRoomDevicesRequest(errand=silent, room_id=RoomId("A-101"), names=("tablet",))
    for answer in (
        house.authority.make_codes(house.central, codes),
        house.authority.make_device_credentials(house.central, devices),
        house.authority.retire_devices(house.central, retired),
    ):
        assert code_of(answer) is RefusalCode.REQUEST_BROKEN


@pytest.mark.parametrize("name", ["edge", "bridge", "central", "broker-keeper", "broker"])
def test_no_device_is_given_a_programs_name(house: FoundedAuthority, name: str) -> None:
    wish = RoomDevicesRequest(errand=ERRAND, room_id=RoomId("A-101"), names=("tablet", name))
    assert code_of(house.authority.make_device_credentials(house.central, wish)) is RefusalCode.NOT_ALLOWED
    named = RoomDevicesRequest(errand=ERRAND, room_id=RoomId("A-101"), names=("tablet",))
    assert code_of(house.authority.make_device_credentials(house.central, named)) is None


def test_taking_a_box_out_twice_is_one_revocation_and_needs_a_reason(house: FoundedAuthority) -> None:
    box = house.enrolled()
    silent = RevocationRequest(errand=Errand(actor="it-staff", reason=" "), box_id=box.box_id)
    assert code_of(house.authority.revoke(house.central, silent)) is RefusalCode.REQUEST_BROKEN
    first = house.revoke(box.box_id)
    house.clock.advance(hours=1)
    second = house.revoke(box.box_id)
    assert first == second
    assert house.deeds().count(("it-staff", "box taken out", box.box_id)) == 1
    unknown = RevocationRequest(errand=ERRAND, box_id=BoxId("box-unknown"))
    assert code_of(house.authority.revoke(house.central, unknown)) is RefusalCode.BOX_UNKNOWN


def test_an_expected_box_can_be_taken_out_and_its_code_with_it(house: FoundedAuthority) -> None:
    code = house.code()
    answer = house.authority.boxes_after(house.central, 0)
    assert isinstance(answer, BoxRecords)
    house.revoke(answer.boxes[0].box_id)
    assert code_of(house.ask(house.board(), code)) is RefusalCode.CODE_LATE


def test_the_change_feed_brings_each_box_in_its_newest_state(house: FoundedAuthority) -> None:
    first, second = house.enrolled("A-101"), house.enrolled("A-102")
    answer = house.authority.boxes_after(house.central, 0)
    assert isinstance(answer, BoxRecords)
    assert [box.box_id for box in answer.boxes] == [first.box_id, second.box_id]
    assert answer.last == answer.boxes[-1].change
    first.report()
    newer = house.authority.boxes_after(house.central, answer.last)
    assert isinstance(newer, BoxRecords)
    assert [(box.box_id, box.state) for box in newer.boxes] == [(first.box_id, "enrolled")]
    record = newer.boxes[0]
    assert isinstance(record, BoxRecord)
    assert record.serial == first.caller.serial_hex
    assert record.chain_key == first.board.chain_key.public_key().public_bytes_raw()
    assert record.certificate_good_until == house.clock.now() + timedelta(days=90)
    assert record.certificate_good_from == house.clock.now() - CLOCKS_APART
    assert msgspec.json.decode(msgspec.json.encode(newer), type=BoxRecords) == newer


def test_the_audit_log_names_actor_reason_and_subject(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.revoke(box.box_id)
    answer = house.authority.audit_after(house.central, 0)
    assert isinstance(answer, AuditEntries)
    entry = answer.entries[-1]
    assert (entry.actor, entry.action, entry.subject, entry.reason) == (
        "it-staff",
        "box taken out",
        box.box_id,
        "a test",
    )
    assert [one.number for one in answer.entries] == list(range(1, answer.last + 1))
    rest = house.authority.audit_after(house.central, answer.last)
    assert isinstance(rest, AuditEntries)
    assert rest.entries == ()


def test_the_same_exam_days_again_change_nothing(house: FoundedAuthority) -> None:
    house.set_exam("TN-2026", 1, 2, "A-101")
    before = house.authority.status(house.central)
    house.clock.advance(seconds=0)
    house.set_exam("TN-2026", 1, 2, "A-101")
    assert house.authority.status(house.central) == before
    assert house.deeds().count(("it-staff", "exam days set", "exams")) == 1
    house.set_exam("TN-2026", 1, 2, "A-101", "A-102")
    assert house.deeds().count(("it-staff", "exam days set", "exams")) == 2


@pytest.mark.parametrize(("start", "end"), [(1, 1), (2, 1), (1, 40)])
def test_exam_days_that_cannot_be_are_refused_by_name_and_stop_no_other(
    house: FoundedAuthority, start: int, end: int
) -> None:
    now = house.clock.now()
    sound = ExamWindow(exam_id="ok", starts_at=now + timedelta(days=1), ends_at=now + timedelta(days=2))
    window = ExamWindow(exam_id="x", starts_at=now + timedelta(days=start), ends_at=now + timedelta(days=end))
    box = house.enrolled("A-101")
    naive = ExamWindow(exam_id="x", starts_at=now.replace(tzinfo=None), ends_at=now + timedelta(days=1))
    for one in (window, naive):
        request = ExamWindowsRequest(errand=ERRAND, windows=(one, sound), rooms={"x": (), "ok": (RoomId("A-101"),)})
        answer = house.authority.set_exam_windows(house.central, request)
        assert isinstance(answer, ExamDays)
        assert {name: refusal.code for name, refusal in answer.refused.items()} == {"x": RefusalCode.REQUEST_BROKEN}
        orders = house.authority.orders(box.caller)
        assert isinstance(orders, BoxOrders)
        assert orders.exams == (sound,)
    stray = ExamWindowsRequest(errand=ERRAND, windows=(), rooms={"y": (RoomId("A-101"),)})
    assert code_of(house.authority.set_exam_windows(house.central, stray)) is RefusalCode.REQUEST_BROKEN


def test_room_devices_get_passwords_told_once_new_ones_on_asking_again_and_retire(house: FoundedAuthority) -> None:
    def ask(*names: str) -> DeviceCredentials:
        request = RoomDevicesRequest(errand=ERRAND, room_id=RoomId("A_101"), names=names)
        answer = house.authority.make_device_credentials(house.central, request)
        assert isinstance(answer, DeviceCredentials)
        return answer

    first = ask("tab-01", "tab-02")
    assert (first.broker_host, first.broker_port) == (house.settings.room_host("A_101"), 8883)
    assert first.guest_port == 8885
    again = ask("tab-01")
    assert again.credentials[0].password != first.credentials[0].password
    assert first.credentials[0].password.encode() not in house.settings.database.read_bytes()
    request = RetireRoomDevicesRequest(errand=ERRAND, room_id=RoomId("A_101"), names=("tab-01",))
    for _ in range(2):
        assert isinstance(house.authority.retire_devices(house.central, request), Done)
    assert house.deeds().count(("it-staff", "room devices retired", "A_101")) == 1
    strange = RoomDevicesRequest(errand=ERRAND, room_id=RoomId("A_101"), names=("a/b",))
    assert code_of(house.authority.make_device_credentials(house.central, strange)) == "REQUEST_BROKEN"


def test_the_revocation_list_is_signed_anew_each_day(house: FoundedAuthority) -> None:
    def status() -> AuthorityStatus:
        answer = house.authority.status(house.central)
        assert isinstance(answer, AuthorityStatus)
        return answer

    first = status()
    assert first.crl_next_update == house.clock.now() + timedelta(days=45)
    house.clock.advance(hours=23)
    house.authority.tick()
    assert status().crl_number == first.crl_number
    house.clock.advance(hours=1)
    house.authority.tick()
    assert status().crl_number == first.crl_number + 1
    assert status().crl_next_update == house.clock.now() + timedelta(days=45)
