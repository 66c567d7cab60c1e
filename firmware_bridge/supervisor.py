"""One thread for each line: opens it, feeds its driver, and after any error closes it, waits and opens it again.

It never ends by itself, and nothing that a device or a driver does reaches another line. It tells once when the line
goes and once when it is back. Not here: one opening (`conversation`), which lines there are (`bridge`), what is said
in the room (`room_voice`).
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from firmware_bridge.back_off import GOOD_SECONDS, BackOff
from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.board_link import BoardLink, BoardLinkError, MakeLink
from firmware_bridge.conversation import SETTLE_SECONDS, Conversation, Order, Talk, WhyNot, failed
from firmware_bridge.drivers.driver import Counts, Driver, DriverRow
from firmware_bridge.line import Line
from firmware_bridge.line_words import Lost, Returned, Tell
from firmware_bridge.speed_search import LISTEN_SECONDS, SpeedSearch
from firmware_bridge.wake import Wake
from models.clock import Clock, to_unix_ms
from models.errors import ClassroomError
from models.room_messages import DeviceCommand
from models.room_plan import SerialLink

log = logging.getLogger(__name__)

QUIET_SECONDS: Final = 120.0
"""A line without a good frame for so long is closed and opened again."""

LOOK_SECONDS: Final = 0.2
"""How often a line that is gone looks whether something was plugged in; at first more often (a short reset of USB)."""

_STOP_SECONDS: Final = 5.0
_ENDED: Final = "The device's line was closed before the command was given."
_LENT: Final = "The board is being given firmware. It is back in a few minutes."
_GOOD_FRAMES: Final = 3


class _WrongSpeedError(BoardLinkError):
    """Bytes come, none makes sense: the line is opened at the next speed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all lines share. `may_search`: whether speeds may be tried now (no lesson, no exam).

    `why_not` as in `Talk`.
    """

    tell: Tell
    memory: BaudMemory
    clock: Clock
    may_search: Callable[[], bool] = lambda: True
    why_not: WhyNot = lambda _device_id, _command: None
    quiet_seconds: float = QUIET_SECONDS
    listen_seconds: float = LISTEN_SECONDS


class Supervisor:
    """`make_link` gives the line at a baud."""

    def __init__(self, line: Line, row: DriverRow, make_link: MakeLink, around: Surroundings) -> None:
        self.line = line
        self._row = row
        self._make_link = make_link
        self._around = around
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._order_lock = threading.Lock()
        self._takes_orders = True
        self._stopping = threading.Event()
        self._lent = threading.Event()
        self._let_go = threading.Event()
        self._thread: threading.Thread | None = None
        self._wake: Wake | None = None
        self._back_off = BackOff()
        self._search = SpeedSearch(line.baud, 0)
        self._driver: Driver | None = None
        self._identity: Hashable | None = None
        self._device_ids = tuple(device.device_id for device in line.devices)
        self._lost = False
        self._heard_well = False
        self._resting = False
        self.progressed_at = time.monotonic()
        """When the thread last went round (monotonic seconds)."""

    @property
    def counts(self) -> Counts:
        """What passed the line since it was opened."""
        return self._driver.counts if self._driver is not None else Counts()

    def start(self) -> None:
        """Begins to open the line."""
        remembered = self._around.memory.last(self.line.port, self.line.driver)
        self._search = SpeedSearch(self.line.baud, remembered or self._usual_baud(), self._around.listen_seconds)
        self._wake = Wake()
        self._thread = threading.Thread(target=self._run, name=f"line {self.line.port}"[:60], daemon=True)
        self._thread.start()

    def _usual_baud(self) -> int:
        link = self.line.devices[0].link if self.line.devices else None
        return self._row.baud_of(link.map if isinstance(link, SerialLink) else "")

    def end(self) -> None:
        """Asks the thread to end, without waiting for it."""
        self._stopping.set()
        if self._wake is not None:
            self._wake.call()

    def stop(self) -> None:
        """Closes the line in good order. A driver that hangs is left behind after five seconds."""
        self.end()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
        self._take_no_more_orders()
        if self._thread is None or self._wake is None:
            return
        if self._thread.is_alive():
            log.error("The driver %s of %s does not end", self.line.driver, self.line.port)
            return
        self._wake.close()
        self._thread = self._wake = None

    def ask(self, device_id: str, command: DeviceCommand) -> None:
        """Hands a command to the line's thread; its `Done` is told, exactly one: on a line that has ended, here."""
        order = Order(device_id=device_id, command=command)
        with self._order_lock:
            if taken := self._takes_orders:
                self._orders.put(order)
                if self._wake is not None:
                    self._wake.call()
        if not taken:
            self._refuse(order, _ENDED)

    def lend(self) -> None:
        """The line is to be closed and left alone until `take_back`; before `start` too. From any thread."""
        self._lent.set()
        self._call()

    def has_let_go(self) -> bool:
        """Whether the line that is to be lent is closed; waits five seconds for it."""
        return self._let_go.wait(_STOP_SECONDS)

    @property
    def is_lent(self) -> bool:
        """Whether the line is left alone, or is about to be."""
        return self._lent.is_set()

    def take_back(self) -> None:
        """The line is opened again, at once."""
        self._lent.clear()
        self._call()

    def _call(self) -> None:
        with self._order_lock:
            if self._takes_orders and self._wake is not None:
                self._wake.call()

    def _run(self) -> None:
        assert self._wake is not None  # noqa: S101 - `start` has made it
        try:
            while not self._stopping.is_set():
                if self._lent.is_set():
                    self._leave_alone(self._wake)
                    continue
                link = self._make_link(self._search.baud)
                self._wait(self._wake, link, self._once(self._wake, link))
        finally:
            self._take_no_more_orders()

    def _leave_alone(self, wake: Wake) -> None:
        self._lose(_LENT)
        self._let_go.set()
        while self._lent.is_set() and not self._stopping.is_set():
            wake.wait(LOOK_SECONDS)
            self.progressed_at = time.monotonic()
            self._refuse_orders(_LENT)
        self._let_go.clear()
        self._back_off.reset()

    def _once(self, wake: Wake, link: BoardLink) -> float:
        """Opens the line and talks; gives how long to wait then."""
        self._resting = False
        self._identity = link.identity()
        self.progressed_at = time.monotonic()
        try:
            link.open()
            rest = Conversation(self._talk(wake), link).run()
        except _WrongSpeedError:
            self._search.go_on()
            return 0.0
        except ClassroomError as error:
            self._lose(str(error))
        except Exception as error:
            if not self._lost:
                log.exception("The driver %s of %s failed", self.line.driver, self.line.port)
            self._driver = None
            self._lose(f"The driver {self.line.driver} failed ({type(error).__name__}). Tell the makers.")
        else:
            self._resting = rest is not None
            return rest or 0.0
        finally:
            link.close()
        return self._back_off.next()

    def _talk(self, wake: Wake) -> Talk:
        if self._driver is None:
            self._driver = self._row.make(self.line.devices)
        self._heard_well = False
        resets = self._row.resets_on_open and self.line.is_serial
        return Talk(
            driver=self._driver,
            settle_seconds=SETTLE_SECONDS if resets else 0.0,
            quiet_seconds=self._around.quiet_seconds,
            orders=self._orders,
            wake=wake,
            ends=lambda: self._stopping.is_set() or self._lent.is_set(),
            tell=self._around.tell,
            watch=self._watch,
            unix_ms=self._unix_ms,
            why_not=self._around.why_not,
        )

    def _watch(self, conversation: Conversation, now: float) -> None:
        """Once a turn: that the thread goes round, that the line is well, that its speed is right."""
        self.progressed_at = now
        counts, seconds = self.counts, now - conversation.opened_at
        if counts.good >= _GOOD_FRAMES and counts.last_good_at is not None:
            if not self._heard_well:
                self._heard_well = True
                self._search.found()
                if self.line.is_serial and not self.line.baud:
                    self._around.memory.keep(self.line.port, self.line.driver, self._search.baud)
            if seconds >= GOOD_SECONDS and now - counts.last_good_at < GOOD_SECONDS:
                self._back_off.reset()
        if counts.good and self._lost:
            self._lost = False
            log.info("%s is back", self.line.port)
            self._around.tell(Returned(device_ids=self._device_ids))
        searches = self.line.is_serial and not counts.good and self._search.is_wrong(conversation.heard_bytes, seconds)
        if searches and self._around.may_search():
            raise _WrongSpeedError(f"{self.line.port} does not speak at {self._search.baud} baud.")

    def _lose(self, sentence: str) -> None:
        if not self._lost:
            self._lost = True
            log.warning("%s is gone: %s", self.line.port, sentence)
            self._around.tell(Lost(device_ids=self._device_ids, sentence=sentence))

    def _wait(self, wake: Wake, link: BoardLink, seconds: float) -> None:
        """Until the time is over, something is plugged in, or a resting line is wanted for a command."""
        end, look = time.monotonic() + seconds, LOOK_SECONDS / 16
        while not (self._stopping.is_set() or self._lent.is_set()) and (left := end - time.monotonic()) > 0:
            wake.wait(min(left, look))
            look = min(LOOK_SECONDS, look * 2)
            self.progressed_at = time.monotonic()
            if self._resting and not self._orders.empty():
                return
            if not self._resting:
                self._refuse_orders("The device's line cannot be opened.")
            seen = link.identity()
            if seen != self._identity:
                self._identity = seen
                if seen is not None:
                    self._back_off.reset()
                    return

    def _take_no_more_orders(self) -> None:
        with self._order_lock:
            self._takes_orders = False
        self._refuse_orders(_ENDED)

    def _refuse_orders(self, sentence: str) -> None:
        with suppress(queue.Empty):
            while True:
                self._refuse(self._orders.get_nowait(), sentence)

    def _refuse(self, order: Order, sentence: str) -> None:
        self._around.tell(failed(order.device_id, order.command.id, sentence, self._unix_ms()))

    def _unix_ms(self) -> int:
        return to_unix_ms(self._around.clock.now())
