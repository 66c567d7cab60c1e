"""What the bridge says on the room's broker for its devices."""

import msgspec
import pytest

from firmware_bridge.drivers.driver import Booted, Done, Said
from firmware_bridge.line_words import Lost
from firmware_bridge.room_voice import COMMANDS, RoomVoice
from models.room_messages import (
    LARGEST_PAYLOAD_BYTES,
    About,
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Entry,
    Online,
    Reach,
    State,
    decode_room,
    encode_room,
)
from models.telemetry import Found
from models.wire.room_topics import BRIDGE_FOUND
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.manual_clock import ManualClock


class Room:
    """A broker with an ear, and the voice under test."""

    def __init__(self) -> None:
        self.broker, self.clock = InMemoryBroker(), ManualClock()
        self.heard: list[tuple[str, bytes]] = []
        self.ear = self.broker.session("edge", ("dev/#", "bridge/#"))
        self.ear.start(lambda topic, payload: self.heard.append((topic, payload)), lambda _: None)
        self.bridge = self.broker.session("bridge", (COMMANDS,))
        self.voice = RoomVoice(self.bridge, self.clock)
        self.commands: list[tuple[str, DeviceCommand]] = []
        self.voice.start(lambda device_id, command: self.commands.append((device_id, command)))
        self.voice.follow(["dev-1", "dev-2"])

    def said(self, topic: str) -> list[bytes]:
        self.voice.pulse()
        return [payload for where, payload in self.heard if where == topic]

    def state(self, device_id: str = "dev-1") -> State:
        return decode_room(self.said(f"dev/{device_id}/state")[-1], State)

    def online(self, device_id: str = "dev-1") -> Online:
        return decode_room(self.said(f"dev/{device_id}/online")[-1], Online)


@pytest.fixture
def room() -> Room:
    return Room()


def readings(value: float) -> Said:
    return Said(device_id="dev-1", batch=Batch(bn="dev-1", e=(Entry(n="light", x=value),)))


def test_readings_are_collected_and_never_sent_one_by_one(room: Room) -> None:
    for value in range(100):
        room.voice.hear(readings(value))
    (payload,) = room.said("dev/dev-1/tm")
    assert [entry.x for entry in decode_room(payload, Batch).e] == list(range(100))
    assert len(room.said("dev/dev-1/tm")) == 1


def test_the_first_reading_says_that_the_device_is_there(room: Room) -> None:
    room.voice.hear(readings(1))
    assert room.state().reach is Reach.OK
    assert room.online().on


def test_the_newest_state_and_about_are_retained_and_dated_by_the_bridge(room: Room) -> None:
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1"), state=State(at=0, values={"power": "on"})))
    room.voice.hear(Said(device_id="dev-1", state=State(at=0, values={"power": "off"})))
    room.voice.pulse()
    state = decode_room(room.broker.retained["dev/dev-1/state"], State)
    assert state.values == {"power": "off"}
    assert state.at > 0
    assert decode_room(room.broker.retained["dev/dev-1/about"], About).model == "M1"


def test_a_lost_line_makes_its_devices_unreachable_and_a_word_brings_each_back(room: Room) -> None:
    room.voice.hear(readings(1))
    room.voice.hear(Lost(device_ids=("dev-1", "dev-2"), sentence="pulled out " * 30))
    assert (room.state().reach, room.online().on) == (Reach.UNREACHABLE, False)
    assert room.state().sentence.startswith("pulled out")
    room.voice.hear(readings(2))
    assert (room.state().reach, room.online().on) == (Reach.OK, True)
    assert room.state("dev-2").reach is Reach.UNREACHABLE


def test_a_display_in_deep_standby_is_not_online(room: Room) -> None:
    room.voice.hear(Said(device_id="dev-1", state=State(at=0, reach=Reach.UNREACHABLE)))
    assert not room.said("dev/dev-1/online")
    assert room.state().reach is Reach.UNREACHABLE


