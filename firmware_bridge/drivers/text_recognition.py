"""What on an unknown line is a board that prints readings as text. Listening only: such a board is never asked."""

import re
from collections.abc import Sequence

from firmware_bridge.drivers.frames import crc16
from firmware_bridge.drivers.line_reading import Header, Pairs, Row, Unreadable, read_line
from firmware_bridge.drivers.recognition import Guess, Question

_MARK = re.compile(rb"(.*)\*([0-9A-Fa-f]{4})[ \t]*", re.DOTALL)


class TextRecogniser:
    """The more of what was heard reads as readings, the surer."""

    def hear(self, heard: bytes) -> Guess | None:
        """A guess from whole lines; the first may be half of one."""
        lines = [line for line in re.split(rb"[\r\n]+", heard)[1:-1] if line.strip()][:200]
        if not lines:
            return None
        marked = pairs = rows = unreadable = 0
        for line in lines:
            found = _MARK.fullmatch(line)
            if found and crc16(found[1]) == int(found[2], 16):
                marked += 1
                continue
            try:
                meaning = read_line(line.decode())
            except UnicodeDecodeError:
                unreadable += 1
                continue
            pairs += isinstance(meaning, Pairs)
            rows += isinstance(meaning, Row | Header)
            unreadable += isinstance(meaning, Unreadable)
        if marked:
            return Guess(driver="text-lines", what="text lines with integrity marks", confidence=0.95)
        if (pairs + rows) * 4 < len(lines) * 3 or unreadable * 4 > len(lines):
            return None
        what = "text lines" if pairs >= rows else "text lines, columns of numbers"
        return Guess(driver="text-lines", what=what, confidence=0.8 if pairs > 1 else 0.6 if rows > 1 else 0.4)

    def questions(self) -> Sequence[Question]:
        """None."""
        return ()
