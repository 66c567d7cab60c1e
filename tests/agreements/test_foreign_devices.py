"""Devices that were made by others, on real brokers: a program that is not ours announces, is read and is switched.

`ha-mqtt-discoverable` publishes what Home Assistant's discovery expects; it knows nothing of our reader. Also the
other way: what we announce reaches whoever looks on.
"""

import json
import queue
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from ha_mqtt_discoverable import DeviceInfo, Settings
from ha_mqtt_discoverable.sensors import BinarySensor, BinarySensorInfo, Sensor, SensorInfo, Switch, SwitchInfo

from edge.equipment_watch.freekiosk import FreeKiosk
from edge.equipment_watch.home_assistant import HomeAssistant
from edge.equipment_watch.listener import EquipmentListener
from edge.equipment_watch.orders import DeviceOrder
from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.two_brokers import join_brokers
from edge.equipment_watch.watch import Questions, Watch
from models.clock import SystemClock
from models.room_messages import DeviceCommandName, DeviceOutcome, State, encode_room
from models.telemetry import Alert, AskedBy, CommandRow, DeviceWord, Found, Row
from models.wire.broker_session import BrokerSession, Connected, SessionState
from models.wire.mqtt_session import MqttSession, Pace
from tests.builders.foreign_devices import FREEKIOSK_STATE, KIOSK, PLUG
from tests.builders.needed_programs import need
from tests.builders.planned_room import Device, PlannedRoom
from tests.builders.room_plans import BOARD, SENSOR
from tests.fakes.running_mosquitto import mosquitto_program

SECONDS = 30
R = TypeVar("R", DeviceWord, Found)


class Watched:
    """The room with the box's ear on both brokers; rows as they come."""

    def __init__(self, folder: Path) -> None:
        self.room = PlannedRoom(folder)
        self.rows: queue.Queue[Row] = queue.Queue()
        self.ended: queue.Queue[CommandRow] = queue.Queue()
        self.guests: queue.Queue[SessionState] = queue.Queue()
        self.listener = EquipmentListener(
            make_session=self._join,
            dialects=(OwnDialect, FreeKiosk, HomeAssistant),
            watch=Watch(SystemClock(), Questions(may_fire=lambda _rule, _day: True)),
            store=self,
            ended=self.ended.put,
            clock=SystemClock(),
        )

    def start(self) -> None:
        self.room.room.start()
        self.room.guests.start()
        self.listener.start(self.room.plan)

    def stop(self) -> None:
        self.listener.stop()
        self.room.close()

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows.put(row)

    def time_passed(self) -> None:
        pass

    def open_alerts(self) -> list[Alert]:
        return []

    def wait_for_guests(self) -> None:
        """Until the ear is on the guests' broker (again)."""
        while self.guests.get(timeout=SECONDS) != Connected():
            pass

    def wait_for(self, kind: type[R], fits: Callable[[R], bool]) -> R:
        while True:
            row = self.rows.get(timeout=SECONDS)
            if isinstance(row, kind) and fits(row):
                return row

    def _join(self, filters: Sequence[str]) -> BrokerSession:
        places = self.room.places
        return join_brokers(
            filters,
            lambda own: self._session(places.own_port, own),
            lambda foreign: self._session(places.guest_own_port, foreign),
            self.guests.put,
        )

    def _session(self, port: int, filters: Sequence[str]) -> MqttSession:
        address = self.room.own_address("edge", port)
        return MqttSession(address, "edge", filters, Pace(longest_wait_seconds=0.2))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    need("mosquitto", mosquitto_program())
    made = Watched(tmp_path)
    made.start()
    yield made
    made.stop()


def _settings(device: Device, name: str) -> Settings.MQTT:
    return Settings.MQTT(client=device.client, state_prefix=name)


def test_a_program_that_is_not_ours_announces_itself_is_read_and_is_switched(watched: Watched) -> None:
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
    watched.listener.ask(
        DeviceOrder(
            command_id="order-1", device_id=PLUG, name=DeviceCommandName.SWITCH_OFF, asked=AskedBy.PERSON,
            by="order-1", asked_at=SystemClock().now(),
        )
    )  # fmt: skip
    assert asked.get(timeout=SECONDS) == b"OFF"
    relay.off()  # type: ignore[no-untyped-call]  # as above
    assert watched.ended.get(timeout=SECONDS).outcome is DeviceOutcome.DONE


def test_a_device_that_nobody_planned_is_shown_to_it_staff(watched: Watched) -> None:
    device = watched.room.guest("dev-new")
    about = DeviceInfo(name="Trạm mới", identifiers="new", manufacturer="X", model="M1")
    info = SensorInfo(name="air", unique_id="t", device=about, device_class="temperature", unit_of_measurement="°C")
    Sensor(Settings(mqtt=_settings(device, "station"), entity=info)).set_state(20)
    found = watched.wait_for(Found, lambda row: row.what == "Trạm mới")
    assert (found.where, found.maker, found.model) == ("mqtt station", "X", "M1")
    assert json.loads(found.link)["name"] == "station"


def test_a_tablet_is_heard_and_its_page_goes_no_further(watched: Watched) -> None:
    watched.room.room_device(KIOSK).say("freekiosk/tablet_01/state", FREEKIOSK_STATE, retain=True)
    word = watched.wait_for(DeviceWord, lambda row: row.device == KIOSK and "battery" in row.values)
    assert word.values["battery"] == 85
    assert word.firmware == "FreeKiosk 1.2.12"
    assert "hoc.example" not in repr(word)


def test_whoever_looks_on_sees_the_rooms_devices_announced_and_taken_back(watched: Watched) -> None:
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


def test_the_rooms_broker_is_heard_while_the_guests_is_away(watched: Watched) -> None:
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
