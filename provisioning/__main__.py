"""`python -m provisioning`: what IT staff do at a terminal.

Exit status: 0 done, 2 could not be done, 3 wrong use.
"""

import argparse
import sys

from models.command_line import run_command
from provisioning import (
    authority_command,
    broker_command,
    device_command,
    rehearsal_command,
    soft_chip_command,
    soft_device_command,
    trust_command,
    update_command,
    weights_command,
)


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m provisioning", description="Install, enrol, update and rehearse.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    weights_command.add_parser(commands)
    rehearsal_command.add_parser(commands)
    soft_chip_command.add_parser(commands)
    soft_device_command.add_parser(commands)
    authority_command.add_parser(commands)
    device_command.add_parser(commands)
    broker_command.add_parser(commands)
    update_command.add_parser(commands)
    trust_command.add_parser(commands)
    return run_command(parser, words)


if __name__ == "__main__":
    sys.exit(main())
