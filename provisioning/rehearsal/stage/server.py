"""Serves the rehearsal panel from a thread, on 127.0.0.1 and nowhere else."""

import socket
import threading

import uvicorn
from fastapi import FastAPI

from models.errors import ClassroomError


class StagePortTakenError(ClassroomError):
    """Something else listens on the panel's port; give the rehearsal another one."""


class StageServer:
    """Runs one application from `start` to `stop`; port 0 takes a free one."""

    def __init__(self, application: FastAPI, *, port: int = 0) -> None:
        self._application = application
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """The panel's address; known once started."""
        return f"http://127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Opens the port and serves; raises `StagePortTakenError`. The socket listens before this returns."""
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError as error:
            listening.close()
            raise StagePortTakenError(f"Port {self._port} for the rehearsal panel is taken.") from error
        listening.listen()
        self._port = listening.getsockname()[1]
        settings = uvicorn.Config(self._application, log_level="warning", access_log=False, server_header=False)
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="rehearsal panel", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Closes the port and waits for the thread."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