def test_the_bridges_end_is_told_by_one_will_for_the_session_of_all_devices(room: Room) -> None:
    room.voice.hear(readings(1))
    session = room.online().session
    room.broker.cut("bridge")
    gone = decode_room(room.said("bridge/online")[-1], Online)
    assert gone == Online(on=False, session=session)
    assert room.broker.retained["bridge/online"] == encode_room(gone)


def test_after_a_new_connection_everything_retained_is_said_again_with_the_new_session(room: Room) -> None:
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1")))
    before = room.online().session
    room.broker.cut("bridge")
    room.broker.retained.clear()
    room.voice.hear(readings(7))
    room.voice.pulse()
    room.bridge.reconnect()
    room.voice.pulse()
    assert {"dev/dev-1/about", "dev/dev-1/state", "dev/dev-1/online", "bridge/online"} <= set(room.broker.retained)
    assert room.online().session == decode_room(room.broker.retained["bridge/online"], Online).session != before
    assert len(room.said("dev/dev-1/tm")) == 1, "what was read meanwhile was kept"


def test_stopping_says_that_nobody_speaks_for_the_devices_any_more(room: Room) -> None:
    room.voice.hear(readings(1))
    room.voice.pulse()
    room.voice.stop()
    assert not decode_room(room.broker.retained["dev/dev-1/online"], Online).on
    assert not decode_room(room.broker.retained["bridge/online"], Online).on


def test_a_device_that_left_the_plan_is_no_longer_spoken_for(room: Room) -> None:
    room.voice.hear(readings(1))
    room.voice.pulse()
    room.voice.follow(["dev-2"])
    room.voice.hear(readings(2))
    assert len(room.said("dev/dev-1/tm")) == 1


def test_the_broker_forgets_a_device_that_left_the_plan(room: Room) -> None:
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1"), state=State(at=0, values={"power": "on"})))
    room.voice.hear(Said(device_id="dev-2", state=State(at=0, values={"power": "on"})))
    room.voice.pulse()
    room.voice.follow(["dev-2"])
    room.voice.pulse()
    assert {topic.split("/")[1] for topic in room.broker.retained if topic.startswith("dev/")} == {"dev-2"}


def test_of_too_many_finds_the_surest_are_told_in_one_message_that_the_broker_takes(room: Room) -> None:
    long, at = "ạ" * 120, room.clock.now()
    found = [
        Found(where=f"/dev/{one}", what="w", confidence=one / 100, maker=long, model=long, serial=long, at=at)
        for one in range(60)
    ]
    room.voice.tell_found(found)
    room.voice.pulse()
    payload = room.said(BRIDGE_FOUND)[-1]
    assert len(payload) <= LARGEST_PAYLOAD_BYTES
    told = msgspec.json.decode(payload, type=list[Found])
    assert told == found[: -len(told) - 1 : -1]
    assert len(told) > 10


def test_it_forgets_too_when_the_plan_changed_while_the_broker_was_away(room: Room) -> None:
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1")))
    room.voice.pulse()
    room.broker.cut("bridge")
    room.voice.follow(["dev-2"])
    room.voice.pulse()
    room.bridge.reconnect()
    room.voice.pulse()
    assert not [topic for topic in room.broker.retained if topic.startswith("dev/dev-1/")]


def test_a_device_that_took_the_bridges_rights_along_is_left_to_the_caretaker(room: Room) -> None:
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1"), state=State(at=0, values={"power": "on"})))
    room.voice.pulse()
    room.broker.forbidden |= {f"dev/dev-1/{lane}" for lane in ("state", "online", "about")}
    room.voice.follow(["dev-2"])
    room.voice.pulse()
    room.broker.forbidden.clear()
    room.clock.advance(seconds=60)
    assert room.said("dev/dev-1/state")[-1], "a refused farewell is not said again: the name may be another's by now"


