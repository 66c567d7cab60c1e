"""The box's ear on a real Mosquitto, with the rights of a room's broker: words now and before, and orders."""

import getpass
import queue
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from edge.equipment_watch.listener import EquipmentListener
from edge.equipment_watch.orders import DeviceOrder
from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.watch import Questions, Watch
from models.clock import SystemClock
from models.enrollment import CertificateRole
from models.room_messages import (
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Entry,
    Online,
    State,
    decode_room,
    encode_room,
)
from models.telemetry import Alert, AskedBy, CommandRow, DeviceWord, RawValues, Row
from models.wire.broker_session import BrokerSession
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from models.wire.room_topics import RoomLane, room_topic
from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.brokers.room_passwords import own_password_file
from tests.builders.broker_client import BrokerClient
from tests.builders.needed_programs import need
from tests.builders.room_plans import BOARD, plan
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.running_mosquitto import MosquittoProcess, free_port, mosquitto_program

SECONDS = 30


class Shelf:
    """Rows as they come, for a test that waits."""

    def __init__(self) -> None:
        self.rows: queue.Queue[Row] = queue.Queue()

    def add(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.rows.put(row)

    def time_passed(self) -> None:
        pass

    def open_alerts(self) -> list[Alert]:
        return []

    def wait_for(self, fits: Callable[[DeviceWord], bool]) -> DeviceWord:
        while True:
            row = self.rows.get(timeout=SECONDS)
            if isinstance(row, DeviceWord) and fits(row):
                return row

    def wait_for_raw(self) -> RawValues:
        while not isinstance(row := self.rows.get(timeout=SECONDS), RawValues):
            pass
        return row


class Room:
    """A room's broker, the bridge on it, and the edge's listener."""

    def __init__(self, folder: Path) -> None:
        served = TransportAuthority(folder=folder / "pki").issue("localhost", CertificateRole.ROOM_BROKER)
        self.folder = folder / "room-broker"
        self.folder.mkdir(parents=True)
        self.places = RoomPlaces(bind="127.0.0.1", port=free_port(), own_port=free_port())
        files = RoomBrokerFiles(certificate=served.certificate, key=served.key, passwords=self.folder / "passwords")
        self.broker = MosquittoProcess(
            write_room_broker(self.folder, files, self.places, bridged=[BOARD], run_as=getpass.getuser())
        )
        self.broker.start()
        self.bridge = BrokerClient(self.address("bridge"), "bridge", "dev/+/cmd").wait_until_in()
        self.shelf = Shelf()
        self.ended: queue.Queue[CommandRow] = queue.Queue()
        self.listener = EquipmentListener(
            make_session=self._session,
            dialects=(OwnDialect,),
            watch=Watch(SystemClock(), Questions(may_fire=lambda _rule, _day: True)),
            store=self.shelf,
            ended=self.ended.put,
            clock=SystemClock(),
        )

    def address(self, name: str) -> BrokerAddress:
        return BrokerAddress(
            host="127.0.0.1",
            port=self.places.own_port,
            authority=None,
            user_name=name,
            password_file=own_password_file(self.folder, name),
        )

    def stop(self) -> None:
        self.listener.stop()
        self.bridge.session.stop()
        self.broker.stop()

    def _session(self, filters: Sequence[str]) -> BrokerSession:
        return MqttSession(self.address("edge"), "edge", filters, Pace(longest_wait_seconds=0.2))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    need("mosquitto", mosquitto_program())
    made = Room(tmp_path)
    yield made
    made.stop()


def test_what_was_retained_is_told_from_what_is_said_now_and_an_order_goes_there_and_back(room: Room) -> None:
    state = room_topic(BOARD, RoomLane.STATE)
    room.bridge.session.publish_retained(state, encode_room(State(at=0, values={"power": "on"})))
    room.bridge.session.publish_retained(room_topic(BOARD, RoomLane.ONLINE), encode_room(Online(on=True, session="b")))
    room.listener.start(plan())
    known = room.shelf.wait_for(lambda word: word.device == BOARD)
    assert (known.values, known.heard_at) == ({"power": "on"}, None)

    room.bridge.session.publish_retained(state, encode_room(State(at=0, values={"power": "on"})))
    said = room.shelf.wait_for(lambda word: word.device == BOARD and word.online)
    assert said.heard_at is not None

    room.listener.ask(
        DeviceOrder(
            command_id="order-1", device_id=BOARD, name=DeviceCommandName.POWER_OFF, asked=AskedBy.PERSON,
            by="order-1", asked_at=SystemClock().now(),
        )
    )  # fmt: skip
    topic, payload = room.bridge.messages.get(timeout=SECONDS)
    assert (topic, decode_room(payload, DeviceCommand).name) == (f"dev/{BOARD}/cmd", DeviceCommandName.POWER_OFF)
    done = DeviceResult(id="order-1", outcome=DeviceOutcome.DONE, at=0)
    room.bridge.session.publish(room_topic(BOARD, RoomLane.RESULT), encode_room(done))
    assert room.ended.get(timeout=SECONDS).outcome is DeviceOutcome.DONE


def test_a_boards_readings_leave_the_room_as_they_are_when_a_person_asks(room: Room) -> None:
    def say(value: float) -> None:
        batch = Batch(bn=BOARD, e=(Entry(n="temperature", x=value, u="Cel"),))
        room.bridge.session.publish(room_topic(BOARD, RoomLane.TELEMETRY), encode_room(batch))

    state = encode_room(State(at=0, values={"power": "on"}))
    room.bridge.session.publish_retained(room_topic(BOARD, RoomLane.STATE), state)
    room.listener.start(plan())
    room.shelf.wait_for(lambda word: word.device == BOARD)
    say(24.5)
    room.shelf.wait_for(lambda word: word.values.get("temperature") == 24.5)
    room.listener.ask(
        DeviceOrder(
            command_id="order-1", device_id=BOARD, name=DeviceCommandName.TELL_READINGS, argument="10",
            asked=AskedBy.PERSON, by="order-1", asked_at=SystemClock().now(),
        )
    )  # fmt: skip
    assert room.ended.get(timeout=SECONDS).outcome is DeviceOutcome.DONE
    say(24.625)
    row = room.shelf.wait_for_raw()
    assert [(one.metric, one.value, one.unit) for one in row.values] == [("temperature", 24.625, "Cel")]
    assert room.bridge.messages.empty(), "the board is asked nothing"


def test_a_broker_that_dies_and_returns_is_heard_again(room: Room) -> None:
    room.listener.start(plan())
    state = room_topic(BOARD, RoomLane.STATE)
    room.bridge.session.publish_retained(state, encode_room(State(at=0, values={"power": "on"})))
    room.shelf.wait_for(lambda word: word.device == BOARD and word.values == {"power": "on"})
    room.broker.kill()
    room.broker.start()
    room.bridge.wait_until_in()
    room.bridge.session.publish_retained(state, encode_room(State(at=0, values={"power": "standby"})))
    room.shelf.wait_for(lambda word: word.device == BOARD and word.values == {"power": "standby"})
