"""What IT gets when it asks a box for help: one readable text, packed, with nothing personal in it.

Versions, settings without secrets, condition, counts, the last lines of the log. Not here: sending it.
"""

import gzip
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from edge.redaction import redact

LARGEST_BYTES: Final = 128 * 1024
_LONGEST_LINE: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleText:
    """Titled lists of words and values, and the log, oldest first. `keep` are own names that redaction leaves."""

    sections: Mapping[str, Mapping[str, object]]
    log_lines: Iterable[str]
    keep: tuple[str, ...] = ()


def pack(text: BundleText) -> bytes:
    """The bundle as gzip, at most `LARGEST_BYTES`: when it is too long the oldest lines of the log go."""
    head = "\n".join(_section(title, rows, text.keep) for title, rows in text.sections.items())
    lines = [redact(line[:_LONGEST_LINE], text.keep) for whole in text.log_lines for line in whole.splitlines()]
    while True:
        packed = gzip.compress(f"{head}\nlog\n{chr(10).join(lines)}\n".encode(), mtime=0)
        if len(packed) <= LARGEST_BYTES or not lines:
            return packed
        lines = lines[len(lines) // 4 + 1 :]


def _section(title: str, rows: Mapping[str, object], keep: tuple[str, ...]) -> str:
    return "\n".join((title, *(f"  {name}: {redact(str(value), keep)}" for name, value in rows.items()), ""))
