"""What is wrong, or soon will be, with the boxes' identities: AWS Device Defender's audit checks and a few more.

Pure: judges what the registers, the boxes' hellos and the authority say. Not here: the page (`central.http`).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from central.registers import clone_signs
from central.registers.clone_signs import SeenBoard
from models.enrollment import ENDS_SOON, BoxState, ExamWindow, KeyGrade, renewal_due
from models.fleet import AuthorityStatus, BoxRecord
from models.identifiers import BoxId, RoomId

NOTE_BEFORE: Final = timedelta(days=30)
GRAVE_BEFORE: Final = timedelta(days=7)
RENEWAL_MAY_TAKE: Final = timedelta(days=7)
CUT_OFF_WITHIN: Final = timedelta(seconds=60)
FIRST_WORD_WITHIN: Final = timedelta(minutes=15)
FOREIGN_LASTS: Final = timedelta(days=1)
MANY_SESSIONS: Final = 6
"""So often a box may come in anew within ten minutes; a name that two machines share goes far beyond."""


class Check(StrEnum):
    """What is looked at. The first nine are those of AWS Device Defender's audit list."""

    SHARED_CERTIFICATE = "shared certificate"
    CLASHING_NAMES = "clashing names"
    REVOKED_STILL_ACTIVE = "revoked still active"
    CERTIFICATE_EXPIRING = "certificate expiring"
    AUTHORITY_EXPIRING = "authority expiring"
    KEY_QUALITY = "key quality"
    CERTIFICATE_AGE = "certificate age"
    RIGHTS_TOO_WIDE = "rights too wide"
    LOGGING_OFF = "logging off"
    REVOCATION_LIST_ENDING = "revocation list ending"
    EXAM_NOT_COVERED = "exam not covered"
    CLOCK_BELOW_FLOOR = "clock below floor"
    SILENT = "silent"
    PROGRAM_EXPIRING = "program certificate expiring"
    FOREIGN_FILTER = "foreign filter"


class Severity(StrEnum):
    """How soon somebody must act."""

    GRAVE = "grave"
    WARNING = "warning"
    NOTE = "note"
    FINE = "fine"
    NOT_CHECKED = "not checked"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One check's answer at one severity. `boxes` are those concerned, by name; none where it is about the centre.

    `programs` names the programs concerned, and who else is no box; `wrong` counts the tries that should not succeed.

    `until` is the instant that matters, such as the earliest end of a certificate.
    """

    check: Check
    severity: Severity
    boxes: tuple[BoxId, ...] = ()
    until: datetime | None = None
    programs: tuple[str, ...] = ()
    wrong: int = 0


class SaidVitals(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a box's vitals that is judged here."""

    machine: str
    below_floor: bool = False


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a box's last hello that is judged here; thousands are read for one page."""

    vitals: SaidVitals | None = None


