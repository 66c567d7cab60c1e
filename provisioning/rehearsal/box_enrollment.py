"""Enrols the rehearsal's box at the rehearsal's authority, with the same command and a code as any other box.

Not here: what enrolment does (`provisioning.device`).
"""

from models.enrollment import CodeKind
from models.errors import ClassroomError
from models.fleet import CodesRequest, Errand, MadeCodes, RoomForBox
from models.identifiers import BoxId, parse_room_id
from models.wire.authority_line import AuthorityLine, mutual_tls
from provisioning.device.box_folder import BoxFolder
from provisioning.rehearsal.school_files import SCHOOL_ID, SCHOOL_NAME, SchoolFiles, SchoolPorts
from provisioning.rehearsal.school_preparation import own_command


class NoCodeError(ClassroomError):
    """The authority refuses a code for the rehearsal's box; the message holds its sentence."""


def enroll_box(files: SchoolFiles, ports: SchoolPorts, room_id: str, room_name: str) -> BoxId:
    """Asks for a code as central does, and enrols; a box that is of its room already stays. Gives the box's name.

    Authority and broker must be running. Raises ClassroomError.
    """
    box = BoxFolder(path=files.box)
    if not box.is_enrolled or box.unfinished.exists():
        _enroll(files, ports, ask_for_code(files, ports, room_id, room_name))
    return box.read_room().box_id


def ask_for_code(files: SchoolFiles, ports: SchoolPorts, room_id: str, room_name: str) -> str:
    """A typed code for a room of the rehearsal's school, asked for as central does. Raises ClassroomError."""
    question = CodesRequest(
        errand=Errand(actor="rehearsal", reason="the rehearsal's own box"),
        kind=CodeKind.TYPED,
        rooms=(
            RoomForBox(
                room_id=parse_room_id(room_id), room_name=room_name, school_id=SCHOOL_ID, school_name=SCHOOL_NAME
            ),
        ),
    )
    with central_line(files, ports) as line:
        made = line.post("/v1/codes", question, MadeCodes)
    if not made.codes:
        raise NoCodeError(made.refused[room_id].sentence)
    return made.codes[0].code


def central_line(files: SchoolFiles, ports: SchoolPorts) -> AuthorityLine:
    """A line to the rehearsal's authority, as central has one."""
    own = files.authority / "central"
    return AuthorityLine(
        f"localhost:{ports.authority}",
        lambda: mutual_tls(own / "authorities.pem", own / "certificate.pem", own / "key.pem"),
    )


def _enroll(files: SchoolFiles, ports: SchoolPorts, code: str) -> None:
    words = ("enroll", "--code", code, "--authority", f"localhost:{ports.authority}", "--box", str(files.box))
    own_command("provisioning", *words, "--no-units")
