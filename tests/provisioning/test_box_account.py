"""In a folder of somebody else root does nothing but the one deed that was named beforehand."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.box_account import as_owner
from tests.builders.boxs_account import ACCOUNT, box_of_account, python
from tests.builders.checkout import REPOSITORY

_BEGIN = """
import json, os, sys
from pathlib import Path
from models.errors import ClassroomError
from provisioning.box_account import as_owner
folder = Path(sys.argv[1])
def who():
    return [*os.getresuid(), *os.getresgid(), *os.getgroups()]
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with box_of_account() as box:
        yield box


def _run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    words = python("-c", _BEGIN + text, str(folder))
    return subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=60)


def test_the_work_runs_for_good_as_the_folders_owner_and_in_a_session_of_its_own(folder: Path) -> None:
    work = """
def work(ask):
    try:
        os.setuid(0)
    except PermissionError:
        print(json.dumps([who(), os.getsid(0) == os.getpid(), os.environ["HOME"]]))
        return 7
sys.exit(as_owner(folder, work))
"""
    done = _run(folder, work)
    assert done.returncode == 7, done.stderr
    ids, own_session, home = json.loads(done.stdout)
    assert set(ids) == {ACCOUNT}
    assert own_session
    assert home != os.environ.get("HOME")


def test_the_one_deed_is_roots_and_its_failure_is_told_to_the_work(folder: Path) -> None:
    work = """
def deed():
    print("deed", who()[0], flush=True)
    if len(sys.argv) > 2: raise ClassroomError("no")
def work(ask):
    ask()
    print("work", who()[0], flush=True)
    try: ask()
    except (ClassroomError, OSError): print("only once")
    return 0
sys.exit(as_owner(folder, work, deed))
"""
    done = _run(folder, work)
    assert done.stdout.splitlines() == ["deed 0", f"work {ACCOUNT}", "only once"], done.stderr
    refused = _run(folder, "sys.argv.append('fail')\n" + work)
    assert refused.returncode == 2
    assert refused.stdout.splitlines() == ["deed 0"]
    assert refused.stderr == "no\n"


def test_a_work_that_breaks_or_is_killed_is_a_failure_of_the_program(folder: Path) -> None:
    assert _run(folder, "sys.exit(as_owner(folder, lambda ask: 1 // 0))").returncode == 2
    assert _run(folder, "sys.exit(as_owner(folder, lambda ask: os.kill(os.getpid(), 9)))").returncode == 2


def test_a_folder_of_roots_on_somebody_elses_ground_is_somebody_elses(folder: Path) -> None:
    (folder / "box").mkdir()
    (folder.parent / "named otherwise").symlink_to(folder / "box")
    for place in (folder / "box", folder / "not yet there", folder.parent / "named otherwise"):
        done = _run(place, "sys.exit(as_owner(folder, lambda ask: print(who()[0]) or 0))")
        assert done.stdout == f"{ACCOUNT}\n", done.stderr


def test_an_end_that_is_meant_for_both_reaches_the_work(folder: Path) -> None:
    work = """
import signal, threading
over = threading.Event()
def work(ask):
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    print("ready", flush=True)
    for _ in range(500):  # short waits: Python looks for signals between them
        if over.wait(0.1):
            return 5
    return 6
sys.exit(as_owner(folder, work))
"""
    words = python("-c", _BEGIN + work, str(folder))
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        began = time.monotonic()
        program.send_signal(signal.SIGTERM)
        assert program.wait(40) == 5
        assert time.monotonic() - began < 40


def test_nobody_becomes_another_without_need(tmp_path: Path) -> None:
    seen: list[int] = []

    def work(_: object) -> int:
        seen.append(os.getpid())
        return 3

    assert as_owner(tmp_path, work) == 3
    assert seen == [os.getpid()]
