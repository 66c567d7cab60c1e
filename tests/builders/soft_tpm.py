"""A TPM 2.0 in software behind a resource manager, as on a board: swtpm and tpm2-abrmd on a bus of their own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.builders.needed_programs import need

PROGRAMS = ("swtpm", "swtpm_setup", "tpm2-abrmd", "dbus-daemon", "openssl")


@contextmanager
def soft_tpm(folder: Path, free_port: Callable[[], int]) -> Iterator[tuple[str, dict[str, str]]]:
    """The TPM's connection name, and what else the environment must hold to reach it."""
    for name in PROGRAMS:
        need(name, shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin"))
    need("tpm2-openssl", list(Path("/usr/lib").glob("*/ossl-modules/tpm2.so")))
    need("libtss2-tcti-tabrmd0", list(Path("/usr/lib").glob("*/libtss2-tcti-tabrmd.so.0")))
    state = (folder / "tpm").absolute()
    state.mkdir()
    setup = ["swtpm_setup", "--tpm2", "--tpmstate", str(state), "--overwrite"]
    subprocess.run(setup, check=True, capture_output=True, timeout=60)
    port, bus = free_port(), f"unix:path={state}/bus"
    # the TSS expects the control line one port above
    environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": bus}
    started = [
        subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for words in (
            [
                *("swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--flags", "not-need-init,startup-clear"),
                *("--server", f"type=tcp,port={port},bindaddr=127.0.0.1"),
                *("--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1"),
            ],
            ["dbus-daemon", "--session", "--nofork", f"--address={bus}"],
        )
    ]
    try:
        _until(lambda: (state / "bus").exists() and _listens(port))
        words = ["/usr/sbin/tpm2-abrmd", "--session", "--allow-root", f"--tcti=swtpm:host=127.0.0.1,port={port}"]
        started.append(subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        connection = "tabrmd:bus_type=session"
        ask = ["tpm2_getcap", "handles-transient", "-T", connection]
        _until(lambda: subprocess.run(ask, env=environment, capture_output=True, check=False).returncode == 0)
        yield connection, {"DBUS_SESSION_BUS_ADDRESS": bus}
    finally:
        for program in reversed(started):
            program.send_signal(signal.SIGTERM)
            try:
                program.wait(10)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline, "the soft TPM did not start"
        time.sleep(0.1)
