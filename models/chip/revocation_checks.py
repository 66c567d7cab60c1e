"""Whether the issuing country revoked the signer, and whether anybody can tell (ICAO Doc 9303-12 section 5.2)."""

from datetime import datetime, timedelta
from typing import Final

from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.certificates import Certificate
from models.chip.issuer_checks import issuers_of
from models.chip.revocation import RevocationList
from models.chip.trust_policy import RevocationRule
from models.chip.verdict import ChipVerdict

_NAME = "certificate revocation"
_CLOCKS_APART: Final = timedelta(days=1)


def judge_revocation(case: ChipCase) -> Finding:
    """Refusal 11: the signer and its country signer stand on no list, and the list is a current one.

    Whoever is listed is revoked, whatever `case.at` says: a clock that is behind must not bring a signer back. One
    revoked certificate of a country key revokes the key. That nothing current is installed decides only where the
    policy demands it.
    """
    found = case.trust.of_state(case.trust.policy.state(case.mrz.issuing_state))
    issuers = issuers_of(case.security_object.signer, found.anchors)
    if not issuers:
        return not_done(_NAME, "Nobody whose revocation lists count signed the document signer.")
    if is_revoked(case.security_object.signer, found.lists):
        return failed(_NAME, ChipVerdict.SIGNER_REVOKED, "The issuing country has revoked the document signer.")
    if any(is_revoked(issuer, found.lists) for issuer in issuers):
        return failed(_NAME, ChipVerdict.SIGNER_REVOKED, "The issuing country has revoked its country signer.")
    rule = case.trust.policy.revocation_of(case.mrz.issuing_state)
    if any(is_current(one, rule, case.at) for one in found.lists):
        return passed(_NAME, "A current revocation list of the issuing country does not name the document signer.")
    detail = "No current revocation list of the issuing country is installed."
    return not_done(_NAME, detail, ChipVerdict.REVOCATION_UNKNOWN if rule.demand else None)


def is_revoked(certificate: Certificate, lists: tuple[RevocationList, ...]) -> bool:
    """Whether one of its country's lists names its serial number, from whatever instant on.

    Serial numbers are unique within a state, also when its country signer changes its name (9303-12 section 7.1).
    """
    return any(certificate.serial in one.revoked for one in lists)


def is_current(revocations: RevocationList, rule: RevocationRule, at: datetime) -> bool:
    """Whether the list counts at `at`: from its issue until the next is due, and as long after as the policy grants.

    Differences only, for a list without end is due in the year 9999 (RFC 5280 section 4.1.2.5). Clocks may differ by a
    day: earlier than that before its issue, `at` is wrong and nobody knows.
    """
    early, late = revocations.issued_at - at, at - revocations.next_due_at
    return early <= _CLOCKS_APART and late <= rule.grace
