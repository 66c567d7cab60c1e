"""A recorded conversation with a card, and a reader that repeats it.

PACE and BAC draw random numbers; a recording keeps them beside the exchanges, so that the same conversation comes about
again. It therefore holds the session keys and all that was read: record synthetic cards only.
"""

import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from edge.cards.card_reader import CardReader, CardReadError
from models.errors import BadInputError


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One command and its answer."""

    command: bytes
    answer: bytes


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation: what was drawn at random and what was said, in order."""

    draws: tuple[bytes, ...]
    exchanges: tuple[Exchange, ...]


class OffScriptError(CardReadError):
    """The program said something else to the card than when the conversation was recorded. Record it again."""


def save_recording(recording: Recording, path: Path) -> None:
    """Write it as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(recording)))


def load_recording(path: Path) -> Recording:
    """Read it back. Raises `BadInputError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Recording)
    except msgspec.MsgspecError as error:
        raise BadInputError("The recording of a card cannot be read. Record it again.") from error


class RecordingCardReader:
    """Passes everything on to another reader and writes it down."""

    def __init__(self, reader: CardReader, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._reader = reader
        self._draw = draw
        self._draws: list[bytes] = []
        self._exchanges: list[Exchange] = []

    def transmit(self, command: bytes) -> bytes:
        """Send one command on."""
        answer = self._reader.transmit(command)
        self._exchanges.append(Exchange(command=command, answer=answer))
        return answer

    def random_bytes(self, count: int) -> bytes:
        """Draw, and write down what was drawn."""
        self._draws.append(self._draw(count))
        return self._draws[-1]

    def finish(self) -> Recording:
        """What was written down."""
        return Recording(draws=tuple(self._draws), exchanges=tuple(self._exchanges))


class RecordedCardReader:
    """Answers as recorded; what differs from the recording raises `OffScriptError`."""

    def __init__(self, recording: Recording) -> None:
        self._exchanges = iter(recording.exchanges)
        self._draws = iter(recording.draws)

    def transmit(self, command: bytes) -> bytes:
        """The recorded answer to the next recorded command, which must be this one."""
        exchange = next(self._exchanges, None)
        if exchange is None or exchange.command != command:
            raise OffScriptError("The conversation differs from its recording.")
        return exchange.answer

    def random_bytes(self, count: int) -> bytes:
        """The recorded draw."""
        drawn = next(self._draws, b"")
        if len(drawn) != count:
            raise OffScriptError("The conversation draws other random numbers than its recording.")
        return drawn
