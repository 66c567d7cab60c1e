"""The box's programs as units of systemd: enabled and started at enrolment, restarted when a release was switched on.

The caretaker is not root. It touches a file, and a path unit that systemd watches does the rest
(`provisioning/systemd/`). Not here: installing the unit files (`make install`).
"""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from models.durable_files import write_whole
from models.errors import ClassroomError
from provisioning.device.box_folder import BoxFolder

SERVICES: Final = (
    "classroom-room-broker.service",
    "classroom-room-guests.service",
    "classroom-box.service",
    "classroom-bridge.service",
    "classroom-caretaker.service",
)
PATHS: Final = ("classroom-restart.path", "classroom-firmware.timer")
"""What has systemd start something else: on a wish, and by the clock."""
RESTART_WISH: Final = "restart-wanted"
"""Touched in the box's folder; `classroom-restart.path` restarts the box's programs."""

_SYSTEMD: Final = Path("/run/systemd/system")
_SECONDS: Final = 90

WELL_AFTER_SECONDS: Final = 300
"""So long the room agent must have run without a stop before a release counts as well."""


class UnitsFailedError(ClassroomError):
    """systemd did not start the box's programs. Run `sudo make install`, then enrol again with the same code."""


class Units(Protocol):
    """Who starts the box's programs."""

    def start(self) -> None:
        """They run from now on and after every start of the machine. Raises UnitsFailedError."""


class SystemdUnits:
    """The units that `make install` has copied."""

    def start(self) -> None:
        """Enables and restarts them; restarts, because an earlier identity may still be in use."""
        _systemctl("daemon-reload")
        _systemctl("enable", *SERVICES, *PATHS)
        _systemctl("restart", *SERVICES, *PATHS)


class UnitsByRoot:
    """The same, where this program is no longer root: `ask` has whoever stayed root do it (`box_account`)."""

    def __init__(self, ask: Callable[[], None]) -> None:
        self._ask = ask

    def start(self) -> None:
        """Raises UnitsFailedError or DeedFailedError, whose sentences are the same."""
        self._ask()


class NoUnits:
    """The programs are started by somebody else: a container, a test, a bench that only writes cards."""

    def start(self) -> None:
        """Nothing."""


def has_systemd() -> bool:
    """Whether this machine was started by systemd (sd_booted(3))."""
    return _SYSTEMD.is_dir()


def wish_restart(box: BoxFolder) -> None:
    """Asks for a restart of the box's programs. Raises DurableFileError."""
    write_whole(box.path / RESTART_WISH, b"")


def agent_is_well() -> bool:
    """Whether systemd says that the room agent has run for five minutes on end.

    It restarts an agent that ends (`Restart=always`), which is active again for a moment each time.
    """
    names = ("ActiveState", "ActiveEnterTimestampMonotonic")
    try:
        told = _systemctl("show", "classroom-box.service", *(f"--property={name}" for name in names))
    except UnitsFailedError:
        return False
    said = dict(line.split("=", 1) for line in told.splitlines() if "=" in line)
    since = said.get(names[1], "")
    if said.get(names[0]) != "active" or not since.isdecimal() or since == "0":
        return False
    return time.monotonic() - int(since) / 1_000_000 >= WELL_AFTER_SECONDS


def _systemctl(*words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - one program by its name, units of ours
            ["systemctl", *words],  # noqa: S607 - where it lies differs between Debian's versions
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UnitsFailedError(f"systemctl {words[0]} did not work ({type(error).__name__}).") from None
    if done.returncode:
        raise UnitsFailedError(
            f"Không khởi động được chương trình: chạy `sudo make install`, rồi đăng ký lại bằng chính mã này.\n"
            f"systemctl {words[0]}: {done.stderr.strip()[-200:]} Run `sudo make install`, then enrol again."
        )
    return done.stdout
