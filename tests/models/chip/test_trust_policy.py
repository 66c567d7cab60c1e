import pytest

from models.chip.trust_policy import LinkRule, RevocationRule, TrustPolicyError, parse_policy, shipped_policy


def test_the_shipped_policy_asks_for_chained_links_and_demands_no_list() -> None:
    policy = shipped_policy()
    assert policy.links is LinkRule.CHAINED
    assert policy.revocation_of("VNM") == RevocationRule(demand=False, grace_days=7)


def test_a_states_codes_are_one_state_however_they_are_written() -> None:
    policy = parse_policy(b'[codes]\nD = "DEU"\nKOS = "RKS"\n')
    assert {policy.state(code) for code in ("D<<", "D", "DEU", "de", "DE ")} == {"DEU"}
    assert policy.state("kos") == policy.state("KS") == "RKS"
    assert policy.state("XYZ") == "XYZ"


def test_a_countrys_own_rule_goes_before_the_general_one() -> None:
    policy = parse_policy(b"[revocation]\ngrace_days = 3\n[countries.VNM]\ndemand = true\ngrace_days = 30\n")
    assert policy.revocation_of("VNM") == RevocationRule(demand=True, grace_days=30)
    assert policy.revocation_of("LAO") == RevocationRule(demand=False, grace_days=3)


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"links", b'links = "all"', b"demand = true", b"[revocation]\ngrace_days = -1", b'[codes]\nd = "DEU"'],
)
def test_a_policy_with_a_rule_that_nobody_knows_is_refused(content: bytes) -> None:
    with pytest.raises(TrustPolicyError):
        parse_policy(content)
