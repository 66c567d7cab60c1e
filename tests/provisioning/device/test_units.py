"""When a release counts as well: what systemd says of the room agent, by a `systemctl` of the test's own."""

import os
import time
from pathlib import Path

import pytest

from provisioning.device import units


@pytest.mark.parametrize(
    ("state", "minutes_ago", "well"),
    [("active", 6, True), ("active", 4, False), ("activating", 6, False), ("inactive", None, False)],
)
def test_the_agent_is_well_after_five_minutes_on_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, minutes_ago: int | None, *, well: bool
) -> None:
    since = 0 if minutes_ago is None else int((time.monotonic() - minutes_ago * 60) * 1_000_000)
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\necho ActiveState={state}\necho ActiveEnterTimestampMonotonic={since}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert units.agent_is_well() is well


def test_where_nobody_can_say_it_is_not_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not units.agent_is_well()