def test_answers_and_readings_that_the_broker_did_not_take_wait_in_their_order(room: Room) -> None:
    result = DeviceResult(id="one", outcome=DeviceOutcome.DONE, at=0)
    room.voice.hear(readings(1))
    room.voice.hear(Done(device_id="dev-1", result=result))
    room.bridge.full = True
    room.voice.pulse()
    room.clock.advance(seconds=2)
    room.voice.hear(readings(2))
    room.voice.hear(Done(device_id="dev-1", result=msgspec.structs.replace(result, id="two")))
    room.bridge.full = False
    (payload,) = room.said("dev/dev-1/tm")
    assert [(entry.x, entry.t) for entry in decode_room(payload, Batch).e] == [(1, -2000), (2, 0)]
    answers = [decode_room(one, DeviceResult).id for one in room.said("dev/dev-1/cmd/res")]
    assert answers == ["one", "two"]


def test_of_too_many_answers_the_newest_wait(room: Room) -> None:
    room.bridge.full = True
    for number in range(250):
        room.voice.answer("dev-1", DeviceResult(id=str(number), outcome=DeviceOutcome.DONE, at=0))
        room.voice.pulse()
    room.bridge.full = False
    answers = [decode_room(one, DeviceResult).id for one in room.said("dev/dev-1/cmd/res")]
    assert answers == [str(number) for number in range(50, 250)]


def test_a_boot_is_a_reading_with_its_cause(room: Room) -> None:
    room.voice.hear(Booted(device_id="dev-1", cause="watchdog"))
    (payload,) = room.said("dev/dev-1/tm")
    assert decode_room(payload, Batch).e == (Entry(n="reset_cause", x="watchdog"),)


def test_answers_go_to_the_devices_result_topic(room: Room) -> None:
    result = DeviceResult(id="one", outcome=DeviceOutcome.DONE, at=0)
    room.voice.hear(Done(device_id="dev-1", result=result))
    room.voice.answer("dev-1", msgspec.structs.replace(result, id="two"))
    assert [decode_room(one, DeviceResult).id for one in room.said("dev/dev-1/cmd/res")] == ["one", "two"]


def test_commands_are_handed_over_and_rubbish_is_not(room: Room) -> None:
    command = DeviceCommand(id="one", name=DeviceCommandName.POWER_ON, expires_at=1)
    for payload in (b"{}", b"\xff", encode_room(command), b'{"id":"x","name":"format disk","expires_at":1}'):
        room.ear.publish("dev/dev-1/cmd", payload)
    assert room.commands == [("dev-1", command)]


def test_what_was_found_is_retained_for_edge(room: Room) -> None:
    found = Found(where="/dev/x", what="link v1", confidence=1.0, at=room.clock.now())
    room.voice.tell_found([found])
    room.voice.pulse()
    assert msgspec.json.decode(room.broker.retained["bridge/found"], type=list[Found]) == [found]


def test_what_the_broker_does_not_take_waits(room: Room) -> None:
    room.broker.cut("bridge")
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1")))
    room.voice.pulse()
    room.bridge.reconnect()
    assert decode_room(room.said("dev/dev-1/about")[-1], About).model == "M1"


def test_what_the_broker_refuses_is_said_again_until_the_right_is_there(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    topics = {f"dev/dev-1/{lane}" for lane in ("state", "online", "about", "tm")}
    room.broker.forbidden |= topics
    room.voice.hear(Said(device_id="dev-1", about=About(model="M1"), state=State(at=0, values={"power": "on"})))
    assert room.said("dev/dev-1/state") == []
    room.broker.forbidden -= topics
    assert room.said("dev/dev-1/state") == [], "not at once: a broker without the right is not to be hammered"
    room.clock.advance(seconds=5)
    assert room.state().values == {"power": "on"}
    assert room.online().on
    assert len(room.said("dev/dev-1/about")) == 1
    assert [record.getMessage() for record in caplog.records if "does not take" in record.getMessage()] == [
        "The room's broker does not take dev/dev-1: Not authorized"
    ]
    room.clock.advance(seconds=60)
    assert len(room.said("dev/dev-1/state")) == 1
