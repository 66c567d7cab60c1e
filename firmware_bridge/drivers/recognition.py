"""The port by which a protocol family says what is on an unknown line: by listening alone, or by asking.

A driver's row in the catalogue may carry a `Recogniser`. Listening writes nothing and is done at any time on ports
that nobody uses; a question is sent only when a person asked for it and no lesson or exam runs. Not here: who listens
and asks (`firmware_bridge.discovery`).
"""

from collections.abc import Sequence
from typing import Annotated, Protocol

import msgspec


class Guess(msgspec.Struct, frozen=True, kw_only=True):
    """What it seems to be. `confidence` 1: a checksum or an identity was right; below 0.5: it could be anything."""

    driver: str
    what: str
    """For IT staff: "sensor board, link v1"."""
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)]
    maker: str = ""
    model: str = ""
    serial: str = ""
    firmware: str = ""
    map: str = ""
    unit: int = 1


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that only ask and change nothing. What comes within `seconds` goes to `hear` of the same family."""

    ask: bytes
    baud: int = 0
    """0: the driver's usual one."""
    seconds: float = 1.0


class Recogniser(Protocol):
    """One family's eye. It keeps nothing: each call is judged by itself."""

    def hear(self, heard: bytes) -> Guess | None:
        """All that came since the line was opened (or since a question), at most 64 kB. Never raises."""

    def questions(self) -> Sequence[Question]:
        """What may be asked, the most telling first; empty when listening is all."""
