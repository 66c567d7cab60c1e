"""A pcscd of our own with virtual readers, apart from the machine's: its own socket, its own ports.

pcscd takes a socket that is handed to it the way systemd does; PC/SC clients find it by PCSCLITE_CSOCK_NAME, which they
read once per process. So one process of tests shares one socket path; see the fixture in `tests/conftest.py` of a room.
"""

import contextlib
import os
import shutil
import socket
import subprocess
from pathlib import Path

DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
CLIENT_VARIABLE = "PCSCLITE_CSOCK_NAME"


def pcscd_is_installed() -> bool:
    """Whether pcscd and the virtual reader's driver are on this machine."""
    return shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") is not None and DRIVER.exists()


class PrivatePcscd:
    """One pcscd below `directory` whose virtual reader has two slots, on TCP `port` and the next one."""

    def __init__(self, directory: Path, port: int) -> None:
        self.socket_path = directory / "pcscd.comm"
        self.port = port
        self._configuration = directory / "reader.conf.d"
        self._process: subprocess.Popen[bytes] | None = None
        self._log = directory / "pcscd.log"

    def start(self) -> None:
        """Start it; returns when it accepts clients (they queue on the socket meanwhile)."""
        self._configuration.mkdir(exist_ok=True)
        (self._configuration / "virtual").write_text(
            f'FRIENDLYNAME "Virtual PCD"\nDEVICENAME /dev/null:{self.port}\nLIBPATH {DRIVER}\nCHANNELID {self.port}\n'
        )
        with socket.socket(socket.AF_UNIX) as listener, self._log.open("ab") as log:
            listener.bind(str(self.socket_path))
            listener.listen(16)
            # The variables are for the process that pcscd becomes, so the shell sets its own process number.
            self._process = subprocess.Popen(
                [
                    "/bin/sh",
                    "-c",
                    f'exec 3<&{listener.fileno()}; LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"',
                    "/usr/sbin/pcscd",
                    "--foreground",
                    "--config",
                    str(self._configuration),
                ],
                pass_fds=(listener.fileno(),),
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            self._process = None
        with contextlib.suppress(FileNotFoundError):
            self.socket_path.unlink()
