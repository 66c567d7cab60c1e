"""How every program ends: a command with one sentence and an exit status, a service when it is told to."""

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

from models.errors import ClassroomError

COULD_NOT: Final = 2
WRONG_USE: Final = 3
_LOOK_SECONDS: Final = 1.0


def run_command(parser: argparse.ArgumentParser, words: Sequence[str] | None) -> int:
    """Runs the `func` of the command that `words` (None: the command line) name.

    Its own exit status, 2 when it could not be done (ClassroomError), 3 for wrong use, 0 after `--help`.
    """
    try:
        arguments = parser.parse_args(words)
    except SystemExit as leaving:
        return WRONG_USE if leaving.code else 0
    try:
        status: int = arguments.func(arguments)
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return COULD_NOT
    return status


class ToldToEnd:
    """Set at SIGTERM or SIGINT. Made and waited for by the main thread."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def listen(self, act: Callable[[], object] = lambda: None) -> None:
        """From now on; `act` is run before it is set, on a thread of its own.

        A handler runs between two steps of the main thread, where that thread's own wait may hold the event's lock:
        setting the event right there would hang for ever.
        """

        def tell() -> None:
            act()
            self._event.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: threading.Thread(target=tell, name="told-to-end", daemon=True).start())

    def wait(self, seconds: float | None = None) -> bool:
        """Until it is set, or so long; whether it is set."""
        if seconds is not None:
            return self._event.wait(seconds)
        while not self._event.wait(_LOOK_SECONDS):  # a signal that comes just before a wait is looked at after it
            continue
        return True
