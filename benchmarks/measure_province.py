"""A province's telemetry at central: durable words per second, beside a C subscriber, at its real pace, under kills.

Mosquitto and `keep-measurements` are the real programs, with mutual TLS 1.3 between them and the store on disk; 612
boxes speak plain MQTT from one C program (`telemetry_load.c`), 76,500 devices, one word a minute each. The C subscriber
that stores nothing takes the same traffic over a plain connection, which favours it.

    python -m benchmarks.measure_province [--minutes N] [--paced SECONDS] [--kills N] [--words N ...] [--postgresql]
    python -m benchmarks.measure_province --seconds 10        short, for a busy machine

On a busy machine a rate and a latency are shares of what others leave; processor time a word, and the ratio to the
subscriber in the same minute, say more. The latency is an upper bound of that to the commit: from the box's send until
the box has heard the mark, which central sends after it.
"""

import argparse
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import create_engine, func, select, text

from benchmarks.province import make_province
from central.database import Database
from central.measuring import tables
from central.registers import box_register, device_homes
from central.settings import read_settings
from central.upgrade import upgrade_database
from models.identifiers import BoxId
from models.telemetry import DeviceWord, TelemetryBatch, pack_batch
from models.wire.topics import UpLane, shard_of, up_topic
from tests.builders.central_folder import write_central_settings
from tests.builders.measuring_program import LiveBox, MeasuringProgram
from tests.builders.private_postgres import private_postgres
from tests.builders.transport_pki import RehearsalPki, prepare
from tests.fakes.running_mosquitto import RunningMosquitto, free_port

SHARDS: Final = 16
REAL_TIME: Final = 76_500 / 60
BAR_TIMES: Final = 4.0
BAR_RATIO: Final = 0.35
BAR_COMMIT_MS: Final = 50.0
WINDOW: Final = 4
"""Messages of one word that a box sends ahead of its mark; of longer ones a single one, which is words enough."""

Places = dict[BoxId, list[str]]
"""The devices of every box's room."""


class Bench:
    """One province, one broker, and a folder for all that is made."""

    def __init__(self, folder: Path, measurements_url: str | None) -> None:
        self.folder = folder
        self.load = folder / "telemetry_load"
        source = Path(__file__).with_name("telemetry_load.c")
        subprocess.run(["gcc", "-O2", "-o", str(self.load), str(source)], check=True, timeout=60)
        self.kill_boxes = tuple(BoxId(f"box-{number:06}") for number in range(1, 7))
        self.pki: RehearsalPki = prepare(folder / "pki", self.kill_boxes)
        self.broker = RunningMosquitto(folder / "broker", self.pki)
        self.plain_port = free_port()
        with self.broker.configuration.open("a", encoding="ascii") as file:
            file.write(f"listener {self.plain_port} 127.0.0.1\nallow_anonymous true\n")
        self._settings = write_central_settings(folder, self.pki, broker_port=self.broker.port)
        self._measurements_url = measurements_url
        self._stores = 0
        self.places = self._make_registers()

    def _make_registers(self) -> Places:
        database = Database(read_settings(self._settings).database.address)
        database.start()
        upgrade_database(database)
        make_province(database)
        with database.reading() as connection:
            rooms = {room_id: BoxId(box_id) for box_id, room_id in box_register.rooms_of_boxes(connection).items()}
            homes = device_homes.homes(connection)
        database.stop()
        places: Places = {box_id: [] for box_id in rooms.values()}
        for device_id, home in homes.items():
            places[rooms[home.room_id]].append(device_id)
        return places

    def fresh_settings(self) -> Path:
        """Settings of a program with an empty measurement store."""
        self._stores += 1
        if self._measurements_url is None:
            where = f'file = "measured-{self._stores}.db"'
        else:
            name = f"measured_{self._stores}"
            first = create_engine(self._measurements_url.format(database="postgres"), isolation_level="AUTOCOMMIT")
            with first.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            first.dispose()
            where = f'url = "{self._measurements_url.format(database=name)}"'
        path = self.folder / f"central-{self._stores}.toml"
        path.write_text(self._settings.read_text().replace("[measurements]", f"[measurements]\n{where}"))
        return path

    def publish(self, traffic: Path, window: int, words_a_second: float = 0) -> dict[str, float]:
        """Let every box send the file's messages until all are marked."""
        order = [str(self.load), "publish", str(self.plain_port), str(traffic), str(window), str(words_a_second)]
        done = subprocess.run(order, check=True, capture_output=True, text=True, timeout=1200)
        return dict(json.loads(done.stdout))

    @contextmanager
    def listening(self, traffic: Path) -> Iterator[None]:
        """The C subscriber in place of the program."""
        order = [str(self.load), "listen", str(self.plain_port), str(traffic)]
        with subprocess.Popen(order, stdout=subprocess.PIPE, text=True) as listener:
            if listener.stdout is not None:
                listener.stdout.readline()
            yield
            listener.terminate()


