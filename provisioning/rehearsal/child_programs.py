"""The programs of a rehearsal school as child processes: started, waited for, stopped together.

Not here: which programs (`school`).
"""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.errors import ClassroomError

_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.05


class ProgramEndedError(ClassroomError):
    """A program of the school ended or never became ready; the message names its log."""


class PortTakenError(ClassroomError):
    """Something else listens on a port that the school needs."""


@dataclass(slots=True, kw_only=True)
class ChildPrograms:
    """Child processes by name, each writing to its own log below `logs`; `environment` is added to ours."""

    logs: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str]) -> None:
        """Start a program; its standard output and error go to `NAME.log`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(  # noqa: S603 - our own programs with our own words
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **self.environment},
            )

    def wait_for(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait until a program is ready. Raises ProgramEndedError when it ends or takes longer."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.ended(name) or time.monotonic() > deadline:
                raise ProgramEndedError(f"{name} did not become ready. Its log: {self.logs / f'{name}.log'}")
            time.sleep(_POLL_SECONDS)

    def ended(self, name: str) -> bool:
        """Whether a started program is no longer there."""
        return self.running[name].poll() is not None

    def first_ended(self) -> str | None:
        """The name of a program that ended by itself, or None."""
        return next((name for name in self.running if self.ended(name)), None)

    def kill(self, name: str) -> None:
        """End a program at once, as a power cut would (SIGKILL)."""
        self.running[name].kill()
        self.running[name].wait()

    def stop(self) -> None:
        """Ask all to end, the last started first; kill what does not within ten seconds."""
        for name in reversed(self.running):
            self.running[name].terminate()
            try:
                self.running[name].wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill(name)
        self.running.clear()


def answers(port: int) -> bool:
    """Whether something listens on this port of the loopback address."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def refuse_taken_ports(ports: dict[str, int]) -> None:
    """Raises PortTakenError naming the first port that is in use already."""
    for name, port in ports.items():
        if answers(port):
            raise PortTakenError(
                f"Port {port} ({name}) is in use. Is another rehearsal running? Stop it, or stop what listens there."
            )
