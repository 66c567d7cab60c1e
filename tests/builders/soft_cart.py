"""A charging cart of headsets in software, and links to them with a key of their own making."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from firmware_bridge.cart.adb_headset_link import SILENCE_SECONDS, TALK_SECONDS, AdbHeadsetLink
from firmware_bridge.cart.docks import LocalDock
from firmware_bridge.cart.headset_key import HeadsetKey
from firmware_bridge.cart.headset_link import DockedHeadset, HeadsetLink, MayOffer
from models.equipment import EquipmentKind
from models.room_plan import CartLink, PlannedDevice
from provisioning.rehearsal.soft_room.headset_program import SERIAL, SoftCart
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell
from provisioning.rehearsal.soft_room.soft_headset import HeadsetFault, SoftHeadset


@cache
def key_of(name: str = "the box") -> HeadsetKey:
    """A key made once in a run of the tests."""
    del name
    return HeadsetKey(generate_private_key(public_exponent=65537, key_size=2048))


def word_of(key: HeadsetKey) -> bytes:
    """The key as a headset remembers it."""
    return key.public.partition(b" ")[0]


def headsets(count: int, faults: dict[int, HeadsetFault] | None = None) -> list[SoftHeadset]:
    """Headsets 1 to `count` that accept the box's key."""
    return [
        SoftHeadset(
            HeadsetShell(serial=SERIAL.format(number)),
            {word_of(key_of())},
            (faults or {}).get(number, HeadsetFault.NONE),
        )
        for number in range(1, count + 1)
    ]


def planned(number: int, device_id: str = "") -> PlannedDevice:
    link = CartLink(serial=SERIAL.format(number))
    return PlannedDevice(device_id=device_id or f"dev-{number}", kind=EquipmentKind.VR_HEADSET, link=link)


class Cart:
    """What stands there, and links to it. `key` is the box's."""

    def __init__(self, soft: SoftCart, silence_seconds: float = SILENCE_SECONDS) -> None:
        self.soft = soft
        self.key = key_of()
        self.talk_seconds = TALK_SECONDS
        serials = [one.shell.serial for one in soft.headsets]
        self.dock = LocalDock(dict(zip(serials, soft.ports, strict=True)))
        self._silence = silence_seconds

    def link(self, docked: DockedHeadset, may_offer: MayOffer) -> HeadsetLink:
        return AdbHeadsetLink(self.dock.cable(docked), self.key, may_offer, self._silence, self.talk_seconds)

    def link_to(self, number: int, may_offer: MayOffer = lambda: False) -> HeadsetLink:
        return self.link(self.docked(number), may_offer)

    def docked(self, number: int) -> DockedHeadset:
        return self.dock.docked()[number - 1]


@contextmanager
def soft_cart(standing: Sequence[SoftHeadset], silence_seconds: float = SILENCE_SECONDS) -> Iterator[Cart]:
    """The cart while the block runs."""
    soft = SoftCart(standing)
    soft.start()
    try:
        yield Cart(soft, silence_seconds)
    finally:
        soft.stop()
