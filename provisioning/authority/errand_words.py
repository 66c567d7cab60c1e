"""What the authority's errands at the terminal share: words of the command line, and saying something to people."""

import argparse
import sys
from pathlib import Path


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
