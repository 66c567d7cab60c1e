"""Asks chrony whether the wall clock follows an authenticated source (NTS, RFC 8915).

Unauthenticated time (plain NTP, systemd-timesyncd) is worth nothing against somebody on the school's network and is
not asked about. Not here: central's word (`clock_watch`).
"""

import logging
import subprocess
from typing import Final

log = logging.getLogger(__name__)

_PATIENCE_SECONDS: Final = 2.0
_TRACKING = ("chronyc", "-c", "tracking")
_AUTHENTICATION = ("chronyc", "-c", "authdata")


def follows_nts() -> bool:
    """Whether chrony is synchronised with a source that it reached by NTS. False when it does not run or not tell."""
    tracking = _ask(_TRACKING)
    return tracking is not None and is_nts(tracking, _ask(_AUTHENTICATION) or "")


def is_nts(tracking: str, authentication: str) -> bool:
    """The same from what `chronyc -c tracking` and `chronyc -c authdata` print (comma separated, chrony 4)."""
    told = tracking.strip().split(",")
    if len(told) < 14 or told[-1] != "Normal" or not told[2].isdigit() or not 0 < int(told[2]) < 16:
        return False
    sources = (line.split(",") for line in authentication.splitlines())
    return any(len(one) >= 3 and one[0] == told[1] and one[1] == "NTS" and one[2] not in ("", "0") for one in sources)


def _ask(words: tuple[str, ...]) -> str | None:
    try:
        answer = subprocess.run(words, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False)  # noqa: S603 - two fixed commands of this module
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout if answer.returncode == 0 else None
