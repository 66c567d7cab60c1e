"""`python -m edge`: the room agent and its two tools for a terminal.

Exit status: 0 done, 2 could not be done, 3 wrong use; `read-card` adds 1 for a card that is not genuine.
"""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from edge import compare_faces_command, read_card_command
from edge.settings import read_settings
from models.errors import ClassroomError

WRONG_USE = 3


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(WRONG_USE, f"{self.prog}: {message}\n")


def _run(arguments: argparse.Namespace) -> int:
    from edge.wiring import build_room  # noqa: PLC0415 - the tools start without the whole room

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    room = build_room(read_settings(arguments.settings))
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    room.start()
    print(f"The proctor's screen: {room.address}", flush=True)
    stop.wait()
    room.stop()
    return 0


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = _Parser(prog="python -m edge", description="The room agent of a smart classroom.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    run = commands.add_parser("run", help="run the room: reader, camera, exam desk, proctor's screen")
    run.add_argument("--settings", type=Path, required=True, help="the box's settings file (TOML)")
    run.set_defaults(func=_run)
    read_card_command.add_parser(commands)
    compare_faces_command.add_parser(commands)
    arguments = parser.parse_args(words)
    try:
        status: int = arguments.func(arguments)
    except ClassroomError as error:
        print(error, file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(main())