def write_traffic(path: Path, places: Places, seconds: int, words_in_a_message: int) -> None:
    """A word of every device each minute, oldest first, as their boxes pack them (zlib above 512 bytes)."""
    minutes = -(-seconds // 60)
    began = datetime.now(UTC) - timedelta(minutes=minutes + 1)
    with path.open("wb") as file:
        file.write(struct.pack("<I", len(places)))
        for box_id, devices in places.items():
            topic = up_topic(shard_of(box_id, SHARDS), box_id, UpLane.TELEMETRY)
            for words in (box_id, topic):
                file.write(struct.pack("<H", len(words)) + words.encode("ascii"))
            rows = [
                _word(device, began, minute, place) for minute in range(minutes) for place, device in enumerate(devices)
            ][: max(1, len(devices) * seconds // 60)]
            starts = range(0, len(rows), words_in_a_message)
            file.write(struct.pack("<I", len(starts)))
            for start in starts:
                part = tuple(rows[start : start + words_in_a_message])
                payload = pack_batch(TelemetryBatch(session="s", epoch=1, base=start + 1, rows=part))
                file.write(struct.pack("<QII", start + len(part), len(part), len(payload)) + payload)


def _word(device: str, began: datetime, minute: int, place: int) -> msgspec.Raw:
    at = began + timedelta(minutes=minute, seconds=place * 0.48)
    values: dict[str, float | str | bool] = {
        "battery": 90 - minute, "temperature": 24.5 + place / 50, "power": "on", "storage_free_megabytes": 9000 + place,
    }  # fmt: skip
    word = DeviceWord(device=device, at=at, heard_at=at, online=True, in_use=place % 3 == 0, values=values)
    return msgspec.Raw(msgspec.json.encode(word))


def processor_seconds(pid: int) -> float:
    """What the process has used of a core."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def held_words(settings: Path) -> tuple[int, int]:
    """How many words the store holds, and how many of them differ by device and instant."""
    database = Database(read_settings(settings).measurements.address)
    database.start()
    with database.reading() as connection:
        pairs = select(tables.words.c.device_id, tables.words.c.at).distinct().subquery()
        held = connection.execute(select(func.count()).select_from(tables.words)).scalar_one()
        different = connection.execute(select(func.count()).select_from(pairs)).scalar_one()
    database.stop()
    return int(held), int(different)


def verdict(*, met: bool) -> str:
    """A bar's word."""
    return "met" if met else "NOT met"


def measure(bench: Bench, seconds: int, words_in_a_message: int, paced_seconds: int) -> None:
    """As fast as it goes, beside the C subscriber; then at the province's own pace."""
    traffic = bench.folder / "traffic"
    write_traffic(traffic, bench.places, seconds, words_in_a_message)
    window = WINDOW if words_in_a_message == 1 else 1
    with bench.listening(traffic):
        peer = bench.publish(traffic, window)
    settings = bench.fresh_settings()
    program = MeasuringProgram(settings)
    program.start()
    before = processor_seconds(program.pid)
    ours = bench.publish(traffic, window)
    used = processor_seconds(program.pid) - before
    program.stop()
    held, different = held_words(settings)
    rate, peers = ours["words"] / ours["seconds"], peer["words"] / peer["seconds"]
    load = os.getloadavg()[0]
    print(
        f"\n{words_in_a_message} word(s) in a message, {ours['words']:,} in all, as fast as it goes (load {load:.1f})"
    )
    fast, near = verdict(met=rate >= BAR_TIMES * REAL_TIME), verdict(met=rate >= BAR_RATIO * peers)
    single = words_in_a_message == 1
    print(f"  durable: {rate:,.0f} words/s = {rate / REAL_TIME:.1f} x real time", end="")
    print("" if single else f" (bar {BAR_TIMES:.0f} x: {fast})")
    print(f"  C subscriber, nothing stored: {peers:,.0f} words/s; ratio {rate / peers:.2f}", end="")
    print(f" (bar {BAR_RATIO}: {near})" if single else " (no bar: it reads no words)")
    print(f"  processor time {used / ours['words'] * 1e6:.0f} us a word; sent again {ours['resent']:,.0f} messages")
    print(
        f"  held {held:,}, different {different:,}: lost {ours['words'] - different:,.0f}, twice {held - different:,}"
    )
    if paced_seconds:
        pace_traffic = bench.folder / "paced"
        write_traffic(pace_traffic, bench.places, paced_seconds, words_in_a_message)
        program = MeasuringProgram(bench.fresh_settings())
        program.start()
        time.sleep(2)  # what starting costs is not the words'
        before, began = processor_seconds(program.pid), time.monotonic()
        paced = bench.publish(pace_traffic, window, REAL_TIME)
        used, took = processor_seconds(program.pid) - before, time.monotonic() - began
        program.stop()
        load, each = os.getloadavg()[0], used / paced["words"] * 1e6
        print(f"  at 1 x real time ({paced['seconds']:.0f} s, load {load:.1f}), publish to mark heard by the box:")
        print(f"    p50 {paced['p50_ms']:.1f} ms, p99 {paced['p99_ms']:.1f} ms", end=" ")
        print(f"(bar {BAR_COMMIT_MS:.0f}: {verdict(met=paced['p99_ms'] <= BAR_COMMIT_MS)}),", end=" ")
        print(f"longest {paced['longest_ms']:.0f} ms; {used / took:.0%} of a core = {each:.0f} us a word")


def kill_again_and_again(bench: Bench, kills: int, chance: random.Random) -> None:
    """Six boxes send while program and broker are killed at random; what is held is compared with what was told."""
    settings = bench.fresh_settings()
    program = MeasuringProgram(settings)
    program.start()
    boxes = {
        name: LiveBox(bench.broker.address(bench.pki.boxes[name]), name, SHARDS, size=7, window=WINDOW)
        for name in bench.kill_boxes
    }
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=30)
    told, broker_kills = 0, 0
    with ExitStack() as ends:
        for box in boxes.values():
            box.start()
            ends.callback(box.stop)
        for _ in range(kills):
            more = chance.randrange(2, 60)
            for name, box in boxes.items():
                some = bench.places[name][:20]
                at = [began + timedelta(seconds=told + one) for one in range(more)]
                box.keep(*(DeviceWord(device=one, at=when, online=True, in_use=True) for when in at for one in some))
            told += more
            time.sleep(chance.random())
            if chance.random() < 0.3:
                broker_kills += 1
                bench.broker.kill()
                bench.broker.start()
            else:
                program.kill()
                program.start()
        waited = all(box.all_held.wait(120) for box in boxes.values())
    program.stop()
    held, different = held_words(settings)
    wanted = told * 20 * len(boxes)
    print(
        f"\n{kills - broker_kills} x kill -9 of the program, {broker_kills} of the broker, {wanted:,} words of 6 boxes:"
    )
    print(f"  lost {wanted - different:,}, twice {held - different:,} (bar 0 and 0), everything marked: {waited}")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--minutes", type=int, default=3, help="minutes of the province, as fast as they go (default 3)"
    )
    parser.add_argument("--paced", type=int, default=120, help="seconds at its own pace; 0: not (default 120)")
    parser.add_argument("--seconds", type=int, help="short: so many of the province and at its pace, and 8 kills")
    parser.add_argument("--kills", type=int, default=40, help="kill -9 at random (default 40)")
    parser.add_argument("--words", type=int, nargs="+", default=[1, 25], help="words in a message (default 1 and 25)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true", help="a private PostgreSQL (fsync off) in place of SQLite")
    said = parser.parse_args()
    with ExitStack() as ends:
        folder = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="measure-")))
        url = ends.enter_context(private_postgres()) if said.postgresql else None
        bench = Bench(folder, url)
        bench.broker.start()
        ends.callback(bench.broker.kill)
        devices = sum(map(len, bench.places.values()))
        print(f"{len(bench.places)} boxes, {devices:,} devices, real time {REAL_TIME:,.0f} words/s")
        for words_in_a_message in said.words:
            if said.seconds:
                measure(bench, said.seconds * (1 if words_in_a_message == 1 else 6), words_in_a_message, said.seconds)
            else:
                minutes = said.minutes if words_in_a_message == 1 else said.minutes * 3
                measure(bench, minutes * 60, words_in_a_message, said.paced)
        kills = min(said.kills, 8) if said.seconds else said.kills
        if kills:
            kill_again_and_again(bench, kills, random.Random(said.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
