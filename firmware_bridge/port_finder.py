"""Looks by itself at serial ports that the plan does not name and nobody uses: once after each plugging in.

It listens on a thread of its own and never writes. Not here: what was heard (`discovery`), when it may look (`bridge`).
"""

import threading
from collections.abc import Callable, Sequence

from firmware_bridge.board_link import MakeLink
from firmware_bridge.discovery import HushedError, found_at, listen, try_port
from firmware_bridge.drivers.driver import Catalogue
from firmware_bridge.serial_ports import is_held, same_ports, serial_ports
from firmware_bridge.wake import Wake
from models.clock import Clock
from models.telemetry import Found


class PortFinder:
    """`link_to` opens a port by its path; `leave_alone` are ports of other programs."""

    def __init__(
        self,
        catalogue: Catalogue,
        link_to: Callable[[str], MakeLink],
        clock: Clock,
        leave_alone: Sequence[str] = (),
        ports: Callable[[], list[str]] = serial_ports,
    ) -> None:
        self._catalogue = catalogue
        self._link_to = link_to
        self._clock = clock
        self._leave_alone = tuple(leave_alone)
        self._ports = ports
        self._known: dict[str, Found] = {}
        self._told: tuple[Found, ...] = ()
        self._thread: threading.Thread | None = None
        self._wake: Wake | None = None

    def look(self, planned_ports: Sequence[str]) -> Sequence[Found] | None:
        """What is known of unplanned ports when that has changed, else None; begins to listen to a new one."""
        if self._thread is not None and self._thread.is_alive():
            return None
        self.stop()
        taken = same_ports([*planned_ports, *self._leave_alone])
        there = [path for path in self._ports() if not same_ports([path]) & taken]
        self._known = {path: found for path, found in self._known.items() if path in there}
        new = next((path for path in there if path not in self._known and not is_held(path)), None)
        if new is not None:
            self._wake = Wake()
            self._thread = threading.Thread(target=self._listen, args=(new, self._wake), name="find", daemon=True)
            self._thread.start()
        now_known = tuple(self._known.values())
        if now_known == self._told:
            return None
        self._told = now_known
        return now_known

    def stop(self) -> None:
        """Ends the listening, if any; the port is looked at again later."""
        if self._thread is not None and self._wake is not None:
            self._wake.call()
            self._thread.join()
            self._wake.close()
        self._thread = self._wake = None

    def _listen(self, path: str, wake: Wake) -> None:
        try:
            heard = try_port(lambda: listen(self._link_to(path), self._catalogue, wake))
        except HushedError:
            return
        self._known[path] = found_at(path, None if isinstance(heard, str) else heard, self._clock.now())
