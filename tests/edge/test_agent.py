"""The room agent: what it carries out, what it remembers, and what it does when the store fails."""

import queue
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from edge.agent import Agent, Parts
from edge.box_condition import (
    BoxCondition,
    CentralSpoke,
    ConnectionChanged,
    Notice,
    RosterArrived,
    SecondCopiesMade,
)
from edge.clock_watch import ClockWatch
from edge.exam_desk.desk import shown_reasons
from edge.exam_desk.steps import Step
from edge.happenings import SeatTaken
from edge.occurrences import CardLaid, CardRead, CodeGiven, Confirmed, FaceMeasured, Occurrence
from edge.proctor_room import box_view
from edge.remote_orders import RemoteOrders
from models.admission import Light, ReasonCode
from models.chip.verdict import ChipVerdict
from models.clock import TimeQuality
from models.evidence import FaceDecision
from models.exams import RosterBundle, SecondCopyRule
from models.identifiers import SessionId
from models.messages import CommandResult
from models.wire.event_chain import EventKind
from tests.builders import exams
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room_parts import NotingFaces, NotingReader, OneRoster, OrdersInMind, ScriptedMemory

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class Bench:
    """An agent that is not started: the test's thread takes what happens."""

    folder: Path

    def __init__(self, bundle: RosterBundle | None, built_at: datetime = LONG_AGO) -> None:
        self.inbox: queue.Queue[Occurrence | Notice] = queue.Queue()
        self.memory = ScriptedMemory()
        self.rosters = OneRoster(bundle)
        self.reader = NotingReader()
        self.faces = NotingFaces()
        self.clock = ManualClock(exams.SEVEN_O_CLOCK)
        self.changes = 0
        self.watch = ClockWatch(self.clock, self.folder / "floor.json", built_at)
        self.watch.start()
        self.answers: list[CommandResult] = []
        self.restarts: list[datetime] = []
        parts = Parts(
            memory=self.memory,
            rosters=self.rosters,
            chips=self.reader,
            faces=self.faces,
            clock=self.clock,
            watch=self.watch,
            orders=RemoteOrders(OrdersInMind(), lambda: b"bundle"),
            answer=self.answers.append,
            restart=lambda: self.restarts.append(self.clock.now()),
            changed=self._changed,
        )
        condition = BoxCondition(rehearsal=True, offline_since=exams.SEVEN_O_CLOCK)
        self.agent = Agent(self.inbox, parts, condition)
        self.agent.open()

    def _changed(self) -> None:
        self.changes += 1

    def take(self, *items: Occurrence | Notice) -> None:
        for item in items:
            self.agent.take(item)

    def good_candidate(self, decision: FaceDecision = FaceDecision.MATCH) -> None:
        self.take(
            CodeGiven(access_number="012345"),
            CardLaid(),
            CardRead(
                evidence=exams.card_evidence(),
                judgement=exams.chip(),
                holder=exams.holder(),
                portrait=b"portrait",
                portrait_jpeg=b"jpeg",
            ),
            FaceMeasured(evidence=exams.face(decision), snapshot_jpeg=None),
        )

    def step(self) -> Step:
        return self.agent.desk.step

    def light(self) -> Light | None:
        return self.agent.desk.light

    def condition(self) -> BoxCondition:
        return self.agent.condition

    def kinds(self) -> list[EventKind]:
        return [happening.kind for happening in self.memory.happenings]


@pytest.fixture(autouse=True)
def _floor_is_kept_in(tmp_path: Path) -> None:
    Bench.folder = tmp_path


def evidence_bundle(rule: SecondCopyRule = SecondCopyRule.PREFER) -> RosterBundle:
    return exams.bundle(exams.profile(second_copy=rule))


def test_a_tap_becomes_a_reading_a_comparison_and_one_stored_admission() -> None:
    bench = Bench(evidence_bundle())
    bench.good_candidate()
    assert bench.reader.asked == ["012345"]
    assert bench.faces.asked == [b"portrait"]
    assert bench.kinds() == [EventKind.BOX_STARTED, EventKind.SESSION_OPENED, EventKind.ADMITTED]
    admitted = bench.memory.happenings[-1]
    assert (admitted.session, admitted.room, admitted.decision) == ("ca-1", "P101", "automatic")
    assert admitted.evidence is not None
    assert b"001208012345" not in admitted.evidence.sealed, "nothing personal is readable on the box's disk"
    assert bench.light() is Light.GREEN


