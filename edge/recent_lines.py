"""The last lines of the log, in memory, for a support bundle. Not here: taking out what is personal (`redaction`)."""

import logging
from collections import deque
from typing import Final

MOST_LINES: Final = 500


class RecentLines(logging.Handler):
    """Keeps the newest formatted lines; `lines` may be asked from any thread."""

    def __init__(self, most: int = MOST_LINES) -> None:
        super().__init__()
        self._lines: deque[str] = deque(maxlen=most)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record as text."""
        self._lines.append(self.format(record))

    def lines(self) -> list[str]:
        """Oldest first."""
        return list(self._lines)
