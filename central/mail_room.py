"""One message of a box, from its topic to what is stored and what is to be answered.

Runs inside the writer's transaction. Not here: threads, commits and sending (`ingest`), the events themselves
(`event_intake`).
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, assert_never

from sqlalchemy import Connection

from central import command_post
from central.errand import Errand
from central.event_intake import EventIntake
from central.plan_post import PlanPost
from central.registers import (
    box_commands,
    box_health,
    box_register,
    card_challenges,
    clone_signs,
    device_loans,
    quarantine,
    room_plans,
)
from central.registers.quarantine import QuarantineReason, Suspect
from central.roster_post import Letter, RosterPost
from models.clock import Clock
from models.errors import BadInputError
from models.messages import (
    ChallengeMessage,
    CommandResult,
    EventBatch,
    Gone,
    Hello,
    MessageTooLargeError,
    decode,
    encode,
)
from models.wire.topics import DownLane, TopicError, UpLane, UpTopic, down_topic, parse_up_topic, shard_of

LONGEST_KEPT_BYTES: Final = 1 << 18
"""So much of a message that is too large is kept."""

TIDY_EVERY: Final = timedelta(hours=1)


@dataclass(slots=True)
class Outcome:
    """What is due after the commit: letters to send, and which (sitting, room) changed; no sitting means any."""

    letters: list[Letter] = field(default_factory=list)
    changed: set[tuple[str | None, str]] = field(default_factory=set)

    def add(self, other: "Outcome") -> None:
        """Both together."""
        self.letters += other.letters
        self.changed |= other.changed


class MailRoom:
    """Deals with messages; `shards` is the number of ingesters among which boxes are spread."""

    def __init__(
        self, intake: EventIntake, roster_post: RosterPost, plan_post: PlanPost, clock: Clock, shards: int = 1
    ) -> None:
        self.roster_post = roster_post
        self.plan_post = plan_post
        self._intake = intake
        self._clock = clock
        self._shards = shards
        self._tidied_at: datetime | None = None

    def take(self, connection: Connection, topic: str, payload: bytes) -> Outcome:
        """Store one message and say what is due."""
        outcome = Outcome()
        self._take_one(connection, topic, payload, outcome)
        return outcome

    def set_aside(self, connection: Connection, topic: str, payload: bytes) -> None:
        """Keep a message on which we failed ourselves, so that it holds up no other."""
        sentence = "Central failed on this message; see its log. The box will send it again."
        self._keep(connection, topic, QuarantineReason.CENTRAL_FAULT, sentence, payload)

    def _take_one(self, connection: Connection, topic: str, payload: bytes, outcome: Outcome) -> None:
        try:
            place = parse_up_topic(topic)
        except TopicError as error:
            self._keep(connection, topic, QuarantineReason.UNKNOWN_TOPIC, str(error), payload)
            return
        box = box_register.find_box(connection, place.box_id)
        if box is None:
            sentence = "This box is not registered. Run: python -m central register-box"
            self._keep(connection, topic, QuarantineReason.UNKNOWN_BOX, sentence, payload)
            return
        errand = Errand(connection=connection, box=box, topic=topic, now=self._clock.now())
        if place.shard != shard_of(place.box_id, self._shards):
            sentence = "The box speaks in another shard than its own. Compare broker.shards with the box's setting."
            errand.keep_apart(QuarantineReason.WRONG_SHARD, sentence, payload)
            return
        if box.revoked_at is not None:
            sentence = (
                "The box was taken out. Look who still uses its certificate, and at the broker's revocation list."
            )
            errand.keep_apart(QuarantineReason.BOX_REVOKED, sentence, payload[:LONGEST_KEPT_BYTES])
            return
        try:
            self._answer(errand, place, payload, outcome)
        except MessageTooLargeError as error:
            errand.keep_apart(QuarantineReason.TOO_LARGE, str(error), payload[:LONGEST_KEPT_BYTES])
        except BadInputError as error:
            errand.keep_apart(QuarantineReason.UNREADABLE, str(error), payload)

    def _answer(self, errand: Errand, place: UpTopic, payload: bytes, outcome: Outcome) -> None:
        box, acknowledged = errand.box, down_topic(place.box_id, DownLane.ACK)
        match place.lane:
            case UpLane.EVENTS:
                taken = self._intake.take_batch(errand, decode(payload, EventBatch))
                outcome.letters.append((acknowledged, encode(taken.ack)))
                outcome.changed |= taken.changed
            case UpLane.HELLO:
                hello = decode(payload, Hello)
                if hello.session != box.session:
                    box_register.note_new_session(errand.connection, box, errand.now)
                box_register.note_hello(errand.connection, box.box_id, errand.now, hello)
                outcome.letters.append((acknowledged, encode(self._intake.greet(errand, hello.session))))
                outcome.letters += self.roster_post.letters_for(
                    errand.connection, box.box_id, box.room_id, hello.rosters, errand.now
                )
                if hello.room_plan is not None:
                    room_plans.lift_above(errand.connection, box.room_id, hello.room_plan, errand.now)
                outcome.letters += self.plan_post.letters_for(
                    errand.connection, box.box_id, box.room_id, hello.room_plan, errand.now
                )
                box_health.note(errand.connection, box.box_id, errand.now, hello)
                if hello.vitals is not None:
                    clone_signs.note(errand.connection, box.box_id, hello.vitals.machine, errand.now)
                outcome.letters += command_post.letters_for(errand.connection, box.box_id, errand.now)
                outcome.letters += _challenges_for(errand, hello)
                outcome.changed.add((None, box.room_id))
                self._tidy(errand.connection, errand.now)
            case UpLane.GONE:
                session = decode(payload, Gone).session
                box_register.note_gone(errand.connection, box.box_id, session, errand.now)
                outcome.changed.add((None, box.room_id))
            case UpLane.RESULT:
                result = decode(payload, CommandResult)
                if not box_commands.note_result(errand.connection, box.box_id, result, errand.now):
                    sentence = "The box answers an order that was never given to it, or was forgotten long ago."
                    errand.keep_apart(QuarantineReason.WRONG_IDENTITY, sentence, payload)
            case UpLane.TELEMETRY:
                sentence = f"The lane {place.lane} is read by keep-measurements, not here."
                errand.keep_apart(QuarantineReason.UNKNOWN_TOPIC, sentence, payload)
            case _:
                assert_never(place.lane)

    def _tidy(self, connection: Connection, now: datetime) -> None:
        """What is kept for days only goes, looked at once an hour."""
        if self._tidied_at is None or now - self._tidied_at >= TIDY_EVERY:
            self._tidied_at = now
            box_health.forget_before(connection, now - box_health.KEPT)
            box_commands.forget_before(connection, now - box_commands.KEPT)
            device_loans.forget_before(connection, now - device_loans.KEPT)
            card_challenges.forget_before(connection, now - card_challenges.KEPT)

    def _keep(
        self, connection: Connection, topic: str, reason: QuarantineReason, sentence: str, payload: bytes
    ) -> None:
        suspect = Suspect(
            received_at=self._clock.now(),
            topic=topic,
            box_id=None,
            reason=reason,
            sentence=sentence,
            payload=payload[:LONGEST_KEPT_BYTES],
        )
        quarantine.keep(connection, suspect)


def _challenges_for(errand: Errand, hello: Hello) -> list[Letter]:
    """Challenges for the chips of a box that reads cards and has few left."""
    if hello.challenges is None:
        return []
    box_id = errand.box.box_id
    made = card_challenges.hand_out(errand.connection, box_id, hello.challenges, errand.now)
    return [(down_topic(box_id, DownLane.CHALLENGES), encode(ChallengeMessage(challenges=made)))] if made else []
