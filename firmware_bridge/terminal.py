"""What a command prints: answers to standard output, everything else to standard error."""

import sys


def say(text: str) -> None:
    """One line of the answer."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def remark(text: str) -> None:
    """One line beside the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
