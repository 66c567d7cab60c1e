"""The authority as a running server: one thread, one socket, TLS 1.3, clean start and stop.

Not here: what is answered (`application`), how long a connection may idle (`connections`).
"""

import asyncio
import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from models.errors import SettingsError
from provisioning.authority.http.connections import (
    Doorway,
    IdentifiedRequests,
    Limits,
    allow_open_files,
    prompt_loop,
)

_log = logging.getLogger(__name__)
_GRACE_SECONDS = 5


class AuthorityAddressError(SettingsError):
    """The authority cannot be served there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFiles:
    """PEM files: the server's certificate with its issuers, its key, and the only authorities that clients may have."""

    certificate: Path
    key: Path
    authorities: Path


class AuthorityServer:
    """`start` returns when connections are taken; `stop` when the last answer is out. Port 0 takes any free one."""

    def __init__(
        self, application: ASGIApp, host: str, port: int, files: ServerFiles, limits: Limits | None = None
    ) -> None:
        self._application = application
        self._host = host
        self._port = port
        self._files = files
        self._limits = limits or Limits()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: ssl.SSLContext | None = None
        self._served = b""

    @property
    def address(self) -> str:
        """`host:port`, as an `AuthorityLine` takes it."""
        return f"{f'[{self._host}]' if ':' in self._host else self._host}:{self._port}"

    def start(self) -> None:
        """Bind and serve. Raises AuthorityAddressError."""
        self._served = _content(self._files.certificate)
        self._context = context = tls_context(self._files)
        config = uvicorn.Config(
            self._application,
            ssl_context_factory=lambda _config, _usual: context,
            http=partial(IdentifiedRequests, request_seconds=self._limits.request_seconds),  # type: ignore[arg-type]  # uvicorn only calls it
            ws="none",
            lifespan="off",
            log_config=None,
            log_level=logging.ERROR,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=int(self._limits.request_seconds) + 1,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        listening = self._bind()
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._serve, args=(self._server, listening), name="authority", daemon=True
        )
        self._thread.start()

    def take_certificate(self) -> None:
        """New connections are shown what stands in the certificate's file now. Raises AuthorityAddressError.

        A file that cannot be used changes nothing: the certificate that was served goes on being served.
        """
        if self._loop is None or self._context is None or _content(self._files.certificate) == self._served:
            return
        asyncio.run_coroutine_threadsafe(self._take(self._context), self._loop).result(_GRACE_SECONDS)

    async def _take(self, context: ssl.SSLContext) -> None:
        """On the thread that greets newcomers: none of them meets half of a certificate."""
        tls_context(self._files)
        content = _content(self._files.certificate)
        context.load_cert_chain(self._files.certificate, self._files.key)
        self._served = content
        _log.info("Chứng thư máy chủ mới · the server shows a new certificate to whoever comes from now on.")

    def stop(self) -> None:
        """Take no more, let the answers out, end."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        listening = Doorway(family, allow_open_files(self._limits.connections), self._limits.crowding_seconds)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            if family is socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listening.bind((self._host, self._port))
            listening.listen(1024)
        except OSError as error:
            listening.close()
            raise AuthorityAddressError(
                f"The authority cannot be served on {self._host} port {self._port}: {error.strerror}."
            ) from error
        self._port = int(listening.getsockname()[1])
        return listening

    def _serve(self, server: uvicorn.Server, listening: socket.socket) -> None:
        try:
            with asyncio.Runner(loop_factory=prompt_loop(self._limits)) as runner:
                self._loop = runner.get_loop()
                runner.run(server.serve(sockets=[listening]))
        except Exception:  # noqa: BLE001 the outermost call of a thread; whoever asks gets no answer and says so
            _log.exception("The authority's server ended.")
        finally:
            listening.close()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AuthorityAddressError(f"The server's certificate cannot be read: {error}.") from None


def tls_context(files: ServerFiles) -> ssl.SSLContext:
    """TLS 1.3 only; a client certificate is welcome, and must be of our own authorities if shown.

    No session tickets: every connection shows its certificate anew. Raises AuthorityAddressError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL
    try:
        context.load_cert_chain(files.certificate, files.key)
        context.load_verify_locations(files.authorities)
    except (OSError, ssl.SSLError) as error:
        raise AuthorityAddressError(f"The server's certificate, key or authorities cannot be read: {error}.") from None
    return context
