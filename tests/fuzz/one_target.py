"""Try one target for a while, in a process of its own: `python -m tests.fuzz.one_target NAME SECONDS FINDS`.

With atheris where it is installed (x86-64), else with `mutations`. FINDS is a folder for inputs that break the target.
"""

import hashlib
import importlib
import importlib.util
import sys
import time
from pathlib import Path

from tests.fuzz.kept_inputs import kept_inputs
from tests.fuzz.mutations import mutated

_LONGEST = 8192
_LONGEST_SECONDS_OF_ONE_INPUT = 5
_MOST_MEGABYTES = 1024


def _guided(name: str, seconds: int, finds: Path) -> None:
    """Atheris ends the process itself: 0 after its time, another number when something was found."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["models.chip", "edge.cards", "asn1crypto"]):
        targets = importlib.import_module("tests.fuzz.targets")
    start = finds / f"{name}-inputs"
    start.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(kept_inputs(name).values()):
        (start / f"kept-{number}").write_bytes(content)
    limits = (
        f"-max_total_time={seconds}", f"-max_len={_LONGEST}", f"-timeout={_LONGEST_SECONDS_OF_ONE_INPUT}",
        f"-rss_limit_mb={_MOST_MEGABYTES}", f"-artifact_prefix={finds}/{name}-", "-print_final_stats=1", "-verbosity=0",
    )  # fmt: skip
    atheris.Setup([sys.argv[0], *limits, str(start)], lambda content: targets.try_target(name, content))
    atheris.Fuzz()


def _blind(name: str, seconds: int, finds: Path) -> int:
    targets = importlib.import_module("tests.fuzz.targets")
    until = time.monotonic() + seconds
    for count, content in enumerate(mutated(list(kept_inputs(name).values()), name)):
        if time.monotonic() > until:
            sys.stdout.write(f"{count} inputs\n")
            return 0
        try:
            targets.try_target(name, content)
        except Exception:
            (finds / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}").write_bytes(content)
            raise
    return 0


if __name__ == "__main__":
    chosen, time_for_it, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if importlib.util.find_spec("atheris") is not None:
        _guided(chosen, time_for_it, folder)
    sys.exit(_blind(chosen, time_for_it, folder))
