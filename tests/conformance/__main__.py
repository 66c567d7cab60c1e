"""`python -m tests.conformance`: the live cases of BSI TR-03105 Part 5.1 one by one, as a table; 1 when any failed."""

import sys
from collections import Counter
from typing import assert_never

from tests.conformance.case import Case, Entry, NotApplicable, NotTried, Shortfall
from tests.conformance.live_cases import LIVE, live_cases

_PASSED, _FAILED, _NOT_APPLICABLE, _NOT_TRIED = "passed", "FAILED", "not applicable", "not tried yet"


def main() -> int:
    found = Counter[str]()
    for identifier, entry in live_cases().items():
        result, words = _assessed(entry)
        found[result] += 1
        sys.stdout.write(f"{identifier:<13} {result:<15} {words}\n")
    for result in (_PASSED, _NOT_APPLICABLE, _FAILED, _NOT_TRIED):
        sys.stdout.write(f"{result:<15} {found[result]:>4}\n")
    sys.stdout.write(f"{found[_PASSED]} of {LIVE}, self-assessed, not a certification\n")
    return 1 if found[_FAILED] else 0


def _assessed(entry: Entry) -> tuple[str, str]:
    match entry:
        case Case(lays=lays, run=run, comes_out=wanted):
            got = run()
            return (_PASSED, f"{lays} -> {got}") if got == wanted else (_FAILED, f"{lays} -> {got}, wanted {wanted}")
        case Shortfall(case=case, lacks=lacks):
            return _FAILED, f"{case.lays} -> {case.run()}, wanted {case.comes_out}: {lacks}"
        case NotApplicable(reason=reason):
            return _NOT_APPLICABLE, reason
        case NotTried():
            return _NOT_TRIED, ""
        case unknown:
            assert_never(unknown)


if __name__ == "__main__":
    sys.exit(main())
