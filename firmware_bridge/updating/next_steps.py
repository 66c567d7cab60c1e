"""Which boards the newest release is for, and the next image of it that each may get.

Never a step back, never an image that no release brought, and never again one that the same board would not show; a
step that was in vain waits for a day or for a new release.
Not here: whether it is time (`allowed_moment`), writing (`update`).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from firmware_bridge.loan_words import BoardAtPort
from firmware_bridge.updating.flash_journal import FlashJournal
from firmware_bridge.updating.manifest import version_key
from firmware_bridge.updating.shelf import Offer, Shelf
from models.board_firmware import FirmwareRelease


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One board, and the version that it is to get."""

    port: str
    board: str
    version: str


def next_steps(
    boards: Iterable[BoardAtPort], release: FirmwareRelease, shelf: Shelf, journal: FlashJournal, now: datetime
) -> Sequence[Step]:
    """One step for each board that carries something older; of several images the newest that may follow it."""
    names = [image.rpartition("-") for image in release.images]
    found: list[Step] = []
    for one in boards:
        has = version_in(one.firmware)
        fitting = [
            Step(port=one.port, board=board, version=version)
            for board, _, version in names
            if board == one.board and is_older(has, version) and _may_follow(shelf.offer(board, version), has)
        ]
        fitting = [
            step
            for step in fitting
            if not journal.fell_back(step.port, step.version)
            and not journal.leaves_alone(step.port, step.version, release.number, now)
        ]
        found += sorted(fitting, key=lambda step: version_key(step.version) or ())[-1:]
    return found


def version_in(firmware: str) -> str:
    """The version among the words that a board says of its firmware; "" when there is none."""
    return next((word for word in firmware.split() if version_key(word)), "")


def is_older(version: str, than: str) -> bool:
    """Whether both can be compared and the first comes before the second."""
    one, other = version_key(version), version_key(than)
    return one is not None and other is not None and one < other


def _may_follow(offer: object, has: str) -> bool:
    return isinstance(offer, Offer) and not is_older(has, offer.manifest.min_version)
