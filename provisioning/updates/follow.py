"""A box follows its orders: fetches the wanted release, puts it beside the running one, switches, and tells.

What the caretaker does every few minutes (`follow`) and what a person does with a USB stick (`take_from_stick`).
Firmware of boards is only laid down: nothing restarts for it. Not here: restarting the programs, which the caller does
when `restart` says so, and their health (`confirm`, `note_start`).
"""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from models.board_firmware import held_release
from models.durable_files import writing
from models.enrollment import WantedRelease
from models.roll_outs import Offer, ReleaseKind
from provisioning.updates.archive import filler
from provisioning.updates.board_firmware import folder_of, lay_down
from provisioning.updates.client import ReleaseClient
from provisioning.updates.freeze import refuse_near_exam, time_at_hand, time_told
from provisioning.updates.refusals import (
    ExamsUnknownError,
    FrozenForExamError,
    NotOfferedError,
    NotYetError,
    RolledBackError,
    UpdateRefusedError,
)
from provisioning.updates.shelf import ReleaseNote, Shelf
from provisioning.updates.sources import NetworkSource, Source, StickSource

SHELVES: Final = {ReleaseKind.PACKAGE: "releases", ReleaseKind.WEIGHTS: "weights"}
"""Folders in the box's own folder, of the releases that stand side by side."""

UPDATES: Final = "updates"
"""The folder of what the box believes of releases."""

INSTALLED: Final = "installed"
ROLLED_BACK: Final = "rolled back"
REFUSED: Final = "refused"
"""For good: signatures, hashes, an older release. The box is not asked again."""

WAITING: Final = "waiting"
"""Not yet, for a reason that passes; the box tries again."""

ON_TRIAL: Final = "on trial"
"""Switched on already; said to the person with the stick, never reported."""


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """What the box reports of one wanted release (`models.enrollment.BoxReport`, the fields `update_*`)."""

    target: str
    outcome: str
    sentence: str = ""


class Followed(msgspec.Struct, frozen=True, kw_only=True):
    """`restart`: a new release was switched on; restart the box's programs. `words` go into the next reports."""

    restart: bool
    words: tuple[Word, ...]


LAID_DOWN: Final = "laid down"
"""Firmware from a stick, said to the person who holds it."""


def shelf_of(box: Path, kind: ReleaseKind) -> Shelf:
    """The box's shelf for a kind of `SHELVES`."""
    return Shelf(box / SHELVES[kind])


def follow(box: Path, wanted: WantedRelease, source: NetworkSource, told: datetime) -> Followed:
    """Does what the orders want. `told` is the orders' own time. Near an exam it does nothing and says nothing.

    One release at a time: weights are judged by the software that runs. Raises AuthorityUnreachableError, or
    StorageError when the card fails: try again later.
    """
    words: list[Word] = []
    targets = (
        (ReleaseKind.PACKAGE, wanted.package),
        (ReleaseKind.WEIGHTS, wanted.weights),
        (ReleaseKind.FIRMWARE, wanted.firmware),
    )
    for kind, target in targets:
        if target is None:
            continue
        word = _known_word(box, kind, target)
        if word is None and not _is_on_trial(box, kind):
            try:
                visit = _Visit(box, source, time_told(box, told))
                offer = visit.client.find(target)
                if offer.kind is not kind:
                    raise NotOfferedError
                visit.take(offer)
                if kind in SHELVES:
                    return Followed(restart=True, words=tuple(words))
                word = Word(target=target, outcome=INSTALLED)
            except (FrozenForExamError, ExamsUnknownError):
                continue
            except UpdateRefusedError as error:
                outcome = WAITING if isinstance(error, NotYetError) else REFUSED
                word = Word(target=target, outcome=outcome, sentence=str(error))
        if word is not None:
            words.append(word)
    return Followed(restart=False, words=tuple(words))


