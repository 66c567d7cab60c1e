"""`python -m provisioning update`: make, sign and publish releases; take and confirm them on a box.

Not here: the steps (`provisioning.updates.errands`), which are loaded only when one of them is called.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import _SubParsersAction

BOX: Final = Path("/var/lib/classroom-box")
HOLDERS: Final = ("root-1", "root-2", "root-3", "targets-1", "targets-2", "online")


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a program's commands."""
    parser = commands.add_parser("update", help="releases: make, sign, publish; take them on a box")
    steps = parser.add_subparsers(required=True, metavar="STEP")

    def step(name: str, words: str, *paths: str) -> argparse.ArgumentParser:
        one = steps.add_parser(name, help=words)
        for path in paths:
            one.add_argument(path, type=Path)
        one.set_defaults(func=_run, errand=name)
        return one

    step("make-keys", "all release keys and the first root, on a machine without a network", "directory")
    step("make-package", "one archive of a folder of wheels", "wheelhouse", "file")
    step("make-weights", "one archive of the installed face weights", "weights", "file")
    step("make-firmware", "one archive of signed images of sensor boards' firmware, with their key", "images", "file")
    step("add-package", "put a package into the draft", "directory", "file")
    step("add-weights", "put weights into the draft", "directory", "file")
    step("add-firmware", "put sensor boards' firmware into the draft", "directory", "file")
    step("draft-again", "the same releases with a new date, to be signed", "directory")
    root = step("renew-root", "a new root for another year, to be signed", "directory")
    root.add_argument(
        "--replace", action="append", default=[], metavar="HOLDER", choices=HOLDERS, help="whose key is lost"
    )
    step("sign", "sign the drafts with one key holder's key", "directory", "key")
    step("publish", "publish what is signed and stamp it; run daily", "directory", "key")
    for name, words, *paths in (
        ("trust-root", "lay down the release root of this province", "file"),
        ("from-stick", "take the newest releases from a USB stick", "stick"),
        ("starting", "before the programs start: count, go back after three failed starts"),
        ("confirm", "the programs are well: what is on trial stays"),
        ("adopt", "what the installation laid down is the first release", "environment"),
    ):
        step(name, words, *paths).add_argument("--box", type=Path, default=BOX, help="default: %(default)s")


def _run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.updates import errands  # noqa: PLC0415 - other commands start faster

    return errands.ERRANDS[arguments.errand](arguments)