def test_a_failed_store_shows_no_green_and_recovers_when_the_store_is_whole_again() -> None:
    bench = Bench(evidence_bundle())
    bench.memory.broken = True
    bench.good_candidate()
    assert bench.light() is Light.RED
    assert shown_reasons(bench.agent.desk) == (ReasonCode.NOT_STORED,)
    assert not bench.condition().storage_works
    bench.clock.advance(seconds=5)
    bench.agent.tick()
    assert bench.step() is Step.STOPPED, "still broken"
    bench.memory.broken = False
    bench.clock.advance(seconds=5)
    bench.agent.tick()
    assert bench.step() is Step.WAITING
    assert bench.condition().storage_works
    assert bench.kinds()[-1] is EventKind.STORE_FAULT
    bench.good_candidate()
    assert bench.light() is Light.GREEN


def test_evidence_that_cannot_be_sealed_stops_the_desk_instead_of_leaving_it_waiting() -> None:
    bench = Bench(msgspec.structs.replace(evidence_bundle(), evidence_key=bytes(32)))
    bench.good_candidate()
    assert bench.light() is Light.RED
    assert not bench.agent.desk.seated


def test_a_required_second_copy_is_waited_for_and_then_missed() -> None:
    bench = Bench(evidence_bundle(SecondCopyRule.REQUIRE))
    bench.good_candidate()
    assert bench.step() is Step.AWAITING_COPY
    bench.clock.advance(seconds=2.9)
    bench.agent.tick()
    assert bench.light() is None
    bench.clock.advance(seconds=0.2)
    bench.agent.tick()
    assert bench.light() is Light.AMBER
    uuid = bench.memory.happenings[-1].uuid
    bench.take(SecondCopiesMade(uuids=frozenset({uuid})))
    assert bench.light() is Light.GREEN


def test_centrals_receipt_is_the_second_copy() -> None:
    bench = Bench(evidence_bundle(SecondCopyRule.REQUIRE))
    bench.good_candidate()
    bench.take(SecondCopiesMade(uuids=frozenset({b"another event..."})))
    assert bench.light() is None
    bench.take(SecondCopiesMade(uuids=frozenset({bench.memory.happenings[-1].uuid})))
    assert bench.light() is Light.GREEN


def test_without_a_roster_the_desk_is_closed_until_one_arrives() -> None:
    bench = Bench(None)
    assert bench.step() is Step.CLOSED
    bench.rosters.bundle = evidence_bundle()
    bench.take(RosterArrived())
    bench.agent.tick()
    assert bench.step() is Step.WAITING


def test_a_new_version_of_the_same_roster_does_not_open_the_session_twice() -> None:
    bench = Bench(evidence_bundle())
    bench.take(RosterArrived())
    bench.agent.tick()
    assert bench.kinds().count(EventKind.SESSION_OPENED) == 1


def test_the_afternoon_follows_the_morning_without_network() -> None:
    bench = Bench(evidence_bundle())
    morning = evidence_bundle()
    afternoon = msgspec.structs.replace(
        morning, session=msgspec.structs.replace(morning.session, session_id=SessionId("ca-2"))
    )
    bench.agent.tick()
    bench.rosters.bundle = afternoon
    bench.clock.advance(seconds=31)
    bench.agent.tick()
    assert bench.agent.desk.bundle == afternoon
    assert bench.kinds().count(EventKind.SESSION_OPENED) == 2


def test_nobody_is_disturbed_in_the_middle_of_a_check_in() -> None:
    bench = Bench(evidence_bundle())
    bench.take(CodeGiven(access_number="012345"), CardLaid())
    bench.rosters.bundle = None
    bench.clock.advance(seconds=31)
    bench.agent.tick()
    assert bench.step() is Step.READING


