"""Tap to colour on the bench: `python -m benchmarks.tap_to_verdict [--rounds 20]`.

A whole rehearsal school with a virtual reader and a camera stream; the times are those that the box itself writes into
its log. The bar holds the box's own part, which is everything but waiting for reader and card. Camera time is inside:
five frames at the stream's pace.
"""

import argparse
import re
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.builders.running_school import RunningSchool, wait_until

BAR_MS = 1000.0
_LINE = re.compile(
    r"Verdict after (\d+) ms: chip (\d+) ms \(reader and card (\d+) ms\), face (\d+) ms, decision and commit (\d+) ms"
)


def measure(rounds: int, directory: Path) -> list[tuple[int, ...]]:
    """Total, chip, transport, face and commit milliseconds of each good candidate."""
    with RunningSchool(directory) as school:
        stage = school.stage()

        def verdicts() -> list[tuple[int, ...]]:
            return [tuple(map(int, found)) for found in _LINE.findall(school.box_log())]

        school.wait_for_roster()
        for done in range(rounds):
            stage.play("good")
            wait_until(lambda wanted=done + 1: len(verdicts()) == wanted, "a verdict", 30)  # type: ignore[misc]  # the default binds the loop's value
            print(f"\r{done + 1} of {rounds}", end="", flush=True)
        print()
        stage.close()
        return verdicts()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="check-ins, at most 24 (default %(default)s)")
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as directory:
        taken = measure(rounds, Path(directory))
    own = [total - transport for total, _, transport, _, _ in taken]
    columns = zip(
        ("tap to colour", "chip", "of which reader and card", "face", "commit"), zip(*taken, strict=True), strict=True
    )
    for name, values in [*columns, ("the box's own part", own)]:
        print(f"{name:<26} p50 {statistics.median(values):6.0f} ms   p95 {_p95(values):6.0f} ms")
    print(f"own part p95 / bar of {BAR_MS:.0f} ms = {_p95(own) / BAR_MS:.2f}   (n = {len(taken)})")


def _p95(values: Sequence[int]) -> float:
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, round(0.95 * (len(ranked) - 1)))]


if __name__ == "__main__":
    main()
