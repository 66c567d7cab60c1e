"""The screen as a stream: every page gets the newest whole screen after each change, and at least every two seconds.

A page that lags misses screens between, never the last one. Nothing is queued.
"""

import asyncio
import hashlib
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable

import msgspec

from edge.exam_desk.screen import DeskView
from edge.station.room import BoxView, Room

HEARTBEAT_SECONDS = 2.0
SHORTEST_PAUSE_SECONDS = 0.03
"""Reading a chip changes the screen a hundred times a second; a page needs thirty."""

_log = logging.getLogger(__name__)


class Screen(msgspec.Struct, frozen=True, kw_only=True):
    """One message to a page. `pictures` maps a picture's name to the key under which it can be fetched."""

    desk: DeskView
    box: BoxView
    pictures: dict[str, str]


class PictureKeys:
    """Opaque names for pictures: the same picture has the same key, and a key says nothing about the person.

    A page that asks for a picture by an old key gets nothing, so no face ever stands beside another's name.
    """

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(32)

    def key_of(self, picture: bytes) -> str:
        """Sixteen hexadecimal digits."""
        return hashlib.blake2b(picture, key=self._secret, digest_size=8).hexdigest()


class LiveFeed:
    """One thread waits for the room and wakes every page."""

    def __init__(self, room: Room, keys: PictureKeys) -> None:
        self._room = room
        self._keys = keys
        self._latest = b""
        self._ticket = 0
        self._pages: set[asyncio.Event] = set()
        self._stopped = threading.Event()
        self.started = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch the room; `loop` is the one that the pages' streams run on."""
        self._loop = loop
        self._thread = threading.Thread(target=self._watch, name="live feed", daemon=True)
        self._thread.start()
        self.started.set()

    def stop(self) -> None:
        """End every stream; to be called before the server stops."""
        self._stopped.set()
        self._room.changes.note()
        if self._thread is not None:
            self._thread.join()

    async def stream(self, lives: Callable[[], bool], use: Callable[[], bool]) -> AsyncIterator[bytes]:
        """Server-sent events for one page until it leaves, the box stops, or its session ends.

        `lives` is asked for each screen. A candidate who was served is `use`: the green path needs no key, and no
        proctor may be sent to the door in the middle of it.
        """
        served = self._ticket
        woken = asyncio.Event()
        woken.set()
        self._pages.add(woken)
        try:
            yield b"retry: 1000\n\n"
            while await woken.wait() and not self._stopped.is_set():
                woken.clear()
                admits = use if self._ticket != served else lives
                served = self._ticket
                if not admits():
                    yield b"event: signed-out\ndata: {}\n\n"
                    return
                if self._latest:
                    yield b"event: screen\ndata: " + self._latest + b"\n\n"
        finally:
            self._pages.discard(woken)

    def _watch(self) -> None:
        number = -1
        while not self._stopped.is_set():
            number = self._room.changes.wait(number, HEARTBEAT_SECONDS)
            try:
                screen = self._compose()
                self._latest, self._ticket = msgspec.json.encode(screen), screen.desk.ticket
            except Exception:  # noqa: BLE001 - the outermost loop of a thread; pages miss the heartbeat and say so
                _log.exception("The proctor's screen could not be composed.")
            self._wake()
            self._stopped.wait(SHORTEST_PAUSE_SECONDS)
        self._wake()

    def _compose(self) -> Screen:
        """View and pictures of the same moment: taken again when the room moved in between."""
        while True:
            number = self._room.changes.number
            desk = self._room.view()
            pictures = {name: self._room.picture(name) for name in desk.pictures}
            box = self._room.banners()
            if number == self._room.changes.number or self._stopped.is_set():
                keys = {name: self._keys.key_of(picture) for name, picture in pictures.items() if picture is not None}
                return Screen(desk=desk, box=box, pictures=keys)

    def _wake(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake_pages)

    def _wake_pages(self) -> None:
        for page in self._pages:
            page.set()
