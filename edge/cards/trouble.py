"""From an error of reading to the word under which it is stored and shown (`models.evidence.CardTrouble`)."""

from edge.cards.access_key import WrongKeyError
from edge.cards.card_reader import (
    CardReadError,
    CardRemovedError,
    ReaderHungError,
    ReaderLostError,
    ReaderRefusedError,
)
from edge.cards.secure_messaging import ChannelBrokenError
from models.chip.tlv import ParseError
from models.evidence import CardTrouble


def trouble_of(error: CardReadError | ParseError) -> CardTrouble:
    """The kind of trouble; what has no word of its own is `UNREADABLE`."""
    match error:
        case CardRemovedError():
            return CardTrouble.REMOVED
        case ReaderLostError() | ReaderRefusedError():
            return CardTrouble.READER_LOST
        case ReaderHungError():
            return CardTrouble.READER_HUNG
        case WrongKeyError():
            return CardTrouble.WRONG_KEY
        case ChannelBrokenError():
            return CardTrouble.REFUSED_CHANNEL
        case _:
            return CardTrouble.UNREADABLE
