"""A real Mosquitto on loopback with a generated configuration."""

import getpass
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.central_broker import BrokerFiles, BrokerLimits, write_broker_configuration
from tests.builders.transport_pki import Identity


class BrokerPapers(Protocol):
    """Whoever issued the certificates: the rehearsal's, or an authority of a test."""

    @property
    def authority(self) -> Path: ...

    @property
    def revoked(self) -> Path: ...

    @property
    def server(self) -> Identity: ...


def mosquitto_program() -> str | None:
    """Where Debian puts it; None when it is not installed."""
    return shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MosquittoProcess:
    """Runs one configuration. Can be killed and started again; `log` is what it said on stderr."""

    def __init__(self, configuration: Path) -> None:
        self.configuration = configuration
        self.log: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        program = mosquitto_program()
        assert program is not None
        self._process = subprocess.Popen(
            [program, "-c", str(self.configuration)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        running = threading.Event()
        threading.Thread(target=self._read_log, args=(self._process, running), daemon=True).start()
        assert running.wait(10), "mosquitto did not start: " + "\n".join(self.log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """In good order: it writes down what it retains, if it persists anything."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def memory_kilobytes(self) -> int:
        """What it holds in memory."""
        line = next(
            line for line in Path(f"/proc/{self.pid}/status").read_text().splitlines() if line.startswith("VmRSS")
        )
        return int(line.split()[1])

    def _read_log(self, process: subprocess.Popen[bytes], running: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr, suppress(ValueError):
            for line in process.stderr:
                self.log.append(line.decode(errors="replace").rstrip())
                if b" running" in line:
                    running.set()


class RunningMosquitto(MosquittoProcess):
    """The central broker; started again it has the same port. `files` are those that a keeper is told of."""

    def __init__(self, directory: Path, papers: BrokerPapers, limits: BrokerLimits | None = None) -> None:
        self.port = free_port()
        self._papers = papers
        directory.mkdir(parents=True, exist_ok=True)
        self.files = BrokerFiles(
            authority=papers.authority,
            certificate=papers.server.certificate,
            key=papers.server.key,
            revoked=papers.revoked,
            log=directory / "mosquitto.log",
            pid_file=directory / "mosquitto.pid",
        )
        super().__init__(
            write_broker_configuration(directory, self.files, self.port, limits=limits, run_as=getpass.getuser())
        )

    def address(self, identity: Identity, authority: Path | None = None) -> BrokerAddress:
        return BrokerAddress(
            host="localhost",
            port=self.port,
            authority=authority or self._papers.authority,
            certificate=identity.certificate,
            key=identity.key,
        )


@contextmanager
def running_mosquitto(
    directory: Path, papers: BrokerPapers, limits: BrokerLimits | None = None
) -> Iterator[RunningMosquitto]:
    broker = RunningMosquitto(directory, papers, limits)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
