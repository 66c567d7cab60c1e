"""The listener without a network: plans, sessions, retained words, orders, and the bridge's own words."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import pytest

from edge.equipment_watch.flood_gate import MOST_GUESTS
from edge.equipment_watch.home_assistant import HomeAssistant
from edge.equipment_watch.listener import TURN_MS, EquipmentListener
from edge.equipment_watch.orders import DeviceOrder
from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.two_brokers import join_brokers
from edge.equipment_watch.watch import Questions, Watch
from edge.equipment_watch.words import Heard, Outgoing
from models.room_messages import (
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Entry,
    Online,
    RoomMessage,
    State,
    decode_room,
    encode_room,
)
from models.telemetry import Alert, AskedBy, CommandRow, DeviceWord, Found, Row
from models.wire.broker_session import BrokerSession
from models.wire.room_topics import BRIDGE_FOUND, BRIDGE_ONLINE, RoomLane, room_topic
from tests.builders.foreign_devices import esphome, payload_of
from tests.builders.room_plans import BOARD, SENSOR, TABLET, plan
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.manual_clock import ManualClock


class Shelf:
    """A store in memory."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def add(self, rows: Sequence[Row]) -> None:
        self.rows += rows

    def time_passed(self) -> None:
        pass

    def open_alerts(self) -> list[Alert]:
        return []


