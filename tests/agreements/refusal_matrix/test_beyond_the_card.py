"""Refusal matrix, rows 25 to 27: what no card can show by itself: who holds it, from how far, and who says so."""

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from central.database import Database
from central.registers.admission_register import double_seats
from central.second_judgement import judge_again
from central.upgrade import upgrade_database
from edge.cards.active_authentication import Challenge
from models.admission import Light, ReasonCode
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from models.evidence import AdmissionEvidence, CardEvidence, ChallengeBy, FaceDecision
from models.exams import RosterBundle
from models.messages import ChallengeMessage, decode
from models.wire import codec
from models.wire.event_chain import EventKind
from models.wire.topics import DownLane, down_topic
from provisioning.rehearsal.attacks.attack import LaidCard, Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from tests.builders.box_chain import BoxChain, evidence_of, sealed_for
from tests.builders.cards import NOW
from tests.builders.centre import SITTING, Centre
from tests.builders.exams import AN, face
from tests.builders.refusal_desk import RefusalDesk, roster_of, trust_of

_INTERNAL_AUTHENTICATE = 0x88


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    database.start()
    upgrade_database(database)
    yield database
    database.stop()


@pytest.fixture
def genuine(workshop: Workshop) -> LaidCard:
    return workshop.laid(workshop.genuine())


@pytest.fixture
def centre(database: Database, genuine: LaidCard) -> Centre:
    centre = Centre(database, trust=trust_of(genuine))
    centre.seat(starts_in=NOW - centre.clock.now())
    centre.clock.step_wall_clock(seconds=(NOW - centre.clock.now()).total_seconds())
    return centre


def box_of(centre: Centre, name: str = "box-101", room: str = "P101") -> BoxChain:
    box = centre.box(name, room)
    centre.say(box, replace(box.hello(), challenges=0))
    return box


def challenge_of(centre: Centre, box: BoxChain) -> Challenge:
    topic = down_topic(box.box_id, DownLane.CHALLENGES)
    handed = [decode(payload, ChallengeMessage) for heard, payload in centre.heard if heard == topic]
    return Challenge(value=handed[0].challenges[0], by=ChallengeBy.CENTRAL)


def evidence_from(desk: RefusalDesk, laid: LaidCard, challenge: Challenge) -> CardEvidence:
    seen = desk.read(laid, challenges=lambda: challenge)
    assert seen.reading is not None
    return seen.reading.evidence


def tell(centre: Centre, box: BoxChain, trust: TrustStore, shown: CardEvidence, claimed: CardEvidence) -> None:
    """The box shows one card's evidence and gives the answer that it would have given for another."""
    bundle = codec.decode(centre.rosters(box.box_id)[-1].bundle.body, RosterBundle)
    told: AdmissionEvidence = evidence_of("01000000", AN, "01", NOW, trouble=None)
    answer = judge_again(replace(told, card=claimed), bundle, trust)
    told = replace(told, card=shown, light=answer.light, reasons=answer.reasons, candidate_number=None)
    sealed = sealed_for(centre.office.evidence_key, told)
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))


def judged(centre: Centre) -> list[tuple[object, ...]]:
    rows = centre.rows("admissions", "received_at, judged_again, central_chip_verdict")
    return [row[1:] for row in rows]


def doubts(centre: Centre) -> list[object]:
    return [row[1] for row in centre.rows("quarantine", "id, reason")]


def test_row_25_a_borrowed_card_does_not_have_the_borrowers_face(
    desk: RefusalDesk, workshop: Workshop, genuine: LaidCard
) -> None:
    seen = desk.read(genuine)
    assert seen.found is ChipVerdict.GENUINE
    answer = seen.admission(roster_of(workshop.person), face(FaceDecision.NO_MATCH))
    assert (answer.light, answer.reasons) == (Light.AMBER, (ReasonCode.FACE_DIFFERENT,))


def test_row_25_one_card_has_one_seat(desk: RefusalDesk, workshop: Workshop, genuine: LaidCard) -> None:
    answer = desk.read(genuine).admission(roster_of(workshop.person), seated_before=True)
    assert (answer.light, answer.reasons) == (Light.RED, (ReasonCode.ALREADY_SEATED,))


