"""The port to a card on a reader, and the family of what can go wrong with it.

Not here: which reader (adapters), what is said to the card (`read_identity_card`).
"""

from typing import Protocol

from models.errors import ClassroomError


class CardReader(Protocol):
    """A card lying on a reader, already connected."""

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU; the answer's data followed by the two status bytes.

        Blocks until the card answers, which a broken one may never do: `CardWatch` puts a limit on it. Raises
        `CardRemovedError`, `ReaderLostError` or `CardMuteError`.
        """


class CardReadError(ClassroomError):
    """A card could not be read to the end. Nothing of it may be used."""


class CardRemovedError(CardReadError):
    """The card left the reader, or was exchanged, before the reading was finished. Lay it down again."""


class ReaderLostError(CardReadError):
    """The reader or the PC/SC service went away. Check the cable; reading starts again by itself."""


class ReaderHungError(CardReadError):
    """The reader has not answered for too long. Take the card off; unplug the reader if that does not help."""


class CardMuteError(CardReadError):
    """The card gave no proper answer. Clean it, lay it flat on the reader and try again."""


class ReaderRefusedError(CardReadError):
    """This reader may not be used: it is not on the list of allowed models, or it is a virtual one."""
