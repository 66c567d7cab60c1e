"""`python -m provisioning preflight | enroll | attend | trust-list | decommission`: what runs on the box.

Not here: what the commands do (`provisioning.device.errands`), which is loaded only when one of them is called.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import _SubParsersAction

DEFAULT_BOX: Final = Path("/var/lib/classroom-box")


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a program's commands."""
    looking = commands.add_parser("preflight", help="what this machine has for a room, and what to do")
    looking.add_argument("--json", action="store_true", help="answer in JSON")
    looking.add_argument("--authority", metavar="HOST:PORT", help="try whether it can be reached")
    looking.add_argument("--camera", metavar="SOURCE", help="another camera than the first")
    _box_option(looking)
    looking.set_defaults(func=_run, errand="preflight")

    _add_enroll(commands)

    attending = commands.add_parser("attend", help="the caretaker: keeps the box as the authority wants it")
    attending.add_argument("--once", action="store_true", help="one round, then end")
    _box_option(attending)
    attending.set_defaults(func=_run, errand="attend")

    lists = commands.add_parser("trust-list", help="the signed list of whom this box trusts")
    steps = lists.add_subparsers(required=True, metavar="STEP")
    importing = steps.add_parser("import", help="take a list from a file or a USB stick")
    importing.add_argument("path", type=Path, help="the file, or the stick's folder")
    _box_option(importing)
    importing.set_defaults(func=_run, errand="import")

    leaving = commands.add_parser("decommission", help="wipe keys, lists and evidence; the box leaves its room")
    leaving.add_argument("--yes", action="store_true", help="do not ask")
    leaving.add_argument(
        "--force", action="store_true", help="also when events have not reached central: they are lost"
    )
    _box_option(leaving)
    leaving.set_defaults(func=_run, errand="decommission")


def _add_enroll(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "enroll",
        help="make this machine the box of a room, with a one-time code",
        description="Without --code, --link, --scan, --usb or --batch the code is asked for; it is not shown.",
    )
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--code", help="the code from the page, or - for one line of the input; needs --authority")
    way.add_argument("--link", help="the text of the QR")
    way.add_argument("--scan", action="store_true", help="read the QR with the box's camera")
    way.add_argument("--usb", action="store_true", help="read the link from enroll.txt on a USB stick")
    way.add_argument(
        "--batch", type=Path, metavar="FILE.csv", help="many boxes: columns box, link (or code, authority)"
    )
    parser.add_argument("--authority", metavar="HOST:PORT", help="where the authority is")
    parser.add_argument("--room", metavar="ROOM", help="stop unless the code is for this room")
    parser.add_argument("--camera", default=None, metavar="SOURCE", help="another camera than the first")
    parser.add_argument("--again", action="store_true", help="a new identity for a box that has one")
    parser.add_argument("--no-units", action="store_true", help="start no programs of systemd")
    parser.add_argument("--no-preflight", action="store_true", help="do not look at the machine first")
    parser.add_argument("--key", choices=("auto", "file", "tpm", "pkcs11"), default="auto", help="who keeps the key")
    parser.add_argument("--tpm", metavar="TCTI", help="another TPM than /dev/tpmrm0")
    parser.add_argument("--pkcs11-module", type=Path, metavar="FILE", help="the token's library")
    parser.add_argument("--pkcs11-token", metavar="LABEL")
    parser.add_argument("--pkcs11-pin-file", type=Path, metavar="FILE")
    _box_option(parser)
    parser.set_defaults(func=_run, errand="enroll")


def _box_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--box", type=Path, default=DEFAULT_BOX, metavar="DIR", help="default: %(default)s")


def _run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.device import errands  # noqa: PLC0415 - other commands start faster

    return errands.ERRANDS[arguments.errand](arguments)
