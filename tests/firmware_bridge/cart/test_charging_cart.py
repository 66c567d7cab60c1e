"""The cart as a whole: who comes and goes, who is due, what is told; headsets in software, real conversations."""

import logging
import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from firmware_bridge.cart.charging_cart import CartParts, ChargingCart, packages_of
from firmware_bridge.cart.headset_key import HeadsetKeyError
from firmware_bridge.cart.headset_link import DockedHeadset, HeadsetLink, MayOffer
from firmware_bridge.cart.leases import LeaseFile
from firmware_bridge.drivers.driver import Said
from models.equipment import EquipmentKind
from models.room_messages import Reach, State
from models.room_plan import CartLink, PlannedDevice, SerialLink
from models.telemetry import Found
from provisioning.rehearsal.soft_room.soft_headset import HeadsetFault
from tests.builders.soft_cart import Cart, headsets, key_of, planned, soft_cart
from tests.builders.until import until
from tests.fakes.manual_clock import ManualClock


class Room:
    """A cart whose USB the test fills and empties."""

    def __init__(self, cart: Cart, leases: LeaseFile | None = None) -> None:
        self.cart = cart
        self.clock = ManualClock()
        self.there: list[DockedHeadset] = []
        self.opened: list[str] = []
        self.trouble: Exception | None = None
        self._told: dict[str, list[Said]] = {}
        self._lock = threading.Lock()
        self.charging = ChargingCart(
            CartParts(
                docked=lambda: tuple(self.there),
                link_to=self._link,
                tell=self._hear,
                clock=self.clock,
                apps=("vn.edu.thinghiem.vr",),
                leases=leases,
            )
        )

    def _link(self, docked: DockedHeadset, may_offer: MayOffer) -> HeadsetLink:
        self.opened.append(docked.serial)
        if self.trouble is not None:
            raise self.trouble
        return self.cart.link(docked, may_offer)

    def _hear(self, said: Said) -> None:
        with self._lock:
            self._told.setdefault(said.device_id, []).append(said)

    def dock(self, *numbers: int) -> None:
        self.there = [self.cart.docked(number) for number in numbers]

    def told(self, number: int = 1) -> Sequence[Said]:
        with self._lock:
            return tuple(self._told.get(f"dev-{number}", ()))

    def until_told(self, times: int, number: int = 1) -> State:
        """Looks until so many words were told of the headset; gives the state of the last."""
        until(lambda: len(self.told(number)) >= times, self.charging.look)
        state = self.told(number)[-1].state
        assert state is not None
        return state


@contextmanager
def room(count: int = 1, faults: dict[int, HeadsetFault] | None = None, silence: float = 5.0) -> Iterator[Room]:
    with soft_cart(headsets(count, faults), silence_seconds=silence) as cart:
        made = Room(cart)
        made.charging.follow([planned(number) for number in range(1, count + 1)])
        try:
            yield made
        finally:
            made.charging.stop()


def test_who_comes_is_read_at_once_and_then_once_a_minute() -> None:
    with room() as here:
        here.dock(1)
        assert here.until_told(1).values["battery"] == 83.0
        here.clock.advance(seconds=59)
        here.charging.look()
        assert here.opened == ["1WMHHV0000001"]
        here.clock.advance(seconds=1)
        here.until_told(2)
        assert len(here.opened) == 2


def test_who_is_not_in_the_cart_is_said_to_be_away_once() -> None:
    with room() as here:
        for _ in range(3):
            here.charging.look()
        (said,) = here.told()
        assert said.state is not None
        assert (said.state.reach, said.state.values) == (Reach.UNREACHABLE, {"present": False})
        here.dock(1)
        assert here.until_told(2).values["present"] is True
        here.dock()
        assert here.until_told(3).values == {"present": False}
        here.dock(1)
        here.until_told(4)
        assert len(here.opened) == 2, "who comes back is read at once"


def test_a_dead_headset_costs_only_itself() -> None:
    with room(3, {2: HeadsetFault.DEAD}, silence=30.0) as here:
        here.dock(1, 2, 3)
        for times in range(1, 4):
            here.until_told(times, 1)
            here.until_told(times, 3)
            here.clock.advance(seconds=60)
        assert here.told(2) == ()
        assert here.opened.count("1WMHHV0000002") == 1, "it is not asked again while it is asked"
        here.cart.soft.stop()


