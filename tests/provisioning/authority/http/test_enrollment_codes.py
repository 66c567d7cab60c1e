"""P01 over HTTP: codes reused, guessed, late, for another room, replayed: refused, counted, written down."""

import secrets
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from models.enrollment import BoxState, CodeKind, EnrollmentAnswer, Greeting, GreetingAnswer, RefusalCode
from models.fleet import AuditEntries, AuthorityStatus, BoxRecord, BoxRecords, RevocationRequest
from models.identifiers import BoxId, RoomId
from models.wire import enrollment_code
from models.wire.authority_line import RefusedByAuthorityError
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import ERRAND, NearAuthority, near_authority, room
from tests.fakes.manual_clock import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def house(tmp_path: Path, clock: ManualClock) -> Iterator[NearAuthority]:
    with near_authority(tmp_path / "house", clock) as near:
        yield near


def _status(house: NearAuthority) -> AuthorityStatus:
    with house.central() as central:
        return central.get("/v1/status", AuthorityStatus)


def _box(house: NearAuthority, box_id: BoxId) -> BoxRecord:
    with house.central() as central:
        return next(box for box in central.get("/v1/boxes", BoxRecords).boxes if box.box_id == box_id)


def _was_written_down(house: NearAuthority, code: RefusalCode) -> bool:
    with house.central() as central:
        entries = central.get("/v1/audit?after=0", AuditEntries).entries
    return any((entry.action, entry.subject) == ("refused", code) for entry in entries)


def test_a_code_is_good_for_one_box_and_the_second_is_refused(house: NearAuthority, tmp_path: Path) -> None:
    code = house.make_code().code
    first = EnrollingBox(house.address, tmp_path / "first").enroll(code)
    with pytest.raises(RefusedByAuthorityError) as refused:
        EnrollingBox(house.address, tmp_path / "second").enroll(code)
    assert refused.value.refusal.code is RefusalCode.CODE_USED
    assert _status(house).refusals == {RefusalCode.CODE_USED: 1}
    assert _was_written_down(house, RefusalCode.CODE_USED)
    assert _box(house, first.box_id).state is BoxState.CERTIFIED


