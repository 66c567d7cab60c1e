"""Sensor boards' firmware as releases bring it: where it lies on a box, and what the newest release brought.

Written by the box's update (`provisioning.updates`), read by the bridge (`firmware_bridge.updating`). Not here: which
image a board may get; every image bears a signature of its own.
"""

from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = "firmware"
"""Below the folder `state` of the box."""

PUBLIC_KEY_FILE: Final = "firmware.public.pem"
RELEASE_FILE: Final = "release.json"


class FirmwareRelease(msgspec.Struct, frozen=True, kw_only=True):
    """The newest release that was laid down. `images` are named `<board>-<version>`."""

    target: str
    number: int
    images: tuple[str, ...] = ()


def held_release(folder: Path) -> FirmwareRelease | None:
    """What the firmware folder says came last; None when no release ever brought anything."""
    try:
        return msgspec.json.decode((folder / RELEASE_FILE).read_bytes(), type=FirmwareRelease)
    except (OSError, msgspec.DecodeError):
        return None
