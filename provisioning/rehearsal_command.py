"""`python -m provisioning rehearsal`: opens a rehearsal school on this machine, or one part of it.

Without a word: prepare and run everything. `faces` fetches the demo faces (at install); `prepare` only makes files
(keys, cards, roster, settings). For containers: `enroll` makes the box one of its room while the authority runs;
`stage` runs the panel with the virtual devices alone, `devices` the equipment of the room.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from models.errors import ClassroomError
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts

if TYPE_CHECKING:
    from argparse import _SubParsersAction


class RehearsalNotPreparedError(ClassroomError):
    """A part of the rehearsal was started before its files were made."""


PARTS = ("run", "faces", "prepare", "enroll", "stage", "devices")


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `rehearsal` to a program's commands."""
    parser = commands.add_parser("rehearsal", help="open a rehearsal school on this machine")
    parser.add_argument("part", nargs="?", choices=PARTS, default="run", help="what to do (default: run)")
    parser.add_argument("--state", type=Path, default=Path("var/rehearsal"), help="where its files lie")
    parser.add_argument("--camera", default="", help="a camera to use instead of what is found: a device or a stream")
    parser.add_argument(
        "--first-port", type=int, default=None, help="listen on this port and the following instead of the usual ones"
    )
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.rehearsal.box_enrollment import enroll_box  # noqa: PLC0415 - as below
    from provisioning.rehearsal.demo_faces import install_demo_faces  # noqa: PLC0415 - other commands start faster
    from provisioning.rehearsal.school import prepare_school, run_devices, run_school  # noqa: PLC0415 - as above
    from provisioning.rehearsal.school_preparation import known_session  # noqa: PLC0415 - as above
    from provisioning.rehearsal.stage_program import run_stage  # noqa: PLC0415 - as above

    files = SchoolFiles(state=arguments.state.resolve())
    ports = _ports(arguments.first_port)
    match arguments.part:
        case "faces":
            install_demo_faces(files.faces)
            return 0
        case "prepare":
            prepare_school(files, ports, arguments.camera)
            return 0
        case "enroll":
            session = known_session(files)
            if session is None:
                raise _not_prepared(files)
            enroll_box(files, _ports_of(files), session.room_id, session.room_name)
            return 0
        case "stage":
            return run_stage(files, _ports_of(files))
        case "devices":
            session = known_session(files)
            if session is None:
                raise _not_prepared(files)
            return run_devices(files, _ports_of(files), session)
        case _:
            return run_school(files, ports, arguments.camera)


def _ports(first: int | None) -> SchoolPorts:
    usual = SchoolPorts()
    if first is None:
        return usual
    moved = [name for name in SchoolPorts.__struct_fields__ if name != "reader"]
    return msgspec.structs.replace(usual, **{name: first + place for place, name in enumerate(moved)})


def _ports_of(files: SchoolFiles) -> SchoolPorts:
    """The ports that the preparation chose. Raises RehearsalNotPreparedError."""
    try:
        return msgspec.json.decode(files.ports.read_bytes(), type=SchoolPorts)
    except (OSError, msgspec.DecodeError):
        raise _not_prepared(files) from None


def _not_prepared(files: SchoolFiles) -> RehearsalNotPreparedError:
    return RehearsalNotPreparedError(f"{files.state} is not prepared. Run: python -m provisioning rehearsal")
