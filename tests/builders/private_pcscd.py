"""A pcscd of our own with virtual readers, apart from the machine's: its own socket, its own ports.

pcscd takes a socket that is handed to it the way systemd does; PC/SC clients find it by PCSCLITE_CSOCK_NAME. A client
library may read that variable only once, so one process of tests has one socket path, whatever it starts there.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Self

CLIENT_VARIABLE = "PCSCLITE_CSOCK_NAME"
_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_PROGRAM = shutil.which("pcscd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

_HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.argv[2], sys.argv[2:])
"""
"""systemd's way: the socket is descriptor 3, and LISTEN_PID names the process that is to take it."""


def pcscd_is_installed() -> bool:
    """Whether pcscd and the virtual reader's driver are on this machine."""
    return _PROGRAM is not None and _DRIVER.exists()


@cache
def _directory() -> Path:
    return Path(tempfile.mkdtemp(prefix="pcscd-"))


class PrivatePcscd:
    """A pcscd with a virtual reader of two slots for each of `names`, on the TCP ports from `port` on.

    Eight names make sixteen readers, the most that a pcscd carries. Give `CLIENT_VARIABLE` = `socket_path` to the
    environment of whoever shall see it. `directory` keeps it apart from the one that this process itself uses.
    """

    def __init__(self, port: int, directory: Path | None = None, names: tuple[str, ...] = ("Virtual PCD",)) -> None:
        self.port = port
        self._names = names
        self._directory = directory or _directory()
        self.socket_path = str(self._directory / "pcscd.comm")
        self.log = self._directory / "pcscd.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Clients may connect from now on; they queue until it is ready."""
        configuration = self._directory / "reader.conf.d"
        configuration.mkdir(exist_ok=True)
        (configuration / "virtual").write_text("\n".join(map(self._entry, range(len(self._names)))))
        assert _PROGRAM is not None
        with socket.socket(socket.AF_UNIX) as listener, self.log.open("ab") as log:
            listener.bind(self.socket_path)
            listener.listen(16)
            descriptor = listener.fileno()
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    _HAND_OVER,
                    str(descriptor),
                    _PROGRAM,
                    "--foreground",
                    "--config",
                    configuration,
                ],
                pass_fds=(descriptor,),
                stdout=log,
                stderr=log,
            )

    def stop(self) -> None:
        """End it at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=30)
            self._process = None
        with contextlib.suppress(FileNotFoundError):
            Path(self.socket_path).unlink()

    @contextlib.contextmanager
    def serving(self) -> Iterator[Self]:
        """Runs, and this process' own PC/SC clients see it and no other."""
        before = os.environ.get(CLIENT_VARIABLE)
        os.environ[CLIENT_VARIABLE] = self.socket_path
        self.start()
        try:
            yield self
        finally:
            self.stop()
            if before is None:
                del os.environ[CLIENT_VARIABLE]
            else:
                os.environ[CLIENT_VARIABLE] = before

    def _entry(self, place: int) -> str:
        """The lines for one reader. Each has a copy of the driver, which keeps its slots in static memory."""
        driver = self._directory / f"driver{place}.so"
        shutil.copy(_DRIVER, driver)
        port = self.port + 2 * place
        return f'FRIENDLYNAME "{self._names[place]}"\nDEVICENAME /dev/null:{port}\nLIBPATH {driver}\nCHANNELID {port}\n'