def test_a_question_is_answered_by_the_list_on_which_it_was_asked() -> None:
    bench = Bench(evidence_bundle())
    bench.good_candidate(FaceDecision.LOOK)
    other = exams.candidate(index=7, citizen_id=exams.STRANGER)
    corrected = msgspec.structs.replace(exams.bundle(candidates=(other,)), version=2)
    bench.rosters.bundle = corrected
    bench.take(RosterArrived())
    bench.agent.tick()
    bench.take(Confirmed())
    seating = bench.memory.happenings[-1].seating
    assert isinstance(seating, SeatTaken)
    assert seating.candidate_number == exams.candidate().candidate_number
    bench.agent.tick()
    assert bench.agent.desk.bundle == corrected, "the new list counts from the next candidate on"


def test_a_shelf_that_cannot_be_read_does_not_stop_the_desk() -> None:
    bench = Bench(evidence_bundle())
    bench.rosters.broken = True
    bench.clock.advance(seconds=31)
    bench.agent.tick()
    bench.good_candidate()
    assert bench.light() is Light.GREEN


def test_a_chip_with_monstrous_files_does_not_keep_its_refusal_out_of_the_log() -> None:
    bench = Bench(evidence_bundle())
    monstrous = msgspec.structs.replace(exams.card_evidence(), security_object=bytes(200_000))
    bench.take(
        CodeGiven(access_number="012345"),
        CardLaid(),
        CardRead(
            evidence=monstrous,
            judgement=exams.chip(ChipVerdict.PARSE_ERROR),
            holder=exams.holder(exams.STRANGER),
            portrait=b"",
            portrait_jpeg=None,
        ),
    )
    assert bench.kinds()[-1] is EventKind.REFUSED
    assert bench.step() is Step.SHOWN


def test_a_roster_serves_its_whole_time_without_network_and_not_longer() -> None:
    bench = Bench(evidence_bundle())
    until = evidence_bundle().good_until
    bench.clock.advance(seconds=(until - bench.clock.now()).total_seconds() - 60)
    bench.agent.tick()
    bench.good_candidate()
    assert bench.light() is Light.GREEN
    bench.clock.advance(seconds=91)
    bench.agent.tick()
    assert bench.step() is Step.CLOSED
    bench.good_candidate()
    assert bench.light() is None
    assert bench.rosters.forgotten_before == bench.clock.now(), "what has run out is deleted from the box"


def test_a_fault_of_the_program_stops_the_desk_instead_of_freezing_it() -> None:
    bench = Bench(evidence_bundle())
    bench.reader.faulty = True
    bench.agent.start()
    bench.inbox.put(CodeGiven(access_number="012345"))
    bench.inbox.put(CardLaid())
    bench.inbox.join()
    assert bench.step() is Step.STOPPED
    bench.clock.advance(seconds=5)
    bench.inbox.put(ConnectionChanged(online=True))
    bench.inbox.join()
    bench.agent.stop()
    assert bench.step() is Step.WAITING, "proven whole, it goes on"


@pytest.mark.parametrize(
    ("rule", "shown"), [(SecondCopyRule.OFF, 0), (SecondCopyRule.PREFER, 3), (SecondCopyRule.REQUIRE, 3)]
)
def test_the_banner_counts_what_exists_on_this_box_alone_unless_the_exam_does_not_ask(
    rule: SecondCopyRule, shown: int
) -> None:
    bench = Bench(None)
    view = box_view(bench.condition(), 3, rule, bench.clock)
    assert (view.on_this_box_alone, view.waiting_to_send) == (shown, 3)


def test_the_network_changes_the_banner_and_the_time_quality_and_nothing_else() -> None:
    bench = Bench(evidence_bundle())
    desk = bench.agent.desk
    bench.take(ConnectionChanged(online=True), CentralSpoke(central_time=bench.clock.now()))
    assert bench.condition().online
    assert bench.condition().time_quality is TimeQuality.CENTRAL
    bench.take(ConnectionChanged(online=False))
    assert not bench.condition().online
    assert bench.agent.desk == desk


def test_a_started_agent_takes_from_its_inbox_and_stops_when_asked() -> None:
    bench = Bench(evidence_bundle())
    bench.agent.start()
    bench.inbox.put(ConnectionChanged(online=True))
    bench.inbox.put(CodeGiven(access_number="012345"))
    bench.inbox.join()
    bench.agent.stop()
    assert bench.condition().online
    assert bench.step() is Step.WAITING_FOR_CARD
