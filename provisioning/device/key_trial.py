"""Tries a new key in a real TLS 1.3 connection on this machine, before a code is spent on it.

`python -m provisioning.device.key_trial FOLDER` is the client half: OpenSSL reads its configuration once, at the start
of a program, so a key in a TPM is tried in a program of its own. Not here: making keys.
"""

import socket
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from models.durable_files import write_whole
from provisioning.device.file_keys import FileKeys
from provisioning.device.keys import CERTIFICATE_FILE, KEY_FILE, KeyFailedError, KeyKeeper, run_tool
from provisioning.device.trial_certificates import self_signed, trial_certificate

_SECONDS: Final = 20
_MODULE: Final = "provisioning.device.key_trial"


def carries_tls(keeper: KeyKeeper, scratch: Path) -> None:
    """Makes a throw-away key and opens one mutual TLS connection with it. Raises KeyFailedError when that fails."""
    with tempfile.TemporaryDirectory(dir=scratch) as made:
        folder = Path(made)
        keeper.make(folder)
        server = Path(made, "server")
        server.mkdir()
        FileKeys().make(server)
        write_whole(server / CERTIFICATE_FILE, self_signed(server / KEY_FILE))
        write_whole(folder / CERTIFICATE_FILE, trial_certificate(keeper.request(folder), server / KEY_FILE))
        write_whole(folder / "authorities.pem", (server / CERTIFICATE_FILE).read_bytes())
        run_tool([sys.executable, "-m", _MODULE, str(folder)], keeper.environment())


def main(folder: Path) -> int:
    """The program: a server without the special configuration, and this process as its client."""
    listener = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        [sys.executable, "-I", "-c", _SERVER, str(folder)], stdout=subprocess.PIPE, env={}
    )
    try:
        assert listener.stdout is not None  # noqa: S101 - a pipe was asked for above
        port = int(listener.stdout.readline())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(folder / "authorities.pem")
        context.load_cert_chain(folder / CERTIFICATE_FILE, folder / KEY_FILE)
        with (
            socket.create_connection(("127.0.0.1", port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            return 0 if line.recv(2) == b"ok" else 1
    except (OSError, ValueError) as error:
        raise KeyFailedError(f"No TLS connection with this key ({error}).") from None
    finally:
        listener.kill()
        listener.wait()


_SERVER: Final = f"""
import socket, ssl, sys
folder = sys.argv[1]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.minimum_version = ssl.TLSVersion.TLSv1_3
context.load_cert_chain(folder + "/server/{CERTIFICATE_FILE}", folder + "/server/{KEY_FILE}")
context.load_verify_locations(folder + "/authorities.pem")
context.verify_mode = ssl.CERT_REQUIRED
with socket.create_server(("127.0.0.1", 0)) as listener:
    listener.settimeout({_SECONDS})
    print(listener.getsockname()[1], flush=True)
    with context.wrap_socket(listener.accept()[0], server_side=True) as line:
        line.send(b"ok")
"""

if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1])))
    except KeyFailedError as error:
        sys.exit(str(error))