class FleetBox(msgspec.Struct, frozen=True, kw_only=True):
    """One box with all that is known of it. `hello` is its last one, `last_word_at` None when it was never heard."""

    record: BoxRecord
    hello: Said | None
    last_word_at: datetime | None
    silent: bool
    sessions_counted: int
    other_boards: tuple[SeenBoard, ...] = ()


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is judged. `forked` boxes sent two stories of the same number within a day.

    `spoke_revoked` says when a revoked box was last heard. `exams` are the windows of each room.
    """

    now: datetime
    boxes: tuple[FleetBox, ...]
    is_whole: bool
    """Whether the boxes are those of the province, not of one school."""
    status: AuthorityStatus | None
    authority_silent_since: datetime | None
    forked: frozenset[str]
    spoke_revoked: Mapping[str, datetime]
    exams: Mapping[RoomId, tuple[ExamWindow, ...]]


_Judgement = Callable[[Fleet, tuple[FleetBox, ...]], Iterable[Finding]]


def check_fleet(fleet: Fleet) -> tuple[Finding, ...]:
    """At least one finding for each check, in the order of `Check`, the gravest first; FINE when there is nothing."""
    live = tuple(box for box in fleet.boxes if box.record.state in (BoxState.CERTIFIED, BoxState.ENROLLED))
    found: list[Finding] = []
    for check, judge in _JUDGEMENTS.items():
        own = list(judge(fleet, live))
        found += own or [Finding(check=check, severity=Severity.FINE)]
    return tuple(found)


def _finding(
    check: Check, severity: Severity, boxes: Iterable[FleetBox], until: datetime | None = None
) -> list[Finding]:
    names = tuple(sorted(box.record.box_id for box in boxes))
    return [Finding(check=check, severity=severity, boxes=names, until=until)] if names else []


def _shared_certificate(_fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    """Another machine speaks with the certificate, or two boxes hold one serial, chain key or board."""
    moved = {box.record.box_id: box for box in live if _machine_differs(box)}
    for read in (_serial, _chain_key, _machine):
        values = [read(box) for box in live]
        counts = Counter(values)
        if len(counts) < len(values):
            moved |= {
                box.record.box_id: box
                for box, value in zip(live, values, strict=True)
                if value is not None and counts[value] > 1
            }
    return _finding(Check.SHARED_CERTIFICATE, Severity.GRAVE, moved.values())


def _machine_differs(box: FleetBox) -> bool:
    vitals = box.hello.vitals if box.hello else None
    now_elsewhere = vitals is not None and clone_signs.is_other_board(box.record, vitals.machine)
    return now_elsewhere or bool(clone_signs.since_enrolment(box.record, box.other_boards))


def _serial(box: FleetBox) -> object:
    return box.record.serial


def _chain_key(box: FleetBox) -> object:
    return box.record.chain_key


def _machine(box: FleetBox) -> object:
    return box.record.machine


def _clashing_names(fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    forked = [box for box in live if box.record.box_id in fleet.forked]
    restless = [box for box in live if box.sessions_counted >= MANY_SESSIONS and box not in forked]
    return _finding(Check.CLASHING_NAMES, Severity.GRAVE, forked) + _finding(
        Check.CLASHING_NAMES, Severity.WARNING, restless
    )


def _revoked_still_active(fleet: Fleet, _live: tuple[FleetBox, ...]) -> list[Finding]:
    """A revoked box was heard a minute after its end, or the broker works with an older list than the authority."""
    heard = [
        box
        for box in fleet.boxes
        if box.record.revoked_at is not None
        and (spoke := fleet.spoke_revoked.get(box.record.box_id)) is not None
        and spoke - box.record.revoked_at > CUT_OFF_WITHIN
    ]
    found = _finding(Check.REVOKED_STILL_ACTIVE, Severity.GRAVE, heard)
    status = fleet.status
    if status is not None and (status.broker_crl_number or 0) < status.crl_number:
        last = max((box.record.revoked_at for box in fleet.boxes if box.record.revoked_at), default=None)
        if last is not None and fleet.now - last > CUT_OFF_WITHIN:
            found.append(Finding(check=Check.REVOKED_STILL_ACTIVE, severity=Severity.GRAVE))
    return found


def _certificate_expiring(fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    by_severity: dict[Severity, list[FleetBox]] = defaultdict(list)
    for box in live:
        if (severity := _soon(box.record.certificate_good_until, fleet.now)) is not None:
            by_severity[severity].append(box)
    return [
        one
        for severity in (Severity.GRAVE, Severity.WARNING, Severity.NOTE)
        for one in _finding(
            Check.CERTIFICATE_EXPIRING, severity, by_severity[severity], _earliest(by_severity[severity])
        )
    ]


def _soon(good_until: datetime | None, now: datetime) -> Severity | None:
    if good_until is None or good_until - now > NOTE_BEFORE:
        return None
    left = good_until - now
    return Severity.GRAVE if left <= GRAVE_BEFORE else Severity.WARNING if left <= ENDS_SOON else Severity.NOTE


def _earliest(boxes: list[FleetBox]) -> datetime | None:
    ends = [box.record.certificate_good_until for box in boxes]
    return min((end for end in ends if end is not None), default=None)


def _authority_expiring(fleet: Fleet, _live: tuple[FleetBox, ...]) -> list[Finding]:
    if fleet.status is None:
        return [Finding(check=Check.AUTHORITY_EXPIRING, severity=Severity.NOT_CHECKED)]
    first = min(fleet.status.root_good_until, fleet.status.issuer_good_until)
    severity = _soon(first, fleet.now)
    return [] if severity is None else [Finding(check=Check.AUTHORITY_EXPIRING, severity=severity, until=first)]


def _key_quality(_fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    plain = [box for box in live if box.record.key_grade in (None, KeyGrade.PLAIN)]
    return _finding(Check.KEY_QUALITY, Severity.WARNING, plain)


def _certificate_age(fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    """Renewal falls due at two thirds of the certificate's life; a week later it does not work by itself."""
    return _finding(
        Check.CERTIFICATE_AGE, Severity.WARNING, (box for box in live if _is_overdue(box.record, fleet.now))
    )


