"""`python -m provisioning soft-device NAME`: one device of a classroom in software, until it is stopped.

Not here: the devices (`provisioning.rehearsal.soft_room`).
"""

import argparse
from typing import TYPE_CHECKING

from models.command_line import run_command

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `soft-device`; the parsed arguments carry `func`, which takes them and gives the exit status."""
    parser = subparsers.add_parser("soft-device", help="a display, projector or board in software", add_help=False)
    parser.add_argument("-h", "--help", action="store_true", dest="only_help", help=argparse.SUPPRESS)
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Reads what stands behind `soft-device`, its `--help` too, and runs the device. Raises ClassroomError."""
    from provisioning.rehearsal.soft_room.catalogue import SOFT_DEVICES  # noqa: PLC0415 - other commands start faster

    parser = argparse.ArgumentParser(prog="python -m provisioning soft-device")
    names = parser.add_subparsers(required=True, metavar="NAME")
    for name, row in SOFT_DEVICES.items():
        device = names.add_parser(name, help=row.title, description=row.title)
        row.add_arguments(device)
        device.set_defaults(func=row.run)
    return run_command(parser, ["--help"] if arguments.only_help else arguments.words)
