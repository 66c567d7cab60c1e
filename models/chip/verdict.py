"""What can be said of a chip after its data were judged (ICAO Doc 9303-11, inspection procedure).

Only `GENUINE` means genuine. `NO_ANCHOR_INSTALLED` is its own verdict: hashes and signature may be good, and still
nobody vouches for the signer.
"""

from enum import StrEnum

import msgspec


class ChipVerdict(StrEnum):
    """The one answer about a chip. The names are a contract with central, the pages and the exports."""

    GENUINE = "GENUINE"
    NO_ANCHOR_INSTALLED = "NO_ANCHOR_INSTALLED"
    UNTRUSTED_ISSUER = "UNTRUSTED_ISSUER"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    HASH_MISMATCH = "HASH_MISMATCH"
    SIGNER_NOT_FOR_DOCUMENTS = "SIGNER_NOT_FOR_DOCUMENTS"
    SIGNER_REVOKED = "SIGNER_REVOKED"
    SIGNER_EXPIRED = "SIGNER_EXPIRED"
    REVOCATION_UNKNOWN = "REVOCATION_UNKNOWN"
    CHIP_NOT_PROVEN = "CHIP_NOT_PROVEN"
    EXPIRED = "EXPIRED"
    INCONSISTENT = "INCONSISTENT"
    DOWNGRADE = "DOWNGRADE"
    CLONE_SUSPECT = "CLONE_SUSPECT"
    PARSE_ERROR = "PARSE_ERROR"


class CheckResult(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_DONE = "not done"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at.

    `name` is an ICAO 9303 term in lower case, `detail` one English sentence for engineers without personal data.
    """

    name: str
    result: CheckResult
    detail: str


class ChipJudgement(msgspec.Struct, frozen=True, kw_only=True):
    """The verdict and every check behind it, in the order in which they were made.

    `verdicts` are all that the checks lead to, the gravest first; empty for a genuine chip.
    """

    verdict: ChipVerdict
    checks: tuple[Check, ...]
    verdicts: tuple[ChipVerdict, ...] = ()