def _is_overdue(record: BoxRecord, now: datetime) -> bool:
    begun, end = record.certificate_good_from or record.certified_at, record.certificate_good_until
    return begun is not None and end is not None and now > renewal_due(begun, end) + RENEWAL_MAY_TAKE


def _rights_too_wide(fleet: Fleet, _live: tuple[FleetBox, ...]) -> list[Finding]:
    """What `broker check` found last, at every broker."""
    status = fleet.status
    if status is not None and status.broker_rights_wrong:
        found, at = status.broker_rights_wrong, status.broker_rights_checked_at
        return [Finding(check=Check.RIGHTS_TOO_WIDE, severity=Severity.GRAVE, wrong=found, until=at)]
    if status is None or status.broker_rights_checked_at is None:
        return [Finding(check=Check.RIGHTS_TOO_WIDE, severity=Severity.NOT_CHECKED)]
    at = status.broker_rights_checked_at
    return [Finding(check=Check.RIGHTS_TOO_WIDE, severity=Severity.FINE, until=at)]


def _program_expiring(fleet: Fleet, _live: tuple[FleetBox, ...]) -> list[Finding]:
    """The certificates of central, the keepers, their brokers and the authority's own server."""
    if fleet.status is None:
        return [Finding(check=Check.PROGRAM_EXPIRING, severity=Severity.NOT_CHECKED)]
    ends = dict(fleet.status.ends)
    if fleet.status.server_good_until is not None:
        ends["authority"] = fleet.status.server_good_until
    by_severity: dict[Severity, dict[str, datetime]] = defaultdict(dict)
    for name, end in ends.items():
        if (severity := _soon(end, fleet.now)) is not None:
            by_severity[severity][name] = end
    return [
        Finding(
            check=Check.PROGRAM_EXPIRING,
            severity=severity,
            programs=tuple(sorted(by_severity[severity])),
            until=min(by_severity[severity].values()),
        )
        for severity in (Severity.GRAVE, Severity.WARNING, Severity.NOTE)
        if by_severity[severity]
    ]


def _foreign_filter(fleet: Fleet, _live: tuple[FleetBox, ...]) -> list[Finding]:
    """Who asked a broker for what is not theirs within the last day."""
    asked = fleet.status.broker_foreign_filters if fleet.status else {}
    names = [name for name, at in asked.items() if fleet.now - at < FOREIGN_LASTS]
    boxes = [box for box in fleet.boxes if box.record.box_id in names]
    others = sorted(set(names) - {box.record.box_id for box in fleet.boxes})
    programs = tuple(others) if fleet.is_whole else ()
    if not boxes and not programs:
        return []
    named = tuple(sorted(box.record.box_id for box in boxes))
    return [Finding(check=Check.FOREIGN_FILTER, severity=Severity.WARNING, boxes=named, programs=programs)]