def test_two_boxes_with_one_code_at_the_same_moment_are_one_box(house: NearAuthority, tmp_path: Path) -> None:
    code = house.make_code().code
    boxes = [EnrollingBox(house.address, tmp_path / str(number)) for number in range(4)]
    outcomes: list[str] = []

    def race(box: EnrollingBox) -> None:
        try:
            outcomes.append(box.enroll(code).box_id)
        except RefusedByAuthorityError as refused:
            outcomes.append(refused.refusal.code)

    threads = [threading.Thread(target=race, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert outcomes.count(RefusalCode.CODE_USED) == 3
    with house.central() as central:
        assert [box.box_id for box in central.get("/v1/boxes", BoxRecords).boxes if box.box_id in outcomes]


def test_a_code_is_over_after_thirty_minutes_and_a_printed_one_after_seven_days(
    house: NearAuthority, clock: ManualClock, tmp_path: Path
) -> None:
    typed = house.make_code("A-101").code
    printed = house.make_codes(room("A-102"), kind=CodeKind.PRINTED).codes[0].code
    clock.advance(minutes=31)
    with pytest.raises(RefusedByAuthorityError) as refused:
        EnrollingBox(house.address, tmp_path / "typed").enroll(typed)
    assert refused.value.refusal.code is RefusalCode.CODE_LATE
    assert _status(house).refusals == {RefusalCode.CODE_LATE: 1}
    assert _was_written_down(house, RefusalCode.CODE_LATE)
    clock.advance(days=7)
    with pytest.raises(RefusedByAuthorityError) as refused:
        EnrollingBox(house.address, tmp_path / "printed").enroll(printed)
    assert refused.value.refusal.code is RefusalCode.CODE_LATE


def test_a_code_that_a_newer_one_took_the_place_of_is_over(house: NearAuthority, tmp_path: Path) -> None:
    old = house.make_code().code
    new = house.make_code().code
    with pytest.raises(RefusedByAuthorityError) as refused:
        EnrollingBox(house.address, tmp_path / "old").enroll(old)
    assert refused.value.refusal.code is RefusalCode.CODE_LATE
    EnrollingBox(house.address, tmp_path / "new").enroll(new)


def test_a_code_for_another_room_is_refused_and_stays_good_for_its_own(house: NearAuthority, tmp_path: Path) -> None:
    code = house.make_code("A-101").code
    box = EnrollingBox(house.address, tmp_path / "box")
    with pytest.raises(RefusedByAuthorityError) as refused:
        box.enroll(code, RoomId("B-202"))
    assert refused.value.refusal.code is RefusalCode.CODE_OF_OTHER_ROOM
    assert _status(house).refusals == {RefusalCode.CODE_OF_OTHER_ROOM: 1}
    assert _was_written_down(house, RefusalCode.CODE_OF_OTHER_ROOM)
    assert box.enroll(code, RoomId("A-101")).room_id == "A-101"


def test_guessed_codes_are_refused_counted_and_slowed_down_while_a_right_one_passes(
    house: NearAuthority, tmp_path: Path
) -> None:
    right = house.make_code().code
    answers = []
    with house.stranger() as line:
        for _ in range(30):
            guess = enrollment_code.keys_of(enrollment_code.make_code(CodeKind.TYPED))
            with pytest.raises(RefusedByAuthorityError) as refused:
                line.post("/v1/greetings", Greeting(lookup=guess.lookup, nonce=secrets.token_bytes(32)), GreetingAnswer)
            answers.append(refused.value.refusal.code)
    assert answers[0] is RefusalCode.CODE_UNKNOWN
    assert answers[-1] is RefusalCode.TOO_MANY_TRIES
    counted = _status(house).refusals
    assert counted[RefusalCode.CODE_UNKNOWN] + counted[RefusalCode.TOO_MANY_TRIES] == 30
    assert _was_written_down(house, RefusalCode.CODE_UNKNOWN)
    EnrollingBox(house.address, tmp_path / "box").enroll(right)


def test_knowing_the_lookup_without_the_code_gives_no_certificate(house: NearAuthority, tmp_path: Path) -> None:
    """Whoever saw a greeting on the way knows the lookup, and nothing else."""
    code = house.make_code().code
    seen = enrollment_code.keys_of(code).lookup
    thief = EnrollingBox(house.address, tmp_path / "thief")
    wrong = msgspec.structs.replace(thief.request("0000-0000-0000-0000"), lookup=seen)
    with house.stranger() as line, pytest.raises(RefusedByAuthorityError) as refused:
        line.post("/v1/enrollments", wrong, EnrollmentAnswer)
    assert refused.value.refusal.code is RefusalCode.PROOF_WRONG
    assert _status(house).refusals == {RefusalCode.PROOF_WRONG: 1}
    assert _was_written_down(house, RefusalCode.PROOF_WRONG)


def test_a_request_that_was_heard_and_sent_again_gives_nothing_to_another(house: NearAuthority, tmp_path: Path) -> None:
    code = house.make_code().code
    box = EnrollingBox(house.address, tmp_path / "box")
    request = box.request(code)
    with house.stranger() as line:
        first = line.post("/v1/enrollments", request, EnrollmentAnswer)
        assert line.post("/v1/enrollments", request, EnrollmentAnswer).certificate == first.certificate
        other = EnrollingBox(house.address, tmp_path / "other")
        changed = msgspec.structs.replace(request, csr=other.request(code).csr)
        with pytest.raises(RefusedByAuthorityError) as refused:
            line.post("/v1/enrollments", changed, EnrollmentAnswer)
    assert refused.value.refusal.code is RefusalCode.PROOF_WRONG
    with house.central() as central:
        assert len(central.get("/v1/boxes", BoxRecords).boxes) == 1


def test_a_request_that_was_heard_is_worth_nothing_after_the_box_was_taken_out(
    house: NearAuthority, tmp_path: Path
) -> None:
    code = house.make_code().code
    box = EnrollingBox(house.address, tmp_path / "box")
    request = box.request(code)
    box_id = box.enroll(code).box_id
    with house.central() as central:
        central.post("/v1/revocations", RevocationRequest(errand=ERRAND, box_id=box_id), BoxRecord)
    with house.stranger() as line, pytest.raises(RefusedByAuthorityError) as refused:
        line.post("/v1/enrollments", request, EnrollmentAnswer)
    assert refused.value.refusal.code in (RefusalCode.BOX_REVOKED, RefusalCode.CODE_USED, RefusalCode.CODE_LATE)
