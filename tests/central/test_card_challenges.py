"""Central's challenges for chips: handed to one box, good for one reading; a lying box is found (refusals 19, 27)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
import pytest

from central.database import Database
from central.registers import card_challenges
from central.second_judgement import judge_again
from models.chip.trust_store import TrustStore
from models.evidence import ActiveAuthentication, AdmissionEvidence, ChallengeBy, ChipAuthentication
from models.exams import RosterBundle
from models.messages import ChallengeMessage, decode
from models.wire import codec
from models.wire.event_chain import EventKind
from models.wire.topics import DownLane, down_topic
from tests.builders.box_chain import BoxChain, evidence_of, sealed_for
from tests.builders.centre import Centre
from tests.builders.chip_evidence import AT, active_run, der, issuer, make_evidence
from tests.builders.exams import AN

TRUST = TrustStore.of([der(issuer().country_signer)])


@dataclass(frozen=True, slots=True)
class Room:
    """A centre and the boxes that hold challenges of it."""

    centre: Centre

    def box(self, name: str = "box-101", held: int = 0) -> BoxChain:
        box = self.centre.box(name)
        self.greet(box, held)
        return box

    def greet(self, box: BoxChain, held: int | None) -> None:
        self.centre.say(box, msgspec.structs.replace(box.hello(), challenges=held))

    def handed(self, box: BoxChain) -> list[bytes]:
        topic = down_topic(box.box_id, DownLane.CHALLENGES)
        messages = [decode(payload, ChallengeMessage) for heard, payload in self.centre.heard if heard == topic]
        return [challenge for message in messages for challenge in message.challenges]

    def tell(
        self,
        box: BoxChain,
        run: ActiveAuthentication,
        ago: timedelta = timedelta(0),
        chip: ChipAuthentication | None = None,
    ) -> None:
        """An answer decided `ago` whose only proofs are these, with the light and reasons that an honest box gives."""
        box.at = self.centre.clock.now()
        sealed = sealed_for(self.centre.office.evidence_key, self._evidence(box, run, box.at - ago, chip))
        self.centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))

    def _evidence(
        self, box: BoxChain, run: ActiveAuthentication, at: datetime, chip: ChipAuthentication | None = None
    ) -> AdmissionEvidence:
        card = msgspec.structs.replace(make_evidence(), chip_authentication=chip, active_authentication=run)
        told = msgspec.structs.replace(evidence_of("01000000", AN, "01", at, trouble=None), card=card)
        bundle = codec.decode(self.centre.rosters(box.box_id)[-1].bundle.body, RosterBundle)
        second = judge_again(told, bundle, TRUST)
        return msgspec.structs.replace(told, light=second.light, reasons=second.reasons)

    @property
    def judged(self) -> list[tuple[object, ...]]:
        return self.centre.rows("admissions", "received_at, judged_again, central_chip_verdict")

    @property
    def doubts(self) -> list[str]:
        rows = self.centre.rows("quarantine", "id, reason, sentence")
        return [f"{reason}: {sentence}" for _, reason, sentence in rows]


@pytest.fixture
def room(store: Database) -> Room:
    centre = Centre(store, trust=TRUST)
    centre.seat(starts_in=AT - centre.clock.now())
    centre.clock.step_wall_clock(seconds=(AT - centre.clock.now()).total_seconds())
    return Room(centre)


def centrals(challenge: bytes) -> ActiveAuthentication:
    return msgspec.structs.replace(active_run(challenge=challenge), challenge_by=ChallengeBy.CENTRAL)


def test_a_box_that_reads_cards_gets_a_full_hand_and_more_when_half_is_gone(room: Room) -> None:
    box = room.box()
    assert len(set(room.handed(box))) == card_challenges.FULL == 64
    assert {len(one) for one in room.handed(box)} == {8}
    room.greet(box, 32)
    assert len(room.handed(box)) == 64
    room.greet(box, 31)
    assert len(room.handed(box)) == 64 + 33
    room.greet(box, None)
    assert len(set(room.handed(box))) == 97


def test_an_answer_to_centrals_challenge_is_judged_the_same_again(room: Room) -> None:
    box = room.box()
    run = centrals(room.handed(box)[0])
    room.tell(box, run)
    room.tell(box, run)  # a second answer of the desk about the same reading
    assert [row[1:] for row in room.judged] == [("same", "GENUINE")] * 2
    assert room.doubts == []


def test_a_box_without_challenges_uses_its_own_and_says_so(room: Room) -> None:
    room.tell(room.box(), active_run(challenge=b"offline!"))
    assert [row[1:] for row in room.judged] == [("same", "GENUINE")]
    assert room.doubts == []


def test_refusal_19_a_boxs_own_challenge_with_its_answer_is_good_for_one_reading_of_one_box(room: Room) -> None:
    box, other = room.box(), room.box("box-101b")
    run = active_run(challenge=b"offline!")
    for teller in (box, box, other):  # a second answer of the desk about one reading is honest
        room.tell(teller, run)
        room.centre.clock.advance(minutes=1)
    assert [row[1] for row in room.judged] == ["same", "same", "different"]
    (doubt,) = room.doubts
    assert doubt.startswith("CHALLENGE_FALSE")
    assert "already served another reading" in doubt


def test_refusal_27_an_invented_challenge_is_found(room: Room) -> None:
    room.tell(room.box(), centrals(b"invented"))
    assert [row[1:] for row in room.judged] == [("different", "CHIP_NOT_PROVEN")]
    (doubt,) = room.doubts
    assert doubt.startswith("CHALLENGE_FALSE: The box names a challenge for the chip that central never gave it")


def test_refusal_27_another_boxs_challenge_is_found(room: Room) -> None:
    mine, other = room.box(), room.box("box-101b")
    room.tell(mine, centrals(room.handed(other)[0]))
    assert [row[1] for row in room.judged] == ["different"]
    assert "to another box" in room.doubts[0]


def test_refusal_19_a_challenge_that_served_before_is_found(room: Room) -> None:
    box = room.box()
    challenge = room.handed(box)[0]
    room.tell(box, centrals(challenge))
    room.centre.clock.advance(minutes=5)
    room.tell(box, centrals(challenge))  # ECDSA is random: another answer to the same challenge
    assert [row[1:] for row in room.judged] == [("same", "GENUINE"), ("different", "CHIP_NOT_PROVEN")]
    assert "already served another reading" in room.doubts[0]


def test_a_day_old_challenge_is_good_and_an_older_one_is_found(room: Room) -> None:
    box = room.box()
    first, second, *_ = room.handed(box)
    room.centre.clock.advance(hours=24)
    room.tell(box, centrals(first))
    room.centre.clock.advance(seconds=1)
    room.tell(box, centrals(second))
    assert [row[1:] for row in room.judged] == [("same", "GENUINE"), ("different", "CHIP_NOT_PROVEN")]
    assert "more than a day before" in room.doubts[0]


def test_an_answer_that_waited_at_the_box_for_a_week_is_good(room: Room) -> None:
    box = room.box()
    room.centre.clock.advance(days=7)
    room.tell(box, centrals(room.handed(box)[0]), timedelta(days=6, hours=12))
    assert (room.judged[0][1:], room.doubts) == (("same", "GENUINE"), [])


@pytest.mark.parametrize(
    ("ago", "words"),
    [(timedelta(minutes=5, seconds=1), "before central gave it"), (-timedelta(minutes=5, seconds=1), "later than")],
)
def test_an_instant_before_the_challenge_or_after_its_own_arrival_is_found(
    room: Room, ago: timedelta, words: str
) -> None:
    box = room.box()
    room.tell(box, centrals(room.handed(box)[0]), ago)
    assert [row[1:] for row in room.judged] == [("different", "CHIP_NOT_PROVEN")]
    assert words in room.doubts[0]


@pytest.mark.parametrize("minutes", [-5, 5])
def test_clocks_may_be_five_minutes_apart(room: Room, minutes: int) -> None:
    box = room.box()
    room.tell(box, centrals(room.handed(box)[0]), timedelta(minutes=minutes))
    assert (room.judged[0][1:], room.doubts) == (("same", "GENUINE"), [])


def test_a_box_that_says_again_and_again_that_it_holds_none_hoards_no_challenges(room: Room) -> None:
    box, other = room.box(), room.box("box-101b")
    for held in (0, 0, 0):
        room.centre.clock.advance(minutes=1)
        room.greet(box, held)
    assert room.centre.rows("card_challenges", "count(*)") == [(card_challenges.MOST_UNUSED + 64,)]
    handed = room.handed(box)
    assert len(handed) == 4 * 64
    room.tell(box, centrals(handed[0]))
    room.tell(box, centrals(handed[-1]))
    room.tell(other, centrals(room.handed(other)[0]))
    assert [row[1] for row in room.judged] == ["different", "same", "same"]
    assert "or took back" in room.doubts[0]


def test_a_box_caught_with_a_false_challenge_is_not_believed_in_its_other_proofs(room: Room) -> None:
    chip = make_evidence().chip_authentication
    assert chip is not None
    room.tell(room.box(), centrals(b"invented"), timedelta(0), chip)
    assert [row[1:] for row in room.judged] == [("different", "CHIP_NOT_PROVEN")]


def test_refusal_27_a_forged_signature_over_centrals_challenge_is_found(room: Room) -> None:
    """A box that only claims that the chip answered: its green is central's suspicion of a copy."""
    box = room.box()
    honest = centrals(room.handed(box)[0])
    sealed = sealed_for(
        room.centre.office.evidence_key,
        msgspec.structs.replace(
            evidence_of("01000000", AN, "01", AT, trouble=None),
            card=msgspec.structs.replace(
                make_evidence(),
                chip_authentication=None,
                active_authentication=msgspec.structs.replace(honest, response=bytes(64)),
            ),
        ),
    )
    room.centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))
    assert [row[1:] for row in room.judged] == [("different", "CLONE_SUSPECT")]


def test_old_challenges_are_forgotten(room: Room) -> None:
    box = room.box()
    room.centre.clock.advance(days=91)
    room.greet(box, 40)
    assert room.centre.rows("card_challenges", "count(*)") == [(0,)]
