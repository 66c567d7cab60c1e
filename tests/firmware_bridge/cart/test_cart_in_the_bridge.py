"""The bridge speaks for the plan's headsets as for its other devices, and shows what stands beside them."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.bridge import Bridge, BridgeParts
from firmware_bridge.room_voice import COMMANDS, RoomVoice
from firmware_bridge.settings import CartSettings, Settings, read_settings
from firmware_bridge.systemd_word import SystemdWord
from firmware_bridge.wiring import cart_of, links_of
from models.clock import SystemClock
from models.room_messages import (
    About,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Online,
    State,
    decode_room,
    encode_room,
)
from models.room_plan import RoomPlan
from models.telemetry import Found
from provisioning.rehearsal.soft_room.headset_program import SoftCart
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell
from provisioning.rehearsal.soft_room.soft_headset import SoftHeadset
from tests.builders.room_plans import hours_of_another_day, plan
from tests.builders.soft_cart import planned
from tests.builders.until import until
from tests.fakes.in_memory_broker import InMemoryBroker


class PortThere:
    """A finder that has found one port."""

    def __init__(self, found: Found) -> None:
        self._found: Sequence[Found] | None = [found]

    def look(self, planned_ports: Sequence[str]) -> Sequence[Found] | None:
        del planned_ports
        found, self._found = self._found, None
        return found

    def stop(self) -> None:
        """Nothing."""


def test_headsets_of_the_plan_are_spoken_for_and_others_are_shown_beside_unknown_ports(tmp_path: Path) -> None:
    soft = SoftCart([SoftHeadset(HeadsetShell(serial=f"1WMHHV000000{n}"), set(), wearer_agrees=True) for n in (1, 2)])
    soft.start()
    broker, clock = InMemoryBroker(), SystemClock()
    heard: dict[str, bytes] = {}
    edge = broker.session("edge", ("dev/#", "bridge/#"))
    edge.start(heard.__setitem__, lambda _: None)
    voice = RoomVoice(broker.session("bridge", (COMMANDS,)), clock)
    ports = {one.shell.serial: port for one, port in zip(soft.headsets, soft.ports, strict=True)}
    settings = Settings(state=tmp_path / "state", cart=CartSettings(soft_ports=ports))
    plans: list[RoomPlan] = [plan(devices=(planned(1), planned(3)), lessons=hours_of_another_day(clock.now()))]
    parts = BridgeParts(
        catalogue={},
        links_of=links_of,
        voice=voice,
        memory=BaudMemory(tmp_path / "speeds.json"),
        clock=clock,
        new_plan=lambda: plans.pop() if plans else None,
        systemd=SystemdWord(""),
    )
    at_port = Found(where="/dev/serial/by-id/x", what="unknown", confidence=0, at=clock.now())
    bridge = Bridge(parts, PortThere(at_port), cart_of(settings, voice.hear, clock))
    bridge.start()
    try:
        until(lambda: {"dev/dev-1/about", "dev/dev-1/state", "dev/dev-3/state", "bridge/found"} <= heard.keys())
        assert decode_room(heard["dev/dev-1/about"], About).model == "Quest 3"
        assert decode_room(heard["dev/dev-1/state"], State).values["battery"] == 83.0
        assert decode_room(heard["dev/dev-1/online"], Online).on
        assert decode_room(heard["dev/dev-3/state"], State).values == {"present": False}
        until(lambda: len(msgspec.json.decode(heard["bridge/found"], type=list[Found])) == 2)
        assert soft.headsets[1].asked == []
        assert soft.headsets[1].offers == 0
        command = DeviceCommand(id="c1", name=DeviceCommandName.POWER_OFF, expires_at=1 << 45)
        edge.publish("dev/dev-1/cmd", encode_room(command))
        until(lambda: "dev/dev-1/cmd/res" in heard)
        assert decode_room(heard["dev/dev-1/cmd/res"], DeviceResult).outcome is DeviceOutcome.REFUSED
    finally:
        bridge.stop()
        soft.stop()


def test_the_cart_is_set_in_the_bridges_file(tmp_path: Path) -> None:
    (tmp_path / "bridge.toml").write_text("[cart]\nevery_seconds = 120\nsoft_ports = {A = 5555}\n")
    assert read_settings(tmp_path / "bridge.toml").cart == CartSettings(every_seconds=120.0, soft_ports={"A": 5555})


def test_without_a_setting_headsets_are_looked_for_on_usb(tmp_path: Path) -> None:
    told: list[object] = []
    cart = cart_of(Settings(state=tmp_path), told.append, SystemClock())
    cart.follow([planned(1)])
    cart.look()
    cart.stop()
    assert len(told) == 1
