"""The port to one headset that stands in the cart: what may be read of it, and why it cannot be.

`ReadCommand` and `dumpsys package NAME` are everything that is ever sent to a headset's shell. Not here: how
(`adb_headset_link`), what the answers mean (`headset_words`).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import msgspec

from models.errors import ClassroomError


class HeadsetLinkError(ClassroomError):
    """The headset cannot be read now. It is tried again."""


class HeadsetSilentError(HeadsetLinkError):
    """It stands in the cart and does not answer. Take it out and put it back; switch it on."""


class HeadsetGoneError(HeadsetLinkError):
    """It was taken out meanwhile, or its cable ends the conversation."""


class HeadsetBusyError(HeadsetLinkError):
    """Another program (an adb server) or a right is in the way. End that program on the box."""


class HeadsetTalkError(HeadsetLinkError):
    """What it says is not ADB."""


class KeyNotAcceptedError(HeadsetLinkError):
    """Nobody has accepted this box's key inside the headset yet."""


class ReadCommand(StrEnum):
    """All that is ever asked of a headset. Each reads and changes nothing."""

    SERIAL = "getprop ro.serialno"
    MODEL = "getprop ro.product.model"
    BUILD = "getprop ro.build.version.incremental"
    BATTERY = "dumpsys battery"
    STORAGE = "df /sdcard"
    POWER = "dumpsys power"
    ACTIVITY = "dumpsys activity activities"
    THERMAL = "dumpsys thermalservice"


class DockedHeadset(msgspec.Struct, frozen=True, kw_only=True):
    """What the USB descriptors say of something that offers ADB; nothing was opened to learn it."""

    serial: str
    where: str
    """The USB port and the number that the kernel gave at this plugging in: another one is another docking."""
    maker: str = ""
    model: str = ""


class HeadsetLink(Protocol):
    """One conversation. Used by one thread."""

    def open(self) -> None:
        """Connects and proves this box's key. Raises HeadsetLinkError."""

    def read(self, command: ReadCommand) -> str:
        """The command's output, lines ended as the headset ends them. Raises HeadsetLinkError."""

    def read_package(self, package: str) -> str:
        """What it says of one app by its package's name, which must be a plain one. Raises HeadsetLinkError."""

    def close(self) -> None:
        """Lets the headset go. Safe at any time, and never raises."""


MayOffer = Callable[[], bool]
"""Whether the key may be shown to a headset that has not accepted it: a question appears before its wearer's eyes."""

LinkTo = Callable[[DockedHeadset, MayOffer], HeadsetLink]
