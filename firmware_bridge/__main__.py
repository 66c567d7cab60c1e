"""`python -m firmware_bridge`: the bridge, and its tools for a terminal.

Exit status: 0 done, 1 nothing was heard, 2 could not be done, 3 wrong use.
"""

import argparse
import sys

from firmware_bridge import discover_command, firmware_command, hand_commands, headset_command, run_command
from firmware_bridge.drivers.catalogue import DRIVERS
from models.errors import ClassroomError

WRONG_USE = 3


def _drivers(_arguments: argparse.Namespace) -> int:
    for name, row in sorted(DRIVERS.items()):
        ways = [f"{row.usual_baud} baud"] * bool(row.usual_baud) + [f"TCP {row.usual_port}"] * bool(row.usual_port)
        print(f"{name:22} {', '.join(ways):24} {row.documents}")
    return 0


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m firmware_bridge", description="Devices that do not speak MQTT.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run_command.add_parsers(commands)
    discover_command.add_parsers(commands)
    firmware_command.add_parsers(commands)
    headset_command.add_parsers(commands)
    hand_commands.add_parsers(commands)
    drivers = commands.add_parser("drivers", help="list the drivers, their usual lines and how far each is proved")
    drivers.set_defaults(func=_drivers)
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