def _logging_off(fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    """Boxes that never spoke or keep their health to themselves, and an authority whose deeds do not reach us."""
    never = [
        box
        for box in live
        if box.last_word_at is None
        and box.record.certified_at is not None
        and fleet.now - box.record.certified_at > FIRST_WORD_WITHIN
    ]
    mute = [box for box in live if box.hello is not None and box.hello.vitals is None]
    found = _finding(Check.LOGGING_OFF, Severity.WARNING, never + mute)
    if fleet.authority_silent_since is not None:
        since = fleet.authority_silent_since
        found.insert(0, Finding(check=Check.LOGGING_OFF, severity=Severity.WARNING, until=since))
    return found


def _revocation_list_ending(fleet: Fleet, _live: tuple[FleetBox, ...]) -> list[Finding]:
    """A broker whose list has run out refuses every box, so this is said two weeks before."""
    if fleet.status is None:
        return [Finding(check=Check.REVOCATION_LIST_ENDING, severity=Severity.NOT_CHECKED)]
    ends = [end for end in (fleet.status.crl_next_update, fleet.status.broker_crl_next_update) if end is not None]
    first = min(ends)
    if first - fleet.now >= ENDS_SOON:
        return []
    return [Finding(check=Check.REVOCATION_LIST_ENDING, severity=Severity.GRAVE, until=first)]


def _exam_not_covered(fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    """The box's certificates end before an exam of its room does, which starts within 30, 14 or 7 days."""
    uncovered: dict[Severity, list[FleetBox]] = defaultdict(list)
    for box in live:
        exams = fleet.exams.get(box.record.room_id)
        if not exams:
            continue
        ends = (box.record.certificate_good_until, box.record.exam_certificate_good_until)
        last = max((end for end in ends if end is not None), default=fleet.now)
        open_exams = [exam.starts_at for exam in exams if exam.ends_at > last]
        if open_exams and (severity := _soon(min(open_exams), fleet.now)) is not None:
            uncovered[severity].append(box)
    return [
        one
        for severity in (Severity.GRAVE, Severity.WARNING, Severity.NOTE)
        for one in _finding(Check.EXAM_NOT_COVERED, severity, uncovered[severity], _earliest(uncovered[severity]))
    ]


def _clock_below_floor(_fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    low = [box for box in live if box.hello and box.hello.vitals and box.hello.vitals.below_floor]
    return _finding(Check.CLOCK_BELOW_FLOOR, Severity.GRAVE, low)


def _silent(_fleet: Fleet, live: tuple[FleetBox, ...]) -> list[Finding]:
    return _finding(Check.SILENT, Severity.WARNING, (box for box in live if box.silent))


_JUDGEMENTS: Final[dict[Check, _Judgement]] = {
    Check.SHARED_CERTIFICATE: _shared_certificate,
    Check.CLASHING_NAMES: _clashing_names,
    Check.REVOKED_STILL_ACTIVE: _revoked_still_active,
    Check.CERTIFICATE_EXPIRING: _certificate_expiring,
    Check.AUTHORITY_EXPIRING: _authority_expiring,
    Check.KEY_QUALITY: _key_quality,
    Check.CERTIFICATE_AGE: _certificate_age,
    Check.RIGHTS_TOO_WIDE: _rights_too_wide,
    Check.LOGGING_OFF: _logging_off,
    Check.REVOCATION_LIST_ENDING: _revocation_list_ending,
    Check.EXAM_NOT_COVERED: _exam_not_covered,
    Check.CLOCK_BELOW_FLOOR: _clock_below_floor,
    Check.SILENT: _silent,
    Check.PROGRAM_EXPIRING: _program_expiring,
    Check.FOREIGN_FILTER: _foreign_filter,
}
