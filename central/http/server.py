"""The pages as a running server: one thread, one socket, clean start and stop.

Not here: what the pages show (`application`).
"""

import logging
import socket
import ssl
import threading
from pathlib import Path
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from central.live_feed import LiveFeed
from models.errors import SettingsError

_log = logging.getLogger(__name__)
_GRACE_SECONDS: Final = 3
_MOST_CONNECTIONS: Final = 1000


class WebAddressError(SettingsError):
    """The pages cannot be served there."""


class WebServer:
    """`start` returns when connections are taken; `stop` when the last page was let go."""

    def __init__(
        self,
        application: ASGIApp,
        live_feed: LiveFeed,
        host: str,
        port: int,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        self._application = application
        self._live_feed = live_feed
        self._host = host
        self._port = port
        self._tls = tls
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """What to type into a browser; on this machine the name is localhost, which Secure cookies need."""
        host = "localhost" if self._host in ("127.0.0.1", "::1", "localhost") else self._host
        return f"{'https' if self._tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self._port}/"

    def start(self) -> None:
        """Bind and serve; port 0 takes any free one. Raises `WebAddressError`."""
        certificate, key = self._tls or (None, None)
        config = uvicorn.Config(
            self._application,
            ssl_certfile=certificate,
            ssl_keyfile=key,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise WebAddressError("http.certificate or http.key cannot be read as PEM.") from error
        if isinstance(config.ssl, ssl.SSLContext):
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        listening = self._bind()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, args=(self._server, listening), name="pages", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let every page go and end the server."""
        if self._server is None or self._thread is None:
            return
        self._live_feed.close()
        self._server.should_exit = True
        self._thread.join()

    def _bind(self) -> socket.socket:
        host = "127.0.0.1" if self._host == "localhost" else self._host
        listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, self._port))
            listening.listen(256)
        except OSError as error:
            listening.close()
            raise WebAddressError(f"The pages cannot be served on {host}:{self._port}: {error.strerror}.") from error
        self._port = int(listening.getsockname()[1])
        return listening

    def _serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        try:
            server.run(sockets=[listening])
        except Exception:  # noqa: BLE001 the outermost call of a thread; a page that cannot be reached says so
            _log.exception("The pages ended.")
        finally:
            listening.close()
