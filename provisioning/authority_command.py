"""`python -m provisioning authority`: found an authority, serve it, and help where central cannot.

Not here: each errand (`provisioning.authority.founding_errands`, `daily_errands`, `emergency_errands`).
"""

import argparse
from typing import TYPE_CHECKING

from provisioning.authority import daily_errands, emergency_errands, founding_errands

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `authority` to a program's commands."""
    parser = commands.add_parser("authority", help="trung tâm cấp chứng thư · the authority that enrols boxes")
    errands = parser.add_subparsers(required=True, metavar="ERRAND")
    for kind in (founding_errands, daily_errands, emergency_errands):
        kind.add_parsers(errands)
