"""Kills a program that stores telemetry, many times, and counts what its store kept.

    python -m benchmarks.kill_telemetry --rounds 100

Prints `acknowledged N, lost 0, twice 0, invented 0`; ends with status 1 when anything was lost, doubled or invented.
"""

import argparse
import random
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.kill_outbox import LONGEST_SECONDS, NUMBERS_PER_ROUND, SHORTEST_SECONDS, Tally
from edge.telemetry_store import TelemetryStore
from models.clock import SystemClock
from models.telemetry import decode_row
from tests.builders.telemetry_rows import number_of

MOST_AT_ONCE = 41
"""Rows of one commit of the worker."""


def kill_rounds(path: Path, rounds: int, luck: random.Random) -> Tally:
    """Runs and kills the worker; after every round opens the store and reads all of it."""
    tally = Tally()
    acknowledged: set[int] = set()
    begun: set[int] = set()
    for round_number in range(rounds):
        first = round_number * NUMBERS_PER_ROUND
        said = _run_and_kill(path, first, luck.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))
        acknowledged |= said
        beyond = max(said, default=first - 1) + 1
        begun |= said | set(range(beyond, beyond + MOST_AT_ONCE))
        started = time.monotonic()
        stored = _stored(path)
        tally.slowest_start_seconds = max(tally.slowest_start_seconds, time.monotonic() - started)
        tally.lost = len(acknowledged - set(stored))
        tally.twice = len(stored) - len(set(stored))
        tally.invented = len(set(stored) - begun)
    tally.acknowledged = len(acknowledged)
    return tally


def _stored(path: Path) -> list[int]:
    store = TelemetryStore(path, SystemClock())
    store.start()
    while len(rows := store.numbered_after(0, sys.maxsize)) < store.waiting():
        store.number_next(0, 0, 100_000, sys.maxsize)
    store.stop()
    return [number_of(decode_row(msgspec.Raw(row.body))) for row in rows]


def _run_and_kill(path: Path, first: int, after_seconds: float) -> set[int]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.telemetry_worker", str(path), str(first)], stdout=subprocess.PIPE
    )
    assert worker.stdout is not None  # noqa: S101 - a pipe was asked for
    with worker, worker.stdout as said:
        select.select([said], [], [], 30)
        time.sleep(after_seconds)
        worker.kill()
        lines = said.read().decode().split("\n")[:-1]
    spans = [line.partition(" ") for line in lines]
    return {number for start, _, stop in spans for number in range(int(start), int(stop))}


def main() -> None:
    """Reads the command line, runs, prints the tally."""
    parser = argparse.ArgumentParser(description="kill -9 against the telemetry store")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally = kill_rounds(Path(folder) / "telemetry.db", arguments.rounds, random.Random(arguments.seed))
    print(f"seed {arguments.seed}, rounds {arguments.rounds}, slowest start {tally.slowest_start_seconds:.2f} s")
    print(tally)
    sys.exit(1 if tally.lost or tally.twice or tally.invented else 0)


if __name__ == "__main__":
    main()
