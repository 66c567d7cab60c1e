"""A box follows its orders: fetches the wanted release, puts it beside the running one, switches, and tells.

What the caretaker does every few minutes (`follow`) and what a person does with a USB stick (`take_from_stick`). Not
here: restarting the programs, which the caller does when `restart` says so, and their health (`confirm`, `note_start`).
"""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import writing
from models.enrollment import WantedRelease
from models.roll_outs import Offer, ReleaseKind
from provisioning.updates.archive import filler
from provisioning.updates.client import ReleaseClient
from provisioning.updates.freeze import refuse_near_exam, time_at_hand, time_told
from provisioning.updates.refusals import (
    ExamsUnknownError,
    FrozenForExamError,
    NotYetError,
    RolledBackError,
    UpdateRefusedError,
)
from provisioning.updates.shelf import ReleaseNote, Shelf
from provisioning.updates.sources import NetworkSource, Source, StickSource

SHELVES: Final = {ReleaseKind.PACKAGE: "releases", ReleaseKind.WEIGHTS: "weights"}
"""Folders in the box's own folder."""

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


def shelf_of(box: Path, kind: ReleaseKind) -> Shelf:
    """The box's shelf for a kind of release."""
    return Shelf(box / SHELVES[kind])


def follow(box: Path, wanted: WantedRelease, source: NetworkSource, told: datetime) -> Followed:
    """Does what the orders want. `told` is the orders' own time. Near an exam it does nothing and says nothing.

    One release at a time: weights are judged by the software that runs. Raises AuthorityUnreachableError, or
    StorageError when the card fails: try again later.
    """
    words: list[Word] = []
    targets = ((ReleaseKind.PACKAGE, wanted.package), (ReleaseKind.WEIGHTS, wanted.weights))
    for kind, target in targets:
        if target is None:
            continue
        word = _known_word(box, kind, target)
        if word is None and shelf_of(box, kind).trial is None:
            try:
                visit = _Visit(box, source, time_told(box, told))
                visit.take(visit.client.find(target))
                return Followed(restart=True, words=tuple(words))
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
            return Followed(restart=True, words=tuple(words))
        words.append(word)
    return Followed(restart=False, words=tuple(words))


def note_start(box: Path) -> tuple[str, ...]:
    """Before the programs start: counts, and after three starts without health goes back; what was undone, in words."""
    undone = (shelf_of(box, kind).note_start() for kind in ReleaseKind)
    return tuple(sentence for sentence in undone if sentence)


def confirm(box: Path) -> None:
    """The programs have run well for some minutes: what is on trial and was started stays."""
    for kind in ReleaseKind:
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
        shelf, name = shelf_of(self._box, offer.kind), release_name(offer.target)
        if offer.number < shelf.memory.highest:
            raise RolledBackError
        archive = self.client.fetch(offer.target)
        shelf.place(name, ReleaseNote(target=offer.target, number=offer.number), filler(offer.kind, archive))
        refuse_near_exam(self._box, self._instant + timedelta(seconds=time.monotonic() - self._began))
        shelf.switch(name)
        with writing(archive):
            archive.unlink(missing_ok=True)


def _known_word(box: Path, kind: ReleaseKind, target: str) -> Word | None:
    """What can be said without looking: it runs and is well, or it was tried and failed."""
    shelf, name = shelf_of(box, kind), release_name(target)
    failed = shelf.memory.failed.get(name)
    if failed is not None:
        return Word(target=target, outcome=ROLLED_BACK, sentence=failed)
    if shelf.current == name and shelf.trial is None:
        return Word(target=target, outcome=INSTALLED)
    return None


def _word_of_trial(box: Path, kind: ReleaseKind, target: str) -> Word | None:
    if shelf_of(box, kind).current != release_name(target):
        return None
    return Word(target=target, outcome=ON_TRIAL, sentence="It is switched on already and stays once the box runs well.")
