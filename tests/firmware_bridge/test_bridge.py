"""The whole bridge on a real room broker, with boards on pseudo terminals."""

import contextlib
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.bridge import Bridge, BridgeParts, Finder
from firmware_bridge.drivers.driver import DriverRow, Said, Word
from firmware_bridge.plan_file import PlanFile
from firmware_bridge.room_voice import COMMANDS, RoomVoice
from firmware_bridge.systemd_word import SystemdWord
from firmware_bridge.wiring import links_of
from models.clock import SystemClock, to_unix_ms
from models.durable_files import write_whole
from models.equipment import EquipmentKind
from models.identifiers import BoxId
from models.room_messages import (
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Online,
    Reach,
    State,
    decode_room,
    encode_room,
)
from models.room_plan import PlannedDevice, RoomPlan, SerialLink, sign_plan
from models.telemetry import Found
from models.wire.mqtt_session import MqttSession, Pace
from tests.builders.broker_client import BrokerClient
from tests.builders.needed_programs import need
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.room_plans import hours_of_another_day
from tests.builders.until import until
from tests.fakes.chattering_driver import CHATTERING, ChatteringDriver
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.own_room_broker import OwnRoomBroker, own_room_broker
from tests.fakes.running_mosquitto import mosquitto_program

DEVICES = ("dev-1", "dev-2", "dev-3")


class HangingDriver(ChatteringDriver):
    """Hangs at a line `hang` until the test lets it go."""

    released = threading.Event()

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        if b"hang" in data:
            self.released.wait(60)
        return super().take(data.replace(b"hang\n", b""), now)


class Room:
    """Three boards, a broker, edge's ear, and the bridge."""

    def __init__(
        self, folder: Path, broker: OwnRoomBroker, finder: Finder | None = None, stalled_seconds: float = 30.0
    ) -> None:
        self.broker = broker
        self.boards = {name: PluggableBoard(folder / f"usb-{name}").plug() for name in DEVICES}
        self.plan_path, self._key, self._version = folder / "room-plan.json", Ed25519PrivateKey.generate(), 0
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.systemd.bind(str(folder / "notify"))
        self.systemd.settimeout(20)
        self.newest: dict[str, bytes] = {}
        self.heard: list[tuple[str, bytes]] = []
        self.edge = broker.client("edge", "dev/#", "bridge/#")
        clock = SystemClock()
        session = MqttSession(broker.address("bridge"), "bridge", (COMMANDS,), Pace(longest_wait_seconds=0.2))
        parts = BridgeParts(
            catalogue={"chat": CHATTERING, "hanging": DriverRow(make=HangingDriver)},
            stalled_seconds=stalled_seconds,
            look_seconds=0.05,
            links_of=links_of,
            voice=RoomVoice(session, clock),
            memory=BaudMemory(folder / "line-speeds.json"),
            clock=clock,
            new_plan=PlanFile(self.plan_path, self._key.public_key(), BoxId("box-1")).changed,
            systemd=SystemdWord(str(folder / "notify")),
        )
        self.bridge = Bridge(parts, finder)

    def plan(self, *names: str, exam: bool = False, driver: str = "chat", hours: bool = True) -> None:
        """Central's word: these devices, each on its own port; without `hours` nobody entered any."""
        self._version += 1
        now = datetime.now(UTC)
        devices = tuple(
            PlannedDevice(
                device_id=name,
                kind=EquipmentKind.SENSOR_BOARD,
                link=SerialLink(port=str(self.boards[name].path), driver=driver),
                commands=(DeviceCommandName.POWER_OFF,),
            )
            for name in names
        )
        plan = RoomPlan(
            version=self._version,
            box_id="box-1",
            room_id="room-1",
            room_name="9A",
            made_at=now,
            devices=devices,
            lessons=hours_of_another_day(now) if hours else (),
            exams=((now - timedelta(hours=1), now + timedelta(hours=1)),) if exam else (),
        )
        write_whole(self.plan_path, msgspec.json.encode(sign_plan(plan, self._key)))

    def listen(self) -> None:
        while not self.edge.messages.empty():
            topic, payload = self.edge.messages.get()
            self.newest[topic] = payload
            self.heard.append((topic, payload))

    def until_said(self, topic: str, holds: Callable[[bytes], bool], meanwhile: Callable[[], object] = int) -> None:
        def look() -> bool:
            self.listen()
            return topic in self.newest and holds(self.newest[topic])

        until(look, meanwhile)

    def until_read(self, name: str) -> None:
        """The board says something until edge hears of it."""
        self.newest.pop(f"dev/{name}/tm", None)
        self.until_said(f"dev/{name}/tm", bool, lambda: self.boards[name].say(b"light:5\n"))

    def ask(self, name: str, command_id: str, seconds: float = 60) -> None:
        expires_at = to_unix_ms(datetime.now(UTC) + timedelta(seconds=seconds))
        command = DeviceCommand(id=command_id, name=DeviceCommandName.POWER_OFF, expires_at=expires_at)
        self.edge.session.publish(f"dev/{name}/cmd", encode_room(command))

    def until_answered(self, name: str, command_id: str) -> DeviceOutcome:
        topic = f"dev/{name}/cmd/res"
        self.until_said(topic, lambda payload: decode_room(payload, DeviceResult).id == command_id)
        return decode_room(self.newest[topic], DeviceResult).outcome

    def close(self) -> None:
        self.bridge.stop()
        self.edge.session.stop()
        self.systemd.close()
        for board in self.boards.values():
            board.unplug()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnRoomBroker]:
    need("mosquitto", mosquitto_program())
    with own_room_broker(tmp_path_factory.mktemp("broker"), DEVICES) as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, broker: OwnRoomBroker) -> Iterator[Room]:
    room = Room(tmp_path, broker)
    yield room
    room.close()


