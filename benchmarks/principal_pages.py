"""The principal's pages with a term of data: `python -m benchmarks.principal_pages [--times 100] [--postgresql]`.

Makes 612 schools with 76,500 devices (`benchmarks.province`) and five months of their measurements
(`benchmarks.measured_term`), then asks each page through the real ASGI application, signed in as a principal of each
school in turn, or as the province's staff, and prints p50 and p95 beside the bar of 300 ms. Database, page and the
person who asks share one process; nothing travels over a network.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy import create_engine, text

from benchmarks.it_pages import BAR_MS, tell
from benchmarks.measured_term import DAYS, make_term
from benchmarks.province import NOW, SCHOOLS, make_province
from central.database import Database
from central.measuring.store import open_measurements
from central.registers import brief_devices, place_register
from central.upgrade import upgrade_database
from models.staff import Role
from tests.builders.centre import Centre
from tests.builders.front_desk import Reception
from tests.builders.private_postgres import private_postgres
from tests.fakes.manual_clock import ManualClock

PRINCIPALS: Final = 25
"""So many schools are asked in turn."""

Address = Callable[[str, str], str]
"""From a school's code and one of its devices to what is asked."""

PAGES: Final[dict[str, Address]] = {
    "this morning": lambda _school, _device: "/morning",
    "this morning, again": lambda _school, _device: "/morning/content",
    "room, last day": lambda school, _device: f"/rooms/{school}-P101",
    "room, last hour": lambda school, _device: f"/rooms/{school}-P101?span=lesson",
    "room, week": lambda school, _device: f"/rooms/{school}-P101?span=week",
    "room, term": lambda school, _device: f"/rooms/{school}-P101?span=term",
    "heat map, week": lambda _school, _device: "/room-hours",
    "heat map, term": lambda _school, _device: "/room-hours?length=term",
    "device's life": lambda _school, device: f"/devices/{device}/life",
    "utilisation": lambda _school, _device: "/utilisation?month=2026-10",
    "month report": lambda _school, _device: "/reports?month=2026-10",
    "month report, XLSX": lambda _school, _device: "/exports/reports?form=xlsx&month=2026-10",
    "month report, PDF": lambda _school, _device: "/exports/reports?form=pdf&month=2026-10",
    "evidence": lambda _school, _device: "/evidence",
}
PROVINCE: Final[dict[str, Address]] = {
    "province, morning": lambda _school, _device: "/morning",
    "province, utilisation": lambda _school, _device: "/utilisation?month=2026-10",
}


@contextmanager
def _stores(folder: Path, kind: str) -> Iterator[tuple[Database, Database]]:
    if kind == "sqlite":
        registers = Database(f"sqlite:///{folder / 'central.db'}")
        measurements = open_measurements(f"sqlite:///{folder / 'measurements.db'}")
        registers.start()
        yield registers, measurements
    else:
        with private_postgres() as url:
            first = create_engine(url.format(database="postgres"), isolation_level="AUTOCOMMIT")
            with first.connect() as connection:
                connection.execute(text("CREATE DATABASE measured"))
            first.dispose()
            registers = Database(url.format(database="postgres"))
            measurements = open_measurements(url.format(database="measured"))
            registers.start()
            yield registers, measurements
            measurements.stop()
            registers.stop()
            return
    measurements.stop()
    registers.stop()


def main() -> None:
    """Make the province and its term, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=100, help="how often each page is asked (default %(default)s)")
    parser.add_argument("--schools", type=int, default=SCHOOLS, help="how many schools (default %(default)s)")
    parser.add_argument("--days", type=int, default=DAYS, help="how many days of data (default %(default)s)")
    parser.add_argument("--folder", type=Path, help="keep the SQLite stores here, and use those that are there already")
    parser.add_argument("--postgresql", action="store_true", help="a private PostgreSQL in place of SQLite")
    words = parser.parse_args()
    kind = "postgresql" if words.postgresql else "sqlite"
    with tempfile.TemporaryDirectory() as lent, _stores(words.folder or Path(lent), kind) as (registers, measurements):
        upgrade_database(registers)
        if _is_made(registers):
            _measure(registers, measurements, words.times, words.schools)
            return
        started = time.perf_counter()
        count = make_province(registers, words.schools)
        made = make_term(registers, measurements, NOW, words.days)
        print(f"{words.schools} schools, {count} devices, {words.days} days on {kind}", end=", ")
        print(f"made in {time.perf_counter() - started:.0f} s: " + ", ".join(f"{n} {t}" for t, n in made.items()))
        _measure(registers, measurements, words.times, words.schools)


def _is_made(registers: Database) -> bool:
    with registers.reading() as connection:
        return bool(place_register.list_schools(connection, None))


def _measure(registers: Database, measurements: Database, times: int, schools: int) -> None:
    centre = Centre(registers)
    centre.clock = ManualClock(NOW)
    reception = Reception(centre, measurements=measurements)
    chance = random.Random(7)
    visits = []
    for number in chance.sample(range(1, schools + 1), min(PRINCIPALS, schools)):
        school = f"LC{number:03}"
        with registers.reading() as connection:
            own = brief_devices.devices_in(connection, [f"{school}-P101"])
        visits.append((reception.visit(Role.PRINCIPAL, school=school), school, chance.choice(own).device_id))
    staff = [(reception.visit(Role.IT), visits[0][1], visits[0][2])]
    pages = [(name, address, visits) for name, address in PAGES.items()]
    pages += [(name, address, staff) for name, address in PROVINCE.items()]
    worst = 0.0
    for name, address, people in pages:
        _ask(people[0], address)
        taken, size, used = [], 0, time.process_time()
        for turn in range(times):
            started = time.perf_counter()
            size = _ask(people[turn % len(people)], address)
            taken.append((time.perf_counter() - started) * 1000)
        worst = max(worst, tell(name, taken, size))
        print(f"{'':<24} of it processor {(time.process_time() - used) * 1000 / times:4.0f} ms, with the asking client")
    print(f"worst p95 / bar of {BAR_MS:.0f} ms = {worst / BAR_MS:.2f}   (n = {times} for each page)")


def _ask(visit: tuple[httpx.Client, str, str], address: Address) -> int:
    client, school, device = visit
    answer = client.get(address(school, device))
    if answer.status_code != 200:
        raise SystemExit(f"{address(school, device)}: {answer.status_code}")
    return len(answer.content)


if __name__ == "__main__":
    main()
