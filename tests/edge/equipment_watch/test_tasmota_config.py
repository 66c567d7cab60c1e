"""Tasmota's own announcement: read as another program reads it, and refused where it is not what it should be."""

from datetime import UTC, datetime

import pytest
from hatasmota.discovery import (  # type: ignore[import-untyped]  # the library says no types
    TasmotaDiscoveryMsg,
    get_entities_for_platform,
)
from hatasmota.sensor import get_sensor_entities  # type: ignore[import-untyped]  # as above
from hypothesis import given
from hypothesis import strategies as st

from edge.equipment_watch.home_assistant import HomeAssistant
from edge.equipment_watch.tasmota_config import (
    TasmotaDevice,
    TasmotaSensors,
    announcement_of,
    read_device,
    read_sensors,
)
from edge.equipment_watch.words import Heard, OnlineHeard, Outgoing, ReadingsHeard, StrangerHeard, Unreadable
from models.measurements import Value
from models.room_messages import DeviceCommand, DeviceCommandName
from tests.builders.foreign_devices import GUESTS, PLUG, payload_of, tasmota_itself
from tests.builders.room_plans import plan

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
CONFIG, SENSORS = tasmota_itself()


class Room:
    """A dialect that knows the plug."""

    def __init__(self) -> None:
        self.dialect = HomeAssistant(plan(devices=GUESTS))

    def hear(self, topic: str, payload: bytes) -> tuple[Heard, ...]:
        return self.dialect.hear(f"guests/{topic}", payload, NOW)

    def values(self, topic: str, payload: bytes) -> dict[str, Value]:
        return {
            name: value
            for word in self.hear(topic, payload)
            if isinstance(word, ReadingsHeard)
            for name, value in word.values.items()
        }


def _announced(*messages: tuple[str, object]) -> Room:
    room = Room()
    for topic, words in messages or (CONFIG, SENSORS):
        assert isinstance(words, dict)
        room.hear(topic, payload_of(words))
    return room


@pytest.mark.parametrize("messages", [(CONFIG, SENSORS), (SENSORS, CONFIG)], ids=["device first", "sensors first"])
def test_its_relay_and_its_sensors_are_read(messages: tuple[tuple[str, object], ...]) -> None:
    room = _announced(*messages)
    said = (
        b'{"ENERGY":{"Power":80,"Voltage":229,"Total":1.5,"Current":0.3},"DS18B20":{"Temperature":77.0},"TempUnit":"F"}'
    )
    assert room.values("tele/plug-1/SENSOR", said) == {
        "electric_power": 80,
        "voltage": 229,
        "energy": 1.5,
        "temperature": 25.0,
    }
    assert room.values("tele/plug-1/STATE", b'{"POWER":"ON"}') == {"power": "on"}
    assert room.values("stat/plug-1/RESULT", b'{"POWER":"OFF"}') == {"power": "off"}
    assert room.hear("stat/plug-1/RESULT", b'{"Command":"Unknown"}') == ()
    assert room.hear("tele/plug-1/LWT", b"Offline") == (OnlineHeard(device_id=PLUG, on=False),)


def test_it_is_switched_where_another_program_would_switch_it() -> None:
    room = _announced()
    command = DeviceCommand(id="c", name=DeviceCommandName.SWITCH_OFF, expires_at=0)
    (said,) = room.dialect.say(PLUG, command)
    assert said == Outgoing(topic="guests/cmnd/plug-1/POWER", payload=b"OFF")


def test_another_program_finds_the_same_relay_and_sensors_at_the_same_topics() -> None:
    device, sensors = read_device(payload_of(CONFIG[1])), read_sensors(payload_of(SENSORS[1]))
    assert isinstance(device, TasmotaDevice)
    assert isinstance(sensors, TasmotaSensors)
    ours = announcement_of(device, sensors).entities
    message = TasmotaDiscoveryMsg(dict(CONFIG[1]))
    theirs = {
        (one.state_topic1, tuple(one.value_path), one.availability_topic)
        for one, _ in get_sensor_entities(dict(SENSORS[1]), message)
    }
    relays = [one for one, _ in get_entities_for_platform(message, "switch") if one is not None]
    assert len(relays) == 1
    for entity in ours:
        (there,) = entity.availability
        if entity.command is None:
            assert (entity.state_topic, entity.template.path, there.topic) in theirs
        else:
            (relay,) = relays
            assert (entity.state_topic, entity.also_at) == (relay.state_topic, relay.result_topic)
            assert entity.command.topic.startswith(relay.command_topic)
    assert len(ours) == 5


def test_one_that_nobody_planned_is_found() -> None:
    topic, words = tasmota_itself("other")[0]
    (heard,) = Room().hear(topic, payload_of(words))
    assert isinstance(heard, StrangerHeard)
    assert (heard.found.where, heard.found.maker, heard.found.model) == ("mqtt other", "Tasmota", "Sonoff S31")


def test_an_empty_announcement_takes_it_away() -> None:
    room = _announced()
    assert room.hear(CONFIG[0], b"")
    assert room.values("tele/plug-1/STATE", b'{"POWER":"ON"}') == {}


@pytest.mark.parametrize(
    "change", [{"ft": "x/%topic%/%prefix%/"}, {"tp": ["a", "b", "c"]}, {"t": 5}, {"state": []}, {"rl": "no"}]
)
def test_what_is_not_tasmotas_is_counted(change: dict[str, object]) -> None:
    (heard,) = Room().hear(CONFIG[0], payload_of({**CONFIG[1], **change}))
    assert isinstance(heard, Unreadable)


def test_a_topic_that_is_no_devices_gives_nothing() -> None:
    for topic in ("garden/plug-1", "#", "homeassistant", ""):
        for word in Room().hear(CONFIG[0], payload_of({**CONFIG[1], "t": topic})):
            assert isinstance(word, Unreadable)


def test_a_second_announcement_with_the_words_turned_round_changes_nothing() -> None:
    room = _announced()
    evil = {**CONFIG[1], "state": ["ON", "OFF", "TOGGLE", "HOLD"]}
    heard = room.hear("tasmota/discovery/AABBCC/config", payload_of(evil))
    assert heard == (Unreadable(device_id=PLUG, why="a switch whose words are turned round"),)
    assert room.values("tele/plug-1/STATE", b'{"POWER":"ON"}') == {"power": "on"}


def test_several_relays_have_numbers() -> None:
    room = _announced((CONFIG[0], {**CONFIG[1], "rl": [1, 1, 2, 0]}))
    assert room.values("tele/plug-1/STATE", b'{"POWER1":"ON","POWER2":"OFF"}') == {"power": "on", "power_2": "off"}


@given(st.sampled_from(["config", "sensors", "x"]), st.binary(max_size=100), st.text(max_size=10))
def test_no_bytes_raise(lane: str, payload: bytes, address: str) -> None:
    assert isinstance(Room().hear(f"tasmota/discovery/{address}/{lane}", payload), tuple)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["ENERGY", "Power", "TempUnit", "Temperature", "x"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(JSON)
def test_no_sensors_raise(sensors: object) -> None:
    room = _announced(CONFIG)
    room.hear(SENSORS[0], payload_of({"sn": sensors}))
    room.hear("tele/plug-1/SENSOR", payload_of({"ENERGY": sensors}))
