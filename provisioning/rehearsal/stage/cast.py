"""Who of the room has been on stage already, kept in a file, because the box remembers its seats over a restart too."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from models.errors import BadInputError
from models.identifiers import CandidateNumber
from provisioning.rehearsal.people import RehearsalCandidate


class CastFileError(BadInputError):
    """The panel's memory cannot be read; remove the file and start the rehearsal again."""


class _Memory(msgspec.Struct, kw_only=True):
    played: list[CandidateNumber] = []
    last_good: CandidateNumber | None = None


class Cast:
    """The candidates of the room in the order of their seats. `memory` is the file; it need not exist."""

    def __init__(self, *, candidates: Sequence[RehearsalCandidate], memory: Path) -> None:
        self._candidates = candidates
        self._memory = memory

    def next_candidate(self) -> RehearsalCandidate | None:
        """The first who has not been played, or None when all have."""
        played = set(self._read().played)
        return next((candidate for candidate in self._candidates if candidate.candidate_number not in played), None)

    def last_good(self) -> RehearsalCandidate | None:
        """The latest good candidate, or None when there was none yet."""
        last = self._read().last_good
        return next((candidate for candidate in self._candidates if candidate.candidate_number == last), None)

    def played_count(self) -> int:
        """How many have been played."""
        return len(self._read().played)

    def mark_played(self, number: CandidateNumber) -> None:
        """Remembers that this candidate has been on stage; anybody else's number is ignored."""
        memory = self._read()
        known = any(candidate.candidate_number == number for candidate in self._candidates)
        if known and number not in memory.played:
            memory.played.append(number)
            self._write(memory)

    def mark_good(self, number: CandidateNumber) -> None:
        """Remembers that this candidate was played as a good one."""
        self.mark_played(number)
        memory = self._read()
        memory.last_good = number
        self._write(memory)

    def start_again(self) -> None:
        """Forgets everything."""
        self._memory.unlink(missing_ok=True)

    def _read(self) -> _Memory:
        try:
            return msgspec.json.decode(self._memory.read_bytes(), type=_Memory)
        except FileNotFoundError:
            return _Memory()
        except (OSError, msgspec.DecodeError) as error:
            raise CastFileError(f"{self._memory.name} is not the panel's memory; remove it.") from error

    def _write(self, memory: _Memory) -> None:
        unfinished = self._memory.with_suffix(".unfinished")
        unfinished.write_bytes(msgspec.json.encode(memory))
        unfinished.replace(self._memory)
