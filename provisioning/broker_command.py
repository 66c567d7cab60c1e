"""`python -m provisioning broker`: configures a broker, keeps its revocation list, proves its rights.

Not here: the errands (`provisioning.brokers.errands`), which are loaded only when one of them is called.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a program's commands."""
    parser = commands.add_parser("broker", help="configure, keep and check a broker")
    errands = parser.add_subparsers(required=True, metavar="COMMAND")
    write = errands.add_parser("write", help="write the central broker's configuration and rights")
    write.set_defaults(func=_run, errand="write")
    keep = errands.add_parser("keep", help="keep the revocation list fresh and throw revoked boxes off")
    keep.add_argument("--once", action="store_true", help="one round only, for the first list before the broker starts")
    keep.set_defaults(func=_run, errand="keep")
    status = errands.add_parser("status", help="how the keeper found things at its last round")
    status.add_argument("--json", action="store_true", help="the keeper's own file, for programs")
    status.set_defaults(func=_run, errand="status")
    install = errands.add_parser("install-list", help="install a revocation list that was carried here")
    install.add_argument("--list", type=Path, required=True, metavar="PEM", help="the signed list")
    install.set_defaults(func=_run, errand="install-list")
    for errand in (write, keep, status, install):
        errand.add_argument("--settings", type=Path, required=True, metavar="FILE", help="brokers/README.md lists them")
    check = errands.add_parser("check", help="prove the rights by trying them; exit status 2 on any difference")
    which = check.add_mutually_exclusive_group(required=True)
    which.add_argument("--settings", type=Path, metavar="FILE", help="the central broker of these settings")
    which.add_argument("--room", type=Path, metavar="DIR", help="the room's broker in this folder of a box")
    check.add_argument(
        "--certificates", type=Path, metavar="DIR", help="central: folders box, other-box, revoked-box, central"
    )
    check.add_argument("--authorities", type=Path, metavar="PEM", help="room: whom to trust (default: the box's)")
    check.set_defaults(func=_run, errand="check")
    errands.add_parser("emergency", help="what to do when the revocation list ends").set_defaults(
        func=_run, errand="emergency"
    )


def _run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.brokers import errands  # noqa: PLC0415 - other commands start faster

    return errands.ERRANDS[arguments.errand](arguments)
