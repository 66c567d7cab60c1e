"""Kills a program that commits events, many times, and counts what its outbox kept.

    python -m benchmarks.kill_outbox --rounds 200

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

from edge.outbox import Outbox
from models.clock import SystemClock
from models.identifiers import BoxId
from tests.builders.events import BOX_KEY

NUMBERS_PER_ROUND = 1_000_000
ROUNDS_PER_OUTBOX = 20
"""Then a fresh one: every round checks the whole chain, and an exam day has hundreds of events, not thousands."""
SHORTEST_SECONDS, LONGEST_SECONDS = 0.06, 0.18


class Tally(msgspec.Struct, kw_only=True):
    """What became of the acknowledged events."""

    acknowledged: int = 0
    lost: int = 0
    twice: int = 0
    invented: int = 0
    slowest_start_seconds: float = 0.0

    def add(self, other: "Tally") -> None:
        """Both together."""
        self.acknowledged += other.acknowledged
        self.lost += other.lost
        self.twice += other.twice
        self.invented += other.invented
        self.slowest_start_seconds = max(self.slowest_start_seconds, other.slowest_start_seconds)

    def __str__(self) -> str:
        return f"acknowledged {self.acknowledged}, lost {self.lost}, twice {self.twice}, invented {self.invented}"


def kill_rounds(path: Path, rounds: int, luck: random.Random) -> Tally:
    """Runs and kills the worker; after every round opens the outbox, which checks the whole chain."""
    tally = Tally()
    acknowledged: set[int] = set()
    begun: set[int] = set()
    for number in range(rounds):
        first = number * NUMBERS_PER_ROUND
        said = _run_and_kill(path, first, luck.uniform(SHORTEST_SECONDS, LONGEST_SECONDS))
        acknowledged |= said
        begun |= said | {max(said, default=first - 1) + 1}
        started = time.monotonic()
        outbox = Outbox(path, BoxId("box-101"), BOX_KEY, SystemClock())
        outbox.start()
        tally.slowest_start_seconds = max(tally.slowest_start_seconds, time.monotonic() - started)
        stored = [int.from_bytes(event.uuid) for event in outbox.pending(limit=-1)]
        outbox.stop()
        tally.lost = len(acknowledged - set(stored))
        tally.twice = len(stored) - len(set(stored))
        tally.invented = len(set(stored) - begun)
    tally.acknowledged = len(acknowledged)
    return tally


def _run_and_kill(path: Path, first: int, after_seconds: float) -> set[int]:
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.outbox_worker", str(path), str(first)], stdout=subprocess.PIPE
    )
    assert worker.stdout is not None  # noqa: S101 - a pipe was asked for
    with worker, worker.stdout as said:
        select.select([said], [], [], 30)
        time.sleep(after_seconds)
        worker.kill()
        lines = said.read().decode().split("\n")[:-1]
    return {int(line) for line in lines}


def main() -> None:
    """Reads the command line, runs, prints the tally."""
    parser = argparse.ArgumentParser(description="kill -9 against the outbox")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tally, luck = Tally(), random.Random(arguments.seed)
        for begun in range(0, arguments.rounds, ROUNDS_PER_OUTBOX):
            rounds = min(ROUNDS_PER_OUTBOX, arguments.rounds - begun)
            tally.add(kill_rounds(Path(folder) / f"outbox-{begun}.sqlite", rounds, luck))
    print(f"seed {arguments.seed}, rounds {arguments.rounds}, slowest start {tally.slowest_start_seconds:.2f} s")
    print(tally)
    sys.exit(1 if tally.lost or tally.twice or tally.invented else 0)


if __name__ == "__main__":
    main()
