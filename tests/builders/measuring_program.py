"""`keep-measurements` as a real program, and boxes that send to it through a real broker until everything is held.

The boxes keep a row until its mark came, go back to the mark after two seconds without progress, and outlive the broker
and the program. Not here: the broker (`tests.fakes.running_mosquitto`) and what the rows must have become.
"""

import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from models.identifiers import BoxId
from models.telemetry import Row, TelemetryMark
from models.wire.broker_session import Connected, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from models.wire.topics import DownLane, UpLane, down_topic, everything_for, shard_of, up_topic
from tests.builders.measuring_house import SendingBox

READY = "Measurements are kept"
_PATIENCE_SECONDS = 60.0
_RETRY_SECONDS = 2.0
_PACE = Pace(longest_wait_seconds=0.3)


class MeasuringProgram:
    """The program as a child process. `start` returns when it writes; `kill` is `kill -9`."""

    def __init__(self, settings: Path) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        order = [sys.executable, "-m", "central", "keep-measurements", "--settings", str(self._settings)]
        self._process = subprocess.Popen(order, stderr=subprocess.PIPE, text=True)
        ready = threading.Event()
        threading.Thread(target=self._listen, args=(self._process, ready), daemon=True).start()
        assert ready.wait(_PATIENCE_SECONDS), "it did not start: " + "".join(self.said)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """In good order; returns the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(how)
        status = self._process.wait(_PATIENCE_SECONDS)
        self._process = None
        return status

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self.said.append(line)
                if READY in line:
                    ready.set()


class LiveBox:
    """A box that sends its rows in messages of `size` until central holds them all."""

    def __init__(self, address: BrokerAddress, box_id: BoxId, shards: int, size: int = 5, window: int = 8) -> None:
        self._kept = SendingBox(box_id)
        self._topic = up_topic(shard_of(box_id, shards), box_id, UpLane.TELEMETRY)
        self._size, self._window = size, window
        self._session = MqttSession(address, box_id, [everything_for(box_id)], _PACE)
        self._news: queue.SimpleQueue[TelemetryMark | None] = queue.SimpleQueue()
        self._sent = 0
        self._stopping = threading.Event()
        self.all_held = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._send, name=box_id)

    def start(self) -> None:
        self._thread.start()
        self._session.start(self._hear, self._note)

    def keep(self, *rows: Row) -> None:
        """More rows to send."""
        with self._lock:
            self._kept.keep(*rows)
            self.all_held.clear()

    def stop(self) -> None:
        self._stopping.set()
        self._news.put(None)
        self._thread.join()
        self._session.stop()

    def _hear(self, topic: str, payload: bytes) -> None:
        if topic == down_topic(self._kept.box_id, DownLane.MARK):
            self._news.put(msgspec.json.decode(payload, type=TelemetryMark))

    def _note(self, state: SessionState) -> None:
        if isinstance(state, Connected):
            self._news.put(None)

    def _send(self) -> None:
        moved = time.monotonic()
        while not self._stopping.is_set():
            with self._lock:
                self._send_window()
            try:
                mark = self._news.get(timeout=0.1)
            except queue.Empty:
                if time.monotonic() - moved > _RETRY_SECONDS:
                    self._sent, moved = 0, time.monotonic()
                continue
            if mark is None:
                self._sent = 0
                continue
            with self._lock:
                before = self._kept.first
                self._kept.hear(mark)
                gone = self._kept.first - before
                if gone:
                    moved = time.monotonic()
                    self._sent = max(0, self._sent - gone)
                if not self._kept.rows:
                    self.all_held.set()

    def _send_window(self) -> None:
        kept = self._kept
        while self._sent < len(kept.rows) and self._sent < self._size * self._window:
            base = kept.first + self._sent
            count = min(self._size, len(kept.rows) - self._sent)
            self._session.publish(self._topic, kept.batch(base, count)[1])
            self._sent += count
