"""What the authority's errands at the terminal share: naming the settings, and saying something to people."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    Errands = _SubParsersAction[argparse.ArgumentParser]


def add_errand(
    errands: "Errands", name: str, run: Callable[[argparse.Namespace], int], words: str
) -> argparse.ArgumentParser:
    """A parser whose `func` is `run`; `words` are Vietnamese first, then English."""
    parser = errands.add_parser(name, help=words)
    parser.set_defaults(func=run)
    return parser


def add_settings_option(parser: argparse.ArgumentParser) -> None:
    """Let an errand be told its settings; a file that is not there is wrong use."""
    parser.add_argument("--settings", type=existing_file, required=True, metavar="FILE", help="authority.toml")


def existing_file(text: str) -> Path:
    """For argparse: a file that is there."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"không có tệp · there is no file {path}")
    return path


def host_and_port(text: str) -> tuple[str, int]:
    """For argparse: `host:port`."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text} phải là HOST:PORT · must be HOST:PORT")
    return host, int(port)


def say(text: str) -> None:
    """One line or more on the terminal, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
