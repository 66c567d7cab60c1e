"""The charging cart: which planned headsets stand in it, and reading each of them once a minute, side by side.

Each is read on a thread of its own, so one that is dead costs only itself. Nothing is opened that the plan does not
name. Not here: one reading (`headset_poll`), who calls `look` (`bridge`).
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final

import msgspec

from firmware_bridge.cart.headset_link import DockedHeadset, LinkTo
from firmware_bridge.cart.headset_poll import AWAY, away, cannot_be_read, poll
from firmware_bridge.cart.leases import LeaseFile
from firmware_bridge.drivers.driver import Said
from models.clock import Clock
from models.errors import ClassroomError
from models.measurements import MOST_APPS, Value, is_app
from models.room_messages import About
from models.room_plan import CartLink, PlannedDevice
from models.telemetry import Found, cut_found

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 60.0
APPS_EVERY_SECONDS: Final = 3600.0
"""Versions of apps change seldom, and a headset says much of each: they are read at each docking, then hourly."""

LEASES_EVERY_SECONDS: Final = 30.0

AT_ONCE: Final = 64
"""So many headsets are read side by side; more wait for a free place."""

OFFER_EVERY_SECONDS: Final = 600.0
"""How often a headset that does not know our key is asked to accept it: each time a question appears inside it."""

NAME: Final = "adb-cart"
_TWICE_ON_USB: Final = "Two devices on USB say this serial number. Take the one that is not the school's out."
_NO_SERIAL: Final = "The plan names no serial number. Correct the room's plan."
_TWICE_PLANNED: Final = "Another device of the plan has the same serial number. Correct the room's plan."


@dataclass(frozen=True, slots=True, kw_only=True)
class CartParts:
    """`docked` looks at USB without opening anything; `tell` is called from many threads and returns soon."""

    docked: Callable[[], Sequence[DockedHeadset]]
    link_to: LinkTo
    tell: Callable[[Said], None]
    clock: Clock
    every_seconds: float = EVERY_SECONDS
    apps: Sequence[str] = ()
    leases: LeaseFile | None = None


@dataclass(slots=True, kw_only=True)
class _Place:
    """One planned headset."""

    device: PlannedDevice
    docked: DockedHeadset | None = None
    about: About | None = None
    apps: dict[str, Value] = field(default_factory=dict)
    apps_at: float | None = None
    """When they were read (monotonic seconds)."""
    next_at: float = 0.0
    offered_at: float | None = None
    network: dict[str, Value] = field(default_factory=dict)
    """Whether it is in the room's network; empty when nobody knows."""
    absence: tuple[str, dict[str, Value]] | None = None
    """What was told of its absence, and of the network with it."""
    trouble: str = ""
    reading: "Future[None] | None" = field(default=None)


def _with(said: Said, more: dict[str, Value]) -> Said:
    if said.state is None:
        return said
    state = msgspec.structs.replace(said.state, values={**said.state.values, **more})
    return msgspec.structs.replace(said, state=state)


def _mac_of(device: PlannedDevice) -> str:
    return device.link.mac if isinstance(device.link, CartLink) else ""


def packages_of(device: PlannedDevice, everywhere: Sequence[str]) -> tuple[str, ...]:
    """The apps of this headset: those of the plan, then those of the settings, ten at most."""
    planned = device.link.apps if isinstance(device.link, CartLink) else ()
    return tuple(dict.fromkeys((*planned, *everywhere)))[:MOST_APPS]


