"""The room's plan on real brokers: foreign devices have their own topics, no others, and cannot fill the room's broker.

Attacked with paho itself: no session of ours retains anything or says more than it may.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.foreign_topics import KIOSK_SAYS
from models.room_plan import sign_plan
from provisioning.brokers.plan_rights import DEVICE_TOPICS
from provisioning.device import room_broker_files
from tests.builders.broker_client import BrokerClient
from tests.builders.foreign_devices import KIOSK, PLUG
from tests.builders.needed_programs import need
from tests.builders.planned_room import ALL, MEMORY, PlannedRoom
from tests.builders.room_plans import BOARD, DEVICES, plan
from tests.builders.until import until
from tests.fakes.running_mosquitto import mosquitto_program

FULL = 100 * 1024


def _until(client: BrokerClient, topic: str) -> set[str]:
    """Every topic that is heard up to this one."""
    heard = set()
    while (one := client.heard()[0]) != topic:
        heard.add(one)
    return heard


@pytest.fixture
def room(tmp_path: Path) -> Iterator[PlannedRoom]:
    need("mosquitto", mosquitto_program())
    room = PlannedRoom(tmp_path)
    room.room.start()
    room.guests.start()
    yield room
    room.close()


def test_a_guest_speaks_in_its_own_trees_and_nowhere_else(room: PlannedRoom) -> None:
    edge, plug = room.own("edge", room.places.guest_own_port, "#"), room.guest(PLUG)
    own = ["tele/plug-1/STATE", "stat/plug-1/RESULT", "plug-1/x/y", "homeassistant/switch/x/config"]
    others = [
        "tele/garden/STATE",
        "garden/sensor/air/state",
        "zigbee2mqtt/Cửa tủ",
        "zigbee2mqtt/bridge/state",
        "cmnd/plug-1/POWER",
        "cmnd/garden/POWER",
        "tele/plug-10/STATE",
        "dev/dev-plug/tm",
        "dev/dev-board/state",
        "freekiosk/tablet_01/state",
    ]
    for topic in [*others, *own]:
        plug.say(topic)
    assert _until(edge, own[-1]) == set(own[:-1])


def test_a_guest_hears_its_own_commands_and_not_what_others_say(room: PlannedRoom) -> None:
    edge, plug, board = room.own("edge", room.places.guest_own_port, "#"), room.guest(PLUG), room.guest("dev-esp")
    board.say("garden/sensor/air/state")
    for topic in ("cmnd/garden/POWER", "garden/switch/x/command", "cmnd/plug-1/POWER"):
        edge.session.publish(topic, b"ON")
    assert plug.heard.get(timeout=30) == ("cmnd/plug-1/POWER", b"ON")
    assert _until(edge, "cmnd/plug-1/POWER") == {"garden/sensor/air/state"}, "the plan allows nothing of the board"


def test_a_new_device_may_announce_itself_and_a_tablet_may_not(room: PlannedRoom) -> None:
    edge = room.own("edge", room.places.guest_own_port, "#")
    room.guest("dev-tablet").say("homeassistant/sensor/tablet/config")
    new = room.guest("dev-new")
    new.say("tele/new/STATE")
    for topic in ("homeassistant/sensor/new/config", "homeassistant/switch/garden/x/config"):
        new.say(topic)
    new.say("tasmota/discovery/AABBCC/config")
    new.say("homeassistant/sensor/dev-new/air/config")
    new.say("homeassistant/device/dev-new/config")
    last = "homeassistant/device/dev-new/config"
    assert _until(edge, last) == {"homeassistant/sensor/dev-new/air/config"}


def test_a_guest_announces_itself_below_a_name_of_its_choice_but_not_below_anothers(room: PlannedRoom) -> None:
    edge, plug = room.own("edge", room.places.guest_own_port, "#"), room.guest(PLUG)
    for name in ("garden", "dev-esp", "zigbee2mqtt"):
        plug.say(f"homeassistant/switch/{name}/config", retain=True)
        plug.say(f"homeassistant/switch/{name}/x/config", retain=True)
        plug.say(f"homeassistant/device/{name}/config", retain=True)
    plug.say("homeassistant/switch/4C75AA_RL_1/config")
    plug.say("homeassistant/switch/plug-1/x/config")
    last = "homeassistant/switch/plug-1/x/config"
    assert _until(edge, last) == {"homeassistant/switch/4C75AA_RL_1/config"}


def test_edge_itself_may_give_a_guest_no_command_but_to_switch(room: PlannedRoom) -> None:
    edge, plug = room.own("edge", room.places.guest_own_port, "none"), room.guest(PLUG)
    for topic in ("cmnd/plug-1/Backlog", "cmnd/plug-1/OtaUrl", "plug-1/x", "cmnd/plug-1/POWER2"):
        edge.session.publish(topic, b"ON")
    assert plug.heard.get(timeout=30) == ("cmnd/plug-1/POWER2", b"ON")


def test_a_guest_that_retains_without_end_leaves_the_rooms_broker_undisturbed(room: PlannedRoom) -> None:
    edge, tablet = room.own("edge", room.places.own_port, "dev/#"), room.room_device("dev-tablet")
    attacker = room.guest(PLUG)
    for number in range(3 * MEMORY // FULL):
        attacker.client.publish(f"homeassistant/sensor/{number}/config", b"x" * FULL, qos=1, retain=True)
    until(lambda: any("out of memory" in line for line in room.guests.log))
    assert room.guests.memory_kilobytes() < 32 * 1024
    tablet.say("dev/dev-tablet/state", b"well", retain=True)
    assert edge.heard() == ("dev/dev-tablet/state", b"well")
    assert edge.states.empty()
    room.guests.kill()
    attacker.client.disconnect()
    room.guests.start()
    again = room.own("edge", room.places.guest_own_port, "garden/#")
    room.guest("dev-esp").say("garden/status", b"online")
    assert again.heard() == ("garden/status", b"online"), "after a restart it is as new"


def test_a_guest_may_do_nothing_with_the_rooms_own_topics(room: PlannedRoom) -> None:
    edge, plug = room.own("edge", room.places.own_port, "#"), room.room_device(PLUG)
    for topic in ("homeassistant/sensor/x/config", "tele/plug-1/STATE", "plug-1/x", "freekiosk/tablet_01/state"):
        plug.say(topic, retain=True)
    room.room_device("dev-tablet").say("dev/dev-tablet/tm")
    assert _until(edge, "dev/dev-tablet/tm") == set()


def test_a_tablet_with_freekiosk_has_two_topics_and_is_asked_what_the_plan_allows(room: PlannedRoom) -> None:
    edge, tablet = room.own("edge", room.places.own_port, "freekiosk/#"), room.room_device(KIOSK)
    for topic in ("tablet_01/other", "tablet_01/set/url", "tablet_02/state", "tablet_01/state"):
        tablet.say(f"freekiosk/{topic}")
    assert _until(edge, "freekiosk/tablet_01/state") == set()
    for entity in ("execute_js", "url", "reboot", "keyboard_text", "screen"):
        edge.session.publish(f"freekiosk/tablet_01/set/{entity}", b"x")
    assert tablet.heard.get(timeout=30) == ("freekiosk/tablet_01/set/screen", b"x")


def test_a_new_plan_counts_at_once_and_what_left_the_room_is_forgotten(room: PlannedRoom) -> None:
    bridge, tablet = room.own("bridge", room.places.own_port), room.room_device(KIOSK)
    tablet.say("freekiosk/tablet_01/state", retain=True)
    bridge.session.publish_retained(f"dev/{BOARD}/state", b"on")
    edge = room.own("edge", room.places.own_port, "freekiosk/#", "dev/#")
    assert {edge.heard()[0], edge.heard()[0]} == {"freekiosk/tablet_01/state", f"dev/{BOARD}/state"}
    room.take_plan(*(device for device in ALL if device.device_id not in (KIOSK, BOARD)))
    room_broker_files.follow_plan(room.box)
    emptied = {edge.heard() for _ in range(len(DEVICE_TOPICS) + len(KIOSK_SAYS))}
    assert emptied >= {("freekiosk/tablet_01/state", b""), (f"dev/{BOARD}/state", b"")}
    assert not any(payload for _, payload in emptied)
    bridge.session.publish(f"dev/{BOARD}/tm", b"x")
    bridge.session.publish("dev/dev-projector/tm", b"x")
    tablet.say("freekiosk/tablet_01/state")
    room.room_device("dev-sensor").say("dev/dev-sensor/tm")
    assert _until(edge, "dev/dev-sensor/tm") <= {"dev/dev-projector/tm"}


def test_a_plan_that_central_did_not_sign_changes_nothing(room: PlannedRoom) -> None:
    before = {path.name: path.read_bytes() for path in room.directory.glob("*.acl")}
    forged = sign_plan(plan(9, devices=DEVICES[:1]), Ed25519PrivateKey.generate())
    room.box.room_plan.write_bytes(msgspec.json.encode(forged))
    room_broker_files.follow_plan(room.box)
    assert {path.name: path.read_bytes() for path in room.directory.glob("*.acl")} == before


def test_whoever_looks_on_hears_devices_and_announcements_and_says_nothing(room: PlannedRoom) -> None:
    viewer, edge = room.own("viewer", room.places.own_port, "#"), room.own("edge", room.places.own_port, "dev/#")
    viewer.session.publish("dev/dev-tablet/state", b"forged")
    viewer.session.publish("dev/dev-tablet/cmd", b"forged")
    edge.session.publish_retained("homeassistant/device/dev-tablet/config", b"{}")
    assert viewer.heard() == ("homeassistant/device/dev-tablet/config", b"{}")
    room.room_device("dev-tablet").say("dev/dev-tablet/state", b"own")
    assert edge.heard() == ("dev/dev-tablet/state", b"own")