def reach(payload: bytes) -> Reach:
    return decode_room(payload, State).reach


def test_boards_of_the_plan_are_heard_in_the_room_and_systemd_is_told(room: Room) -> None:
    room.plan("dev-1", "dev-2")
    room.bridge.start()
    room.until_read("dev-1")
    room.until_read("dev-2")
    assert reach(room.newest["dev/dev-1/state"]) is Reach.OK
    assert decode_room(room.newest["dev/dev-1/tm"], Batch).e[0].n == "light"
    assert room.systemd.recv(100) == b"READY=1"
    assert room.systemd.recv(100).startswith(b"WATCHDOG=1\nSTATUS=")


def test_a_pulled_plug_is_a_retained_state_and_coming_back_another(room: Room) -> None:
    room.plan("dev-1", "dev-2")
    room.bridge.start()
    room.until_read("dev-1")
    room.boards["dev-1"].unplug()
    room.until_said("dev/dev-1/state", lambda payload: reach(payload) is Reach.UNREACHABLE)
    assert "pulled out" in decode_room(room.newest["dev/dev-1/state"], State).sentence
    room.until_read("dev-2")
    room.boards["dev-1"].plug()
    room.until_read("dev-1")
    room.until_said("dev/dev-1/state", lambda payload: reach(payload) is Reach.OK)


def test_a_new_plan_changes_only_the_lines_that_differ(room: Room) -> None:
    room.plan("dev-1", "dev-2")
    room.bridge.start()
    room.until_read("dev-1")
    room.until_read("dev-2")
    kept = next(one for one in room.bridge.supervisors if one.line.devices[0].device_id == "dev-1")
    room.plan("dev-1", "dev-3")
    room.until_read("dev-3")
    assert kept in room.bridge.supervisors
    assert [one.line.devices[0].device_id for one in room.bridge.supervisors] == ["dev-1", "dev-3"]
    room.until_said("dev/dev-2/online", lambda payload: not payload)
    room.until_read("dev-1")


def test_a_driver_that_nobody_knows_is_said_in_the_devices_state(room: Room) -> None:
    room.plan("dev-1", driver="abacus")
    room.bridge.start()
    room.until_said("dev/dev-1/state", lambda payload: "no driver abacus" in decode_room(payload, State).sentence)


def test_a_driver_that_hangs_is_told_of_stops_no_other_and_lets_systemd_know(
    tmp_path: Path, broker: OwnRoomBroker
) -> None:
    room = Room(tmp_path, broker, stalled_seconds=0.5)
    HangingDriver.released.clear()
    room.plan("dev-1", driver="hanging")
    room.bridge.start()
    room.until_read("dev-1")
    room.boards["dev-1"].say(b"hang\n")
    room.until_said("dev/dev-1/state", lambda payload: "hangs" in decode_room(payload, State).sentence)
    room.systemd.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while room.systemd.recv(100):
            pass
    HangingDriver.released.set()
    room.systemd.setblocking(True)
    room.until_read("dev-1")
    assert room.systemd.recv(100).startswith(b"WATCHDOG=1")
    room.until_said("dev/dev-1/state", lambda payload: reach(payload) is Reach.OK)
    room.close()


def test_a_plan_that_central_did_not_sign_is_not_followed(room: Room) -> None:
    room.plan("dev-1")
    room.bridge.start()
    room.until_read("dev-1")
    true_key, room._key = room._key, Ed25519PrivateKey.generate()
    room.plan("dev-2")
    room._key = true_key
    room.until_read("dev-1")
    room.plan("dev-3")
    room.until_read("dev-3")
    assert not any(topic.startswith("dev/dev-2/tm") for topic, _ in room.heard)


