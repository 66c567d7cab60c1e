"""`python -m provisioning trust`: which countries' certificates make a chip genuine.

Not here: the errands (`provisioning.card_trust.errands`), which are loaded only when one of them is called.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argparse import _SubParsersAction

BUNDLE: Final = Path("/var/lib/classroom-authority/card-trust")
KEY: Final = Path("/var/lib/classroom-authority/state/keys/trust.key")


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a program's commands."""
    parser = commands.add_parser("trust", help="country certificates and revocation lists by which chips are judged")
    errands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = errands.add_parser("add", help="show what files would change; with --sign, sign and write the bundle")
    add.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="DER, PEM, LDIF, master list, CRL, or a folder"
    )
    add.add_argument("--country", action="append", default=[], metavar="VNM", help="take only this state's; repeatable")
    add.add_argument("--policy", type=Path, metavar="FILE", help="exchange the policy for this one (TOML)")
    add.add_argument(
        "--remove", action="append", default=[], metavar="SHA256", help="take a certificate out; repeatable"
    )
    add.add_argument("--key", type=Path, default=KEY, help="the authority's key (default: %(default)s)")
    add.add_argument("--sign", action="store_true", help="sign and write; without it nothing is changed")
    add.set_defaults(func=_run, errand="add")
    show = errands.add_parser("list", help="what is in the bundle, and how fresh its revocation lists are")
    show.set_defaults(func=_run, errand="list")
    check = errands.add_parser("check", help="signature, freshness, and who signed a card; exit status 1: look at it")
    check.add_argument("card", nargs="?", type=Path, metavar="CARD", help="EF.SOD of a card, as a file")
    check.set_defaults(func=_run, errand="check")
    for errand in (add, show, check):
        errand.add_argument("--bundle", type=Path, default=BUNDLE, help="default: %(default)s")


def _run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.card_trust import errands  # noqa: PLC0415 - other commands start faster

    return errands.ERRANDS[arguments.errand](arguments)
