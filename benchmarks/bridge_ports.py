"""Sensor boards at line rate through the real bridge and the room's real broker, beside the bars of the issue.

    python -m benchmarks.bridge_ports [--seconds 60] [--soak 0]

Boards are pseudo terminals fed by `frame_sender.c` (24 bytes a frame on the wire: 480 frames a second are 115200 baud,
4,168 are 1 Mbaud); the bridge is `python -m firmware_bridge run` with a signed plan, and this program hears on the
room's broker what it says. Every value of every frame is checked. Prints processor time of the bridge as a share of one
core, what unplugging and returning take, and with `--soak N` the bridge's memory before and after N times ten seconds.
Ends with status 1 when a bar is missed.
"""

import argparse
import contextlib
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.line import Line
from firmware_bridge.line_words import LineWord, Lost, Returned
from firmware_bridge.supervisor import Supervisor, Surroundings
from firmware_bridge.wiring import links_of
from models.clock import SystemClock
from models.durable_files import write_whole
from models.equipment import EquipmentKind
from models.room_messages import Batch, decode_room
from models.room_plan import PlannedDevice, RoomPlan, SerialLink, sign_plan
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.transport_authority import TransportAuthority
from tests.fakes.own_room_broker import OwnRoomBroker, own_room_broker

CHANNELS: Final = 6
SETTLE_SECONDS: Final = 10.0
"""The driver names readings after its wait for an identity; loss is counted from the first reading on."""


