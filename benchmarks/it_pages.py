"""The IT pages with a whole province: `python -m benchmarks.it_pages [--times 100] [--postgresql]`.

Makes 612 schools with 76,500 devices and one box a room (`benchmarks.province`), then asks each view through the real
ASGI application, signed in as the province's IT staff, and prints p50 and p95 beside the bar of 300 ms. Everything is
in one process: database, page and the person who asks; nothing travels over a network.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.province import NOW, SCHOOLS, make_province
from central.database import Database
from central.registers import device_search
from central.registers.device_search import Wanted
from central.upgrade import upgrade_database
from models.staff import Role
from tests.builders.centre import Centre
from tests.builders.front_desk import Reception
from tests.builders.private_postgres import private_postgres
from tests.fakes.manual_clock import ManualClock

BAR_MS = 300.0
Address = Callable[[random.Random], str]

VIEWS: dict[str, Address] = {
    "map of the province": lambda _: "/places",
    "map, search": lambda chance: f"/places?q=le+quy+don+{chance.randrange(1, SCHOOLS)}",
    "map, silent boxes": lambda _: "/places?state=silent",
    "one school": lambda chance: f"/places/LC{chance.randrange(1, SCHOOLS):03}",
    "one room": lambda chance: f"/places/rooms/LC{chance.randrange(1, SCHOOLS):03}-P101",
    "devices, first page": lambda _: "/devices",
    "devices by words": lambda chance: f"/devices?q=pico+{chance.randrange(16**3):03x}",
    "devices, no such word": lambda chance: f"/devices?q=zzz{chance.randrange(10**6)}",
    "devices by kind": lambda _: "/devices?kind=sound+set",
    "devices by state": lambda _: "/devices?state=lost",
    "devices of a school": lambda chance: f"/devices?school=LC{chance.randrange(1, SCHOOLS):03}",
    "devices, deep page": lambda chance: f"/devices?after=LC{chance.randrange(300, SCHOOLS):03}-P101+tablet+dev-0",
    "devices, deep words": lambda chance: (
        f"/devices?q=lenovo&after=LC{chance.randrange(300, SCHOOLS):03}-P101+tablet+dev-0"
    ),
    "one device": lambda _: "/devices/{device}",
    "box list": lambda _: "/boxes",
    "box list, deep page": lambda chance: f"/boxes?after=box-{chance.randrange(300, SCHOOLS):06}",
    "one box": lambda chance: f"/boxes/box-{chance.randrange(1, SCHOOLS):06}",
    "rooms for new boxes": lambda _: "/new-boxes",
    "checks of the fleet": lambda _: "/fleet-checks",
}


@contextmanager
def _store(folder: Path, kind: str) -> Iterator[Database]:
    if kind == "sqlite":
        database = Database(f"sqlite:///{folder / 'central.db'}")
        database.start()
        yield database
        database.stop()
        return
    with private_postgres() as url:
        database = Database(url.format(database="postgres"))
        database.start()
        yield database
        database.stop()


def main() -> None:
    """Make the province, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often each view is asked (default %(default)s)")
    parser.add_argument("--schools", type=int, default=SCHOOLS, help="how many schools (default %(default)s)")
    parser.add_argument("--postgresql", action="store_true", help="a private PostgreSQL in place of SQLite")
    words = parser.parse_args()
    kind = "postgresql" if words.postgresql else "sqlite"
    with tempfile.TemporaryDirectory() as folder, _store(Path(folder), kind) as database:
        upgrade_database(database)
        started = time.perf_counter()
        devices = make_province(database, words.schools)
        print(f"{words.schools} schools, {devices} devices on {kind}, made in {time.perf_counter() - started:.0f} s")
        _measure(database, words.times)


def _measure(database: Database, times: int) -> None:
    centre = Centre(database)
    centre.clock = ManualClock(NOW)
    reception = Reception(centre)
    reader = reception.visit(Role.IT)
    with database.reading() as connection:
        some = device_search.find_devices(connection, Wanted(), None, limit=500).devices
    chance = random.Random(7)
    worst = 0.0
    for name, address in VIEWS.items():
        first = reader.get(_filled(address(chance), some[0].device_id))
        if first.status_code == 404 and first.headers["content-type"].startswith("application/problem"):
            print(f"{name:<24} is not there")
            continue
        taken = []
        for _ in range(times):
            wanted = _filled(address(chance), chance.choice(some).device_id)
            started = time.perf_counter()
            answer = reader.get(wanted)
            taken.append((time.perf_counter() - started) * 1000)
            if answer.status_code != 200:
                raise SystemExit(f"{wanted}: {answer.status_code}")
        worst = max(worst, tell(name, taken, len(answer.content)))
    worst = max(worst, _first_bytes(reception, times))
    print(f"worst p95 / bar of {BAR_MS:.0f} ms = {worst / BAR_MS:.2f}   (n = {times} for each view)")


def _first_bytes(reception: Reception, times: int) -> float:
    """The export is asked over a real connection, because only that shows when its first bytes come."""
    from central.http.server import WebServer  # noqa: PLC0415 only this view needs a socket

    cookies = reception.visit(Role.IT).cookies
    server = WebServer(reception.application, reception.live_feed, "localhost", 0)
    server.start()
    taken, whole = [], b""
    try:
        with httpx.Client(base_url=server.address, cookies=dict(cookies), trust_env=False, timeout=120) as client:
            for number in range(times):
                started = time.perf_counter()
                with client.stream("GET", "/exports/devices") as answer:
                    pieces = answer.iter_raw()
                    first = next(pieces) + next(pieces)
                    taken.append((time.perf_counter() - started) * 1000)
                    if number == 0:
                        whole = first + b"".join(pieces)
                        print(f"{'export, whole CSV':<24} {time.perf_counter() - started:6.1f} s   {len(whole)} bytes")
    finally:
        server.stop()
    return tell("export, first bytes", taken, len(whole))


def _filled(address: str, device_id: str) -> str:
    return address.format(device=device_id)


def tell(name: str, taken: list[float], size: int) -> float:
    """Print p50 and p95 of one view; returns p95."""
    ranked = sorted(taken)
    p95 = ranked[min(len(ranked) - 1, round(0.95 * (len(ranked) - 1)))]
    print(f"{name:<24} p50 {statistics.median(taken):6.0f} ms   p95 {p95:6.0f} ms   {size:>8} bytes", flush=True)
    return p95


if __name__ == "__main__":
    main()
