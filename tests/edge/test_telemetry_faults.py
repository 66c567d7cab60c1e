"""Kills against the telemetry store: real processes, and nothing that was committed is lost or stands there twice."""

import random
from pathlib import Path

from benchmarks.kill_telemetry import kill_rounds


def test_no_kill_at_any_moment_loses_doubles_or_invents_a_committed_row(tmp_path: Path) -> None:
    tally = kill_rounds(tmp_path / "telemetry.db", 5, random.Random(1))
    assert tally.acknowledged > 100
    assert (tally.lost, tally.twice, tally.invented) == (0, 0, 0)
