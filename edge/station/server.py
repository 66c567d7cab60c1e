"""The proctor's screen as a running server: one thread, a socket, clean start and stop.

Not here: what the pages show (`application`), who may hold a connection (`connections`).
"""

import ipaddress
import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from edge.station.application import build_application
from edge.station.connections import Doorway, PromptRequests
from edge.station.live_feed import LiveFeed, PictureKeys
from edge.station.room import Room
from models.clock import Clock, SystemClock
from models.errors import SettingsError

_log = logging.getLogger(__name__)
_START_SECONDS = 10
_GRACE_SECONDS = 2


class StationSettingsError(SettingsError):
    """The proctor's screen cannot be served with these settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationAddress:
    """Where the pages are served. Without certificate and key only on this machine; port 0 takes any free one."""

    host: str = "localhost"
    port: int = 8600
    certificate: Path | None = None
    key: Path | None = None

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


class Station:
    """The server. `start` returns when connections are taken; `stop` when the last page was let go."""

    def __init__(self, address: StationAddress, room: Room, clock: Clock | None = None) -> None:
        self._address = address
        self._room = room
        self._clock = clock or SystemClock()
        self._feed: LiveFeed | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._port = address.port

    @property
    def url(self) -> str:
        """What to type into a browser. On this machine the name is `localhost`: cookies marked Secure need it."""
        scheme = "https" if self._address.certificate else "http"
        host = "localhost" if self._address.is_loopback else self._address.host
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self._port}/"

    def start(self) -> None:
        """Bind and serve. Raises `StationSettingsError` when address, certificate or key cannot be used."""
        address = self._address
        if (address.certificate is None) != (address.key is None):
            raise StationSettingsError("The proctor's screen needs both a certificate and its key, or neither.")
        if address.certificate is None and not address.is_loopback:
            raise StationSettingsError(
                f"The proctor's screen may be reached from other machines ({address.host}) only with a certificate "
                "and key; set both, or serve on 127.0.0.1."
            )
        keys = PictureKeys()
        self._feed = LiveFeed(self._room, keys)
        config = uvicorn.Config(
            build_application(self._room, self._clock, keys, self._feed),
            ssl_certfile=address.certificate,
            ssl_keyfile=address.key,
            loop="asyncio",
            http=PromptRequests,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise StationSettingsError("The certificate or key of the proctor's screen cannot be read.") from error
        listening = self._bind()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, args=(self._server, listening), name="station", daemon=True)
        self._thread.start()
        self._feed.started.wait(_START_SECONDS)

    def stop(self) -> None:
        """Let every page go and end the server; a station that never started is no error."""
        if self._server is None or self._feed is None or self._thread is None:
            return
        self._feed.stop()
        self._server.should_exit = True
        self._thread.join()

    def _bind(self) -> socket.socket:
        host = "127.0.0.1" if self._address.host == "localhost" else self._address.host
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = Doorway(family)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, self._address.port))
            listening.listen(128)
        except OSError as error:
            listening.close()
            raise StationSettingsError(
                f"The proctor's screen cannot be served on {host} port {self._address.port}: {error.strerror}."
            ) from error
        self._port = listening.getsockname()[1]
        return listening

    def _serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        try:
            server.run(sockets=[listening])
        except Exception:  # noqa: BLE001 - the outermost call of a thread; a page that cannot be reached says so
            _log.exception("The proctor's screen ended.")
        finally:
            listening.close()