def test_nothing_is_opened_that_the_plan_does_not_name() -> None:
    with room(3) as here:
        here.charging.follow([planned(1)])
        here.dock(1, 2, 3)
        found = here.charging.look()
        here.until_told(1)
        assert here.charging.look() is None, "told once"
        here.dock(1, 3)
        fewer = here.charging.look()
        assert here.cart.soft.headsets[1].asked == here.cart.soft.headsets[2].asked == []
        assert set(here.opened) == {"1WMHHV0000001"}
    assert found is not None
    assert fewer is not None
    assert {(one.what, one.serial) for one in found} == {("adb-cart", "1WMHHV0000002"), ("adb-cart", "1WMHHV0000003")}
    assert '{"type":"cart","serial":"1WMHHV0000002"}' in {one.link for one in found}
    assert len(fewer) == 1


def test_a_gadget_with_an_endless_name_is_told_in_words_that_edge_can_read() -> None:
    with room() as here:
        here.there = [DockedHeadset(serial="S" * 700, where="usb 1-9 #9", model="x" * 121)]
        found = here.charging.look()
    assert found is not None
    assert msgspec.json.decode(msgspec.json.encode(found), type=list[Found]) == found
    assert (found[0].model, found[0].link) == ("x" * 120, "")


def test_two_that_say_one_serial_number_are_both_left_alone() -> None:
    with room() as here:
        one = here.cart.docked(1)
        here.there = [one, DockedHeadset(serial=one.serial, where="usb 1-9 #9")]
        assert "Two devices" in here.until_told(1).sentence
        assert here.opened == []
        here.there = [one]
        assert here.until_told(2).reach is Reach.OK


def test_what_the_plan_says_wrongly_is_told_and_the_rest_is_read() -> None:
    with room() as here:
        link = CartLink(serial="")
        nameless = PlannedDevice(device_id="dev-8", kind=EquipmentKind.VR_HEADSET, link=link)
        board = PlannedDevice(
            device_id="dev-7", kind=EquipmentKind.SENSOR_BOARD, link=SerialLink(port="/dev/x", driver="link-v1")
        )
        here.charging.follow([planned(1), planned(1, "dev-9"), nameless, board])
        here.charging.tell_wrong()
        assert set(here.charging.device_ids) == {"dev-1", "dev-8", "dev-9"}
        assert "same serial number" in here.until_told(1, 9).sentence
        assert "no serial number" in here.until_told(1, 8).sentence
        here.dock(1)
        assert here.until_told(1).reach is Reach.OK


def test_a_new_plan_leaves_those_alone_that_it_does_not_change() -> None:
    with room(2) as here:
        here.dock(1, 2)
        here.until_told(1)
        here.until_told(1, 2)
        here.charging.follow([planned(1)])
        here.clock.advance(seconds=60)
        here.until_told(2)
        assert len(here.told()) == 2
        assert len(here.told(2)) == 1


