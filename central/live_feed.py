"""Tells open pages that something changed, without making the writer wait.

A listener learns only which rooms changed; it then asks for them. Many changes between two looks become one.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

MOST_LISTENERS: Final = 500

_Key = tuple[str, str]


class TooManyListenersError(Exception):
    """So many pages are open that one more would slow all of them down; it polls instead."""


class Listener:
    """One open page. Lives on the event loop of the web server."""

    def __init__(self, session_id: str) -> None:
        self.session_id = session_id
        self._loop = asyncio.get_running_loop()
        self._changed: set[str] = set()
        self._rang = asyncio.Event()
        self._dismissed = False

    def ring(self, room_id: str) -> None:
        """Called from any thread."""
        self._loop.call_soon_threadsafe(self._note, room_id)

    def _note(self, room_id: str) -> None:
        self._changed.add(room_id)
        self._rang.set()

    def dismiss(self) -> None:
        """Called from any thread when the service ends."""
        self._dismissed = True
        self._loop.call_soon_threadsafe(self._rang.set)

    async def changed_rooms(self, patience_seconds: float) -> set[str] | None:
        """The rooms that changed since the last call; empty when nothing did for so long, None when it is over."""
        try:
            await asyncio.wait_for(self._rang.wait(), patience_seconds)
        except TimeoutError:
            return set()
        if self._dismissed:
            return None
        self._rang.clear()
        rooms, self._changed = self._changed, set()
        return rooms


class LiveFeed:
    """Where the writer says what changed and pages listen."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()

    def room_changed(self, session_id: str | None, room_id: str) -> None:
        """A room changed in this sitting, or (None) in whatever sitting somebody looks at."""
        with self._lock:
            listeners = [one for one in self._listeners if session_id in (None, one.session_id)]
        for listener in listeners:
            listener.ring(room_id)

    def close(self) -> None:
        """Let every page go."""
        with self._lock:
            for listener in self._listeners:
                listener.dismiss()

    @asynccontextmanager
    async def listening(self, session_id: str) -> AsyncIterator[Listener]:
        """A listener for one sitting, as long as the block runs. Raises `TooManyListenersError`."""
        listener = Listener(session_id)
        with self._lock:
            if len(self._listeners) >= MOST_LISTENERS:
                raise TooManyListenersError
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)
