"""How long a check-in took and where the time went: one log line per verdict, without a word about the person.

Only verdicts without a person's key are told: how long a proctor thinks is not our business. The line is what
`benchmarks/tap_to_verdict` and a curious IT teacher read. Pure; times are milliseconds of the monotonic clock.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.effects import Effect, ReadCard
from edge.occurrences import CardRead, FaceMeasured, Occurrence, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopwatch:
    """The instants of one check-in, from the moment when code and card were both there."""

    tapped_ms: int = 0
    read_ms: int = 0
    transport_ms: float = 0.0
    compared_ms: int | None = None
    stored_ms: int = 0

    def after(self, occurrence: Occurrence, effects: Sequence[Effect], now_ms: int) -> "Stopwatch":
        """The watch after something happened at `now_ms` and made the desk ask for `effects`."""
        if any(isinstance(effect, ReadCard) for effect in effects):
            return Stopwatch(tapped_ms=now_ms)
        match occurrence:
            case CardRead(transport_ms=transport_ms):
                return replace(self, read_ms=now_ms, transport_ms=transport_ms)
            case FaceMeasured():
                return replace(self, compared_ms=now_ms)
            case Stored():
                return replace(self, stored_ms=now_ms)
            case _:
                return self

    def __str__(self) -> str:
        """Milliseconds by part. The last figure of `chip` is the share of reader and card."""
        compared = self.compared_ms or self.read_ms
        return (
            f"Verdict after {self.stored_ms - self.tapped_ms} ms: chip {self.read_ms - self.tapped_ms} ms "
            f"(reader and card {self.transport_ms:.0f} ms), face {compared - self.read_ms} ms, "
            f"decision and commit {self.stored_ms - compared} ms"
        )
