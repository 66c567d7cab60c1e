"""`python -m central keep-measurements`: the program that stores what boxes tell of their rooms' devices."""

import argparse
import logging
from typing import TypeVar

from central.measuring.wiring import build_measuring
from central.settings import add_settings_option, read_settings
from models.command_line import ToldToEnd

log = logging.getLogger(__name__)

P = TypeVar("P", bound=argparse.ArgumentParser)


def add_parser(commands: "argparse._SubParsersAction[P]") -> None:
    """The command's words."""
    parser = commands.add_parser("keep-measurements", help="store what boxes tell of their devices, until SIGTERM")
    add_settings_option(parser)
    parser.set_defaults(func=_keep)


def _keep(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    measuring = build_measuring(read_settings(arguments.settings))
    ended = ToldToEnd()
    ended.listen()
    measuring.start()
    log.info("Measurements are kept")
    ended.wait()
    measuring.stop()
    return 0
