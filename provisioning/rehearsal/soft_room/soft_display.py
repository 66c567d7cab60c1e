"""What any display in software has: power that takes its time, a source, sound, hours, errors, a name plate.

Not here: protocols (`soft_pjlink`, `soft_mdc`, `soft_lg`, `soft_nec`), lines and their faults (`display_line`).
"""

from dataclasses import dataclass, field
from typing import Final, Protocol

ERRORS: Final = ("fan", "lamp", "temperature", "cover", "filter", "other")


@dataclass(slots=True, kw_only=True)
class SoftDisplay:
    """The state behind a protocol; tests and the command line change it freely. Instants are those of `now`."""

    unit: int = 1
    source: str = "hdmi1"
    volume: int = 20
    brightness: int = 70
    muted: bool = False
    blanked: bool = False
    frozen: bool = False
    has_signal: bool = True
    hours: int = 1200
    celsius: float = 38.0
    errors: set[str] = field(default_factory=set)
    maker: str = "Soft"
    model: str = "SC-65"
    serial: str = "SN00012345"
    firmware: str = "1.203"
    password: str = ""
    warming_seconds: float = 0.0
    cooling_seconds: float = 0.0
    refuses: bool = False
    """Fault mode: every command is answered with the protocol's refusal."""

    is_on: bool = True
    _settled_at: float = float("-inf")

    def power(self, now: float) -> str:
        """on, off, warming or cooling."""
        if now >= self._settled_at:
            return "on" if self.is_on else "off"
        return "warming" if self.is_on else "cooling"

    def switch(self, now: float, *, on: bool) -> None:
        """Begin to switch on or off."""
        if on == self.is_on:
            return
        self.is_on = on
        self._settled_at = now + (self.warming_seconds if on else self.cooling_seconds)
        if not on:
            self.blanked = self.frozen = False


class SoftTalk(Protocol):
    """One connection to a display: bytes in, whole answers out."""

    ended: bool
    """The display closes the connection now."""

    def greeting(self) -> bytes:
        """What the display says first."""

    def take(self, data: bytes, now: float) -> list[bytes]:
        """The answers to the commands that these bytes complete."""
