"""`python -m central serve` as a real program behind a real Mosquitto: receipts, rosters, kills, a clean end."""

import queue
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from central.__main__ import main
from models.identifiers import BoxId
from models.messages import Ack, EventBatch, Hello, RosterMessage, decode, encode
from models.wire.broker_session import Connected, SessionState
from models.wire.mqtt_session import MqttSession, Pace
from models.wire.topics import DownLane, UpLane, down_topic, everything_for, shard_of, up_topic
from tests.builders.box_chain import BoxChain
from tests.builders.central_folder import write_central_settings
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.needed_programs import need
from tests.builders.roster_files import csv_file
from tests.builders.transport_pki import RehearsalPki, prepare
from tests.fakes.running_mosquitto import RunningMosquitto, mosquitto_program, running_mosquitto

_BOX = BoxId("box-101")
_PATIENCE_SECONDS = 40.0


@pytest.fixture
def pki(tmp_path: Path) -> RehearsalPki:
    return prepare(tmp_path / "pki", (_BOX,))


@pytest.fixture
def broker(tmp_path: Path, pki: RehearsalPki) -> Iterator[RunningMosquitto]:
    need("mosquitto", mosquitto_program())
    with running_mosquitto(tmp_path / "broker", pki) as broker:
        yield broker


class _Program:
    """The program as a child process; `start` returns when its pages answer."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self.process: subprocess.Popen[str] | None = None
        self.address = ""

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "central", "serve", "--settings", str(self._settings)],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.address = self.process.stdout.readline().partition(": ")[2].strip()
        assert self.address, "central did not start"

    def end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(_PATIENCE_SECONDS)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return status


@pytest.fixture
def program(tmp_path: Path, pki: RehearsalPki, broker: RunningMosquitto) -> Iterator[_Program]:
    settings = write_central_settings(tmp_path, pki, broker_port=broker.port)
    roster = tmp_path / "roster.csv"
    roster.write_bytes(csv_file())
    assert main(["import-roster", str(roster), "--settings", str(settings), "--commit"]) == 0
    chain_key = str(pki.chain_public_keys[_BOX])
    assert (
        main(["register-box", _BOX, "--room", "Phong-101", "--chain-key", chain_key, "--settings", str(settings)]) == 0
    )
    program = _Program(settings)
    program.start()
    yield program
    if program.process is not None:
        program.end(signal.SIGKILL)


class _Box:
    """A box's side of the wire, saying what the test wants until it is answered."""

    def __init__(self, broker: RunningMosquitto, pki: RehearsalPki) -> None:
        self.chain = BoxChain(_BOX, "Phong-101", "Ky-thi", "Ky-thi-Ca-1", SEVEN_O_CLOCK)
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self._connected = queue.Queue[SessionState]()
        pace = Pace(longest_wait_seconds=0.2)
        self.session = MqttSession(broker.address(pki.boxes[_BOX]), _BOX, [everything_for(_BOX)], pace=pace)
        self.session.start(lambda topic, payload: self.heard.put((topic, payload)), self._connected.put)
        while not isinstance(self._connected.get(timeout=_PATIENCE_SECONDS), Connected):
            pass

    def say_until_answered(self, lane: UpLane, message: EventBatch | Hello) -> Ack:
        """Sends again every half second, as a box does, until an acknowledgement comes."""
        for _ in range(int(_PATIENCE_SECONDS * 2)):
            self.session.publish(up_topic(shard_of(_BOX, 16), _BOX, lane), encode(message))
            try:
                while True:
                    topic, payload = self.heard.get(timeout=0.5)
                    if topic == down_topic(_BOX, DownLane.ACK):
                        return decode(payload, Ack)
                    if topic == down_topic(_BOX, DownLane.ROSTER):
                        self.roster = decode(payload, RosterMessage)
            except queue.Empty:
                continue
        raise AssertionError("no acknowledgement came")


def test_a_box_gets_receipts_and_its_roster_and_nothing_is_lost_in_a_kill(
    program: _Program, broker: RunningMosquitto, pki: RehearsalPki
) -> None:
    box = _Box(broker, pki)
    box.chain.key = _chain_key(pki)
    box.say_until_answered(UpLane.HELLO, box.chain.hello())
    events = [box.chain.event() for _ in range(20)]
    assert len(box.say_until_answered(UpLane.EVENTS, box.chain.batch(events)).receipts) == 20
    assert program.end(signal.SIGKILL) != 0
    program.start()
    more = [box.chain.event() for _ in range(20)]
    answer = box.say_until_answered(UpLane.EVENTS, box.chain.batch(more))
    assert len(answer.receipts) == 20
    assert httpx.get(f"{program.address}health").json() == {"status": "storing"}
    assert program.end(signal.SIGTERM) == 0
    box.session.stop()


def _chain_key(pki: RehearsalPki) -> Ed25519PrivateKey:
    key = load_pem_private_key(pki.chain_keys[_BOX].read_bytes(), None)
    assert isinstance(key, Ed25519PrivateKey)
    return key
