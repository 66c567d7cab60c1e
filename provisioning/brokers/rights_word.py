"""What the last `broker check` found, for the keeper to report; and who asked for the check's sake alone.

Not here: the trying (`check_rights`).
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from models.clock import Clock
from models.durable_files import write_whole
from provisioning.brokers.check_rights import Finding

RIGHTS_FILE: Final = "rights-check.json"
LONGEST_CHECK: Final = timedelta(minutes=10)
_SLACK: Final = timedelta(seconds=5)


class RightsWord(msgspec.Struct, frozen=True, kw_only=True):
    """The newest check began at `begun_at` under `names`, and ended at `ended_at` (None while it runs, or was killed).

    `checked_at`, `tries` and `wrong` are of the last one that came to its end. All instants UTC.
    """

    names: frozenset[str] = frozenset()
    begun_at: datetime | None = None
    ended_at: datetime | None = None
    checked_at: datetime | None = None
    tries: int = 0
    wrong: int = 0

    def excuses(self, name: str, at: datetime) -> bool:
        """Whether what `name` asked of the broker at that instant was the check."""
        if self.begun_at is None or name not in self.names:
            return False
        end = self.ended_at or self.begun_at + LONGEST_CHECK
        return self.begun_at - _SLACK <= at <= end + _SLACK


def read_word(folder: Path) -> RightsWord:
    """The word in a keeper's folder; an empty one when there is none that can be read."""
    try:
        return msgspec.json.decode((folder / RIGHTS_FILE).read_bytes(), type=RightsWord)
    except (OSError, msgspec.DecodeError):
        return RightsWord()


@contextmanager
def noted(folder: Path, names: Iterable[str], clock: Clock) -> Iterator[list[Finding]]:
    """Notes a check from begin to end; it puts its findings into the list. Raises StorageError."""
    word = msgspec.structs.replace(read_word(folder), names=frozenset(names), begun_at=clock.now(), ended_at=None)
    _write(folder, word)
    findings: list[Finding] = []
    try:
        yield findings
    finally:
        word = msgspec.structs.replace(word, ended_at=clock.now())
        if findings:
            wrong = sum(not finding.holds for finding in findings)
            word = msgspec.structs.replace(word, checked_at=word.ended_at, tries=len(findings), wrong=wrong)
        _write(folder, word)


def _write(folder: Path, word: RightsWord) -> None:
    write_whole(folder / RIGHTS_FILE, msgspec.json.encode(word))
