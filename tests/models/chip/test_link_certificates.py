"""An old country key vouches for the new one (ICAO Doc 9303-12 section 7.1): by policy, and never by itself."""

from cryptography.hazmat.primitives.asymmetric import ec

from models.chip.certificates import parse_certificate
from models.chip.passive_authentication import judge_chip
from models.chip.trust_policy import LinkRule, TrustPolicy
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from tests.builders.chip_evidence import AT, make_evidence, make_issuer
from tests.builders.country_lists import country_certificate

OLD, NEW, NEWEST = (ec.generate_private_key(ec.BrainpoolP256R1()) for _ in range(3))
ANCHOR = country_certificate(OLD, OLD)
LINK = country_certificate(NEW, OLD)
SECOND_LINK = country_certificate(NEWEST, NEW)


def verdict(*certificates: bytes, links: LinkRule, key: ec.EllipticCurvePrivateKey = NEW) -> ChipVerdict:
    trust = TrustStore.of(certificates, policy=TrustPolicy(links=links))
    return judge_chip(make_evidence(by=make_issuer(country_key=key)), trust, AT).verdict


def test_a_link_that_an_installed_anchor_signed_vouches_for_the_new_key() -> None:
    assert verdict(ANCHOR, LINK, links=LinkRule.CHAINED) is ChipVerdict.GENUINE
    assert verdict(SECOND_LINK, LINK, ANCHOR, links=LinkRule.CHAINED, key=NEWEST) is ChipVerdict.GENUINE


def test_a_link_whose_old_key_is_not_installed_vouches_for_nobody_and_is_named() -> None:
    assert verdict(LINK, links=LinkRule.CHAINED) is ChipVerdict.NO_ANCHOR_INSTALLED
    assert verdict(SECOND_LINK, ANCHOR, links=LinkRule.CHAINED, key=NEWEST) is ChipVerdict.UNTRUSTED_ISSUER
    (sentence,) = TrustStore.of([LINK], policy=TrustPolicy(links=LinkRule.CHAINED)).passed_over
    assert sentence == "Certificate 1: It is a link certificate, and no installed anchor of its country signed it."


def test_the_policy_can_take_all_links_or_none() -> None:
    assert verdict(LINK, links=LinkRule.LISTED) is ChipVerdict.GENUINE
    assert verdict(ANCHOR, LINK, links=LinkRule.NEVER) is ChipVerdict.UNTRUSTED_ISSUER


def test_the_link_of_another_country_is_not_chained() -> None:
    assert verdict(country_certificate(OLD, OLD, "LA"), LINK, links=LinkRule.CHAINED) is ChipVerdict.NO_ANCHOR_INSTALLED


def test_a_certificate_of_one_name_that_its_own_key_did_not_sign_is_a_link_and_must_chain() -> None:
    """Without key identifiers nothing but the signature tells whose it is."""
    nameless = country_certificate(NEW, OLD, identified=False)
    assert not parse_certificate(nameless).is_link
    assert verdict(nameless, links=LinkRule.CHAINED) is ChipVerdict.NO_ANCHOR_INSTALLED
    assert verdict(nameless, ANCHOR, links=LinkRule.CHAINED) is ChipVerdict.GENUINE
    assert verdict(nameless, ANCHOR, links=LinkRule.NEVER) is ChipVerdict.UNTRUSTED_ISSUER
    assert verdict(country_certificate(NEW, NEW, identified=False), links=LinkRule.NEVER) is ChipVerdict.GENUINE


def test_a_link_points_at_its_anchor_by_name_or_by_key_and_at_no_other() -> None:
    """ICAO Doc 9303-12 section 7.1: a country signer may change its name, and then its key tells."""
    renamed = country_certificate(OLD, OLD, common_name="CSCA Renamed")
    assert verdict(renamed, LINK, links=LinkRule.CHAINED) is ChipVerdict.GENUINE
    nameless = country_certificate(NEW, OLD, identified=False)
    assert verdict(renamed, nameless, links=LinkRule.CHAINED) is ChipVerdict.UNTRUSTED_ISSUER
    assert verdict(renamed, nameless, ANCHOR, links=LinkRule.CHAINED) is ChipVerdict.GENUINE


def test_a_link_whose_signature_nobody_can_compute_is_not_chained_and_is_named() -> None:
    named = bytes.fromhex("2a8648ce3d040302")
    unknown = LINK.replace(named, named[:-1] + b"\x7f")
    assert verdict(ANCHOR, unknown, links=LinkRule.CHAINED) is ChipVerdict.UNTRUSTED_ISSUER
    (sentence,) = TrustStore.of([ANCHOR, unknown], policy=TrustPolicy(links=LinkRule.CHAINED)).passed_over
    assert sentence.startswith("Certificate 2: It is a link certificate")
