"""The stage as a program: panel, virtual camera, virtual QR scanner and the card on the virtual reader, together.

Not here: what a scene is (`stage`), and the other programs of the school (`school`).
"""

from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from models.clock import SCHOOL_ZONE
from models.command_line import ToldToEnd
from models.identifiers import CitizenId
from provisioning.rehearsal.card_files import CardOffice
from provisioning.rehearsal.demo_faces import DemoFace, demo_portraits
from provisioning.rehearsal.drawn_faces import drawn_portrait
from provisioning.rehearsal.people import RehearsalRoom, rehearsal_rooms
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts
from provisioning.rehearsal.soft_camera import SoftCamera
from provisioning.rehearsal.soft_chip.vpcd_socket import SoftChipSocket
from provisioning.rehearsal.soft_scanner import SoftScanner
from provisioning.rehearsal.stage.application import build_application
from provisioning.rehearsal.stage.cast import Cast
from provisioning.rehearsal.stage.server import StageServer
from provisioning.rehearsal.stage.stage import Likeness, Stage
from provisioning.rehearsal.test_pki import open_issuers

SEED = 2026


def rooms_of_the_rehearsal(exam_year: int) -> tuple[RehearsalRoom, RehearsalRoom]:
    """The same people at each call of a year."""
    return rehearsal_rooms(SEED, exam_year)


def likenesses(rooms: tuple[RehearsalRoom, RehearsalRoom], faces: dict[str, DemoFace]) -> dict[CitizenId, Likeness]:
    """A face for each candidate. There are fewer faces than people, so faces come again, but never side by side.

    Chips of the room next door hold drawings: a wrong room is refused before any face is compared.
    """
    shown = list(zip(rooms[0].candidates, cycle(faces.values()), strict=False))
    first = next(iter(faces))
    return {
        candidate.person.citizen_id: Likeness(face=face.name, portrait=face.portrait_jpeg())
        for candidate, face in shown
    } | {
        candidate.person.citizen_id: Likeness(face=first, portrait=drawn_portrait(number))
        for number, candidate in enumerate(rooms[1].candidates)
    }


def run_stage(files: SchoolFiles, ports: SchoolPorts) -> int:
    """Run the stage until SIGTERM or SIGINT. Raises ClassroomError when a port or a face is missing."""
    now = datetime.now(UTC)
    today = now.astimezone(SCHOOL_ZONE).date()
    rooms = rooms_of_the_rehearsal(today.year)
    faces = demo_portraits(files.faces)
    camera = SoftCamera({name: face.live_picture() for name, face in faces.items()}, port=ports.camera)
    scanner = SoftScanner(port=ports.scanner)
    reader = SoftChipSocket(port=ports.reader)
    stage = Stage(
        rooms=rooms,
        likenesses=likenesses(rooms, faces),
        office=CardOffice(issuers=open_issuers(files.cards, now), today=today),
        cast=Cast(candidates=rooms[0].candidates, memory=_memory(files.state)),
        reader=reader,
        camera=camera,
        scanner=scanner,
    )
    panel = StageServer(build_application(stage), port=ports.panel)
    stop = ToldToEnd()
    stop.listen()
    camera.start()
    scanner.start()
    panel.start()
    stop.wait()
    panel.stop()
    reader.take()
    scanner.stop()
    camera.stop()
    return 0


def _memory(state: Path) -> Path:
    return state / "played.json"
