"""How a display is found on an unknown line: by its family's first question, which only reads its power.

Displays say nothing unless they are asked, so listening alone finds none (but for a greeting, where a family has
one). Not here: who asks, and when that is allowed (`firmware_bridge.discovery`).
"""

from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import Heard, MakeCodec, Trouble, Verdict
from firmware_bridge.displays.meaning import understand
from firmware_bridge.displays.tables import table_of
from firmware_bridge.drivers.recognition import Guess, Question

FIRST_UNIT: Final = 1


class DisplayRecogniser:
    """A `Recogniser` of one family. `sure` is the confidence that a sound answer gives: 1 with a check sum."""

    def __init__(self, family: str, codec: MakeCodec, *, sure: float, by: str = "") -> None:
        self._family: Final = family
        self._make_codec: Final = codec
        self._sure: Final = sure
        self._by: Final = by

    def hear(self, heard: bytes) -> Guess | None:
        """A sound answer to the first question, or a greeting of this family that keeps us out."""
        table, codec = table_of(self._family), self._make_codec("")
        codec.begin()
        first = table.question(self._by) or table.questions[0]
        for sound in codec.take(heard):
            match sound:
                case Trouble(sentence=sentence, ours=True):
                    return self._guess(f"{table.title}: {sentence}", FIRST_UNIT)
                case Heard(verdict=verdict, unit=unit, key=key, payload=payload) if key in (None, codec.key(first.ask)):
                    if verdict is Verdict.ANSWER and understand(table, first, payload) is not None:
                        return self._guess(f"display, {table.title}", FIRST_UNIT if unit is None else unit)
                case _:
                    pass
        return None

    def questions(self) -> Sequence[Question]:
        """One harmless question to the address that displays have when they are new."""
        table, codec = table_of(self._family), self._make_codec("")
        codec.begin()
        first = table.question(self._by) or table.questions[0]
        return [Question(ask=codec.frame(FIRST_UNIT, first.ask), seconds=table.pace.timeout_seconds)]

    def _guess(self, what: str, unit: int) -> Guess:
        return Guess(driver=self._family, what=what, confidence=self._sure, unit=unit)