class ChargingCart:
    """`follow`, `look` and `stop` are called by one thread."""

    def __init__(self, parts: CartParts) -> None:
        self._parts = parts
        self._places: dict[str, _Place] = {}
        self._wrong: dict[str, str] = {}
        self._told: frozenset[DockedHeadset] = frozenset()
        self._stopping = threading.Event()
        self._leases_due = 0.0
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="headset")

    @property
    def device_ids(self) -> tuple[str, ...]:
        """The devices that the cart speaks for."""
        return (*(place.device.device_id for place in self._places.values()), *self._wrong)

    def follow(self, devices: Iterable[PlannedDevice]) -> None:
        """The plan's devices; those with a `CartLink` are read from now on."""
        places: dict[str, _Place] = {}
        self._wrong = {}
        for device in devices:
            if not isinstance(device.link, CartLink):
                continue
            serial = device.link.serial
            old = self._places.get(serial)
            if not serial or serial in places:
                self._wrong[device.device_id] = _TWICE_PLANNED if serial else _NO_SERIAL
            elif old is not None and old.device == device:
                places[serial] = old
            else:
                places[serial] = _Place(device=device)
        self._places = places

    def tell_wrong(self) -> None:
        """Says which devices the plan names in a way that cannot be followed."""
        for device_id, sentence in self._wrong.items():
            self._parts.tell(cannot_be_read(device_id, sentence))

    def look(self) -> Sequence[Found] | None:
        """Who came, who went, who is due; about once a second, returns soon.

        Gives what stands there and the plan does not name, when that has changed.
        """
        docked = self._parts.docked()
        count = Counter(one.serial for one in docked)
        by_serial = {one.serial: one for one in docked}
        now = self._parts.clock.monotonic_ms() / 1000
        if self._parts.leases is not None and now >= self._leases_due:
            self._leases_due = now + LEASES_EVERY_SECONDS
            self._read_leases(self._parts.leases)
        for serial, place in self._places.items():
            if place.reading is None or place.reading.done():
                self._attend(place, by_serial.get(serial), count[serial], now)
        strangers = frozenset(one for one in docked if one.serial not in self._places)
        if strangers == self._told:
            return None
        self._told = strangers
        return [self._found(one) for one in sorted(strangers, key=lambda one: one.where)]

    def stop(self) -> None:
        """No new readings; those under way end by themselves within their time."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read_leases(self, leases: LeaseFile) -> None:
        macs = {serial: mac for serial, place in self._places.items() if (mac := _mac_of(place.device))}
        held = leases.holders(frozenset(macs.values()), self._parts.clock.now().timestamp())
        for serial, place in self._places.items():
            known = held is not None and serial in macs
            place.network = {"on_network": macs[serial] in (held or ())} if known else {}

    def _attend(self, place: _Place, docked: DockedHeadset | None, count: int, now: float) -> None:
        device_id = place.device.device_id
        if docked is None or count > 1:
            absence = _TWICE_ON_USB if count > 1 else AWAY
            if place.absence != (absence, place.network):
                self._note(place, _TWICE_ON_USB if count > 1 else "")
                said = cannot_be_read(device_id, _TWICE_ON_USB) if count > 1 else away(device_id)
                self._parts.tell(_with(said, place.network))
            place.docked, place.about, place.absence = None, None, (absence, place.network)
            return
        if docked != place.docked:
            place.docked, place.about, place.next_at, place.absence = docked, None, now, None
            place.apps, place.apps_at = {}, None
        if now >= place.next_at:
            place.next_at = now + self._parts.every_seconds
            place.reading = self._pool.submit(self._read, place, docked, now)

    def _read(self, place: _Place, docked: DockedHeadset, now: float) -> None:
        """On a thread of the pool; nobody else touches the place until it is done."""
        read_apps = place.apps_at is None or now - place.apps_at >= APPS_EVERY_SECONDS
        try:
            link = self._parts.link_to(docked, lambda: self._may_offer(place))
            packages = packages_of(place.device, self._parts.apps) if read_apps else ()
            polled = poll(place.device, docked, link, place.about, packages)
        except ClassroomError as error:
            self._note(place, str(error))
            self._tell(cannot_be_read(place.device.device_id, str(error)))
            return
        except Exception as error:
            log.exception("Reading the headset %s failed", place.device.device_id)
            sentence = f"Reading it failed ({type(error).__name__}). Tell the makers."
            self._tell(cannot_be_read(place.device.device_id, sentence))
            return
        place.about = polled.said.about or place.about
        self._note(place, polled.trouble)
        if read_apps and not polled.trouble and polled.said.state is not None:
            values = polled.said.state.values
            place.apps, place.apps_at = {name: one for name, one in values.items() if is_app(name)}, now
        more = place.network if polled.trouble else {**place.apps, **place.network}
        self._tell(_with(polled.said, more))

    def _tell(self, said: Said) -> None:
        if not self._stopping.is_set():
            self._parts.tell(said)

    def _note(self, place: _Place, trouble: str) -> None:
        """One line when something goes wrong, one when it is well again."""
        if trouble != place.trouble:
            log.log(
                logging.WARNING if trouble else logging.INFO,
                "The headset %s: %s",
                place.device.device_id,
                trouble or "no trouble now",
            )
        place.trouble = trouble

    def _may_offer(self, place: _Place) -> bool:
        now = self._parts.clock.monotonic_ms() / 1000
        may = place.offered_at is None or now - place.offered_at >= OFFER_EVERY_SECONDS
        if may:
            place.offered_at = now
        return may

    def _found(self, docked: DockedHeadset) -> Found:
        found = Found(
            where=docked.where,
            what=NAME,
            confidence=0.5,
            maker=docked.maker,
            model=docked.model,
            serial=docked.serial,
            link=msgspec.json.encode(CartLink(serial=docked.serial)).decode(),
            at=self._parts.clock.now(),
        )
        return cut_found(found)