class Room:
    """A listener that the test turns by hand, and a broker with a bridge on it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.broker = InMemoryBroker()
        self.shelf = Shelf()
        self.ended: list[CommandRow] = []
        self.sessions: list[tuple[str, ...]] = []
        self.bridge = self.broker.session("bridge", ["dev/+/cmd"])
        self.commands: list[tuple[str, DeviceCommand]] = []
        self.bridge.start(
            lambda topic, payload: self.commands.append((topic, decode_room(payload, DeviceCommand))), lambda _: None
        )
        self.listener = EquipmentListener(
            make_session=self._session,
            dialects=(OwnDialect,),
            watch=Watch(self.clock, Questions(may_fire=lambda _rule, _day: True)),
            store=self.shelf,
            ended=self.ended.append,
            clock=self.clock,
        )

    def say(self, device_id: str, lane: RoomLane, message: RoomMessage) -> None:
        """As a device or the bridge says it: states are retained."""
        retained = lane in (RoomLane.STATE, RoomLane.ONLINE, RoomLane.ABOUT)
        publish = self.bridge.publish_retained if retained else self.bridge.publish
        publish(room_topic(device_id, lane), encode_room(message))

    def turn(self, seconds: float = 1) -> None:
        self.clock.advance(seconds=seconds)
        self.listener.look()

    def words(self, device_id: str) -> list[DeviceWord]:
        return [row for row in self.shelf.rows if isinstance(row, DeviceWord) and row.device == device_id]

    def order(self, name: DeviceCommandName) -> DeviceOrder:
        return DeviceOrder(
            command_id="order-1", device_id=BOARD, name=name, asked=AskedBy.PERSON, by="order-1",
            asked_at=self.clock.now(),
        )  # fmt: skip

    def _session(self, filters: Sequence[str]) -> BrokerSession:
        self.sessions.append(tuple(filters))
        return self.broker.session("edge", filters)


@pytest.fixture
def room() -> Room:
    return Room()


def test_without_a_plan_nothing_is_heard_and_with_one_everything_of_its_devices(room: Room) -> None:
    room.turn()
    assert room.sessions == []
    room.listener.follow(plan())
    room.turn()
    room.say(BOARD, RoomLane.STATE, State(at=0, values={"power": "on"}))
    room.say(SENSOR, RoomLane.TELEMETRY, Batch(bn=SENSOR, e=(Entry(n="co2", x=500.0),)))
    room.turn()
    assert room.words(BOARD)[-1].values == {"power": "on"}
    assert room.words(SENSOR)[-1].online


def test_a_new_plan_begins_a_new_session_in_which_what_is_retained_is_heard_again(room: Room) -> None:
    room.say(BOARD, RoomLane.STATE, State(at=0, values={"power": "on"}))
    room.say(BOARD, RoomLane.ONLINE, Online(on=True, session="s"))
    room.listener.follow(plan(devices=()))
    room.turn()
    room.listener.follow(plan(2))
    room.turn()
    room.turn()
    assert len(room.sessions) == 2
    word = room.words(BOARD)[-1]
    assert (word.values, word.heard_at, word.online) == ({"power": "on"}, None, False)


def test_an_order_goes_to_the_bridge_and_its_answer_comes_back(room: Room) -> None:
    room.listener.follow(plan())
    room.listener.ask(room.order(DeviceCommandName.POWER_OFF))
    room.turn()
    ((topic, command),) = room.commands
    assert (topic, command.id, command.name) == (f"dev/{BOARD}/cmd", "order-1", DeviceCommandName.POWER_OFF)
    room.say(BOARD, RoomLane.RESULT, DeviceResult(id="order-1", outcome=DeviceOutcome.DONE, at=0))
    room.turn()
    assert [row.outcome for row in room.ended] == [DeviceOutcome.DONE]
    assert room.ended[0] in room.shelf.rows


def test_a_find_that_cannot_be_read_hides_no_other(room: Room) -> None:
    room.listener.follow(plan())
    room.turn()
    good = Found(where="/dev/serial/by-id/x", what="link v1", confidence=0.9, at=room.clock.now())
    bad = msgspec.structs.replace(good, where="/dev/y", model="x" * 121)
    room.bridge.publish_retained(BRIDGE_FOUND, msgspec.json.encode([bad, good]))
    room.turn()
    assert [row for row in room.shelf.rows if isinstance(row, Found)] == [good]


def test_the_bridges_finds_are_told_and_its_end_ends_its_devices(room: Room) -> None:
    room.listener.follow(plan())
    room.turn()
    found = [Found(where="/dev/serial/by-id/x", what="link v1", confidence=0.9, at=room.clock.now())]
    room.bridge.publish_retained(BRIDGE_FOUND, msgspec.json.encode(found))
    room.say(BOARD, RoomLane.ONLINE, Online(on=True, session="b1"))
    room.turn()
    assert [row for row in room.shelf.rows if isinstance(row, Found)] == found
    assert room.words(BOARD)[-1].online
    room.bridge.publish_retained(BRIDGE_ONLINE, encode_online(on=False))
    room.bridge.publish(BRIDGE_FOUND, b"[")
    room.turn(3)
    room.turn(3)
    assert not room.words(BOARD)[-1].online


def encode_online(*, on: bool) -> bytes:
    return msgspec.json.encode(Online(on=on, session="b1"))


def test_one_flooding_device_delays_no_other(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    room.listener.follow(plan())
    room.turn()
    for number in range(5000):
        room.say(SENSOR, RoomLane.TELEMETRY, Batch(bn=SENSOR, e=(Entry(n="co2", x=float(400 + number % 9)),)))
    room.say(TABLET, RoomLane.TELEMETRY, Batch(bn=TABLET, e=(Entry(n="battery", x=50.0),)))
    room.turn()
    assert room.words(TABLET)[-1].values == {"battery": 50.0}
    room.turn(61)
    assert "4900 of its messages were dropped" in caplog.text


class SlowWords:
    """A dialect for which every word takes a third of a turn."""

    def __init__(self, room: Room) -> None:
        self.heard: list[str] = []
        self._room = room

    def filters(self) -> tuple[str, ...]:
        return ("dev/+/tm",)

    def hear(self, topic: str, _payload: bytes, _arrived_at: datetime) -> tuple[Heard, ...]:
        self.heard.append(topic)
        self._room.clock.advance(seconds=TURN_MS / 2500)
        return ()

    def say(self, _device_id: str, _command: DeviceCommand) -> tuple[Outgoing, ...]:
        return ()

    def answers(self, _device_id: str) -> bool:
        return False


def test_a_turn_ends_though_more_waits_and_the_next_takes_it() -> None:
    room = Room()
    slow = SlowWords(room)
    listener = EquipmentListener(
        make_session=lambda filters: room.broker.session("edge", filters), dialects=(lambda _plan: slow,),
        watch=Watch(room.clock, Questions(may_fire=lambda _rule, _day: True)),
        store=room.shelf, ended=room.ended.append, clock=room.clock,
    )  # fmt: skip
    listener.follow(plan())
    listener.look()
    for number in range(5):
        room.bridge.publish(f"dev/{number}/tm", b"x")
    listener.look()
    assert slow.heard == ["dev/0/tm", "dev/1/tm", "dev/2/tm"]
    listener.look()
    assert slow.heard[3:] == ["dev/3/tm", "dev/4/tm"]


def test_what_a_flood_of_guests_displaced_is_asked_for_once_it_is_over() -> None:
    room, guests = Room(), InMemoryBroker()
    listener = EquipmentListener(
        make_session=lambda filters: join_brokers(
            filters, lambda own: room.broker.session("edge", own), lambda foreign: guests.session("edge", foreign),
            lambda _state: None,
        ),
        dialects=(HomeAssistant,),
        watch=Watch(room.clock, Questions(may_fire=lambda _rule, _day: True)),
        store=room.shelf, ended=room.ended.append, clock=room.clock,
    )  # fmt: skip
    listener.follow(plan())
    listener.look()
    loud = guests.session("loud")
    loud.start(lambda _topic, _payload: None, lambda _state: None)
    for number in range(MOST_GUESTS):
        loud.publish(f"homeassistant/sensor/x{number}/config", b"{}")
    topic, words = esphome("station")[0]
    loud.publish_retained(topic, payload_of(words))

    def found() -> list[Row]:
        return [row for row in room.shelf.rows if isinstance(row, Found)]

    room.clock.advance(seconds=1)
    listener.look()
    assert found() == []
    for _ in range(3):
        room.clock.advance(seconds=1)
        listener.look()
    assert len(found()) == 1


def test_its_thread_starts_and_ends_and_tells_the_minutes_under_way(room: Room) -> None:
    room.listener.follow(plan())
    room.turn()
    room.say(SENSOR, RoomLane.TELEMETRY, Batch(bn=SENSOR, e=(Entry(n="co2", x=500.0),)))
    room.turn()
    room.listener.start(None)
    room.listener.tell_newest()
    room.listener.stop()
    assert [type(row).__name__ for row in room.shelf.rows][-1] == "MinuteValues"
