"""All live cases of BSI TR-03105 Part 5.1 version 1.5, family by family, each with its entry.

Live are the ids that are neither deleted nor about terminal authentication, fingerprints, irises or EF.CVCA: a school's
desk has no right to read those.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from tests.conformance.case import Entry, NotTried
from tests.conformance.chip_proofs import ACTIVE_AUTHENTICATION, CHIP_AUTHENTICATION
from tests.conformance.key_files import ACTIVE_KEY_FILES, CARD_SECURITY_FILES, CHIP_OPTIONS
from tests.conformance.pace_runs import PACE_RUNS
from tests.conformance.portraits import PORTRAITS
from tests.conformance.readings import CHANNELS, READS, SELECTIONS
from tests.conformance.security_objects import SECURITY_OBJECTS
from tests.conformance.small_files import FILE_LISTS, TRANSFER_LIMITS
from tests.conformance.zones import ZONES

LIVE: Final = 263


def _ids(family: str, last: int, entries: Mapping[str, Entry], deleted: Iterable[int] = ()) -> dict[str, Entry]:
    numbers = [f"{number:02d}" for number in range(1, last + 1) if number not in set(deleted)]
    strays = entries.keys() - set(numbers)
    if strays:
        raise LookupError(f"{family} has no live case {', '.join(sorted(strays))}.")
    return {f"{family}_{number}": entries.get(number, NotTried()) for number in numbers}


def live_cases() -> dict[str, Entry]:
    """Every live id with its entry, in the order of the standard's list."""
    return (
        _ids("ISO7816_A", 3, SELECTIONS)
        | _ids("ISO7816_B", 10, CHANNELS)
        | _ids("ISO7816_C", 8, READS)
        | _ids("ISO7816_D", 15, CHIP_AUTHENTICATION)
        | _ids("ISO7816_F", 9, ACTIVE_AUTHENTICATION, deleted={3})
        | _ids("ISO7816_G", 41, PACE_RUNS, deleted={37})
        | _ids("LDS_A", 10, FILE_LISTS)
        | _ids("LDS_B", 28, ZONES)
        | _ids("LDS_C", 28, PORTRAITS)
        | _ids("LDS_F", 7, CHIP_OPTIONS)
        | _ids("LDS_H", 98, SECURITY_OBJECTS, deleted={16, 34, 35})
        | _ids("LDS_I", 3, ACTIVE_KEY_FILES)
        | _ids("LDS_J", 4, CARD_SECURITY_FILES)
        | _ids("LDS_K", 4, TRANSFER_LIMITS)
    )