def test_a_command_reaches_its_board_once_and_is_answered(room: Room) -> None:
    room.plan("dev-1")
    room.bridge.start()
    room.until_read("dev-1")
    room.ask("dev-1", "one")
    room.ask("dev-1", "one")
    assert room.boards["dev-1"].hear() == b"power off\n"
    room.boards["dev-1"].say(b"ok\n")
    assert room.until_answered("dev-1", "one") is DeviceOutcome.DONE
    room.newest.pop("dev/dev-1/cmd/res")
    room.ask("dev-1", "one")
    assert room.until_answered("dev-1", "one") is DeviceOutcome.DONE
    room.ask("dev-1", "two", seconds=-5)
    assert room.until_answered("dev-1", "two") is DeviceOutcome.EXPIRED


def test_in_an_exam_nothing_is_switched_off(room: Room) -> None:
    room.plan("dev-1", exam=True)
    room.bridge.start()
    room.until_read("dev-1")
    room.ask("dev-1", "one")
    assert room.until_answered("dev-1", "one") is DeviceOutcome.REFUSED


def test_after_the_brokers_restart_everything_is_said_again(tmp_path: Path) -> None:
    need("mosquitto", mosquitto_program())
    with own_room_broker(tmp_path / "broker", DEVICES) as broker:
        room = Room(tmp_path, broker)
        room.plan("dev-1")
        room.bridge.start()
        room.until_read("dev-1")
        session = decode_room(room.newest["bridge/online"], Online).session
        os.kill(broker.pid, signal.SIGTERM)
        broker.stop()
        broker.start()
        room.until_said("bridge/online", lambda payload: decode_room(payload, Online).session != session)
        room.until_read("dev-1")
        room.close()


class OneFind:
    """Finds one thing, and notes when it was told to be still."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self.asked = 0

    def look(self, planned_ports: object) -> list[Found] | None:
        del planned_ports
        self.asked += 1
        return [Found(where="/dev/x", what="link v1", confidence=1, at=datetime.now(UTC))] if self.asked == 1 else None

    def stop(self) -> None:
        self.stopped.set()


def test_what_is_found_on_other_ports_is_told_but_nobody_looks_in_an_exam(
    tmp_path: Path, broker: OwnRoomBroker
) -> None:
    finder = OneFind()
    room = Room(tmp_path, broker, finder)
    room.plan("dev-1", exam=True)
    room.bridge.start()
    room.until_read("dev-1")
    until(finder.stopped.is_set)
    assert finder.asked == 0
    room.plan("dev-1")
    until(lambda: room.bridge.quiet_time)
    room.until_said("bridge/found", lambda payload: b"link v1" in payload)
    room.plan("dev-1", hours=False)
    until(lambda: not room.bridge.quiet_time)
    room.close()


def test_the_last_words_of_the_bridge_arrive_and_the_broker_logs_no_fault(broker: OwnRoomBroker) -> None:
    ear = broker.client("edge", "dev/#", "bridge/#")
    for _ in range(5):
        session = MqttSession(broker.address("bridge"), "bridge", (COMMANDS,), Pace(longest_wait_seconds=0.2))
        voice = RoomVoice(session, SystemClock())
        voice.start(lambda _device_id, _command: None)
        voice.follow(DEVICES)
        until(lambda: voice._in)  # noqa: B023 - looked at in this round only
        for name in DEVICES:
            voice.hear(Said(device_id=name, state=State(at=0)))
        voice.pulse()
        voice.stop()
        last: dict[str, bytes] = {}

        def said() -> bool:
            while not ear.messages.empty():
                topic, payload = ear.messages.get()
                last[topic] = payload  # noqa: B023 - looked at in this round only
            return "bridge/online" in last and not decode_room(last["bridge/online"], Online).on  # noqa: B023 - as above

        until(said)
        assert not any(decode_room(last[f"dev/{name}/online"], Online).on for name in DEVICES)
    ear.session.stop()
    assert not [line for line in broker.log if "out of memory" in line]


def test_the_bridge_may_speak_for_no_other_device(broker: OwnRoomBroker) -> None:
    ear = broker.client("edge", "dev/#")
    bridge: BrokerClient = broker.client("bridge")
    bridge.session.publish("dev/dev-9/tm", b"forged")
    assert "Not authorized" in str(bridge.next_state())
    bridge.session.stop()
    ear.session.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_of_ours_ends_the_program_instead_of_leaving_it_mute(tmp_path: Path) -> None:
    def broken() -> RoomPlan | None:
        raise ZeroDivisionError

    ended = threading.Event()
    parts = BridgeParts(
        catalogue={},
        links_of=links_of,
        voice=RoomVoice(InMemoryBroker().session("bridge"), SystemClock()),
        memory=BaudMemory(tmp_path / "speeds.json"),
        clock=SystemClock(),
        new_plan=broken,
        systemd=SystemdWord(""),
        failed=ended.set,
    )
    bridge = Bridge(parts)
    bridge.start()
    assert ended.wait(20)
    bridge.stop()