def main() -> int:
    """Run all parts and print them."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--soak", type=int, default=0, help="so many rounds of ten seconds")
    parser.add_argument("--cycles", type=int, default=200)
    arguments = parser.parse_args()
    logging.disable(logging.WARNING)
    kept = [
        stream("8 x 115200", ports=8, rate=480, seconds=arguments.seconds, least=99.99, most=15.0),
        stream("1 x 1 Mbaud", ports=1, rate=4168, seconds=arguments.seconds, least=99.9, most=10.0),
        hot_plug(arguments.cycles),
    ]
    if arguments.soak:
        kept.append(soak(arguments.soak))
    return 0 if all(kept) else 1


def stream(name: str, *, ports: int, rate: int, seconds: float, least: float, most: float) -> bool:
    """Boards that talk at line rate; whether the bars hold. `least` is % of frames, `most` % of a core."""
    with tempfile.TemporaryDirectory() as folder, room(Path(folder), ports, rate, seconds + SETTLE_SECONDS) as running:
        running.begin()
        before, begun = running.cpu_seconds(), time.monotonic()
        sent = running.until_sent()
        share = (running.cpu_seconds() - before) / (time.monotonic() - begun) * 100
        running.settle()
        delivered = running.good / (sent * ports) * 100
        messages = running.messages / (seconds + SETTLE_SECONDS) / ports
        say(
            f"{name}: {running.good} of {sent * ports} frames ({delivered:.3f} %, bar {least} %), "
            f"{running.wrong} wrong (bar 0), {share:.1f} % of a core (bar {most} %), "
            f"{messages:.1f} messages/s a device, {running.kilobytes()} kB"
        )
        return delivered >= least and not running.wrong and share <= most


def hot_plug(cycles: int) -> bool:
    """How fast a pulled plug is seen and a returned board heard; whether 200 cycles leave anything behind."""
    words: list[tuple[float, LineWord]] = []
    with tempfile.TemporaryDirectory() as folder:
        board = PluggableBoard(Path(folder) / "board").plug()
        device = PlannedDevice(device_id="dev-1", kind=EquipmentKind.SENSOR_BOARD)
        line = Line(port=str(board.path), driver="text-lines", devices=(device,), baud=115200)
        around = Surroundings(
            tell=lambda word: words.append((time.monotonic(), word)), memory=BaudMemory(), clock=SystemClock()
        )
        supervisor = Supervisor(line, DRIVERS["text-lines"], links_of(line), around)
        supervisor.start()
        speak_until(board, lambda: supervisor.counts.good > 0)
        descriptors, kilobytes = open_descriptors(), resident_kilobytes(os.getpid())
        seen, back = [], []
        for _ in range(cycles):
            at = time.monotonic()
            board.unplug()
            seen.append(next_at(words, Lost) - at)
            time.sleep(0.05)
            at = time.monotonic()
            board.plug()
            speak_until(board, lambda: any(isinstance(word, Returned) for _, word in words))
            back.append(next_at(words, Returned) - at)
        left = open_descriptors() - descriptors
        grown = resident_kilobytes(os.getpid()) - kilobytes
        supervisor.stop()
        board.unplug()
    say(
        f"unplug seen: median {statistics.median(seen) * 1000:.1f} ms, worst {max(seen) * 1000:.1f} ms (bar 50 ms); "
        f"back: median {statistics.median(back) * 1000:.0f} ms, worst {max(back) * 1000:.0f} ms (bar 1000 ms); "
        f"{cycles} cycles: {left} descriptors left (bar 0), memory grew {grown} kB"
    )
    return max(seen) <= 0.05 and max(back) <= 1.0 and left == 0


def soak(rounds: int) -> bool:
    """Memory of the bridge under eight boards at line rate; growth after the first round (bar 5 MB)."""
    with tempfile.TemporaryDirectory() as folder, room(Path(folder), 8, 480, rounds * 10 + SETTLE_SECONDS) as running:
        running.begin()
        running.listen_for(SETTLE_SECONDS + 5)
        first = running.kilobytes()
        running.until_sent()
        grown = running.kilobytes() - first
    say(f"soak of {rounds * 10} s at full rate: memory grew {grown} kB (bar 5000 kB)")
    return grown <= 5_000


class Running:
    """The bridge, the sender, and what was heard of them."""

    def __init__(self, bridge: subprocess.Popen[bytes], sender: subprocess.Popen[str], broker: OwnRoomBroker) -> None:
        self.good = self.wrong = self.messages = 0
        self._bridge = bridge
        self._sender = sender
        self._edge = broker.client("edge", "dev/+/tm", "dev/+/state")
        self._values: dict[str, list[float]] = {}
        self._ready: set[str] = set()

    def begin(self) -> None:
        """Starts the boards."""
        self._write("go")

    def cpu_seconds(self) -> float:
        """Processor time of the bridge since its start."""
        fields = Path(f"/proc/{self._bridge.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kilobytes(self) -> int:
        """The bridge's memory."""
        return resident_kilobytes(self._bridge.pid)

    def until_sent(self) -> int:
        """Listens until the boards are done; how many frames each sent."""
        assert self._sender.stdout is not None  # noqa: S101 - opened with a pipe
        os.set_blocking(self._sender.stdout.fileno(), False)
        while not (told := self._sender.stdout.readline()):
            self.listen_for(0.05)
        return int(told)

    def settle(self) -> None:
        """What is still under way."""
        self.listen_for(2.0)

    def listen_for(self, seconds: float) -> None:
        """Checks what arrives."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            while not self._edge.messages.empty():
                topic, payload = self._edge.messages.get()
                if topic.endswith("/tm"):
                    self._check(topic, decode_room(payload, Batch))
            time.sleep(0.01)

    def stop(self) -> None:
        """Lets the sender go and leaves the broker."""
        self._write("end")
        self._edge.session.stop()

    def _write(self, word: str) -> None:
        assert self._sender.stdin is not None  # noqa: S101 - opened with a pipe
        with contextlib.suppress(BrokenPipeError):
            self._sender.stdin.write(f"{word}\n")
            self._sender.stdin.flush()

    def _check(self, topic: str, batch: Batch) -> None:
        self.messages += 1
        device = topic.split("/")[1]
        port = int(device.partition("-")[2])
        values = self._values.setdefault(device, [])
        values += [float(entry.x) for entry in batch.e if entry.n.startswith("ch")]
        whole = len(values) // CHANNELS * CHANNELS
        for at in range(0, whole, CHANNELS):
            first = int(values[at]) - port * 101
            wanted = [(first + channel * 31 + port * 101) & 0x7FFF for channel in range(CHANNELS)]
            if wanted == values[at : at + CHANNELS]:
                self.good += 1
            else:
                self.wrong += 1
        del values[:whole]


@contextlib.contextmanager
def room(folder: Path, ports: int, rate: int, seconds: float) -> Iterator[Running]:
    """Broker, boards and bridge of one measurement."""
    devices = [f"dev-{port}" for port in range(ports)]
    program = folder / "frame_sender"
    source = Path(__file__).with_name("frame_sender.c")
    subprocess.run(["gcc", "-O2", "-o", program, source], check=True)
    with own_room_broker(folder / "broker", devices) as broker:
        sender = subprocess.Popen(
            [program, str(ports), str(rate), str(seconds)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert sender.stdout is not None  # noqa: S101 - opened with a pipe
        paths = [sender.stdout.readline().strip() for _ in devices]
        settings = write_settings(folder, broker, dict(zip(devices, paths, strict=True)))
        nice = ["nice", "-n", "-5"] if os.geteuid() == 0 else []  # it and the arena as its unit has them
        bridge = subprocess.Popen(
            [*nice, sys.executable, "-m", "firmware_bridge", "run", "--settings", settings],
            stdout=subprocess.DEVNULL,
            env={**os.environ, "MALLOC_ARENA_MAX": "1"},
        )
        running = Running(bridge, sender, broker)
        try:
            wait_until_open(bridge.pid, paths)
            yield running
        finally:
            running.stop()
            for process in (bridge, sender):
                process.terminate()
                process.wait()


def write_settings(folder: Path, broker: OwnRoomBroker, paths: dict[str, str]) -> Path:
    """A box's folder with a plan of these boards."""
    key = Ed25519PrivateKey.generate()
    box = TransportAuthority(folder=folder / "pki").issue("box-1")
    (folder / "central.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (folder / "state").mkdir()
    devices = tuple(
        PlannedDevice(
            device_id=name,
            kind=EquipmentKind.SENSOR_BOARD,
            link=SerialLink(port=path, driver="link-v1", baud=115200),
        )
        for name, path in paths.items()
    )
    plan = RoomPlan(
        version=1, box_id="box-1", room_id="room-1", room_name="9A", made_at=datetime.now(UTC), devices=devices
    )
    write_whole(folder / "room-plan.json", msgspec.json.encode(sign_plan(plan, key)))
    settings = folder / "bridge.toml"
    settings.write_text(
        f'central_key = "central.pem"\ncertificate = "{box.certificate}"\n[finding]\nlook = false\n'
        f'[broker]\nport = {broker.port}\npassword_file = "{broker.password_file("bridge")}"\n'
    )
    return settings


def wait_until_open(pid: int, paths: Sequence[str]) -> None:
    """Until the bridge has every port open."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            held = {str(entry.readlink()) for entry in Path(f"/proc/{pid}/fd").iterdir()}
            if held.issuperset(paths):
                return
        time.sleep(0.05)
    raise SystemExit("The bridge did not open its ports.")


def speak_until(board: PluggableBoard, holds: Callable[[], bool]) -> None:
    """The board says something until it was understood."""
    while not holds():
        board.say(b"temperature:21.5\n")
        time.sleep(0.005)


def next_at(words: list[tuple[float, LineWord]], kind: type) -> float:
    """When the next word of this kind was told."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for at, word in words:
            if isinstance(word, kind):
                words.clear()
                return at
        time.sleep(0.001)
    raise SystemExit(f"No {kind.__name__} within 30 s.")


def open_descriptors() -> int:
    """Of this program."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def resident_kilobytes(pid: int) -> int:
    """Memory of a program."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


def say(text: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
