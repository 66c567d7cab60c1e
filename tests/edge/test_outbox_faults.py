"""Power, kernel and card against the outbox: real processes, real kills, injected errors of the kernel."""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.kill_outbox import kill_rounds
from edge.outbox import Outbox
from models.clock import SystemClock
from models.identifiers import BoxId
from tests.builders.events import BOX_KEY
from tests.builders.needed_programs import need


def test_no_kill_at_any_moment_loses_doubles_or_invents_an_event(tmp_path: Path) -> None:
    tally = kill_rounds(tmp_path / "outbox.sqlite", 8, random.Random(1))
    assert tally.acknowledged > 8
    assert (tally.lost, tally.twice, tally.invented) == (0, 0, 0)


def opened(path: Path) -> Outbox:
    outbox = Outbox(path, BoxId("box-101"), BOX_KEY, SystemClock())
    outbox.start()
    return outbox


@pytest.mark.parametrize(
    "fault",
    ["fdatasync:error=EIO:when=14", "pwrite64:error=ENOSPC:when=90..94", "pwrite64:error=EROFS:when=90..94"],
)
def test_an_error_of_the_card_promises_nothing_and_the_next_event_is_stored_again(tmp_path: Path, fault: str) -> None:
    need("strace", shutil.which("strace"))
    path = tmp_path / "outbox.sqlite"
    worker = [sys.executable, "-m", "tests.fakes.outbox_worker", str(path), "1", "30"]
    opened(path).stop()
    call = fault.partition(":")[0]
    run = subprocess.run(
        ["strace", "-f", "-qq", "-o", str(tmp_path / "trace"), "-e", f"trace={call}", "-e", f"inject={fault}", *worker],
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    if run.returncode and b"PTRACE" in run.stderr:
        pytest.skip("this machine does not let strace work")
    said = run.stdout.decode().split("\n")[:-1]
    failed = [int(line[2:]) for line in said if line.startswith("! ")]
    promised = [int(line) for line in said if not line.startswith("! ")]
    assert failed, run.stderr.decode()
    assert max(promised) > max(failed), "the outbox must recover once the card does"
    outbox = opened(path)
    stored = [int.from_bytes(event.uuid) for event in outbox.pending(limit=-1)]
    outbox.stop()
    assert set(promised) <= set(stored)
    assert set(stored) <= set(promised) | set(failed)
    assert len(stored) == len(set(stored))
