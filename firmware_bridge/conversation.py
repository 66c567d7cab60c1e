"""One opening of a line: bytes to the driver, its words to the room, its bytes to the line, until something ends it.

Reading waits for the descriptor, takes all that is there and then pauses for a moment: a fast line costs fifty turns a
second instead of thousands, and the kernel keeps what comes meanwhile (a terminal holds 4 kB).
Not here: opening again (`supervisor`).
"""

import queue
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from firmware_bridge.board_link import BoardLink, BoardLinkError, LineGoneError
from firmware_bridge.drivers.driver import Done, Driver, Rest, Word
from firmware_bridge.line_words import Tell
from firmware_bridge.wake import Wake
from models.room_messages import DeviceCommand, DeviceOutcome, DeviceResult

STREAM_BYTES: Final = 64
"""A read of so many bytes: the line talks without being asked, and the pause may be longer."""

SHORTEST_PAUSE_SECONDS: Final = 0.005
LONGEST_PAUSE_SECONDS: Final = 0.06
PAUSE_BYTES: Final = 1024
"""So many bytes may come in a pause, a quarter of what the kernel holds: the rest is for a busy machine."""

TALKING_SECONDS: Final = 0.02
"""While bytes come and go the driver is asked so often what is due."""

QUIET_TICK_SECONDS: Final = 0.08
SETTLE_SECONDS: Final = 2.0
"""A board that reboots when its port is opened is judged and written to after this, or after its first good frame."""


WhyNot = Callable[[str, DeviceCommand], DeviceResult | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A command on its way to the line's thread."""

    device_id: str
    command: DeviceCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What a conversation needs. `watch` is asked at every turn and may raise to end it; `unix_ms` dates results.

    `ends` says that it is to end in good order.
    `why_not` says for a device's command why nothing of it may be written now.
    """

    driver: Driver
    settle_seconds: float
    quiet_seconds: float
    orders: "queue.SimpleQueue[Order]"
    wake: Wake
    ends: Callable[[], bool]
    tell: Tell
    watch: Callable[["Conversation", float], None]
    unix_ms: Callable[[], int]
    why_not: WhyNot


class Conversation:
    """Runs once, on the line's thread."""

    def __init__(self, talk: Talk, link: BoardLink) -> None:
        self._talk = talk
        self._link = link
        self._open_orders: dict[str, Order] = {}
        self._rest: float | None = None
        self.opened_at = 0.0
        self.heard_bytes = 0

    def run(self) -> float | None:
        """Until the driver wants a rest (so many seconds) or the line is to end (None). Raises whatever went wrong."""
        try:
            self._converse()
        finally:
            for order in list(self._open_orders.values()):
                broke = "The line broke before the device answered."
                self._say([failed(order.device_id, order.command.id, broke, self._talk.unix_ms())])
        with suppress(BoardLinkError):
            self._link.write(self._talk.driver.farewell())
        return self._rest

    def _converse(self) -> None:
        talk, link, driver = self._talk, self._link, self._talk.driver
        now = last_heard = self.opened_at = time.monotonic()
        settled_at = now + talk.settle_seconds
        driver.open(now)
        while self._rest is None and not talk.ends():
            tick = TALKING_SECONDS if now - last_heard < 0.1 else QUIET_TICK_SECONDS
            _, ready = talk.wake.wait_beside(link.fileno(), tick)
            now = time.monotonic()
            heard = link.read() if ready else b""
            since = now - last_heard
            if heard:
                self.heard_bytes += len(heard)
                last_heard = now
                self._say(driver.take(heard, now))
            talk.watch(self, now)
            if now >= settled_at or driver.counts.good:
                self._take_orders(now)
                self._withdraw_orders(now)
                self._say(driver.due(now))
                if wanted := driver.to_write():
                    link.write(wanted)
                    last_heard = now
            self._look_for_life(now)
            if heard:
                talk.wake.pause_beside(link.fileno(), pause_after(len(heard), since))

    def _take_orders(self, now: float) -> None:
        while True:
            try:
                order = self._talk.orders.get_nowait()
            except queue.Empty:
                return
            refused = self._talk.why_not(order.device_id, order.command)
            if refused is not None:
                self._say([Done(device_id=order.device_id, result=refused)])
                continue
            self._open_orders[order.command.id] = order
            self._say(self._talk.driver.ask(order.device_id, order.command, now))

    def _withdraw_orders(self, now: float) -> None:
        """Just before the driver writes: an order may have waited for its line until nobody wants it any more."""
        for order in list(self._open_orders.values()):
            refused = self._talk.why_not(order.device_id, order.command)
            if refused is not None:
                self._say(self._talk.driver.withdraw(order.device_id, refused, now))

    def _look_for_life(self, now: float) -> None:
        last = self._talk.driver.counts.last_good_at
        alive_at = self.opened_at if last is None else max(last, self.opened_at)
        if now - alive_at > self._talk.quiet_seconds:
            raise LineGoneError(f"{self._link.where}: nothing that makes sense for {self._talk.quiet_seconds:.0f} s.")

    def _say(self, words: Sequence[Word]) -> None:
        for word in words:
            match word:
                case Rest(seconds=seconds):
                    self._rest = seconds
                case Done(result=result):
                    self._open_orders.pop(result.id, None)
                    self._talk.tell(word)
                case _:
                    self._talk.tell(word)


def failed(device_id: str, command_id: str, sentence: str, unix_ms: int) -> Done:
    """The answer to a command that did not reach its device."""
    result = DeviceResult(id=command_id, outcome=DeviceOutcome.FAILED, sentence=sentence, at=unix_ms)
    return Done(device_id=device_id, result=result)


def pause_after(count: int, seconds: float) -> float:
    """How long not to look, after `count` bytes that came within `seconds`."""
    if count < STREAM_BYTES:
        return SHORTEST_PAUSE_SECONDS
    return min(LONGEST_PAUSE_SECONDS, max(SHORTEST_PAUSE_SECONDS, seconds * PAUSE_BYTES / count))
