"""Refusal matrix, rows 6 to 11: who signed the files, and whether anybody installed here vouches for them."""

import pytest

from models.admission import Light
from models.chip.trust_policy import RevocationRule, TrustPolicy
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from provisioning.rehearsal.attacks.attack import TRUSTED_FILE, Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from tests.builders.refusal_desk import RefusalDesk, Seen, roster_of
from tests.builders.refusals import FINDINGS, played


def refused(desk: RefusalDesk, workshop: Workshop, name: str) -> Seen:
    seen = desk.read(ATTACKS[name].make(workshop))
    assert seen.found is FINDINGS[name]
    assert seen.admission(roster_of(workshop.person)).light is not Light.GREEN
    return seen


@played(6)
def test_row_06_a_list_of_hashes_made_to_fit(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert seen.checks["data group hashes"] is CheckResult.PASSED
    assert seen.checks["security object signature"] is CheckResult.FAILED


@played(7)
def test_row_07_a_signer_that_nobody_signed(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert seen.checks["security object signature"] is CheckResult.PASSED
    assert seen.checks["certificate chain"] is CheckResult.FAILED


@played(8)
def test_row_08_a_namesake_or_another_country(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    broken = "issuing country" if name == "other-country" else "certificate chain"
    assert refused(desk, workshop, name).checks[broken] is CheckResult.FAILED


@played(9)
def test_row_09_a_curve_with_one_changed_number(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    assert refused(desk, workshop, name).checks["certificate chain"] is not CheckResult.PASSED


@played(10)
def test_row_10_no_anchor_of_the_country(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    seen = refused(desk, workshop, name)
    assert seen.checks["data group hashes"] is CheckResult.PASSED
    assert seen.checks["proof of the chip"] is not CheckResult.PASSED


@played(11)
def test_row_11_signers_lapsed_revoked_or_for_something_else(desk: RefusalDesk, workshop: Workshop, name: str) -> None:
    refused(desk, workshop, name)


@pytest.mark.parametrize("demand", [True, False])
def test_row_11_a_stale_revocation_list_is_a_matter_of_policy(
    desk: RefusalDesk, workshop: Workshop, *, demand: bool
) -> None:
    laid = ATTACKS["revocation-list-stale"].make(workshop)
    lists = [content for name, content in laid.trust.items() if name.endswith(".crl")]
    policy = TrustPolicy(revocation=RevocationRule(demand=demand))
    seen = desk.read(laid, trust=TrustStore.of([laid.trust[TRUSTED_FILE]], lists, policy))
    assert seen.found is (ChipVerdict.REVOCATION_UNKNOWN if demand else ChipVerdict.GENUINE)
    assert seen.checks["certificate revocation"] is CheckResult.NOT_DONE


def test_row_11_has_four_distinct_verdicts() -> None:
    three = {FINDINGS[name] for name in ("signer-expired-at-signing", "signer-revoked", "signer-wrong-usage")}
    assert len(three | {ChipVerdict.REVOCATION_UNKNOWN}) == 4
