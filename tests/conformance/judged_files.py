"""Verdicts on sound cards of which one file is otherwise, and signed so: nothing but that file can be at fault."""

from collections.abc import Mapping

from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from models.evidence import CardEvidence
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.chip_evidence import AT, der, issuer, make_evidence


def verdict_of_groups(groups: Mapping[ShortFile, bytes]) -> str:
    """The verdict's name on a card with these data groups and their signed digests."""
    return verdict_of_evidence(make_evidence(groups))


def verdict_of_evidence(evidence: CardEvidence) -> str:
    """The verdict's name before a box that trusts the cards' issuer."""
    return judge_chip(evidence, TrustStore.of([der(issuer().country_signer)]), AT).verdict.name


def refusal_by(check: str, evidence: CardEvidence, trusted: TrustStore | None = None) -> str:
    """`check` when it failed and the card is refused, else the verdict's name."""
    judgement = judge_chip(evidence, trusted or TrustStore.of([der(issuer().country_signer)]), AT)
    failed = any(one.name == check and one.result is CheckResult.FAILED for one in judgement.checks)
    refused = failed and judgement.verdict is not ChipVerdict.GENUINE
    return f"{check} failed" if refused else judgement.verdict.name
