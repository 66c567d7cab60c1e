"""From preflight to green on the bench: `python -m benchmarks.enroll_one [--boxes 3]`.

A whole rehearsal school runs: authority, broker with keeper, central, its own box. Each further box gets a code as
central asks for it, runs the real `provisioning enroll` with its preflight, starts the real room agent, and counts as
green when central has stored its first word. People's time (reading the code, typing it) is not in it.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from models.identifiers import BoxId
from provisioning.device.box_folder import BoxFolder
from provisioning.rehearsal.box_enrollment import ask_for_code
from tests.builders.running_school import RunningSchool, free_ports, wait_until

BAR_SECONDS = 20.0


def enroll_to_green(school: RunningSchool, folder: Path, number: int) -> tuple[float, float]:
    """Seconds of `enroll`, and until the row is green."""
    code = ask_for_code(school.files, school.ports, f"Bench-{number}", f"Phòng {number}")
    address = f"localhost:{school.ports.authority}"
    words = ["enroll", "--code", code, "--authority", address, "--box", str(folder), "--no-units"]
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "provisioning", *words], check=True, capture_output=True)
    enrolled = time.monotonic() - began
    settings = folder / "settings.toml"
    page = free_ports().proctor
    settings.write_text(f"{settings.read_text('utf-8')}\n[station]\nport = {page}\n", encoding="utf-8")
    with (folder / "log").open("wb") as log:
        agent = subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--settings", str(settings)],
            stdout=log, stderr=log, env={**os.environ, **school.programs.environment},
        )  # fmt: skip
    try:
        box_id = BoxFolder(path=folder).read_room().box_id
        wait_until(lambda: _is_green(school, box_id), "the first word at central", 60)
        return enrolled, time.monotonic() - began
    finally:
        agent.terminate()
        agent.wait()


def _is_green(school: RunningSchool, box_id: BoxId) -> bool:
    with sqlite3.connect(f"file:{school.files.central / 'central.db'}?mode=ro", uri=True) as database:
        row = database.execute("SELECT last_word_at FROM boxes WHERE box_id = ?", [box_id]).fetchone()
    database.close()
    return row is not None and row[0] is not None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boxes", type=int, default=3, help="boxes, one after the other (default %(default)s)")
    boxes = parser.parse_args().boxes
    with tempfile.TemporaryDirectory() as directory, RunningSchool(Path(directory)) as school:
        taken = []
        for number in range(1, boxes + 1):
            taken.append(enroll_to_green(school, Path(directory) / f"box-{number}", number))
            print(f"box {number}: enroll {taken[-1][0]:.1f} s, green after {taken[-1][1]:.1f} s", flush=True)
    median, longest = (statistics.median(seconds for _, seconds in taken), max(seconds for _, seconds in taken))
    print(f"median {median:.1f} s, longest {longest:.1f} s, bar {BAR_SECONDS:.0f} s: {longest / BAR_SECONDS:.2f} of it")


if __name__ == "__main__":
    main()