def take_from_stick(box: Path, stick: Path, wall: datetime) -> Followed:
    """Takes the newest release from a stick that this box does not run yet, the package before the weights.

    Raises UpdateRefusedError, said to the person who holds the stick.
    """
    visit = _Visit(box, StickSource(stick), time_at_hand(box, wall))
    visit.client.look()
    words: list[Word] = []
    for kind in ReleaseKind:
        newest = next((offer for offer in visit.client.offers() if offer.kind is kind), None)
        if newest is None:
            continue
        word = _known_word(box, kind, newest.target) or _word_of_trial(box, kind, newest.target)
        if word is None:
            visit.take(newest)
            if kind in SHELVES:
                return Followed(restart=True, words=tuple(words))
            word = Word(target=newest.target, outcome=LAID_DOWN, sentence="Boards get it when nobody needs them.")
        words.append(word)
    return Followed(restart=False, words=tuple(words))


def note_start(box: Path) -> tuple[str, ...]:
    """Before the programs start: counts, and after three starts without health goes back; what was undone, in words."""
    undone = (shelf_of(box, kind).note_start() for kind in SHELVES)
    return tuple(sentence for sentence in undone if sentence)


def confirm(box: Path) -> None:
    """The programs have run well for some minutes: what is on trial and was started stays."""
    for kind in SHELVES:
        shelf = shelf_of(box, kind)
        if shelf.trial is not None and shelf.trial.starts:
            shelf.confirm()


def release_name(target: str) -> str:
    """A release's folder."""
    return target.removesuffix(".tar")


class _Visit:
    """One source at one instant, which is no exam's: making it raises FrozenForExamError or ExamsUnknownError."""

    def __init__(self, box: Path, source: Source, instant: datetime) -> None:
        refuse_near_exam(box, instant)
        self.client = ReleaseClient(box / UPDATES, source, instant)
        self._box = box
        self._instant = instant
        self._began = time.monotonic()

    def take(self, offer: Offer) -> None:
        """Fetches, places and switches; a slow download may have come close to an exam meanwhile."""
        if offer.kind in SHELVES:
            archive = self._place_and_switch(offer)
        else:
            archive = self.client.fetch(offer.target)
            self._look_again()
            lay_down(self._box, offer, archive)
        with writing(archive):
            archive.unlink(missing_ok=True)

    def _place_and_switch(self, offer: Offer) -> Path:
        shelf, name = shelf_of(self._box, offer.kind), release_name(offer.target)
        if offer.number < shelf.memory.highest:
            raise RolledBackError
        archive = self.client.fetch(offer.target)
        shelf.place(name, ReleaseNote(target=offer.target, number=offer.number), filler(offer.kind, archive))
        self._look_again()
        shelf.switch(name)
        return archive

    def _look_again(self) -> None:
        refuse_near_exam(self._box, self._instant + timedelta(seconds=time.monotonic() - self._began))


def _known_word(box: Path, kind: ReleaseKind, target: str) -> Word | None:
    """What can be said without looking: it is there and well, or it was tried and failed."""
    if kind not in SHELVES:
        held = held_release(folder_of(box))
        return Word(target=target, outcome=INSTALLED) if held is not None and held.target == target else None
    shelf, name = shelf_of(box, kind), release_name(target)
    failed = shelf.memory.failed.get(name)
    if failed is not None:
        return Word(target=target, outcome=ROLLED_BACK, sentence=failed)
    if shelf.current == name and shelf.trial is None:
        return Word(target=target, outcome=INSTALLED)
    return None


def _is_on_trial(box: Path, kind: ReleaseKind) -> bool:
    return kind in SHELVES and shelf_of(box, kind).trial is not None


def _word_of_trial(box: Path, kind: ReleaseKind, target: str) -> Word | None:
    if kind not in SHELVES or shelf_of(box, kind).current != release_name(target):
        return None
    return Word(target=target, outcome=ON_TRIAL, sentence="It is switched on already and stays once the box runs well.")
