"""What the watch over a room's equipment costs: 125 devices at a realistic rate, then one of them floods the broker.

    python -m benchmarks.watch_room --seconds 60

A real Mosquitto, the real store on disk, the bridge played by another process. 40 tablets and 40 headsets say their
state every 30 s, 37 sensors four values a second, 8 boards ten batches a second. Prints the share of a core that the
room agent's process spends on it, the rows that central would get, and how long a quiet tablet's word takes meanwhile.
Ends with status 1 above 5 % of a core (30 % under the flood), or when a word took longer than 5 s.
"""

import argparse
import getpass
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from edge.equipment_watch.listener import EquipmentListener
from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.watch import Questions, Watch
from edge.telemetry_store import TelemetryStore
from edge.wiring import ROOM_PACE
from models.clock import SystemClock
from models.enrollment import CertificateRole
from models.equipment import EquipmentKind
from models.measurements import Value
from models.room_messages import Batch, Entry, State, encode_room
from models.room_plan import MqttLink, PlannedDevice, RoomPlan
from models.telemetry import DeviceWord, Row
from models.wire.broker_session import Connected
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from models.wire.room_topics import RoomLane, room_topic
from provisioning.brokers.room_broker import RoomBrokerFiles, RoomPlaces, write_room_broker
from provisioning.brokers.room_passwords import own_password_file
from tests.builders.room_plans import plan
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.running_mosquitto import MosquittoProcess, free_port

LIMIT_PERCENT: Final = 5.0
FLOOD_LIMIT_PERCENT: Final = 30.0
SLOWEST_WORD_SECONDS: Final = 5.0
FLOOD_A_SECOND: Final = 3000
_KINDS: Final = {
    "tablet": (40, EquipmentKind.TABLET, 30.0),
    "headset": (40, EquipmentKind.VR_HEADSET, 30.0),
    "sensor": (37, EquipmentKind.SENSOR_BOARD, 1.0),
    "board": (8, EquipmentKind.SENSOR_BOARD, 0.1),
}
_QUIET, _LOUD = "tablet-0", "board-0"
_QUIET_SECONDS: Final = 2.5
_CLOCK: Final = "storage_free_megabytes"
"""A number without an upper bound: the quiet tablet puts the time of its word there."""


def devices() -> dict[str, float]:
    """Every device with the seconds between its words."""
    return {f"{name}-{n}": every for name, (count, _, every) in _KINDS.items() for n in range(count)}


def the_plan() -> RoomPlan:
    """All of them, each with a password of its own."""
    planned = [
        PlannedDevice(device_id=f"{name}-{n}", kind=kind, link=MqttLink())
        for name, (count, kind, _) in _KINDS.items()
        for n in range(count)
    ]
    return plan(devices=tuple(planned))


class TimedShelf(TelemetryStore):
    """The real store; notes how late each change of the quiet tablet's screen came through."""

    rows_added = 0

    def watch_for(self) -> "TimedShelf":
        """Begins anew to note."""
        self.rows_added, self.delays = 0, list[float]()
        return self

    def add(self, rows: Sequence[Row]) -> None:
        """As the store does."""
        self.rows_added += len(rows)
        for row in rows:
            if isinstance(row, DeviceWord) and row.device == _QUIET and _CLOCK in row.values:
                self.delays.append(time.time() - float(row.values[_CLOCK]))
        super().add(rows)


def talk(port: int, password: Path, seconds: float) -> None:
    """The bridge's part: says what is due, every 20 ms."""
    session = _session(port, "bridge", password)
    due = {name: time.monotonic() + every * (place % 10) / 10 for place, (name, every) in enumerate(devices().items())}
    ends = time.monotonic() + seconds
    while (now := time.monotonic()) < ends:
        for name, every in devices().items():
            if now >= due[name]:
                session.publish(*_word(name, due[name]))
                due[name] += _QUIET_SECONDS if name == _QUIET else every
        time.sleep(0.02)
    session.stop()


def flood(port: int, password: Path, seconds: float) -> None:
    """One board that has gone mad, on a connection of its own (the caretaker's, which may write on every topic)."""
    session = _session(port, "caretaker", password)
    begun, said = time.monotonic(), 0
    while (now := time.monotonic()) < begun + seconds:
        while said < FLOOD_A_SECOND * (now - begun):
            said += 1
            session.publish(*_word(_LOUD, now))
        time.sleep(0.02)
    session.stop()


