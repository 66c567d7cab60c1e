"""Looks at this machine for preflight: measures, and judges nothing.

What cannot be found out is None. Card readers and the camera belong to `edge`, which is asked as a program. Not here:
what the figures mean (`preflight`).
"""

import re
import shutil
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from models.face_weights import WEIGHTS_DIRECTORY, WeightsError, load_face_weights
from models.wire.authority_line import AuthorityUnreachableError, certificate_served_at
from provisioning.device.box_folder import DEFAULT_BOX

_SECONDS: Final = 20
_MEGABYTE: Final = 1_000_000


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. `authority` is None when no address was given to try."""

    readers: tuple[str, ...] | None
    refused_readers: tuple[str, ...]
    camera: bool | None
    now: datetime
    clock_synchronised: bool | None
    disk_free_megabytes: int
    memory_megabytes: int | None
    temperature_celsius: float | None
    authority_answers: bool | None
    python: tuple[int, ...]
    openssl: tuple[int, ...]
    mosquitto: tuple[int, ...] | None
    weights: bool


def look_at_machine(
    box: Path = DEFAULT_BOX, authority: str | None = None, camera: str | None = None, root: Path = Path("/")
) -> Machine:
    """Measures once; takes up to half a minute where devices or the network do not answer.

    `authority` is `host:port`, `camera` another source than the first camera, `root` where /proc and /sys stand.
    """
    devices = _devices(camera)
    return Machine(
        readers=devices.readers if devices and devices.card_service else None,
        refused_readers=tuple(devices.refused.values()) if devices else (),
        camera=devices.camera if devices else None,
        now=datetime.now(UTC),
        clock_synchronised=_clock_synchronised(),
        disk_free_megabytes=_disk_free(box),
        memory_megabytes=_memory(root),
        temperature_celsius=_temperature(root),
        authority_answers=None if authority is None else _answers(authority),
        python=tuple(sys.version_info[:3]),
        openssl=_numbers(ssl.OPENSSL_VERSION.split()[1]),
        mosquitto=_mosquitto(),
        weights=_weights(),
    )


class _Devices(msgspec.Struct, frozen=True, kw_only=True):
    """What `python -m edge check-devices --json` says."""

    readers: tuple[str, ...]
    refused: dict[str, str]
    card_service: bool
    camera: bool


def _devices(camera: str | None) -> _Devices | None:
    words = [sys.executable, "-m", "edge", "check-devices", "--json"]
    told = _ask([*words, "--camera", camera] if camera else words)
    try:
        return None if told is None else msgspec.json.decode(told, type=_Devices)
    except msgspec.DecodeError:
        return None


def _clock_synchronised() -> bool | None:
    """Whether chrony, or else systemd, says that the clock follows a source. None when neither can tell."""
    tracking = _ask(["chronyc", "-c", "tracking"])
    if tracking:
        return tracking.strip().endswith(",Normal")
    told = _ask(["timedatectl", "show", "--property=NTPSynchronized", "--value"])
    return None if told is None or told.strip() not in ("yes", "no") else told.strip() == "yes"


def _disk_free(box: Path) -> int:
    place = box
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free // _MEGABYTE


def _memory(root: Path) -> int | None:
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024 // _MEGABYTE
    return None


def _temperature(root: Path) -> float | None:
    """The hottest of the board's sensors."""
    found = [_text(zone).strip() for zone in root.glob("sys/class/thermal/thermal_zone*/temp")]
    return max((int(text) / 1000 for text in found if re.fullmatch(r"-?[0-9]+", text)), default=None)


def _answers(authority: str) -> bool:
    try:
        certificate_served_at(authority)
    except AuthorityUnreachableError:
        return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", version)[:3])


def _mosquitto() -> tuple[int, ...] | None:
    """Debian's `mosquitto -h` opens with its version, and ends with status 3."""
    for program in (shutil.which("mosquitto"), "/usr/sbin/mosquitto"):
        told = _ask([program, "-h"]) if program else None
        found = re.search(r"mosquitto version ([0-9]+)\.([0-9]+)\.([0-9]+)", told or "")
        if found:
            return tuple(int(number) for number in found.groups())
    return None


def _weights() -> bool:
    try:
        load_face_weights(WEIGHTS_DIRECTORY)
    except WeightsError:
        return False
    return True


def _ask(words: list[str]) -> str | None:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603 - tools by name, words made here
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
