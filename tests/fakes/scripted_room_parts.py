"""Stand-ins for what the agent works with: they note what they were asked and answer as the test says."""

from dataclasses import dataclass, field
from datetime import datetime

from edge.happenings import Happening
from models.errors import StorageError
from models.exams import RosterBundle
from models.face_profile import FaceProfile
from models.identifiers import CandidateNumber, SessionId
from models.messages import CommandResult
from models.wire.event_chain import ChainEvent, SignedEvent, encode_event


@dataclass(slots=True)
class ScriptedMemory:
    """Keeps happenings in a list; `broken` makes every commit fail."""

    happenings: list[Happening] = field(default_factory=list)
    seats: dict[CandidateNumber, datetime] = field(default_factory=dict)
    broken: bool = False

    def commit(self, happening: Happening) -> SignedEvent:
        if self.broken:
            raise StorageError("The card is full.")
        self.happenings.append(happening)
        event = ChainEvent(
            box_id="box-101",
            epoch=0,
            seq=len(self.happenings),
            prev=bytes(32),
            uuid=happening.uuid,
            exam=happening.exam,
            session=happening.session,
            room=happening.room,
            kind=happening.kind,
            decision=happening.decision,
            wall_time_ms=0,
            boot=0,
            monotonic_ms=0,
            time_quality=happening.time_quality,
            commitment=None,
            evidence_hash=None,
            actor=happening.actor,
            reason=happening.reason,
            utc_offset_minutes=420,
        )
        return SignedEvent(body=encode_event(event), signature=bytes(64))

    def seated(self, session: SessionId) -> dict[CandidateNumber, datetime]:
        return dict(self.seats) if session else {}


@dataclass(slots=True)
class OrdersInMind:
    """Remembers the results of orders until the test ends; `broken` is a card that takes no writing."""

    results: dict[str, CommandResult] = field(default_factory=dict)
    broken: bool = False

    def result_of(self, command_id: str) -> CommandResult | None:
        if self.broken:
            raise StorageError("The card cannot be read.")
        return self.results.get(command_id)

    def keep(self, result: CommandResult) -> None:
        self.results[result.command_id] = result

    def replace(self, result: CommandResult) -> None:
        self.results[result.command_id] = result


@dataclass(slots=True)
class OneRoster:
    """A shelf with one roster or none."""

    bundle: RosterBundle | None = None
    forgotten_before: datetime | None = None
    broken: bool = False

    def current(self, now: datetime) -> RosterBundle | None:
        if self.broken:
            raise StorageError("The card cannot be read.")
        return self.bundle if self.bundle and self.bundle.good_until > now else None

    def forget_before(self, now: datetime) -> int:
        self.forgotten_before = now
        return 0


@dataclass(slots=True)
class NotingReader:
    """Notes the access numbers that were to be read; `faulty` is a mistake of ours."""

    asked: list[str] = field(default_factory=list)
    faulty: bool = False

    def read(self, access_number: str, *, allow_bac: bool) -> None:
        assert not allow_bac
        if self.faulty:
            raise ValueError("a mistake in the program")
        self.asked.append(access_number)


@dataclass(slots=True)
class NotingFaces:
    """Notes the portraits that were to be compared."""

    asked: list[bytes] = field(default_factory=list)
    profiles: list[FaceProfile] = field(default_factory=list)
    cancelled: int = 0

    def look(self, profile: FaceProfile) -> None:
        self.profiles.append(profile)

    def compare(self, portrait: bytes, profile: FaceProfile) -> None:
        self.profiles.append(profile)
        self.asked.append(portrait)

    def cancel(self) -> None:
        self.cancelled += 1
