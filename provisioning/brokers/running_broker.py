"""Tells a running Mosquitto to read its lists again (SIGHUP), found by its pid file or by its systemd unit.

Not here: starting and stopping it (systemd does).
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from models.errors import ClassroomError

_SECONDS = 10


class BrokerNotRunningError(ClassroomError):
    """No broker runs that could read its lists again; it will read them when it starts. Start it."""


class RunningBroker(Protocol):
    """A broker that can be told to read certificates, revocation list, passwords and rights again."""

    def reload(self) -> None:
        """Asks for it; the broker does it within a fraction of a second. Raises BrokerNotRunningError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerByPidFile:
    """A Mosquitto that wrote `pid_file`. Another program that got the number later is not signalled."""

    pid_file: Path

    def reload(self) -> None:
        """Sends SIGHUP. Raises BrokerNotRunningError."""
        try:
            pid = int(self.pid_file.read_text("ascii"))
            name = Path(f"/proc/{pid}/comm").read_text("utf-8").strip()
            if name != "mosquitto":
                raise BrokerNotRunningError(f"Process {pid} of {self.pid_file} is {name}, not the broker. Start it.")
            os.kill(pid, signal.SIGHUP)
        except (OSError, ValueError) as error:
            raise BrokerNotRunningError(f"The broker of {self.pid_file} does not run ({error}). Start it.") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerByUnit:
    """A Mosquitto that systemd runs as `unit`."""

    unit: str

    def reload(self) -> None:
        """Sends SIGHUP to its main process. Raises BrokerNotRunningError."""
        program = shutil.which("systemctl", path="/usr/bin:/bin")
        if program is None:
            raise BrokerNotRunningError("There is no systemctl here. Name the broker's pid_file in the settings.")
        words = [program, "kill", "--signal=HUP", "--kill-who=main", "--", self.unit]
        try:
            done = subprocess.run(words, capture_output=True, check=False, timeout=_SECONDS)  # noqa: S603 - systemctl by its full path, a unit of our own settings
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BrokerNotRunningError(f"systemctl does not answer ({error}). Look at {self.unit}.") from None
        if done.returncode:
            raise BrokerNotRunningError(f"{self.unit} does not run. Start it: systemctl start {self.unit}")
