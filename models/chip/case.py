"""One chip under judgement, and what a check found: shared by the checks that `passive_authentication` lists."""

from datetime import datetime

import msgspec

from models.chip.mrz import Mrz
from models.chip.security_infos import SecurityInfo
from models.chip.security_object import SecurityObject
from models.chip.trust_store import TrustStore
from models.chip.verdict import Check, CheckResult, ChipVerdict
from models.evidence import CardEvidence, CardHolder


class ChipCase(msgspec.Struct, frozen=True, kw_only=True):
    """The evidence, opened. `holder` is None when a date of the zone is impossible, `dg14` without that file."""

    evidence: CardEvidence
    trust: TrustStore
    at: datetime
    security_object: SecurityObject
    mrz: Mrz
    holder: CardHolder | None
    card_access: tuple[SecurityInfo, ...]
    dg14: tuple[SecurityInfo, ...] | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A check, and the verdict that it would lead to alone; None when it speaks against nothing."""

    check: Check
    verdict: ChipVerdict | None


def passed(name: str, detail: str) -> Finding:
    """The check was made and is fine."""
    return Finding(check=Check(name=name, result=CheckResult.PASSED, detail=detail), verdict=None)


def failed(name: str, verdict: ChipVerdict, detail: str) -> Finding:
    """The check was made and speaks for `verdict`."""
    return Finding(check=Check(name=name, result=CheckResult.FAILED, detail=detail), verdict=verdict)


def not_done(name: str, detail: str, verdict: ChipVerdict | None = None) -> Finding:
    """The check could not be made or is not made yet; with a verdict when that itself decides."""
    return Finding(check=Check(name=name, result=CheckResult.NOT_DONE, detail=detail), verdict=verdict)
