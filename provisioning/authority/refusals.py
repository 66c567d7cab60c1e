"""Counts and audits every refusal, without letting a flood of them fill the disk, and knows who has tried too often.

The first refusals of an origin are written one by one; beyond `PER_ORIGIN` of one origin or `EVERYWHERE` of all within
`WINDOW` they are only counted, and written as one row for each code. A kill loses at most these counts, never an
answer. Not here: what is refused (the desks).
"""

from collections import Counter, deque
from datetime import datetime, timedelta
from typing import Final

from models.enrollment import AuthorityRefusal, RefusalCode
from provisioning.authority.registers.audit_log import AuditLog
from provisioning.authority.registers.refusal_counts import RefusalCounts

WINDOW: Final = timedelta(minutes=10)
PER_ORIGIN: Final = 10
GRAVE: Final = frozenset({RefusalCode.CODE_USED, RefusalCode.PROOF_WRONG, RefusalCode.MACHINE_RETIRED})
"""Signs of theft: counted apart, so that no flood of other refusals hides them."""

EVERYWHERE: Final = 200


class Tries:
    """The refusals of the last ten minutes, by origin; never more than `EVERYWHERE` are remembered."""

    def __init__(self) -> None:
        self._tries: deque[tuple[datetime, str]] = deque()
        self._by_origin: Counter[str] = Counter()

    def full(self, origin: str, now: datetime) -> bool:
        """Whether this origin, or everybody together, has been refused too often."""
        self._forget_before(now - WINDOW)
        return self._by_origin[origin] >= PER_ORIGIN or len(self._tries) >= EVERYWHERE

    def add(self, origin: str, now: datetime) -> None:
        """One more."""
        self._tries.append((now, origin))
        self._by_origin[origin] += 1

    def _forget_before(self, instant: datetime) -> None:
        while self._tries and self._tries[0][0] <= instant:
            _, origin = self._tries.popleft()
            self._by_origin[origin] -= 1
            if not self._by_origin[origin]:
                del self._by_origin[origin]


class Refusals:
    """Callers hold the transaction and the lock."""

    def __init__(self, counts: RefusalCounts, audit: AuditLog) -> None:
        self._counts = counts
        self._audit = audit
        self._strangers = Tries()
        self._callers = Tries()
        self._grave = Tries()
        self._only_counted: Counter[RefusalCode] = Counter()
        self._counted_since: datetime | None = None

    def too_many_from(self, origin: str, now: datetime) -> bool:
        """Whether a stranger who names a code that nobody made is not told so any more."""
        return self._strangers.full(origin, now)

    def note_stranger(self, origin: str, refusal: AuthorityRefusal, now: datetime) -> None:
        """A question without a certificate was refused."""
        self._note(self._strangers, origin, refusal, now)

    def note_caller(self, name: str, refusal: AuthorityRefusal, now: datetime) -> None:
        """A question over a certificate was refused."""
        self._note(self._callers, name, refusal, now)

    def flush(self, now: datetime) -> None:
        """Writes what was only counted."""
        for code, count in sorted(self._only_counted.items()):
            self._counts.add(code, count)
            self._audit.write(at=now, actor="many", action="refused", subject=code, times=str(count))
        self._only_counted.clear()
        self._counted_since = None

    def counts(self) -> dict[str, int]:
        """Counts by code since the first start."""
        return dict(sorted((Counter(self._counts.all()) + Counter(self._only_counted)).items()))

    def _note(self, tries: Tries, origin: str, refusal: AuthorityRefusal, now: datetime) -> None:
        if refusal.code in GRAVE:
            tries = self._grave
        if not tries.full(origin, now):
            tries.add(origin, now)
            self._counts.add(refusal.code, 1)
            self._audit.write(at=now, actor=origin, action="refused", subject=refusal.code)
            return
        self._only_counted[refusal.code] += 1
        self._counted_since = self._counted_since or now
        if now - self._counted_since >= WINDOW:
            self.flush(now)
