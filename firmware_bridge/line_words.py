"""What a supervisor tells of its line, beside the words of the driver."""

from collections.abc import Callable

import msgspec

from firmware_bridge.drivers.driver import Booted, Done, Said


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """The line of these devices cannot be used; it is tried again. `sentence` is for IT staff (English)."""

    device_ids: tuple[str, ...]
    sentence: str


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """A good frame came over the line: the first one, or the first after it was lost."""

    device_ids: tuple[str, ...]


LineWord = Said | Done | Booted | Lost | Returned
Tell = Callable[[LineWord], None]
"""Called on the supervisor's thread; must return soon."""
