"""Plays a scene: camera, QR scanner and reader in the order in which a candidate uses them.

Everything it drives is handed in. Not here: the scenes (`scenes`), the page (`application`), the real virtual devices.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from typing import Protocol, assert_never

import msgspec

from models.identifiers import CandidateNumber, CitizenId
from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.people import RehearsalCandidate, RehearsalRoom
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.stage.cast import Cast
from provisioning.rehearsal.stage.scenes import SCENES, Holder, SceneName, Standing

NOBODY = "nobody"
TWO_PEOPLE = "two people"
_PERSON = "person:"


class ReaderSlot(Protocol):
    """Where a card is laid (`SoftChipSocket`)."""

    @property
    def lying(self) -> bool:
        """Whether a card lies there."""

    def lay(self, card: Card, /) -> None:
        """Lays a card."""

    def take(self) -> None:
        """Takes it away."""

    def wait_until_noticed(self) -> None:
        """Returns once the box must have seen that the last card is gone."""


class SceneCamera(Protocol):
    """Who stands at the camera: `nobody`, `two people`, `person:` and a face's name."""

    def set_scene(self, scene: str, /) -> None:
        """Changes the picture at once."""


class CodeLine(Protocol):
    """The QR scanner's line to the box."""

    def scan(self, text: str, /) -> int:
        """Sends one code; says how many boxes listened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A person's face: its name at the camera, and the portrait (JPEG or JPEG 2000) for the chip."""

    face: str
    portrait: bytes


class StageRefusal(StrEnum):
    """Why a press changed nothing."""

    NOBODY_LEFT = "NOBODY_LEFT"
    NOBODY_SEATED_YET = "NOBODY_SEATED_YET"
    UNKNOWN_CANDIDATE = "UNKNOWN_CANDIDATE"
    UNKNOWN_FACE = "UNKNOWN_FACE"


class StageState(msgspec.Struct, frozen=True, kw_only=True):
    """What the stage shows at this moment. `boxes_scanned` counts the boxes that received the last QR text."""

    scene: SceneName | None = None
    candidate_number: CandidateNumber | None = None
    name: str | None = None
    room: str | None = None
    seat: str | None = None
    variant: CardVariant | None = None
    camera: str = NOBODY
    lying: bool = False
    boxes_scanned: int = 0
    played: int = 0
    candidates: int = 0


class Stage:
    """One room on stage, one room next door. Each press is played to its end before the next begins."""

    def __init__(
        self,
        *,
        rooms: tuple[RehearsalRoom, RehearsalRoom],
        likenesses: Mapping[CitizenId, Likeness],
        office: CardOffice,
        cast: Cast,
        reader: ReaderSlot,
        camera: SceneCamera,
        scanner: CodeLine,
    ) -> None:
        self.rooms = rooms
        self._likenesses = likenesses
        self._office = office
        self._cast = cast
        self._reader = reader
        self._camera = camera
        self._scanner = scanner
        self._next_door = cycle(rooms[1].candidates)
        self._lock = threading.Lock()
        self._state = StageState()

    @property
    def faces(self) -> tuple[str, ...]:
        """The names of the faces, each once, in the order of the candidates."""
        return tuple(dict.fromkeys(likeness.face for likeness in self._likenesses.values()))

    def state(self) -> StageState:
        """What lies, who stands, how far the rehearsal is."""
        return msgspec.structs.replace(
            self._state,
            lying=self._reader.lying,
            played=self._cast.played_count(),
            candidates=len(self.rooms[0].candidates),
        )

    def play(self, name: SceneName) -> StageRefusal | None:
        """Plays a scene, or says why it cannot be played."""
        scene = SCENES[name]
        with self._lock:
            candidate = self._holder(scene.holder)
            if isinstance(candidate, StageRefusal):
                return candidate
            self._show(candidate, scene.variant, self._standing(scene.standing, candidate), name)
            if name is SceneName.GOOD:
                self._cast.mark_good(candidate.candidate_number)
            else:
                self._cast.mark_played(candidate.candidate_number)
        return None

    def lay(self, number: CandidateNumber, variant: CardVariant, camera: str) -> StageRefusal | None:
        """Free choice: anybody's card, anything wrong with it, anybody at the camera (a scene name of the camera)."""
        everybody = [candidate for room in self.rooms for candidate in room.candidates]
        candidate = next((one for one in everybody if one.candidate_number == number), None)
        if candidate is None:
            return StageRefusal.UNKNOWN_CANDIDATE
        if camera not in self.camera_choices():
            return StageRefusal.UNKNOWN_FACE
        with self._lock:
            self._show(candidate, variant, camera, None)
            self._cast.mark_played(number)
        return None

    def camera_choices(self) -> tuple[str, ...]:
        """Every name that `lay` takes for the camera."""
        return (*(_PERSON + face for face in self.faces), NOBODY, TWO_PEOPLE)

    def take_away(self) -> None:
        """Takes the card from the reader; whoever stands at the camera stays."""
        with self._lock:
            self._reader.take()

    def start_again(self) -> None:
        """All candidates may be played again. The box remembers its own seats."""
        with self._lock:
            self._cast.start_again()

    def _holder(self, holder: Holder) -> RehearsalCandidate | StageRefusal:
        match holder:
            case Holder.NEXT:
                return self._cast.next_candidate() or StageRefusal.NOBODY_LEFT
            case Holder.LAST_GOOD:
                return self._cast.last_good() or StageRefusal.NOBODY_SEATED_YET
            case Holder.NEXT_DOOR:
                return next(self._next_door)
        assert_never(holder)

    def _standing(self, standing: Standing, candidate: RehearsalCandidate) -> str:
        match standing:
            case Standing.HOLDER:
                return _PERSON + self._likeness(candidate).face
            case Standing.OTHER:
                return _PERSON + self._other_than(self._likeness(candidate)).face
            case Standing.NOBODY:
                return NOBODY
            case Standing.TWO:
                return TWO_PEOPLE
        assert_never(standing)

    def _show(self, candidate: RehearsalCandidate, variant: CardVariant, camera: str, name: SceneName | None) -> None:
        likeness = self._likeness(candidate)
        card = self._office.make(candidate.person, likeness.portrait, variant, self._other_than(likeness).portrait)
        # The box must have seen the last card go before it reads the next code, or it would try it on the wrong card.
        self._reader.take()
        self._reader.wait_until_noticed()
        self._camera.set_scene(camera)
        reached = self._scanner.scan(card.qr_text)
        self._reader.lay(card)
        self._state = StageState(
            scene=name,
            candidate_number=candidate.candidate_number,
            name=candidate.person.full_name,
            room=next(room.name for room in self.rooms if candidate in room.candidates),
            seat=candidate.seat,
            variant=variant,
            camera=camera,
            boxes_scanned=reached,
        )

    def _likeness(self, candidate: RehearsalCandidate) -> Likeness:
        return self._likenesses[candidate.person.citizen_id]

    def _other_than(self, likeness: Likeness) -> Likeness:
        return next(other for other in self._likenesses.values() if other.face != likeness.face)
