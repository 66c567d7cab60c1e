"""Whether the issuing country revoked the signer, and whether anybody can tell (ICAO Doc 9303-12 section 5.2)."""

from datetime import datetime

from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.certificates import Certificate
from models.chip.issuer_checks import issuers_of
from models.chip.revocation import RevocationList
from models.chip.trust_policy import RevocationRule
from models.chip.verdict import ChipVerdict

_NAME = "certificate revocation"


def judge_revocation(case: ChipCase) -> Finding:
    """Refusal 11: the signer and its country signer stand on no list, and the list is a current one.

    A revocation counts from its own instant, whatever became of the list since. That nothing current is installed
    decides only where the policy demands it.
    """
    found = case.trust.of_state(case.trust.policy.state(case.mrz.issuing_state))
    issuers = issuers_of(case.security_object.signer, found.anchors)
    if not issuers:
        return not_done(_NAME, "Nobody whose revocation lists count signed the document signer.")
    if is_revoked(case.security_object.signer, found.lists, case.at):
        return failed(_NAME, ChipVerdict.SIGNER_REVOKED, "The issuing country has revoked the document signer.")
    if all(is_revoked(issuer, found.lists, case.at) for issuer in issuers):
        return failed(_NAME, ChipVerdict.SIGNER_REVOKED, "The issuing country has revoked its country signer.")
    rule = case.trust.policy.revocation_of(case.mrz.issuing_state)
    if any(is_current(one, rule, case.at) for one in found.lists):
        return passed(_NAME, "A current revocation list of the issuing country does not name the document signer.")
    detail = "No current revocation list of the issuing country is installed."
    return not_done(_NAME, detail, ChipVerdict.REVOCATION_UNKNOWN if rule.demand else None)


def is_revoked(certificate: Certificate, lists: tuple[RevocationList, ...], at: datetime) -> bool:
    """Whether one of its country's lists names its serial number with an instant not after `at`.

    Serial numbers are unique within a state, also when its country signer changes its name (9303-12 section 7.1).
    """
    revoked = (one.revoked.get(certificate.serial) for one in lists)
    return any(instant is not None and instant <= at for instant in revoked)


def is_current(revocations: RevocationList, rule: RevocationRule, at: datetime) -> bool:
    """Whether the list still counts at `at`: until the next one is due, and as long after as the policy grants."""
    return at <= revocations.next_due_at + rule.grace
