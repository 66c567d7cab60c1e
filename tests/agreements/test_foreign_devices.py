"""Devices that were made by others, on real brokers: a program that is not ours announces, is read and is switched.

`ha-mqtt-discoverable` publishes what Home Assistant's discovery expects; it knows nothing of our reader. Also the
other way: what we announce reaches whoever looks on.
"""

import json
import queue
from collections.abc import Iterator
from pathlib import Path

import pytest
from ha_mqtt_discoverable import DeviceInfo, Settings
from ha_mqtt_discoverable.sensors import BinarySensor, BinarySensorInfo, Sensor, SensorInfo, Switch, SwitchInfo

from models.room_messages import DeviceCommandName, DeviceOutcome, State, encode_room
from models.telemetry import DeviceWord, Found
from tests.builders.foreign_devices import FREEKIOSK_STATE, KIOSK, PLUG
from tests.builders.listening_room import SECONDS, ListeningRoom
from tests.builders.needed_programs import need
from tests.builders.planned_room import Device
from tests.builders.room_plans import BOARD, SENSOR
from tests.fakes.running_mosquitto import mosquitto_program


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[ListeningRoom]:
    need("mosquitto", mosquitto_program())
    made = ListeningRoom(tmp_path)
    made.start()
    yield made
    made.stop()


def _settings(device: Device, name: str) -> Settings.MQTT:
    return Settings.MQTT(client=device.client, state_prefix=name)


def test_a_program_that_is_not_ours_announces_itself_is_read_and_is_switched(watched: ListeningRoom) -> None:
    watched.wait_for_guests()
    device = watched.room.guest(PLUG)
    mqtt, about = _settings(device, "plug-1"), DeviceInfo(name="Ổ cắm", identifiers="plug-1", manufacturer="X")
    asked: queue.Queue[bytes] = queue.Queue()
    relay = Switch(
        Settings(mqtt=mqtt, entity=SwitchInfo(name="relay", unique_id="r", device=about)),
        lambda _client, _userdata, message: asked.put(bytes(message.payload)),
    )
    warm = SensorInfo(name="air", unique_id="t", device=about, device_class="temperature", unit_of_measurement="°C")
    thermometer = Sensor(Settings(mqtt=mqtt, entity=warm))
    contact = BinarySensorInfo(name="lid", unique_id="d", device=about, device_class="door")
    door = BinarySensor(Settings(mqtt=mqtt, entity=contact))
    relay.on()  # type: ignore[no-untyped-call]  # the library says no types here
    thermometer.set_state(24.5)
    door.on()
    wanted = {"power": "on", "temperature": 24.5, "door": True}
    word = watched.wait_for(DeviceWord, lambda row: row.device == PLUG and row.values == wanted)
    assert word.online
    watched.ask(PLUG, DeviceCommandName.SWITCH_OFF)
    assert asked.get(timeout=SECONDS) == b"OFF"
    relay.off()  # type: ignore[no-untyped-call]  # as above
    assert watched.ended.get(timeout=SECONDS).outcome is DeviceOutcome.DONE


def test_a_device_that_nobody_planned_is_shown_to_it_staff(watched: ListeningRoom) -> None:
    device = watched.room.guest("dev-new")
    about = DeviceInfo(name="dev-new", identifiers="new", manufacturer="X", model="M1")
    info = SensorInfo(name="air", unique_id="t", device=about, device_class="temperature", unit_of_measurement="°C")
    Sensor(Settings(mqtt=_settings(device, "station"), entity=info)).set_state(20)
    found = watched.wait_for(Found, lambda row: row.what == "dev-new")
    assert (found.where, found.maker, found.model) == ("mqtt station", "X", "M1")
    assert json.loads(found.link)["name"] == "station"


def test_a_tablet_is_heard_and_its_page_goes_no_further(watched: ListeningRoom) -> None:
    watched.room.room_device(KIOSK).say("freekiosk/tablet_01/state", FREEKIOSK_STATE, retain=True)
    word = watched.wait_for(DeviceWord, lambda row: row.device == KIOSK and "battery" in row.values)
    assert word.values["battery"] == 85
    assert word.firmware == "FreeKiosk 1.2.12"
    assert "hoc.example" not in repr(word)


def test_whoever_looks_on_sees_the_rooms_devices_announced_and_taken_back(watched: ListeningRoom) -> None:
    viewer = watched.room.own("viewer", watched.room.places.own_port, "homeassistant/#")
    bridge = watched.room.own("bridge", watched.room.places.own_port)
    bridge.session.publish_retained(f"dev/{BOARD}/state", encode_room(State(at=0, values={"power": "on"})))
    topic, payload = viewer.heard()
    assert topic == f"homeassistant/device/{BOARD}/config"
    assert set(json.loads(payload)["cmps"]) == {"power"}
    others = tuple(one for one in watched.room.plan.devices if one.device_id != BOARD)
    watched.listener.follow(watched.room.take_plan(*others))
    assert viewer.heard() == (topic, b"")
    state = encode_room(State(at=0, values={"temperature": 25.0}))
    watched.room.room_device(SENSOR).say(f"dev/{SENSOR}/state", state, retain=True)
    assert viewer.heard()[0] == f"homeassistant/device/{SENSOR}/config"


def test_the_rooms_broker_is_heard_while_the_guests_is_away(watched: ListeningRoom) -> None:
    watched.wait_for_guests()
    watched.room.guests.kill()
    state = encode_room(State(at=0, values={"temperature": 25.0}))
    watched.room.room_device(SENSOR).say(f"dev/{SENSOR}/state", state, retain=True)
    watched.wait_for(DeviceWord, lambda row: row.device == SENSOR and row.values == {"temperature": 25.0})
    watched.room.guests.start()
    watched.wait_for_guests()
    device = watched.room.guest(PLUG)
    about = DeviceInfo(name="Ổ cắm", identifiers="plug-1")
    info = SensorInfo(name="power", unique_id="p", device=about, device_class="power", unit_of_measurement="W")
    Sensor(Settings(mqtt=_settings(device, "plug-1"), entity=info)).set_state(40)
    word = watched.wait_for(DeviceWord, lambda row: row.device == PLUG and "electric_power" in row.values)
    assert word.values == {"electric_power": 40}
