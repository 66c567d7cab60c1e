"""What a display family must bring: its frames. Everything else (when, how often, what it means) is not its business.

A codec turns the words of its table ("11 01", "POWR ?") into bytes and the bytes of the display into what was heard.
Not here: the families themselves, their tables (`tables`), the machine that asks (`asking`).
"""

from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Final, Protocol

import msgspec

LONGEST: Final = 1024
"""A line or frame that is longer than this many bytes is no answer of any display."""


class Verdict(Enum):
    """What kind of answer it is."""

    ANSWER = auto()
    """It carries what was asked for."""
    TAKEN = auto()
    """A command was accepted; it carries nothing more."""
    UNSUPPORTED = auto()
    """The display does not know this question: it is not asked again that day, and is no fault."""
    REFUSED = auto()
    """The display does not accept this value or this command."""
    NOT_NOW = auto()
    """Later perhaps: a projector that is cooling."""
    BROKEN = auto()
    """The display says that it has failed."""


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """One whole and sound frame.

    `unit` is who speaks (None: the protocol does not say), `key` which question it answers, in the words of
    `Codec.key` (None: whatever was asked last). `payload` is text: the protocol's own, or upper-case hex digits.
    """

    verdict: Verdict
    unit: int | None = None
    key: str | None = None
    payload: str = ""


class Noise(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that are no frame: a wrong sum, a cut frame, garbage."""


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes that are expected and say nothing: a prompt, an echo."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """This line cannot be used as it is; the sentence tells IT staff why and what to do."""

    sentence: str
    ours: bool = True
    """Whether it shows that this family speaks here at all."""


Sound = Heard | Noise | Skipped | Trouble


class Codec(Protocol):
    """One line's frames. Never raises on what a display sends."""

    ready: bool
    """Whether questions may be asked: False while the display has not said its greeting."""

    def begin(self) -> None:
        """The line was opened anew: forget everything of the last one."""

    def forget(self) -> None:
        """A question is about to be written: half a frame that came before is no answer to it."""

    def frame(self, unit: int, words: str) -> bytes:
        """The bytes of a question or command to the display `unit`; `words` are those of the table."""

    def key(self, words: str) -> str:
        """What an answer to these words will say that it answers (`Heard.key`)."""

    def take(self, data: bytes) -> Sequence[Sound]:
        """What is heard in the bytes that came, in any pieces."""


MakeCodec = Callable[[str], Codec]
"""For one line; the argument is the password of the plan ("" for none)."""
