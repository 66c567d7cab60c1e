"""The ports to card readers and to a card on one of them, and the family of what can go wrong.

Not here: which reader (adapters), what is said to the card (`read_identity_card`).
"""

from dataclasses import dataclass
from typing import Protocol

from models.errors import ClassroomError


class CardReader(Protocol):
    """A card lying on a reader, already connected."""

    def transmit(self, command: bytes) -> bytes:
        """Send one command APDU; the answer's data followed by the two status bytes.

        Blocks until the card answers, which a broken one may never do: `CardWatch` puts a limit on it. Raises
        `CardRemovedError`, `ReaderLostError` or `CardMuteError`.
        """


class ConnectedCardReader(CardReader, Protocol):
    """A card reader that must be let go of."""

    def disconnect(self) -> None:
        """Let go of the card and reset it, so that the next reading starts afresh. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderState:
    """One reader as it is now. `atr` is None without a card, empty when the card is mute.

    `change` is any number that differs when cards came or went in between, even if it looks the same again.
    """

    name: str
    atr: bytes | None
    change: int


class CardReaders(Protocol):
    """All usable readers of this machine."""

    def wait(self, seconds: float) -> tuple[ReaderState, ...]:
        """The states, at once if they differ from those of the last call, else after `seconds` at the latest.

        Raises `ReaderLostError` when the service that knows the readers is away; a later call tries again.
        """

    def interrupt(self) -> None:
        """Make a waiting `wait` return, called from another thread."""

    def connect(self, name: str) -> ConnectedCardReader:
        """Connect to the card on the reader `name`. May block; may be called from any thread.

        Raises `ReaderRefusedError`, `ReaderLostError`, `CardRemovedError`, `CardMuteError`.
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
