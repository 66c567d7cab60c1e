"""A board gets another firmware, or keeps the one it has: judged before, compared after, undone when it does not show.

The bootloader checks nothing, so every check is here. Not here: what counts as signed (`shelf`, `manifest`), the
bootloader's language (`stk500v1`), and how a person starts it (`errands`).
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import timedelta
from enum import StrEnum
from typing import Final

from firmware_bridge.board_link import BoardLinkError, LineBusyError
from firmware_bridge.drivers.link_ident import Ident
from firmware_bridge.updating.allowed_moment import AHEAD, judge_moment
from firmware_bridge.updating.board_voice import ask_ident
from firmware_bridge.updating.boards import BOARDS, BoardRow
from firmware_bridge.updating.flash_journal import FELL_BACK, Deed, FlashJournal, Unfinished
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import ERASED
from firmware_bridge.updating.manifest import StepBack, version_key
from firmware_bridge.updating.patient_line import OpenPort, PatientLine, TimeOverError
from firmware_bridge.updating.shelf import Offer, Shelf
from firmware_bridge.updating.stk500v1 import Bootloader, BootloaderError
from models.clock import Clock
from models.errors import ClassroomError
from models.room_plan import RoomPlan

log = logging.getLogger(__name__)

_WAYS_BACK: Final = 3
_MOST_ODD_PAGES: Final = 4
"""An interruption leaves one page that is neither old nor new, and so may each interrupted way back."""


Borrow = Callable[[str], AbstractContextManager[None]]
"""While it lasts the bridge leaves this port alone; entering it may raise BoardLinkError."""


def nobody_to_ask(_port: str) -> AbstractContextManager[None]:
    """No bridge runs."""
    return nullcontext()


class PortTakenError(ClassroomError):
    """Another program holds the port, and it is not the bridge of this box. End it, then try again."""


class Outcome(StrEnum):
    """What became of a write that had begun."""

    INSTALLED = "installed"
    FELL_BACK = FELL_BACK
    """The new firmware did not come through or did not show itself; the one before is back, compared byte for byte."""
    RECOVERED = "recovered"
    """After an interruption: the image before is back, compared byte for byte."""
    COMPLETED = "completed"
    """After an interruption: all of the new image stands, and the board shows it."""
    STILL_UNFINISHED = "still unfinished"
    """Neither image could be written, or the time was over; the next `recover` tries again."""


class FirmwareUpdate:
    """One box's way to its boards' firmware. `plan` gives the room's plan in force, None when there is none."""

    def __init__(
        self,
        shelf: Shelf,
        journal: FlashJournal,
        open_port: OpenPort,
        plan: Callable[[], RoomPlan | None],
        clock: Clock,
        borrow: Borrow = nobody_to_ask,
    ) -> None:
        self._shelf = shelf
        self._journal = journal
        self._open_port = open_port
        self._plan = plan
        self._clock = clock
        self._borrow = borrow

    def look(self, port: str, board: str) -> Ident | FlashRefusal:
        """Who stands at a port of this kind of board; nothing is written but the question. Raises BoardLinkError."""
        refusal = judge_moment(self._plan(), self._clock.now())
        if refusal is not None:
            return refusal
        try:
            with self._line(port, BOARDS[board]) as line:
                return ask_ident(line) or FlashRefusal.NO_IDENT
        except PortTakenError:
            return FlashRefusal.PORT_IN_USE

    def install(self, port: str, board: str, version: str) -> Outcome | FlashRefusal:
        """Writes this image to the board at the port, or says why not.

        Raises BoardLinkError, BootloaderError and DurableFileError only while nothing has been written.
        """
        offer, now = self._shelf.offer(board, version), self._clock.now()
        if isinstance(offer, FlashRefusal):
            return offer
        refusal = judge_moment(self._plan(), now)
        if refusal is None and now < offer.manifest.built_at:
            refusal = FlashRefusal.CLOCK_BEHIND
        if refusal is None and self._journal.at(port) is not None:
            refusal = FlashRefusal.UNFINISHED
        if refusal is not None:
            return refusal
        try:
            with self._line(port, BOARDS[board]) as line:
                ident = ask_ident(line)
                approval = self._shelf.step_back(offer, now)
                refusal = _judge_board(ident, offer, approval)
                if ident is None or refusal is not None:
                    return refusal or FlashRefusal.NO_IDENT
                return self._replace(line, offer, ident, approval)
        except PortTakenError:
            return FlashRefusal.PORT_IN_USE

    def recover(self, port: str) -> Outcome | FlashRefusal | None:
        """Ends what was interrupted at this port; None when nothing was. Raises BoardLinkError, JournalError."""
        entry = self._journal.at(port)
        if entry is None:
            return None
        refusal = judge_moment(self._plan(), self._clock.now())
        if refusal is not None:
            return refusal
        try:
            with self._line(port, BOARDS[entry.board]) as line:
                return self._end(line, entry)
        except PortTakenError:
            return FlashRefusal.PORT_IN_USE

    @contextmanager
    def _line(self, port: str, row: BoardRow) -> Iterator[PatientLine]:
        """The moment was judged just before: for so long as that judgement looks ahead, the board may be written to."""
        end_ms = self._clock.monotonic_ms() + AHEAD // timedelta(milliseconds=1)
        link = self._open_port(port, row.baud)
        with self._borrow(port):
            try:
                link.open()
            except LineBusyError:
                raise PortTakenError(f"{port} is held by another program. End it, then try again.") from None
            try:
                yield PatientLine(link, lambda: self._clock.monotonic_ms() >= end_ms)
            finally:
                link.close()

    def _replace(self, line: PatientLine, offer: Offer, ident: Ident, approval: StepBack | None) -> Outcome:
        loader = Bootloader(line, BOARDS[ident.board])
        loader.enter()
        entry = Unfinished(
            port=line.where,
            board=ident.board,
            had_version=ident.version,
            new_version=offer.manifest.version,
            kept=self._kept_image(loader, ident),
            new=offer.image,
            begun_at=self._clock.now(),
        )
        self._journal.begin(entry)
        try:
            loader.enter()  # again: the disk may have taken longer than the bootloader waits
            loader.write(entry.new)
            whole = loader.read(len(entry.new)) == entry.new
            loader.leave()
            if whole and _shows(ask_ident(line), entry.board, entry.new_version):
                return self._done(entry, Outcome.INSTALLED, approval)
        except (BootloaderError, BoardLinkError) as error:
            log.warning("Writing firmware to %s broke off: %s", line.where, error)
        return self._go_back(line, entry, Outcome.FELL_BACK)

    def _kept_image(self, loader: Bootloader, ident: Ident) -> bytes:
        """What the board carries now: from the shelf when it is the same byte for byte, else read out whole."""
        held = self._shelf.offer(ident.board, ident.version)
        if isinstance(held, Offer) and loader.read(len(held.image)) == held.image:
            return held.image
        return loader.read(BOARDS[ident.board].application_bytes).rstrip(bytes([ERASED]))

    def _end(self, line: PatientLine, entry: Unfinished) -> Outcome | FlashRefusal:
        row = BOARDS[entry.board]
        loader = Bootloader(line, row)
        loader.enter()
        flash = loader.read(max(len(entry.new), len(entry.kept)))
        if _odd_pages(flash, entry, row.page_bytes) > _MOST_ODD_PAGES:
            return FlashRefusal.OTHER_BOARD
        if flash.startswith(entry.new):
            loader.leave()
            if _shows(ask_ident(line), entry.board, entry.new_version):
                return self._done(entry, Outcome.COMPLETED, None)
        return self._go_back(line, entry, Outcome.RECOVERED)

    def _go_back(self, line: PatientLine, entry: Unfinished, outcome: Outcome) -> Outcome:
        loader = Bootloader(line, BOARDS[entry.board])
        for _ in range(_WAYS_BACK):
            try:
                loader.enter()
                loader.write(entry.kept)
                whole = loader.read(len(entry.kept)) == entry.kept
                loader.leave()
            except TimeOverError as error:
                log.warning("The way back waits: %s", error)
                break
            except (BootloaderError, BoardLinkError) as error:
                log.warning("The way back at %s broke off: %s", line.where, error)
                continue
            if whole:
                shown = False
                with suppress(BoardLinkError):  # it is back, byte for byte, whatever it says
                    shown = _shows(ask_ident(line), entry.board, entry.had_version)
                if not shown:
                    log.warning("The board at %s carries its old firmware again but does not say so", line.where)
                return self._done(entry, outcome, None)
        return self._recorded(entry, Outcome.STILL_UNFINISHED, None)

    def _done(self, entry: Unfinished, outcome: Outcome, approval: StepBack | None) -> Outcome:
        self._recorded(entry, outcome, approval)
        self._journal.finish(entry.port)
        return outcome

    def _recorded(self, entry: Unfinished, outcome: Outcome, approval: StepBack | None) -> Outcome:
        self._journal.record(
            Deed(
                at=self._clock.now(),
                port=entry.port,
                board=entry.board,
                had_version=entry.had_version,
                new_version=entry.new_version,
                outcome=outcome,
                approved_by=approval.approved_by if approval else "",
                reason=approval.reason if approval else "",
            )
        )
        return outcome


def _judge_board(ident: Ident | None, offer: Offer, approval: StepBack | None) -> FlashRefusal | None:
    """Whether this board may get the image, by what its ident frame says."""
    wanted = offer.manifest
    if ident is None:
        return FlashRefusal.NO_IDENT
    if ident.board != wanted.board:
        return FlashRefusal.OTHER_BOARD
    has, gets, least = version_key(ident.version), version_key(wanted.version), version_key(wanted.min_version)
    if has is None or gets is None or least is None:  # a version that nobody can compare
        return None if approval else FlashRefusal.OLDER
    if gets < has:
        return None if approval else FlashRefusal.OLDER
    return FlashRefusal.NEEDS_NEWER if has < least else None


def _shows(ident: Ident | None, board: str, version: str) -> bool:
    return ident is not None and (ident.board, ident.version) == (board, version)


def _odd_pages(flash: bytes, entry: Unfinished, size: int) -> int:
    """How many pages are of neither image: on another board than the one that was written, nearly all."""
    erased = bytes([ERASED])

    def page(image: bytes, at: int) -> bytes:
        return image[at : at + size].ljust(size, erased)

    return sum(page(flash, at) not in (page(entry.new, at), page(entry.kept, at)) for at in range(0, len(flash), size))
