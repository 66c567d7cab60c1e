"""Who holds an address in the room's network, by the lease file of a dnsmasq on this machine.

Only a yes or no for hardware addresses that are asked for comes out: names and addresses of others are read and
forgotten. A lease outlives whoever leaves, until it ends. Not here: whose they are (`charging_cart`).
"""

from collections.abc import Collection
from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 1 << 20


class LeaseFile:
    """`path` is dnsmasq's file: a lease a line, `end hardware-address address name client-id`, end in Unix seconds."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def holders(self, wanted: Collection[str], now_seconds: float) -> frozenset[str] | None:
        """Which of these addresses (`aa:bb:cc:dd:ee:ff`) hold a lease now; None when the file cannot be read."""
        try:
            with self._path.open("rb") as file:
                said = file.read(_MOST_BYTES).decode("ascii", "replace")
        except OSError:
            return None
        found = set()
        for line in said.splitlines():
            end, _, rest = line.partition(" ")
            address = rest.partition(" ")[0].lower()
            if address in wanted and end.isdecimal() and (int(end) == 0 or int(end) > now_seconds):
                found.add(address)
        return frozenset(found)
