"""Each check finds its fault, says how grave it is, and is silent when all is well."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from central.fleet_checks import MANY_SESSIONS, Check, Finding, Fleet, FleetBox, Said, SaidVitals, Severity, check_fleet
from central.it_office.arrivals import Arrival
from central.pages import fleet_words
from central.registers.clone_signs import SeenBoard
from models.enrollment import BoxState, ExamWindow, KeyGrade
from models.fleet import AuthorityStatus, BoxRecord
from models.identifiers import BoxId, RoomId

NOW = datetime(2026, 6, 11, tzinfo=UTC)
MACHINE = "a" * 64


def _days(count: float) -> datetime:
    return NOW + timedelta(days=count)


def _record(name: str = "box-1", **changes: Any) -> BoxRecord:
    record = BoxRecord(
        change=1,
        box_id=BoxId(name),
        room_id=RoomId("P101"),
        room_name="Phòng 101",
        school_id="TRUONG-1",
        state=BoxState.ENROLLED,
        chain_key=name.encode().ljust(32, b"0"),
        key_grade=KeyGrade.ENCRYPTED,
        machine=MACHINE if name == "box-1" else name * 8,
        serial=name,
        certificate_good_from=_days(-10),
        certificate_good_until=_days(80),
        exam_certificate_good_until=None,
        certified_at=_days(-10),
        enrolled_at=_days(-10),
        revoked_at=None,
        replaced_by=None,
        software="1.0",
        weights="w",
        trust_list_version=1,
        reported_at=NOW,
    )
    return msgspec.structs.replace(record, **changes)


def _hello(**vitals: Any) -> Said:
    return Said(vitals=msgspec.structs.replace(SaidVitals(machine=MACHINE), **vitals))


def _box(record: BoxRecord | None = None, **changes: Any) -> FleetBox:
    box = FleetBox(record=record or _record(), hello=_hello(), last_word_at=NOW, silent=False, sessions_counted=1)
    return msgspec.structs.replace(box, **changes)


STATUS = AuthorityStatus(
    now=NOW,
    root_good_until=_days(4000),
    issuer_good_until=_days(400),
    crl_number=7,
    crl_next_update=_days(30),
    broker_crl_number=7,
    broker_crl_installed_at=NOW,
    broker_crl_next_update=_days(30),
    trust_list_version=3,
    refusals={},
    server_good_until=_days(300),
    ends={"central": _days(300)},
    broker_rights_checked_at=NOW,
)


def _fleet(*boxes: FleetBox, **changes: Any) -> Fleet:
    fleet = Fleet(
        now=NOW,
        boxes=boxes or (_box(),),
        is_whole=True,
        status=STATUS,
        authority_silent_since=None,
        forked=frozenset(),
        spoke_revoked={},
        exams={},
    )
    return msgspec.structs.replace(fleet, **changes)


def _found(fleet: Fleet) -> dict[Check, Finding]:
    """What is not fine, the gravest of each check."""
    found: dict[Check, Finding] = {}
    for finding in check_fleet(fleet):
        if finding.severity is not Severity.FINE:
            found.setdefault(finding.check, finding)
    return found


def _only(fleet: Fleet) -> tuple[Check, Severity]:
    ((check, finding),) = _found(fleet).items()
    return check, finding.severity


def _status(**changes: Any) -> AuthorityStatus:
    return msgspec.structs.replace(STATUS, **changes)


def test_a_healthy_fleet_is_fine_in_every_check() -> None:
    found = check_fleet(_fleet())
    assert [finding.check for finding in found] == list(Check)
    assert {finding.severity for finding in found} == {Severity.FINE}


def test_a_box_on_another_board_than_it_was_enrolled_on_is_a_clone() -> None:
    """B12: the same certificate in two machines."""
    clone = _box(hello=_hello(machine="b" * 64))
    assert _only(_fleet(clone)) == (Check.SHARED_CERTIFICATE, Severity.GRAVE)


def test_a_card_from_the_bench_is_no_clone_before_its_board_has_a_name() -> None:
    assert Check.SHARED_CERTIFICATE not in _found(_fleet(_box(_record(machine="bench-0123"))))


@pytest.mark.parametrize("shared", ["serial", "chain_key", "machine"])
def test_two_boxes_with_one_serial_key_or_board_are_both_named(shared: str) -> None:
    one = _record()
    other = _record("box-2", **{shared: getattr(one, shared)})
    finding = _found(_fleet(_box(one), _box(other, hello=None)))[Check.SHARED_CERTIFICATE]
    assert finding.boxes == ("box-1", "box-2")


def test_a_replaced_boxs_board_may_be_enrolled_anew() -> None:
    old = _record("box-0", machine=MACHINE, state=BoxState.REVOKED, revoked_at=_days(-1))
    assert _found(_fleet(_box(), _box(old))) == {}


def test_two_stories_are_graver_than_many_sessions() -> None:
    assert _only(_fleet(forked=frozenset({"box-1"}))) == (Check.CLASHING_NAMES, Severity.GRAVE)
    restless = _box(sessions_counted=MANY_SESSIONS)
    assert _only(_fleet(restless)) == (Check.CLASHING_NAMES, Severity.WARNING)


def test_a_revoked_box_that_is_heard_a_minute_later_is_grave() -> None:
    gone = _box(_record(state=BoxState.REVOKED, revoked_at=_days(-1)))
    late = {"box-1": _days(-1) + timedelta(seconds=61)}
    assert _only(_fleet(gone, spoke_revoked=late)) == (Check.REVOKED_STILL_ACTIVE, Severity.GRAVE)
    in_time = {"box-1": _days(-1) + timedelta(seconds=59)}
    assert _found(_fleet(gone, spoke_revoked=in_time)) == {}


def test_a_broker_with_an_old_list_after_a_minute_is_grave() -> None:
    behind = _status(broker_crl_number=6)
    gone = _box(_record(state=BoxState.REVOKED, revoked_at=NOW - timedelta(seconds=61)))
    fresh = _box(_record(state=BoxState.REVOKED, revoked_at=NOW - timedelta(seconds=10)))
    assert _only(_fleet(gone, status=behind)) == (Check.REVOKED_STILL_ACTIVE, Severity.GRAVE)
    assert _found(_fleet(fresh, status=behind)) == {}


@pytest.mark.parametrize(
    ("days", "severity"),
    [
        (30.1, None),
        (29.9, Severity.NOTE),
        (14.1, Severity.NOTE),
        (13.9, Severity.WARNING),
        (7.1, Severity.WARNING),
        (6.9, Severity.GRAVE),
        (-1, Severity.GRAVE),
    ],
)
def test_a_certificate_that_ends_is_told_30_14_and_7_days_before(days: float, severity: Severity | None) -> None:
    """P03, the warnings."""
    finding = _found(_fleet(_box(_record(certificate_good_until=_days(days))))).get(Check.CERTIFICATE_EXPIRING)
    assert (finding.severity if finding else None) is severity
    assert finding is None or finding.until == _days(days)


@pytest.mark.parametrize(("days", "severity"), [(20, Severity.NOTE), (10, Severity.WARNING), (3, Severity.GRAVE)])
def test_the_authoritys_own_end_is_told_too(days: float, severity: Severity) -> None:
    assert _only(_fleet(status=_status(issuer_good_until=_days(days)))) == (Check.AUTHORITY_EXPIRING, severity)


@pytest.mark.parametrize(("starts", "severity"), [(25, Severity.NOTE), (12, Severity.WARNING), (5, Severity.GRAVE)])
def test_a_certificate_that_ends_in_the_exam_week_is_told_unless_an_exam_certificate_is_there(
    starts: float, severity: Severity
) -> None:
    """P03, the exam certificate."""
    exam = ExamWindow(exam_id="e", starts_at=_days(starts), ends_at=_days(starts + 3))
    ends_within = _record(certificate_good_until=_days(starts + 1))
    exams = {RoomId("P101"): (exam,)}
    assert _found(_fleet(_box(ends_within), exams=exams))[Check.EXAM_NOT_COVERED].severity is severity
    covered = msgspec.structs.replace(ends_within, exam_certificate_good_until=_days(starts + 4))
    assert Check.EXAM_NOT_COVERED not in _found(_fleet(_box(covered), exams=exams))


@pytest.mark.parametrize("grade", [KeyGrade.PLAIN, None])
def test_a_key_on_a_plain_disk_is_poor(grade: KeyGrade | None) -> None:
    assert _only(_fleet(_box(_record(key_grade=grade)))) == (Check.KEY_QUALITY, Severity.WARNING)


@pytest.mark.parametrize("life", [90, 30, 240])
@pytest.mark.parametrize("told_from", ["certificate_good_from", "certified_at"])
def test_a_certificate_a_week_past_its_renewal_is_told_whatever_its_life(life: int, told_from: str) -> None:
    def is_told(age: float) -> bool:
        record = _record(certificate_good_from=None, certificate_good_until=_days(life - age))
        record = msgspec.structs.replace(record, **{told_from: _days(-age)})
        return Check.CERTIFICATE_AGE in _found(_fleet(_box(record)))

    due = life * 2 / 3
    assert not is_told(due + 6.9)
    assert is_told(due + 7.1)


def test_a_renewed_certificate_is_young_however_long_ago_the_box_was_enrolled() -> None:
    assert _found(_fleet(_box(_record(certified_at=_days(-300))))) == {}


def test_rights_that_nobody_checked_are_said_to_be_unchecked() -> None:
    never = _status(broker_rights_checked_at=None)
    assert _only(_fleet(status=never)) == (Check.RIGHTS_TOO_WIDE, Severity.NOT_CHECKED)


def test_rights_that_the_check_found_wrong_are_grave_with_count_and_day() -> None:
    found = _found(_fleet(status=_status(broker_rights_wrong=2, broker_rights_checked_at=_days(-1))))
    finding = found[Check.RIGHTS_TOO_WIDE]
    assert (finding.severity, finding.wrong, finding.until) == (Severity.GRAVE, 2, _days(-1))


@pytest.mark.parametrize(("days", "severity"), [(29, Severity.NOTE), (13, Severity.WARNING), (6, Severity.GRAVE)])
def test_the_programs_certificates_are_told_30_14_and_7_days_before(days: int, severity: Severity) -> None:
    ends = {"central": _days(300), "broker-keeper: broker": _days(days)}
    finding = _found(_fleet(status=_status(ends=ends)))[Check.PROGRAM_EXPIRING]
    assert (finding.severity, finding.programs, finding.until) == (severity, ("broker-keeper: broker",), _days(days))
    own = _found(_fleet(status=_status(server_good_until=_days(days))))[Check.PROGRAM_EXPIRING]
    assert (own.severity, own.programs) == (severity, ("authority",))


def test_who_asked_for_what_is_anothers_is_named_for_a_day_and_strangers_only_to_the_province() -> None:
    asked = _status(broker_foreign_filters={"box-1": NOW, "keeper-2": NOW, "box-9": _days(-1.1)})
    finding = _found(_fleet(status=asked))[Check.FOREIGN_FILTER]
    assert (finding.boxes, finding.programs) == (("box-1",), ("keeper-2",))
    school = _found(_fleet(status=asked, is_whole=False))[Check.FOREIGN_FILTER]
    assert (school.boxes, school.programs) == (("box-1",), ())


def test_a_board_that_spoke_once_stays_a_clones_sign_until_a_new_enrolment() -> None:
    """B12: two machines take turns; the last hello may be the right one's."""
    clone = _box(other_boards=(SeenBoard(board="b" * 64, at=_days(-1)),))
    assert _only(_fleet(clone)) == (Check.SHARED_CERTIFICATE, Severity.GRAVE)
    anew = msgspec.structs.replace(clone, record=_record(certified_at=_days(-0.5)))
    assert _found(_fleet(anew)) == {}


