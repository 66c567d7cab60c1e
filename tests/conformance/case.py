"""A case of TR-03105 Part 5.1 as this project reads it: what is laid on the reader, and what must come out.

Only the ids and titles of most cases are public in the edition used (others moved into an ICAO guideline): what must
come out is our own reading, in our own words. Not here: the cases (`live_cases` lists where they stand).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`lays` says what is varied; `run` does it and gives a verdict's name, a named refusal, or "read"."""

    lays: str
    run: Callable[[], str]
    comes_out: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable:
    """A case that an exam desk cannot meet, or whose field nothing here reads, and why. Never a pass."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTried:
    """A case that nobody has laid yet. Never a pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A case that is laid and comes out otherwise than it should: counted as failed until somebody mends it."""

    case: Case
    lacks: str


Entry = Case | NotApplicable | NotTried | Shortfall
Family = Mapping[str, Entry]
"""By the number behind the family's name, "01" and so on."""
