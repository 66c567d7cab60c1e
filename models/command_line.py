"""How every program ends a command: what went wrong is one sentence, and the exit status tells what kind it was."""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from models.errors import ClassroomError

COULD_NOT: Final = 2
WRONG_USE: Final = 3


def run_command(parser: argparse.ArgumentParser, words: Sequence[str] | None) -> int:
    """Runs the `func` of the command that `words` (None: the command line) name.

    Its own exit status, 2 when it could not be done (ClassroomError), 3 for wrong use, 0 after `--help`.
    """
    try:
        arguments = parser.parse_args(words)
    except SystemExit as leaving:
        return WRONG_USE if leaving.code else 0
    try:
        status: int = arguments.func(arguments)
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT
    return status
