"""`python -m tests.fuzz [--seconds N] [NAME ...]`: tries each target, or those named, and lists what broke."""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import NAMES

_FINDS = Path("var/fuzz")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    chosen = parser.parse_args()
    unknown = set(chosen.names) - set(NAMES)
    if unknown:
        parser.error(f"no target is called {', '.join(sorted(unknown))}")
    _FINDS.mkdir(parents=True, exist_ok=True)
    broken = []
    for name in chosen.names or NAMES:
        sys.stdout.write(f"{name}: ")
        sys.stdout.flush()
        command = [sys.executable, "-m", "tests.fuzz.one_target", name, str(chosen.seconds), str(_FINDS)]
        tried = subprocess.run(command, capture_output=True, text=True, check=False, timeout=chosen.seconds + 120)
        if tried.returncode != 0:
            broken.append(name)
            sys.stdout.write(f"BROKEN\n{tried.stdout[-2000:]}{tried.stderr[-4000:]}\n")
        else:
            sys.stdout.write(f"{_count(tried.stdout + tried.stderr)} inputs, nothing broke\n")
    if broken:
        sys.stdout.write(f"broken: {', '.join(broken)}; the inputs lie in {_FINDS}/\n")
    return 1 if broken else 0


def _count(told: str) -> str:
    for line in told.splitlines():
        if line.startswith("stat::number_of_executed_units:") or line.endswith(" inputs"):
            return next(word for word in line.replace(":", " ").split() if word.isdecimal())
    return "?"


if __name__ == "__main__":
    sys.exit(main())