def test_a_box_without_words_or_vitals_and_a_silent_authority_keep_their_logs_to_themselves() -> None:
    never = _box(hello=None, last_word_at=None)
    bare = _box(_record("box-2"), hello=msgspec.structs.replace(_hello(), vitals=None))
    found = _found(_fleet(never, bare))
    assert found[Check.LOGGING_OFF].boxes == ("box-1", "box-2")
    since = NOW - timedelta(minutes=5)
    assert _found(_fleet(authority_silent_since=since))[Check.LOGGING_OFF].until == since


def test_a_box_certified_this_minute_need_not_have_spoken_yet() -> None:
    assert _found(_fleet(_box(_record(certified_at=NOW), hello=None, last_word_at=None))) == {}


@pytest.mark.parametrize("which", ["crl_next_update", "broker_crl_next_update"])
def test_a_revocation_list_near_its_end_is_grave_14_days_before(which: str) -> None:
    """B09: never a silent lock-out."""
    assert _only(_fleet(status=_status(**{which: _days(13.9)}))) == (Check.REVOCATION_LIST_ENDING, Severity.GRAVE)
    assert _found(_fleet(status=_status(**{which: _days(14)}))) == {}


def test_a_clock_below_its_floor_and_silence_are_told() -> None:
    assert _only(_fleet(_box(hello=_hello(below_floor=True)))) == (Check.CLOCK_BELOW_FLOOR, Severity.GRAVE)
    assert _only(_fleet(_box(silent=True))) == (Check.SILENT, Severity.WARNING)


def test_without_an_authority_its_checks_are_open_and_the_others_go_on() -> None:
    found = _found(_fleet(_box(silent=True), status=None))
    assert {check for check, one in found.items() if one.severity is Severity.NOT_CHECKED} == {
        Check.AUTHORITY_EXPIRING,
        Check.REVOCATION_LIST_ENDING,
        Check.RIGHTS_TOO_WIDE,
        Check.PROGRAM_EXPIRING,
    }
    assert found[Check.SILENT].boxes == ("box-1",)


def test_every_code_has_its_words() -> None:
    assert set(fleet_words.CHECKS) == set(fleet_words.ADVICE) == set(Check)
    assert set(fleet_words.SEVERITIES) == set(Severity)
    assert set(fleet_words.ARRIVALS) == set(Arrival)
    assert set(fleet_words.BOX_STATES) == set(BoxState)
    assert set(fleet_words.GRADES) == set(KeyGrade)
