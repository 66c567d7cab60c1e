"""Who is signed in at this box: server-side sessions, in memory only, gone with the process.

The cookie carries 32 random bytes; here only their SHA-256 is kept.
"""

import hashlib
import secrets
import threading
from dataclasses import dataclass, replace

from models.clock import Clock

IDLE_MS = 30 * 60 * 1000
ABSOLUTE_MS = 10 * 60 * 60 * 1000
MOST_SESSIONS = 32
"""More pages than a room ever has; the one unused for longest makes place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    opened_ms: int
    used_ms: int
    door_code_hash: str


class Sessions:
    """All open sessions. A session belongs to the door code it was opened with: another code ends it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._open: dict[bytes, _Session] = {}

    def open(self, door_code_hash: str) -> str:
        """A new session; gives the cookie's value (URL-safe text of 32 random bytes)."""
        token = secrets.token_urlsafe(32)
        now = self._clock.monotonic_ms()
        with self._lock:
            while len(self._open) >= MOST_SESSIONS:
                del self._open[min(self._open, key=lambda digest: self._open[digest].used_ms)]
            self._open[_digest(token)] = _Session(opened_ms=now, used_ms=now, door_code_hash=door_code_hash)
        return token

    def lives(self, token: str | None, door_code_hash: str | None) -> bool:
        """Whether the token is signed in at this moment. For what a page does by itself: asking renews nothing."""
        with self._lock:
            return self._living(token, door_code_hash) is not None

    def use(self, token: str | None, door_code_hash: str | None) -> bool:
        """The same for what a person does: if the token is signed in, its half hour begins anew."""
        with self._lock:
            living = self._living(token, door_code_hash)
            if living is None:
                return False
            digest, session = living
            self._open[digest] = replace(session, used_ms=self._clock.monotonic_ms())
            return True

    def _living(self, token: str | None, door_code_hash: str | None) -> tuple[bytes, _Session] | None:
        if token is None:
            return None
        digest, now = _digest(token), self._clock.monotonic_ms()
        session = self._open.get(digest)
        if session is None:
            return None
        over = now - session.used_ms > IDLE_MS or now - session.opened_ms > ABSOLUTE_MS
        if over or session.door_code_hash != door_code_hash:
            del self._open[digest]
            return None
        return digest, session

    def end(self, token: str | None) -> None:
        """Sign out at once; an unknown token is no error."""
        if token is not None:
            with self._lock:
                self._open.pop(_digest(token), None)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