def _session(port: int, name: str, password: Path) -> MqttSession:
    address = BrokerAddress(host="127.0.0.1", port=port, authority=None, user_name=name, password_file=password)
    session = MqttSession(address, name, (), Pace(most_queued=1000))
    inside: list[object] = []
    session.start(lambda _topic, _payload: None, inside.append)
    while Connected() not in inside:
        time.sleep(0.05)
    return session


def _word(name: str, now: float) -> tuple[str, bytes]:
    if name.startswith(("tablet", "headset")):
        values: dict[str, Value] = {"battery": 80.0, "charging": True, "screen": round(now / _QUIET_SECONDS) % 2 == 0}
        if name == _QUIET:
            values[_CLOCK] = time.time()
        state = State(at=int(time.time() * 1000), values=values)
        return room_topic(name, RoomLane.STATE), encode_room(state)
    entries = (("co2", 600 + now % 7), ("temperature", 27 + now % 0.4), ("humidity", 70.0), ("light", 300 + now % 50))
    batch = Batch(bn=name, bt=int(time.time() * 1000), q="ntp", e=tuple(Entry(n=n, x=x) for n, x in entries))
    return room_topic(name, RoomLane.TELEMETRY), encode_room(batch)


def measure(folder: Path, seconds: float, *, flooded: bool) -> tuple[float, float, list[float]]:
    """Share of a core in percent, rows a minute, and the delays of the quiet tablet's words in seconds."""
    served = TransportAuthority(folder=folder / "pki").issue("localhost", CertificateRole.ROOM_BROKER)
    directory = folder / "room-broker"
    directory.mkdir()
    places = RoomPlaces(bind="127.0.0.1", port=free_port(), own_port=free_port())
    files = RoomBrokerFiles(certificate=served.certificate, key=served.key, passwords=directory / "passwords")
    broker = MosquittoProcess(
        write_room_broker(directory, files, places, bridged=list(devices()), run_as=getpass.getuser())
    )
    broker.start()
    clock = SystemClock()
    store = TimedShelf(folder / "telemetry.db", clock).watch_for()
    edge = BrokerAddress(
        host="127.0.0.1",
        port=places.own_port,
        authority=None,
        user_name="edge",
        password_file=own_password_file(directory, "edge"),
    )
    listener = EquipmentListener(
        make_session=lambda filters: MqttSession(edge, "edge", filters, ROOM_PACE),
        dialects=(OwnDialect,),
        watch=Watch(clock, Questions(may_fire=store.note_rule)),
        store=store,
        ended=lambda _row: None,
        clock=clock,
    )
    store.start()
    listener.start(the_plan())
    talkers = [
        subprocess.Popen([
            sys.executable, "-m", "benchmarks.watch_room", "--talk", name, str(places.own_port),
            str(own_password_file(directory, name)), str(seconds + 8),
        ])
        for name in (("bridge", "caretaker") if flooded else ("bridge",))
    ]  # fmt: skip
    time.sleep(5)
    store.watch_for()
    begun, spent = time.monotonic(), time.process_time()
    time.sleep(seconds)
    share = 100 * (time.process_time() - spent) / (time.monotonic() - begun)
    rows, delays = store.rows_added * 60 / seconds, list(store.delays)
    listener.stop()
    store.stop()
    for talker in talkers:
        talker.wait()
    broker.stop()
    return share, rows, delays


def main() -> None:
    """Reads the command line, runs, prints."""
    parser = argparse.ArgumentParser(description="the watch over a room of 125 devices")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--talk", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.talk:
        name, port, password, seconds = arguments.talk
        (talk if name == "bridge" else flood)(int(port), Path(password), float(seconds))
        return
    good = True
    for name, limit in (("125 devices", LIMIT_PERCENT), ("a flood", FLOOD_LIMIT_PERCENT)):
        with tempfile.TemporaryDirectory() as folder:
            share, rows, delays = measure(Path(folder), arguments.seconds, flooded=name == "a flood")
        slowest = max(delays, default=float("inf"))
        print(
            f"{name}: {share:.1f} % of a core (limit {limit:.0f}), {rows:.0f} rows a minute for central, "
            f"{len(delays)} words of a quiet tablet, the slowest after {slowest:.2f} s"
        )
        good = good and share <= limit and slowest <= SLOWEST_WORD_SECONDS
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
