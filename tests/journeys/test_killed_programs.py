"""A short form of `python -m benchmarks.kill_school`: a stream of check-ins that outlives every program."""

import random
from pathlib import Path

from benchmarks.kill_school import run_rounds


def test_no_event_with_a_light_is_lost_or_counted_twice_when_programs_are_killed(tmp_path: Path) -> None:
    tally = run_rounds(tmp_path, {"box": 4, "central": 1, "broker": 1}, random.Random(7), report=False)
    assert tally.acknowledged >= 6, "each round saw at least one light"
    assert tally.whole, str(tally)
