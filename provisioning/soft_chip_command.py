"""`python -m provisioning soft-chip`: lays one rehearsal card on a virtual reader until it is stopped.

Not here: laying it (`provisioning.rehearsal.soft_chip_errand`), which is loaded only when it is called; a whole
rehearsal with panel and camera (`python -m provisioning rehearsal`).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import _SubParsersAction

VARIANTS: Final = ("good", "expired", "altered-portrait", "unknown-issuer", "damaged", "pulled-out")
VPCD_PORT: Final = 35_963


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `soft-chip`; the parsed arguments carry `func`, which takes them and gives the exit status."""
    parser = subparsers.add_parser("soft-chip", help="lay a rehearsal card on a virtual reader")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--card", type=Path, metavar="FILE", help="a card kept with --save")
    source.add_argument("--variant", default="good", choices=VARIANTS, help="default: %(default)s")
    source.add_argument("--attack", metavar="NAME", help="a card that a box must refuse; `list` names them all")
    parser.add_argument("--place", type=int, default=1, choices=range(1, 25), metavar="1-24", help="whose card")
    parser.add_argument("--portrait", type=Path, metavar="FILE", help="JPEG or JPEG 2000; a drawn shape without it")
    parser.add_argument("--state", type=Path, default=Path("var/rehearsal"), help="where the rehearsal's files lie")
    parser.add_argument("--port", type=int, default=VPCD_PORT, help="the virtual reader's port")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the card, keys included, and do not lay it")
    parser.set_defaults(func=_run)


def _run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.rehearsal import soft_chip_errand  # noqa: PLC0415 - other commands start faster

    return soft_chip_errand.run(arguments)
