"""Somebody between a box and its authority: a certificate of its own, and every request repeated to the true one."""

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from models.wire.authority_line import certificate_served_at, only_this_server
from provisioning.device.file_keys import FileKeys
from provisioning.device.keys import CERTIFICATE_FILE, KEY_FILE
from provisioning.device.trial_certificates import self_signed


class RepeatingServer:
    """Listens on loopback and repeats to `true_address`."""

    def __init__(self, folder: Path, port: int, true_address: str) -> None:
        self._folder = folder
        self._true_address = true_address
        self.address = f"localhost:{port}"
        self._port = port
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._folder.mkdir()
        FileKeys().make(self._folder)
        (self._folder / CERTIFICATE_FILE).write_bytes(self_signed(self._folder / KEY_FILE))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._folder / CERTIFICATE_FILE, self._folder / KEY_FILE)
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _repeating(self._true_address))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        assert self._server is not None
        assert self._thread is not None
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _repeating(true_address: str) -> type[BaseHTTPRequestHandler]:
    class Repeating(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            true_one = certificate_served_at(true_address)
            line = http.client.HTTPSConnection(true_address, context=only_this_server(true_one), timeout=30)
            line.request("POST", self.path, content, {"Content-Type": "application/json"})
            answer = line.getresponse()
            body = answer.read()
            line.close()
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
            """Says nothing."""

    return Repeating
