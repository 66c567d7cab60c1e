"""The authority as a program: register, server and ticker, started in order and stopped in the other.

Not here: reading settings and keys (`provisioning.authority.wiring`).
"""

from contextlib import ExitStack

from provisioning.authority.authority import Authority
from provisioning.authority.http.application import build_application, routers
from provisioning.authority.http.connections import Limits
from provisioning.authority.http.server import AuthorityServer, ServerFiles
from provisioning.authority.http.ticker import Ticker
from provisioning.authority.settings import Settings


class Serving:
    """`start` returns when connections are taken; `stop` when the last answer is out and the register closed."""

    def __init__(self, authority: Authority, settings: Settings, limits: Limits | None = None) -> None:
        self._authority = authority
        files = ServerFiles(
            certificate=settings.server_certificate, key=settings.server_key, authorities=settings.authorities
        )
        listen = settings.listen
        application = build_application(routers(authority))
        self._server = AuthorityServer(application, listen.host, listen.port, files, limits)
        self._ticker = Ticker(self.tick)
        self._running = ExitStack()

    def start(self) -> None:
        """Raises StorageError or AuthorityAddressError."""
        with ExitStack() as begun:
            self._authority.start()
            begun.callback(self._authority.stop)
            self._server.start()
            begun.callback(self._server.stop)
            self._ticker.start()
            begun.callback(self._ticker.stop)
            self._running = begun.pop_all()

    def tick(self) -> None:
        """The daily work, and the server's own certificate. Raises ClassroomError."""
        self._authority.tick()
        self._authority.renew_server()
        self._server.take_certificate()

    def stop(self) -> None:
        """Ends in good order."""
        self._running.close()
