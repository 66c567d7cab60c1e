"""A soft chip of the rehearsal as a card reader, in this process, with ways to disturb the conversation."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.cards.access_key import CardAccessNumber, MrzKey
from edge.cards.card_reader import CardRemovedError
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip import CardGoneError, SoftChip
from tests.builders.cards import make_card

Disturb = Callable[[int, bytes, bytes], bytes]
"""From the number of the command (first 1), the command and its true answer to the answer that arrives."""


class SoftCardReader:
    """Answers as the chip does, unless `disturb` says otherwise."""

    def __init__(self, card: Card, disturb: Disturb = lambda _number, _command, answer: answer) -> None:
        self._chip = SoftChip(card)
        self._disturb = disturb
        self.commands: list[bytes] = []
        self.answers: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        try:
            answer = self._chip.respond(command)
        except CardGoneError as error:
            raise CardRemovedError("The card left the reader. Lay it down again.") from error
        self.answers.append(self._disturb(len(self.commands), command, answer))
        return self.answers[-1]


@cache
def good_card(variant: CardVariant = CardVariant.GOOD) -> Card:
    """The same card each time, of a variant."""
    with TemporaryDirectory() as directory:
        return make_card(Path(directory), variant)


def can_of(card: Card) -> CardAccessNumber:
    return CardAccessNumber(digits=card.access_number)


def mrz_key_of(card: Card) -> MrzKey:
    return MrzKey.from_zone(card.mrz)


def file_of(card: Card, number: int) -> bytes:
    return card.files[ShortFile(number)]
