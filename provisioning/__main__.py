"""`python -m provisioning`: what IT staff do at a terminal.

Exit status: 0 done, 2 could not be done, 3 wrong use.
"""

import argparse
import sys

from models.errors import ClassroomError
from provisioning import (
    authority_command,
    broker_command,
    device_command,
    rehearsal_command,
    soft_chip_command,
    update_command,
    weights_command,
)

WRONG_USE = 3


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m provisioning", description="Install, enrol, update and rehearse.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    weights_command.add_parser(commands)
    rehearsal_command.add_parser(commands)
    soft_chip_command.add_parser(commands)
    authority_command.add_parser(commands)
    device_command.add_parser(commands)
    broker_command.add_parser(commands)
    update_command.add_parser(commands)
    try:
        arguments = parser.parse_args(words)
    except SystemExit as leaving:
        return WRONG_USE if leaving.code else 0
    try:
        status: int = arguments.func(arguments)
    except ClassroomError as error:
        print(error, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
