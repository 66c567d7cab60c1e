"""The port to a headset's cable: bytes there and back, each with a time-out. Not here: ADB (`adb_headset_link`)."""

from typing import Final, Protocol

LARGEST_READ: Final = 16 * 1024
"""The kernel keeps each transfer in one piece of memory; a multiple of every USB packet."""


class Cable(Protocol):
    """One cable. All may raise HeadsetLinkError."""

    def open(self) -> None:
        """Takes the headset for this program alone."""

    def read(self, most: int, seconds: float) -> bytes:
        """Up to `most` bytes (at most `LARGEST_READ`), waiting so long for the first. Raises HeadsetSilentError."""

    def write(self, content: bytes, seconds: float) -> None:
        """All of it. Raises HeadsetSilentError when it is not taken in time."""

    def close(self) -> None:
        """Lets it go. Safe at any time, and never raises."""
