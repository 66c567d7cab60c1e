"""How the machine of the box is: gathered in a thread of its own, so that no hello waits for a slow card.

What cannot be found out is None. Not here: reader and camera (`box_condition`), what central makes of it.
"""

import logging
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from models.face_weights import INSTALLED_FILE_NAME, InstalledWeights
from models.machine_identity import machine_identity
from models.messages import Vitals

log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS: Final = 30.0
LONGEST_EXAM_CERTIFICATE: Final = timedelta(days=45)
"""An operating certificate lives 90 days, one for an exam only the exam's days and one on either side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalPlaces:
    """Where to look: the files of the running kernel, of the box, and its certificate (PEM)."""

    state: Path
    certificate: Path
    weights: Path
    root: Path = Path("/")


class VitalSigns:
    """Looks every half minute. `latest` may be asked from any thread and never waits.

    `also` is called in the same thread after each look, for others who have slow questions.
    """

    def __init__(self, places: VitalPlaces, also: Callable[[], None]) -> None:
        self._places = places
        self._also = also
        self._latest: Vitals | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look; the first look is made in the thread, too."""
        self._thread = threading.Thread(target=self._run, name="vital signs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the look under way."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def latest(self) -> Vitals | None:
        """What was seen last, None before the first look."""
        return self._latest

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._latest = gather(self._places)
            self._also()
            self._stopping.wait(LOOK_EVERY_SECONDS)


def gather(places: VitalPlaces) -> Vitals:
    """One look at the machine. Profiles, anchors, trust list and clock are filled in by who knows them."""
    root = places.root
    good_until, for_exam = _certificate(places.certificate)
    return Vitals(
        machine=machine_identity(root),
        uptime_seconds=int(_first_number(root / "proc/uptime") or 0),
        temperature_celsius=_temperature(root),
        load_percent=_load(),
        disk_free_megabytes=_disk_free(places.state),
        memory_free_megabytes=_memory_free(root),
        certificate_good_until=good_until,
        certificate_is_for_exam=for_exam,
        weights=_weights(places.weights),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _first_number(path: Path) -> float | None:
    try:
        return float(_text(path).split()[0])
    except (IndexError, ValueError):
        return None


def _temperature(root: Path) -> float | None:
    zones = sorted((root / "sys/class/thermal").glob("thermal_zone*/temp"))
    hottest = max((value for zone in zones if (value := _first_number(zone)) is not None), default=None)
    return None if hottest is None else round(hottest / 1000, 1)


def _load() -> float | None:
    try:
        return round(100 * os.getloadavg()[0] / (os.cpu_count() or 1), 1)
    except OSError:
        return None


def _disk_free(state: Path) -> int | None:
    try:
        return shutil.disk_usage(state).free // 1_000_000
    except OSError:
        return None


def _memory_free(root: Path) -> int | None:
    for line in _text(root / "proc/meminfo").splitlines():
        words = line.split()
        if words[:1] == ["MemAvailable:"] and len(words) > 1 and words[1].isdigit():
            return int(words[1]) * 1024 // 1_000_000
    return None


def _certificate(path: Path) -> tuple[datetime | None, bool]:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None, False
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_after_utc, life < LONGEST_EXAM_CERTIFICATE


def _weights(folder: Path) -> str:
    """The first twelve digits of the SHA-256 of the network that was installed; empty without weights."""
    try:
        installed = msgspec.toml.decode((folder / INSTALLED_FILE_NAME).read_bytes(), type=InstalledWeights)
    except (OSError, msgspec.DecodeError):
        return ""
    return installed.folded_from_sha256[:12]
