"""A room whose desk is the real one and whose hardware is a script: plays every scene that a proctor can meet."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from edge.effects import Effect, Store
from edge.exam_desk.desk import Desk, advance
from edge.exam_desk.screen import DeskView, picture_of, view_of
from edge.occurrences import (
    CardLaid,
    CardNotRead,
    CardRead,
    CardTaken,
    CodeGiven,
    FaceMeasured,
    Occurrence,
    SessionOpened,
    Stored,
)
from edge.station.changes import Changes
from edge.station.room import BoxView, Press
from models.admission import latin_name
from models.chip.verdict import ChipVerdict
from models.evidence import CardHolder, CardTrouble, FaceDecision, QualityCode
from models.exams import Candidate, RosterBundle
from models.identifiers import CandidateNumber, access_number_of
from tests.builders import exams
from tests.builders.exam_room import CHIP_PICTURE, LIVE_PICTURE, NOW, OTHER_PICTURE, box_view, room_of_24
from tests.builders.exams import SEVEN_O_CLOCK


class Scene(StrEnum):
    """The rows of the rehearsal panel."""

    GOOD = "good candidate"
    OTHER_CARD = "someone else's card"
    WRONG_ROOM = "wrong room"
    ALREADY_SEATED = "already seated"
    EXPIRED = "expired card"
    ALTERED = "altered portrait"
    UNKNOWN_ISSUER = "unknown issuer"
    DAMAGED = "damaged chip"
    PULLED_OUT = "card pulled out half way"
    NOBODY = "nobody at the camera"
    TWO_PEOPLE = "two people at the camera"


_VERDICTS = {
    Scene.EXPIRED: ChipVerdict.EXPIRED,
    Scene.ALTERED: ChipVerdict.HASH_MISMATCH,
    Scene.UNKNOWN_ISSUER: ChipVerdict.UNTRUSTED_ISSUER,
}
_TROUBLES = {Scene.DAMAGED: CardTrouble.UNREADABLE, Scene.PULLED_OUT: CardTrouble.REMOVED}
_OBSTACLES = {Scene.NOBODY: QualityCode.NO_FACE, Scene.TWO_PEOPLE: QualityCode.SEVERAL_FACES}


@dataclass(repr=False)
class ScriptedRoom:
    """Implements `edge.station.room.Room`; what the page presses is kept in `pressed` and `called`."""

    bundle: RosterBundle | None = field(default_factory=room_of_24)
    seated: int = 9
    changes: Changes = field(default_factory=Changes)
    pressed: list[Press] = field(default_factory=list)
    called: list[CandidateNumber] = field(default_factory=list)
    camera_picture: bytes | None = LIVE_PICTURE
    box: BoxView = field(init=False)
    desk: Desk = field(init=False)
    stores_at_once: bool = field(init=False)
    breaks: bool = field(init=False)

    def __post_init__(self) -> None:
        self.start_over()

    def start_over(self) -> None:
        """As at the beginning, with the same roster."""
        self.desk, self.box, self.breaks, self.stores_at_once = Desk(), box_view(), False, True
        self.pressed.clear()
        self.called.clear()
        if self.bundle is not None:
            rows = self.bundle.session.candidates[: self.seated]
            seated = {row.candidate_number: _seated_at(index) for index, row in enumerate(rows)}
            self.happen(SessionOpened(bundle=self.bundle, seated=seated))

    def view(self) -> DeskView:
        if self.breaks:
            raise RuntimeError("the script says so")
        return view_of(self.desk)

    def banners(self) -> BoxView:
        return self.box

    def picture(self, name: str) -> bytes | None:
        return picture_of(self.desk, name)

    def preview(self) -> bytes | None:
        return self.camera_picture

    def press(self, press: Press) -> None:
        self.pressed.append(press)
        self.happen(press)

    def call_candidate(self, number: CandidateNumber) -> None:
        self.called.append(number)
        row = next(row for row in self.rows if row.candidate_number == number)
        self.happen(CodeGiven(access_number=access_number_of(row.citizen_id)))

    def door_code_hash(self) -> str | None:
        return self.bundle.door_code_hash if self.bundle else None

    @property
    def rows(self) -> tuple[Candidate, ...]:
        assert self.bundle is not None
        return self.bundle.session.candidates

    def happen(self, *occurrences: Occurrence) -> None:
        """Tell the desk, carry out what it asks for as far as the script goes, and wake the pages."""
        for occurrence in occurrences:
            self.desk, effects = advance(self.desk, occurrence)
            self._carry_out(effects)
        self.changes.note()

    def set_box(self, **changed: object) -> None:
        self.box = msgspec.structs.replace(self.box, **changed)
        self.changes.note()

    def _carry_out(self, effects: tuple[Effect, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Store) and self.stores_at_once:
                self.happen(Stored(ticket=effect.ticket, at=NOW))

    def give_code_and_card(self, row: int = 9) -> None:
        """Bring a candidate of the roster to the reading of the card."""
        code = access_number_of(self.rows[row].citizen_id)
        self.happen(CardTaken(), CodeGiven(access_number=code), CardLaid())

    def read_card(self, row: int = 9, verdict: ChipVerdict = ChipVerdict.GENUINE, **holder: object) -> None:
        """The chip gives everything; `holder` changes what it says of its owner."""
        candidate = self.rows[row]
        latin = exams.holder(candidate.citizen_id, latin_name(candidate.full_name))
        named = msgspec.structs.replace(latin, birth_date=candidate.birth_date)
        self.happen(card_read(msgspec.structs.replace(named, **holder), verdict))

    def measure_face(self, decision: FaceDecision = FaceDecision.MATCH, *obstacles: QualityCode) -> None:
        """The camera comes to an end."""
        picture = None if obstacles else OTHER_PICTURE if decision is FaceDecision.NO_MATCH else LIVE_PICTURE
        evidence = exams.face(decision, obstacles)
        if decision is FaceDecision.NO_MATCH:
            evidence = msgspec.structs.replace(evidence, similarity=0.12, minus_log10_fmr=0.8)
        self.happen(FaceMeasured(evidence=evidence, snapshot_jpeg=picture))

    def play(self, scene: Scene) -> None:
        """Bring the desk from rest to the verdict of a scene."""
        self.give_code_and_card()
        if trouble := _TROUBLES.get(scene):
            self.happen(CardNotRead(trouble=trouble))
            return
        if scene is Scene.WRONG_ROOM:
            self.happen(card_read(exams.holder(exams.NEIGHBOUR, "LE THI BICH NGOC")))
            return
        self.read_card(0 if scene is Scene.ALREADY_SEATED else 9, _VERDICTS.get(scene, ChipVerdict.GENUINE))
        if scene in {Scene.ALTERED, Scene.UNKNOWN_ISSUER, Scene.ALREADY_SEATED}:
            return
        if obstacle := _OBSTACLES.get(scene):
            self.measure_face(FaceDecision.NOT_COMPARED, obstacle)
        else:
            self.measure_face(FaceDecision.NO_MATCH if scene is Scene.OTHER_CARD else FaceDecision.MATCH)


def card_read(holder: CardHolder, verdict: ChipVerdict = ChipVerdict.GENUINE) -> CardRead:
    return CardRead(
        evidence=exams.card_evidence(),
        judgement=exams.chip(verdict),
        holder=holder,
        portrait=b"portrait",
        portrait_jpeg=CHIP_PICTURE,
    )


def _seated_at(index: int) -> datetime:
    return SEVEN_O_CLOCK - timedelta(minutes=8) + timedelta(seconds=11 * index)
