"""What stands in a smart classroom, as the device register knows it: kinds, states, and what a full room holds.

Not here: the register itself (`central.registers.device_register`) and what devices say (`models.messages`).
"""

from enum import StrEnum
from typing import Final


class EquipmentKind(StrEnum):
    """What a device is."""

    INTERACTIVE_BOARD = "interactive board"
    PROJECTOR = "projector"
    OPS_COMPUTER = "OPS computer"
    """The computer inside a board (Open Pluggable Specification)."""
    TABLET = "tablet"
    VR_HEADSET = "VR headset"
    AR_DEVICE = "AR device"
    GLASSES_3D = "3D glasses"
    LAPTOP = "laptop"
    SENSOR_BOARD = "sensor board"
    ROBOT_KIT = "robot kit"
    GROWING_KIT = "growing kit"
    """Hydroponics with its sensors."""
    PRINTER_3D = "3D printer"
    CAMERA = "camera"
    SOUND_SET = "sound set"
    OTHER = "other"


class DeviceState(StrEnum):
    """Where a device is in its life."""

    IN_USE = "in use"
    REPAIR = "repair"
    LOST = "lost"
    RETIRED = "retired"
    """Taken out for good; its row and its history stay."""


WITHOUT_LINK: Final = frozenset({EquipmentKind.GLASSES_3D, EquipmentKind.SOUND_SET, EquipmentKind.OTHER})
"""Kinds that say nothing on the room's broker; they are known by a label or a serial number alone."""

SMART_CLASSROOM: Final[dict[EquipmentKind, int]] = {
    EquipmentKind.INTERACTIVE_BOARD: 1,
    EquipmentKind.TABLET: 40,
    EquipmentKind.LAPTOP: 1,
    EquipmentKind.VR_HEADSET: 40,
    EquipmentKind.GLASSES_3D: 40,
    EquipmentKind.SOUND_SET: 1,
}
"""One smart classroom as Lào Cai's plan 2022-2025 lists it; a room's own list starts from this and may be changed."""


def speaks(kind: EquipmentKind) -> bool:
    """Whether such a device can have a name and password of its own on the room's broker."""
    return kind not in WITHOUT_LINK
