"""A whole rehearsal school for journeys: the programs that `make run` starts, on ports and files of their own."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from provisioning.rehearsal.child_programs import ChildPrograms
from provisioning.rehearsal.school import prepare_school, start_programs
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts
from provisioning.rehearsal.school_preparation import RehearsalSession
from tests.builders.private_pcscd import CLIENT_VARIABLE, PrivatePcscd

CHROMIUM_WORDS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_ports() -> SchoolPorts:
    """Ports that nobody listens on now; the reader takes two in a row."""
    names = [name for name in SchoolPorts.__struct_fields__ if name != "reader"]
    while True:
        holders = [socket.create_server(("127.0.0.1", 0)) for _ in range(len(names) + 1)]
        numbers = [holder.getsockname()[1] for holder in holders]
        try:
            with socket.create_server(("127.0.0.1", numbers[-1] + 1)):
                return SchoolPorts(**dict(zip(names, numbers, strict=False)), reader=numbers[-1])
        except OSError:
            continue
        finally:
            for holder in holders:
                holder.close()


class RunningSchool:
    """Broker, central, stage and box below `directory`, with a card service of its own."""

    def __init__(self, directory: Path) -> None:
        self.files = SchoolFiles(state=directory / "school")
        self.ports = free_ports()
        self.pcscd = PrivatePcscd(self.ports.reader, directory)
        self.programs = ChildPrograms(logs=self.files.logs, environment={CLIENT_VARIABLE: self.pcscd.socket_path})
        self.session: RehearsalSession | None = None

    def __enter__(self) -> Self:
        self.session = prepare_school(self.files, self.ports, "")
        self.pcscd.start()
        try:
            start_programs(self.programs, self.files, self.ports, self.session)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.programs.stop()
        self.pcscd.stop()

    @property
    def door_code(self) -> str:
        assert self.session is not None
        return self.session.door_code

    @property
    def proctor_page(self) -> str:
        return f"http://localhost:{self.ports.proctor}/"

    @property
    def central_page(self) -> str:
        return f"http://localhost:{self.ports.central}/"

    def box_log(self) -> str:
        """What the box wrote so far."""
        return (self.files.logs / "box.log").read_text(encoding="utf-8")

    def wait_for_roster(self) -> None:
        """Wait until the box has its roster from central."""
        wait_until(lambda: "A sitting is open" in self.box_log(), "the roster at the box", 60)

    def stage(self) -> "StagePresses":
        """The panel's buttons, pressed over HTTP as its page does."""
        origin = f"http://localhost:{self.ports.panel}"
        return StagePresses(httpx.Client(base_url=origin, headers={"Origin": origin}, trust_env=False, timeout=60))


class StagePresses:
    """Presses the panel's buttons."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def play(self, scene: str) -> dict[str, Any]:
        """Play a scene and give the stage's state."""
        answer = self._client.post("/scenes", json={"scene": scene})
        assert answer.is_success, answer.text
        return self.state()

    def state(self) -> dict[str, Any]:
        """What lies, who stands."""
        state: dict[str, Any] = self._client.get("/state").json()
        return state

    def take_away(self) -> None:
        """Lift the card."""
        assert self._client.post("/take-away", json={}).is_success

    def start_again(self) -> None:
        """Everybody may be played again."""
        assert self._client.post("/start-again", json={}).is_success

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Look until something holds; fails with `what` when it takes too long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for: {what}"
        time.sleep(0.05)
