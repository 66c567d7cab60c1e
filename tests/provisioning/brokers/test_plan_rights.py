"""The rights that a room's plan gives: nothing without a plan, each topic to its owner, and no name is a way out."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.equipment import EquipmentKind
from models.foreign_topics import (
    guest_names,
    home_of,
    is_below,
    is_name,
    kiosk_names,
    switch_topics,
    switches,
    tells_presence,
    trees_of,
)
from models.room_messages import DeviceCommandName
from models.room_plan import MqttDialect, MqttLink, PlannedDevice
from provisioning.brokers.plan_rights import (
    DEVICE_RIGHTS,
    bridged_in,
    guest_own_rights,
    guest_rights,
    network_rights,
    own_rights,
)
from tests.builders.foreign_devices import BOARD as ESP
from tests.builders.foreign_devices import DOOR, GUESTS, KIOSK, PLUG, STICK, TABLET
from tests.builders.room_plans import BOARD, DEVICES, HEADSET, PROJECTOR, plan

PLAN = plan(devices=(*DEVICES, *GUESTS, TABLET))


def _foreign(device_id: str, name: str, dialect: MqttDialect = MqttDialect.HOME_ASSISTANT) -> PlannedDevice:
    return PlannedDevice(
        device_id=device_id,
        kind=EquipmentKind.OTHER,
        link=MqttLink(dialect=dialect, name=name),
        commands=(DeviceCommandName.SWITCH_ON,),
    )


def test_without_a_plan_devices_have_their_own_topics_and_nobody_is_a_guest() -> None:
    assert network_rights(None) == DEVICE_RIGHTS
    assert bridged_in(None) == []
    assert guest_rights(None, []) == ""
    assert "write" not in guest_own_rights(None)


def test_the_bridge_speaks_for_what_has_a_line_an_address_or_a_place_in_the_cart() -> None:
    assert bridged_in(PLAN) == [BOARD, PROJECTOR, HEADSET]
    rights = own_rights((), PLAN)
    bridge = rights[rights.index("user bridge") : rights.index("user caretaker")]
    assert f"topic write dev/{BOARD}/state\n" in bridge
    assert "dev-tablet" not in bridge


def test_every_topic_on_the_rooms_broker_that_a_device_may_write_is_named_whole() -> None:
    written = [line for line in network_rights(PLAN).splitlines() if " write " in line]
    assert not any(letter in line for line in written for letter in "+#")
    assert sum("freekiosk" in line for line in written) == 2


def test_edge_may_ask_a_tablet_only_where_the_plan_allows_something() -> None:
    asked = [line for line in own_rights((), PLAN).splitlines() if "/set/" in line]
    assert asked == ["topic write freekiosk/tablet_01/set/screen", "topic write freekiosk/tablet_01/set/volume"]
    mute = msgspec.structs.replace(TABLET, commands=())
    assert "/set/" not in own_rights((), plan(devices=(mute,)))


def test_a_guest_has_its_trees_a_zigbee_device_has_its_sticks_and_a_tablet_is_no_guest() -> None:
    rights = guest_rights(PLAN, [PLUG, ESP, DOOR, STICK, KIOSK, "dev-tablet", "dev-new"])
    blocks = {block.partition("\n")[0]: block for block in rights.split("user ")[1:]}
    assert set(blocks) == {PLUG, ESP, DOOR, STICK, "dev-new"}
    denied = [line for line in blocks[PLUG].splitlines() if "deny" in line]
    assert [line for line in blocks[PLUG].splitlines()[1:] if line not in denied] == [
        "topic read homeassistant/status",
        "topic write homeassistant/+/+/config",
        "topic write homeassistant/+/+/+/config",
        "topic write tasmota/discovery/+/config",
        "topic write tasmota/discovery/+/sensors",
        "topic readwrite plug-1/#",
        "topic write tele/plug-1/#",
        "topic write stat/plug-1/#",
        "topic read cmnd/plug-1/#",
    ]
    others = [DOOR, ESP, "dev-new", STICK, "garden", "zigbee2mqtt"]
    assert denied == [
        f"topic deny homeassistant/+/{one}/{rest}" for one in sorted(others) for rest in ("config", "+/config")
    ]
    assert "zigbee2mqtt" not in blocks[DOOR]
    assert blocks["dev-new"].splitlines()[1:] == [
        "topic read homeassistant/status",
        "topic write homeassistant/+/dev-new/config",
        "topic write homeassistant/+/dev-new/+/config",
    ]


def test_edge_may_switch_what_the_plan_allows_and_give_no_other_command() -> None:
    written = {line.removeprefix("topic write ") for line in guest_own_rights(PLAN).splitlines() if "write" in line}
    assert written == set(switch_topics("plug-1"))
    assert not any(word in line for line in written for word in ("#", "Backlog"))
    assert all(one in written for one in ("cmnd/plug-1/POWER", "cmnd/plug-1/POWER2", "plug-1/cmnd/POWER"))
    assert all(switches(one, "plug-1") for one in ("plug-1/set", "plug-1/switch/relay/command", "cmnd/plug-1/POWER1"))
    assert not any(switches(one, "plug-1") for one in ("cmnd/plug-1/Backlog", "plug-1/cmnd/OtaUrl", "plug-2/set"))


@pytest.mark.parametrize(
    "name",
    [
        "tele",
        "cmnd",
        "homeassistant",
        "dev",
        "freekiosk",
        "bridge",
        "+",
        "a/+",
        "a/#",
        "a//b",
        "a\nuser b",
        "a/b\nuser c",
    ],
)
def test_a_name_that_is_somebody_elses_or_none_gives_no_right_at_all(name: str) -> None:
    wanted = plan(devices=(_foreign("dev-x", name), _foreign("dev-y", name, MqttDialect.FREEKIOSK)))
    assert guest_names(wanted) == kiosk_names(wanted) == {}
    assert "readwrite" not in guest_rights(wanted, ["dev-x"])
    assert network_rights(wanted) == DEVICE_RIGHTS
    assert "write" not in guest_own_rights(wanted)


def test_of_two_devices_with_one_name_the_first_has_it() -> None:
    twins = plan(devices=(_foreign("dev-a", "lamp"), _foreign("dev-b", "lamp")))
    assert guest_names(twins) == {"dev-a": "lamp"}
    kiosks = plan(
        devices=(_foreign("dev-a", "Lớp", MqttDialect.FREEKIOSK), _foreign("dev-b", "T 1", MqttDialect.FREEKIOSK))
    )
    assert kiosk_names(kiosks) == {"dev-b": "t_1"}


@given(st.text(max_size=130))
def test_no_name_breaks_a_line_of_the_rights(name: str) -> None:
    if is_name(name):
        wanted = plan(devices=(_foreign("dev-x", name), _foreign("dev-y", name, MqttDialect.FREEKIOSK)))
        for text in (guest_rights(wanted, ["dev-x"]), guest_own_rights(wanted), network_rights(wanted)):
            assert all(line.startswith(("user ", "topic ", "pattern ")) for line in text.split("\n") if line)
            assert {line for line in text.split("\n") if line.startswith("user ")} <= {
                "user dev-x",
                "user dev-y",
                "user edge",
            }


NAMES = st.sampled_from(["plug-1", "garden", "zigbee2mqtt", "zigbee2mqtt/Cửa", "x"])


@given(NAMES, st.sampled_from(["tele/{}/STATE", "{}/x", "{}", "stat/{}/POWER", "other/{}/x", "{}x/y"]), NAMES)
def test_what_is_in_a_devices_tree_is_what_is_subscribed_for_it(name: str, form: str, of: str) -> None:
    topic = form.format(of)
    subscribed = any(
        topic == one or (one.endswith("/#") and (topic + "/").startswith(one[:-1])) for one in trees_of([name])
    )
    assert not is_below(topic, name) or subscribed
    assert tells_presence(topic, name) or not subscribed


def test_whose_a_topic_is() -> None:
    assert home_of("tele/plug-1/STATE", []) == home_of("plug-1/x/state", []) == "plug-1"
    assert home_of("zigbee2mqtt/Cửa", ["zigbee2mqtt/bridge/state"]) == "zigbee2mqtt/Cửa"
    assert home_of("zigbee2mqtt/bridge/info", ["zigbee2mqtt/bridge/state"]) == "zigbee2mqtt"
