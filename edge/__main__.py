"""`python -m edge`: the room agent and its two tools for a terminal.

Exit status: 0 done, 2 could not be done, 3 wrong use; `read-card` adds 1 for a card that is not genuine, `run` 75 when
it ended only to be started again.
"""

import argparse
import logging
import queue
import signal
import sys
from pathlib import Path

from edge import check_devices_command, compare_faces_command, read_card_command
from edge.settings import read_settings
from models.command_line import run_command

START_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h: IT ordered a restart; systemd (`Restart=always`) starts the box again."""


def _run(arguments: argparse.Namespace) -> int:
    from edge.wiring import build_box  # noqa: PLC0415 - the tools start without the whole room

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    ends: queue.SimpleQueue[int] = queue.SimpleQueue()
    box = build_box(read_settings(arguments.settings), lambda: ends.put(START_AGAIN))
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ends.put(0))
    box.start()
    print(f"The proctor's screen: {box.address}", flush=True)
    status = ends.get()
    box.stop()
    return status


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m edge", description="The room agent of a smart classroom.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run the room: reader, camera, exam desk, proctor's screen")
    run.add_argument("--settings", type=Path, required=True, help="the box's settings file (TOML)")
    run.set_defaults(func=_run)
    read_card_command.add_parser(commands)
    compare_faces_command.add_parser(commands)
    check_devices_command.add_parser(commands)
    return run_command(parser, words)


if __name__ == "__main__":
    sys.exit(main())
