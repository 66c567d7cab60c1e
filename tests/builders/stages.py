"""A rehearsal stage for tests: the real rooms and cards, drawn portraits, devices as given."""

from dataclasses import dataclass
from pathlib import Path

from provisioning.rehearsal.card_files import CardOffice
from provisioning.rehearsal.people import rehearsal_rooms
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.stage.cast import Cast
from provisioning.rehearsal.stage.stage import Likeness, Stage
from provisioning.rehearsal.test_pki import open_issuers
from tests.builders.cards import NOW, TODAY
from tests.fakes.stage_props import StageProps

FACES = ("an", "binh", "chi")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltStage:
    """The stage, its devices, and the portrait of each face."""

    stage: Stage
    props: StageProps
    portraits: dict[str, bytes]


def build_stage(directory: Path) -> BuiltStage:
    """Candidates take the three faces in turn; the panel's memory and the issuers lie in `directory`."""
    rooms = rehearsal_rooms(1, 2026)
    portraits = {face: silhouette(40 + 60 * place) for place, face in enumerate(FACES)}
    people = [candidate.person for room in rooms for candidate in room.candidates]
    likenesses = {
        person.citizen_id: Likeness(face=FACES[place % 3], portrait=portraits[FACES[place % 3]])
        for place, person in enumerate(people)
    }
    props = StageProps()
    stage = Stage(
        rooms=rooms,
        likenesses=likenesses,
        office=CardOffice(issuers=open_issuers(directory, NOW), today=TODAY),
        cast=Cast(candidates=rooms[0].candidates, memory=directory / "cast.json"),
        reader=props,
        camera=props,
        scanner=props,
    )
    return BuiltStage(stage=stage, props=props, portraits=portraits)
