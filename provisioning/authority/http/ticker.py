"""What the authority does without being asked, again and again: signed lists made anew before they end.

Not here: what is due (`Authority.tick`).
"""

import logging
import threading
from collections.abc import Callable
from typing import Final

_log = logging.getLogger(__name__)

SECONDS: Final = 60.0


class Ticker:
    """Calls `tick` at the start and then every `seconds`. Logs once when it fails and once when it works again."""

    def __init__(self, tick: Callable[[], object], seconds: float = SECONDS) -> None:
        self._tick = tick
        self._seconds = seconds
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="authority ticker", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End after the present call."""
        self._ending.set()
        self._thread.join()

    def _run(self) -> None:
        failing = False
        while True:
            try:
                self._tick()
            except Exception:  # noqa: BLE001 the outermost call of a thread; the next tick may work
                if not failing:
                    _log.exception("The authority's own work failed; it is tried again every %.0f s.", self._seconds)
                failing = True
            else:
                if failing:
                    _log.info("The authority's own work is done again.")
                failing = False
            if self._ending.wait(self._seconds):
                return