def test_row_25_the_same_card_at_another_desk_is_told(centre: Centre) -> None:
    for name, room in (("box-101", "P101"), ("box-102", "P102")):
        box = box_of(centre, name, room)
        sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "01", NOW))
        centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))
    with centre.database.reading() as connection:
        (pair,) = double_seats(connection, SITTING)
    assert pair.first.citizen_id == pair.second.citizen_id == AN


def test_row_26_the_slowest_answer_of_a_reading_is_kept(desk: RefusalDesk, genuine: LaidCard) -> None:
    """A relay costs time that a card on the reader does not need."""
    near = desk.read(genuine)

    def relay(command: bytes) -> None:
        if command[1] == _INTERNAL_AUTHENTICATE:
            threading.Event().wait(0.3)

    desk.before_answer = relay
    far = desk.read(genuine)
    desk.before_answer = lambda _: None
    assert near.reading is not None
    assert far.reading is not None
    assert 0 < near.reading.trace.slowest_apdu_ms <= near.reading.trace.transport_ms
    assert far.reading.trace.slowest_apdu_ms >= 300


def test_row_26_a_challenge_is_bound_to_the_box_that_got_it(
    desk: RefusalDesk, centre: Centre, genuine: LaidCard
) -> None:
    mine, other = box_of(centre), box_of(centre, "box-101b")
    evidence = evidence_from(desk, genuine, challenge_of(centre, other))
    tell(centre, mine, trust_of(genuine), evidence, evidence)
    assert [row[0] for row in judged(centre)] == ["different"]
    assert doubts(centre) == ["CHALLENGE_FALSE"]


def test_row_27_an_honest_box_is_believed(desk: RefusalDesk, centre: Centre, genuine: LaidCard) -> None:
    box = box_of(centre)
    evidence = evidence_from(desk, genuine, challenge_of(centre, box))
    tell(centre, box, trust_of(genuine), evidence, evidence)
    assert judged(centre) == [("same", "GENUINE")]
    assert doubts(centre) == []


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("copy", "CLONE_SUSPECT"),
        ("replaced-portrait", "HASH_MISMATCH"),
        ("unknown-signer", "UNTRUSTED_ISSUER"),
        ("stale-answer", "CLONE_SUSPECT"),
    ],
)
def test_row_27_a_box_that_calls_a_bad_chip_genuine_is_found(
    desk: RefusalDesk, centre: Centre, workshop: Workshop, genuine: LaidCard, name: str, verdict: str
) -> None:
    box = box_of(centre)
    challenge = challenge_of(centre, box)
    bad = evidence_from(desk, ATTACKS[name].make(workshop), challenge)
    tell(centre, box, trust_of(genuine), bad, evidence_from(desk, genuine, challenge))
    assert judged(centre) == [("different", verdict)]


def test_row_27_a_box_that_invents_the_challenge_is_found(desk: RefusalDesk, centre: Centre, genuine: LaidCard) -> None:
    box = box_of(centre)
    evidence = evidence_from(desk, genuine, Challenge(value=secrets.token_bytes(8), by=ChallengeBy.CENTRAL))
    tell(centre, box, trust_of(genuine), evidence, evidence)
    assert [row[0] for row in judged(centre)] == ["different"]
    assert doubts(centre) == ["CHALLENGE_FALSE"]


def test_row_27_a_box_that_leaves_the_signature_out_proves_nothing_by_what_it_could_write_itself(
    desk: RefusalDesk, centre: Centre, genuine: LaidCard
) -> None:
    box = box_of(centre)
    evidence = evidence_from(desk, genuine, challenge_of(centre, box))
    assert evidence.chip_authentication is not None
    unsigned = replace(evidence, active_authentication=None)
    tell(centre, box, trust_of(genuine), unsigned, unsigned)
    assert judged(centre) == [("different", "CHIP_NOT_PROVEN")]
    assert doubts(centre) == []


def test_row_27_a_signature_that_the_box_made_up_is_found(desk: RefusalDesk, centre: Centre, genuine: LaidCard) -> None:
    box = box_of(centre)
    honest = evidence_from(desk, genuine, challenge_of(centre, box))
    assert honest.active_authentication is not None
    forged = replace(honest, active_authentication=replace(honest.active_authentication, response=bytes(64)))
    tell(centre, box, trust_of(genuine), forged, honest)
    assert judged(centre) == [("different", "CLONE_SUSPECT")]
