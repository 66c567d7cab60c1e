"""`python -m provisioning`: what IT staff do at a terminal.

Exit status: 0 done, 2 could not be done, 3 wrong use.
"""

import argparse
import sys
from typing import NoReturn

from models.errors import ClassroomError
from provisioning import rehearsal_command, soft_chip_command, weights_command

WRONG_USE = 3


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = _Parser(prog="python -m provisioning", description="Install, rehearse and (later) enrol.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    weights_command.add_parser(commands)
    rehearsal_command.add_parser(commands)
    soft_chip_command.add_parser(commands)
    arguments = parser.parse_args(words)
    try:
        status: int = arguments.func(arguments)
    except ClassroomError as error:
        print(error, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
