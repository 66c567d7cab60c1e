"""A real Mosquitto on loopback with the generated configuration and the rehearsal's certificates."""

import getpass
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.central_broker import BrokerFiles, BrokerLimits, write_broker_configuration
from provisioning.rehearsal.transport_pki import Identity, RehearsalPki


def mosquitto_program() -> str | None:
    """Where Debian puts it; None when it is not installed."""
    return shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RunningMosquitto:
    """Can be killed and started again on the same port."""

    def __init__(self, directory: Path, pki: RehearsalPki, limits: BrokerLimits | None = None) -> None:
        self.port = free_port()
        self._pki = pki
        files = BrokerFiles(
            authority=pki.authority, certificate=pki.server.certificate, key=pki.server.key, revoked=pki.revoked
        )
        self._configuration = write_broker_configuration(
            directory, files, self.port, limits=limits, run_as=getpass.getuser()
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._log: list[str] = []

    def start(self) -> None:
        program = mosquitto_program()
        assert program is not None
        self._process = subprocess.Popen(
            [program, "-c", str(self._configuration)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        running = threading.Event()
        threading.Thread(target=self._read_log, args=(self._process, running), daemon=True).start()
        assert running.wait(10), "mosquitto did not start: " + "\n".join(self._log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def address(self, identity: Identity, authority: Path | None = None) -> BrokerAddress:
        return BrokerAddress(
            host="localhost",
            port=self.port,
            authority=authority or self._pki.authority,
            certificate=identity.certificate,
            key=identity.key,
        )

    def _read_log(self, process: subprocess.Popen[bytes], running: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr, suppress(ValueError):
            for line in process.stderr:
                self._log.append(line.decode(errors="replace").rstrip())
                if b" running" in line:
                    running.set()


@contextmanager
def running_mosquitto(
    directory: Path, pki: RehearsalPki, limits: BrokerLimits | None = None
) -> Iterator[RunningMosquitto]:
    broker = RunningMosquitto(directory, pki, limits)
    try:
        broker.start()
        yield broker
    finally:
        broker.kill()