def test_the_key_is_offered_once_in_ten_minutes(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with room() as here:
        here.cart.key = key_of("another box")
        here.dock(1)
        for minute in range(1, 12):
            state = here.until_told(minute)
            assert state.faults == ("key",)
            here.clock.advance(seconds=60)
        (headset,) = here.cart.soft.headsets
        assert headset.offers == 2
        assert headset.asked == []
        here.cart.key = key_of()
        here.until_told(12)
    assert [record.levelname for record in caplog.records if "dev-1" in record.message] == ["WARNING", "INFO"]


@pytest.mark.parametrize("error", [HeadsetKeyError("Others could read the key."), ZeroDivisionError()])
def test_a_fault_of_the_box_is_said_and_ends_nothing(error: Exception) -> None:
    with room() as here:
        here.trouble = error
        here.dock(1)
        assert here.until_told(1).reach is Reach.UNREACHABLE
        here.trouble = None
        here.clock.advance(seconds=60)
        assert here.until_told(2).reach is Reach.OK


def test_a_hundred_dockings_leave_nothing_behind() -> None:
    with room(2, {2: HeadsetFault.LEAVES}) as here:
        here.dock(1, 2)
        here.until_told(1, 1)
        here.until_told(1, 2)
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - no path is wanted
        for _ in range(100):
            read = [len(here.told(number)) for number in (1, 2)]
            here.dock()
            here.until_told(read[0] + 1, 1)
            here.until_told(read[1] + 1, 2)
            here.dock(1, 2)
            here.until_told(read[0] + 2, 1)
            here.until_told(read[1] + 2, 2)
        until(lambda: len(os.listdir("/proc/self/fd")) <= before + 4)  # noqa: PTH208 - as above
    assert here.opened.count("1WMHHV0000001") == 101


def test_versions_of_apps_are_read_at_each_docking_and_hourly_and_said_every_time() -> None:
    app = "vn.edu.thinghiem.vr"
    with room() as here:
        shell = here.cart.soft.headsets[0].shell
        here.dock(1)
        assert here.until_told(1).values[f"app:{app}"] == "2.4.1"
        shell.apps[app] = "2.5.0"
        here.clock.advance(minutes=1)
        assert here.until_told(2).values[f"app:{app}"] == "2.4.1"
        here.clock.advance(hours=1)
        assert here.until_told(3).values[f"app:{app}"] == "2.5.0"
        shell.apps.clear()
        here.dock()
        assert not here.until_told(4).values["present"]
        here.dock(1)
        assert here.until_told(5).values[f"app:{app}"] == "none"
        asked = here.cart.soft.headsets[0].asked
        assert asked.count(f"shell:dumpsys package {app}") == 3


MAC, STRANGER = "2c:26:17:0a:0b:0c", "3c:26:17:0a:0b:0c"


def test_a_headset_outside_its_cart_is_on_the_network_while_it_holds_a_lease(tmp_path: Path) -> None:
    file = tmp_path / "dnsmasq.leases"
    with soft_cart(headsets(2)) as cart:
        here = Room(cart, LeaseFile(file))
        now = int(here.clock.now().timestamp())
        known = PlannedDevice(
            device_id="dev-1", kind=EquipmentKind.VR_HEADSET, link=CartLink(serial="1WMHHV0000001", mac=MAC)
        )
        here.charging.follow([known, planned(2)])
        here.charging.look()
        assert here.until_told(1).values == {"present": False}, "there is no file"
        file.write_text(f"{now + 60} {STRANGER} 10.0.0.8 an *\n{now + 600} {MAC.upper()} 10.0.0.9 * *\nduid 00:01\n")
        here.clock.advance(seconds=31)
        assert here.until_told(2).values == {"present": False, "on_network": True}
        here.charging.look()
        assert len(here.told()) == 2, "told when it changes"
        here.clock.advance(minutes=10)
        assert here.until_told(3).values == {"present": False, "on_network": False}
        here.dock(1)
        assert here.until_told(4).values["on_network"] is False
        assert len(here.told(2)) == 1
        assert "on_network" not in here.until_told(1, 2).values
        here.charging.stop()


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        (f"0 {MAC} 10.0.0.9 * *\n", True),
        (f"100 {MAC} 10.0.0.9 * *\n", False),
        (f"101 {STRANGER} 10.0.0.9 {MAC} *\n", False),
        (f"\n{MAC}\nx {MAC}\n-1 {MAC} a\n\xff\n", False),
    ],
)
def test_only_a_lease_that_has_not_ended_counts(tmp_path: Path, said: str, holds: object) -> None:
    (tmp_path / "leases").write_text(said)
    assert LeaseFile(tmp_path / "leases").holders({MAC}, 100.0) == (frozenset({MAC}) if holds else frozenset())


def test_the_plans_apps_come_before_those_of_the_settings_ten_at_most() -> None:
    many = tuple(f"vn.edu.a{number}" for number in range(8))
    device = PlannedDevice(device_id="d", kind=EquipmentKind.VR_HEADSET, link=CartLink(serial="1", apps=many))
    assert packages_of(device, (*many[:1], "b.b", "c.c", "d.d")) == (*many, "b.b", "c.c")
