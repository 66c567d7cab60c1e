"""Which box stands in which room, and which device belongs there: read from central's registers, kept at hand.

A box's own word decides nothing. Not here: what is done with a row (`intake`).
"""

import logging
from collections.abc import Collection
from typing import Final

from central.database import Database
from central.registers import box_register, device_homes
from central.registers.device_homes import Home
from models.clock import Clock
from models.errors import StorageError

log = logging.getLogger(__name__)

LOOK_EVERY_MS: Final = 5_000
MOST_STRANGERS: Final = 20_000
"""So many unknown device names are remembered between two looks; a box that invents names fills nothing."""


class KnownPlaces:
    """The registers as they were at most five seconds ago. Used by the writer's thread alone."""

    def __init__(self, central: Database, clock: Clock) -> None:
        self._central = central
        self._clock = clock
        self._rooms: dict[str, str] = {}
        self._homes: dict[str, Home] = {}
        self._strangers: set[str] = set()
        self._change = 0
        self.devices_changed = True
        """Whether devices came, went or moved since somebody put this to False."""
        self._looked_ms: int | None = None
        self._silent = False

    def room_of_box(self, box_id: str) -> str | None:
        """The room in which the box stands; None for a box that is not registered or was taken out."""
        return self._rooms.get(box_id)

    def home_of(self, device_id: str) -> Home | None:
        """The device's room and kind; None for a device that no register knows or that is retired."""
        return self._homes.get(device_id)

    def look_in_time(self) -> None:
        """Read what changed, every five seconds. Central's store may be away for a while: then the last look counts."""
        now = self._clock.monotonic_ms()
        if self._looked_ms is not None and now - self._looked_ms < LOOK_EVERY_MS:
            return
        try:
            self.look()
        except StorageError as error:
            if not self._silent:
                log.warning("Central's registers cannot be read; devices and boxes count as before: %s", error)
            self._silent = True
        else:
            self._silent = False
        self._looked_ms = now

    def look(self) -> None:
        """Read now what changed. Raises StorageError."""
        with self._central.reading() as connection:
            self._rooms = box_register.rooms_of_boxes(connection)
            newest = device_homes.newest_change(connection)
            if not self._homes:
                self._homes = device_homes.homes(connection)
                self.devices_changed = True
            elif newest != self._change:
                self.devices_changed = True
                changed = device_homes.changed_after(connection, self._change)
                for one in changed:
                    self._homes.pop(one, None)
                self._homes.update(device_homes.homes_of(connection, changed))
        self._change = newest
        self._strangers.clear()

    def look_for(self, device_ids: Collection[str]) -> None:
        """Look once for names that are not known, and not again until the next whole look."""
        wanted = [one for one in device_ids if one not in self._homes and one not in self._strangers]
        if not wanted:
            return
        try:
            with self._central.reading() as connection:
                self._homes.update(device_homes.homes_of(connection, wanted))
        except StorageError:
            return  # told by the next look in time
        if len(self._strangers) < MOST_STRANGERS:
            self._strangers.update(one for one in wanted if one not in self._homes)
