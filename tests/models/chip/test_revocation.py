from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import crl
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from models.chip.passive_authentication import judge_chip
from models.chip.revocation import LARGEST_LIST_BYTES, country_of_list, parse_revocation_list
from models.chip.tlv import ParseError, encode, parse_one
from models.chip.trust_policy import RevocationRule, TrustPolicy
from models.chip.trust_store import TrustStore
from models.chip.verdict import Check, CheckResult, ChipVerdict
from tests.builders.chip_evidence import AT, Terms, der, make_evidence, make_issuer
from tests.builders.country_lists import country_certificate, revocation_list

KEY = ec.generate_private_key(ec.BrainpoolP256R1())
ISSUER = make_issuer(country_key=KEY)
SERIAL = ISSUER.document_signer.serial_number
DEMANDING = TrustPolicy(revocation=RevocationRule(demand=True, grace_days=0))
DAY = timedelta(days=1)


def judged(*lists: bytes, policy: TrustPolicy | None = None, at: datetime = AT) -> tuple[ChipVerdict, Check]:
    trust = TrustStore.of([der(ISSUER.country_signer)], lists, policy)
    judgement = judge_chip(make_evidence(by=ISSUER), trust, at)
    return judgement.verdict, next(one for one in judgement.checks if one.name == "certificate revocation")


def test_refusal_11_a_signer_on_its_countrys_list_is_revoked() -> None:
    verdict, check = judged(revocation_list(KEY, revoked={SERIAL: AT - DAY}))
    assert (verdict, check.result) == (ChipVerdict.SIGNER_REVOKED, CheckResult.FAILED)


@pytest.mark.parametrize("days_behind", [0, 1, 29, 400, 1000])
def test_a_listed_signer_is_revoked_also_by_a_clock_that_is_behind(days_behind: int) -> None:
    lists = revocation_list(KEY, revoked={SERIAL: AT})
    assert judged(lists, at=AT - days_behind * DAY)[0] is ChipVerdict.SIGNER_REVOKED


def test_a_list_issued_later_than_a_day_after_the_instant_of_judging_does_not_count_as_current() -> None:
    lists = revocation_list(KEY, issued_at=AT)
    assert judged(lists, policy=DEMANDING, at=AT - DAY)[0] is ChipVerdict.GENUINE
    too_early = AT - DAY - timedelta(seconds=1)
    assert judged(lists, policy=DEMANDING, at=too_early)[0] is ChipVerdict.REVOCATION_UNKNOWN
    assert judged(lists, at=too_early)[0] is ChipVerdict.GENUINE


def test_a_list_without_end_is_current_and_hides_nobody() -> None:
    endless = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    demanding = TrustPolicy(revocation=RevocationRule(demand=True))
    assert judged(revocation_list(KEY, next_due_at=endless), policy=demanding)[0] is ChipVerdict.GENUINE
    listed = revocation_list(KEY, revoked={SERIAL: AT - DAY}, next_due_at=endless)
    assert judged(listed)[0] is ChipVerdict.SIGNER_REVOKED


def test_a_revocation_on_an_old_list_still_counts() -> None:
    old = revocation_list(KEY, revoked={SERIAL: AT - 300 * DAY}, issued_at=AT - 290 * DAY, next_due_at=AT - 200 * DAY)
    assert judged(old)[0] is ChipVerdict.SIGNER_REVOKED


def test_refusal_11_a_country_signer_on_its_own_list_is_revoked() -> None:
    serial = ISSUER.country_signer.serial_number
    assert judged(revocation_list(KEY, revoked={serial: AT - DAY}))[0] is ChipVerdict.SIGNER_REVOKED


def test_a_current_list_without_the_signer_passes() -> None:
    verdict, check = judged(revocation_list(KEY, revoked={SERIAL + 1: AT - DAY}), policy=DEMANDING)
    assert (verdict, check.result) == (ChipVerdict.GENUINE, CheckResult.PASSED)


@pytest.mark.parametrize("lists", [(), (revocation_list(KEY, next_due_at=AT - DAY),)], ids=["none", "stale"])
def test_refusal_11_without_a_current_list_the_policy_decides(lists: tuple[bytes, ...]) -> None:
    verdict, check = judged(*lists, policy=DEMANDING)
    assert (verdict, check.result) == (ChipVerdict.REVOCATION_UNKNOWN, CheckResult.NOT_DONE)
    relaxed = TrustPolicy(revocation=RevocationRule(grace_days=0))
    verdict, check = judged(*lists, policy=relaxed)
    assert (verdict, check.result) == (ChipVerdict.GENUINE, CheckResult.NOT_DONE)


def test_days_of_grace_are_counted_from_the_day_on_which_the_next_list_was_due() -> None:
    policy = TrustPolicy(countries={"VNM": RevocationRule(demand=True, grace_days=3)})
    stale = revocation_list(KEY, next_due_at=AT - 3 * DAY)
    assert judged(stale, policy=policy)[0] is ChipVerdict.GENUINE
    assert judged(stale, policy=policy, at=AT + timedelta(seconds=1))[0] is ChipVerdict.REVOCATION_UNKNOWN


def test_of_two_certificates_of_one_country_key_the_valid_one_is_enough_but_one_revoked_revokes_the_key() -> None:
    lapsed = country_certificate(KEY, KEY, serial=7, ends=AT - DAY)
    revoked = country_certificate(KEY, KEY, serial=8)
    lists = [revocation_list(KEY, revoked={8: AT - DAY})]
    evidence = make_evidence(by=ISSUER)
    both = [lapsed, der(ISSUER.country_signer)]
    assert judge_chip(evidence, TrustStore.of(both), AT).verdict is ChipVerdict.GENUINE
    assert judge_chip(evidence, TrustStore.of([lapsed]), AT).verdict is ChipVerdict.SIGNER_EXPIRED
    assert judge_chip(evidence, TrustStore.of([*both, revoked], lists), AT).verdict is ChipVerdict.SIGNER_REVOKED


def test_a_link_to_a_revoked_country_key_does_not_bring_it_back() -> None:
    old = ec.generate_private_key(ec.BrainpoolP256R1())
    lists = [revocation_list(old, revoked={ISSUER.country_signer.serial_number: AT - DAY})]
    installed = [der(ISSUER.country_signer), country_certificate(old, old), country_certificate(KEY, old)]
    trust = TrustStore.of(installed, lists)
    assert judge_chip(make_evidence(by=ISSUER), trust, AT).verdict is ChipVerdict.SIGNER_REVOKED


def test_a_list_counts_only_by_an_anchor_that_may_sign_lists_and_the_newest_stands_first() -> None:
    older, newer = (revocation_list(KEY, issued_at=AT - days * DAY) for days in (20, 10))
    able = TrustStore.of([country_certificate(KEY, KEY)], [older, newer])
    assert [one.encoded for one in able.of_state("VNM").lists] == [newer, older]
    unable = TrustStore.of([country_certificate(KEY, KEY, uses=("key_cert_sign",))], [older, newer])
    assert unable.of_state("VNM").lists == ()


@pytest.mark.parametrize(
    "forged",
    [
        revocation_list(ec.generate_private_key(ec.SECP256R1()), revoked={SERIAL: AT - DAY}),
        revocation_list(KEY, country="LA", revoked={SERIAL: AT - DAY}),
    ],
    ids=["other key", "other country"],
)
def test_a_list_that_no_anchor_of_the_country_signed_revokes_nobody(forged: bytes) -> None:
    assert judged(forged)[0] is ChipVerdict.GENUINE
    (sentence,) = TrustStore.of([der(ISSUER.country_signer)], [forged]).passed_over
    assert "No installed anchor" in sentence


@pytest.mark.parametrize(
    "extension",
    [
        x509.DeltaCRLIndicator(1),
        x509.IssuingDistributionPoint(None, None, True, False, None, False, False),
        x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
    ],
    ids=["delta", "of some only", "unknown"],
)
def test_what_is_no_complete_list_is_refused(extension: x509.ExtensionType) -> None:
    with pytest.raises(ParseError):
        parse_revocation_list(revocation_list(KEY, extension=extension))


def test_refusal_11_a_signer_may_sign_only_documents_of_its_types() -> None:
    for types, expected in ((("P", "AC"), ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS), (("ID",), ChipVerdict.GENUINE)):
        other = make_issuer(Terms(document_types=types))
        trust = TrustStore.of([der(other.country_signer)])
        assert judge_chip(make_evidence(by=other), trust, AT).verdict is expected


def test_refusal_11_a_card_signed_after_its_signers_key_was_put_away_is_signer_expired() -> None:
    other = make_issuer(Terms(key_until=AT - 5 * 365 * DAY))  # the card is signed in January 2023
    trust = TrustStore.of([der(other.country_signer)])
    assert judge_chip(make_evidence(by=other), trust, AT).verdict is ChipVerdict.SIGNER_EXPIRED


def test_a_thousand_entries_are_read_and_the_country_is_seen_without_them() -> None:
    revoked = dict.fromkeys(range(1, 1001), AT - DAY)
    encoded = revocation_list(KEY, revoked=revoked)
    assert country_of_list(encoded) == "VNM"
    assert parse_revocation_list(encoded).revoked == revoked


def test_too_large_a_list_is_refused_before_it_is_read() -> None:
    for read in (parse_revocation_list, country_of_list):
        with pytest.raises(ParseError, match="larger"):
            read(bytes(LARGEST_LIST_BYTES + 1))


GOOD = revocation_list(KEY, revoked={SERIAL: AT - DAY, 5: AT})
ENTRIES = crl.CertificateList.load(GOOD)["tbs_cert_list"]["revoked_certificates"].dump()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (b"\x02\x01\x05", "not an entry"),
        (encode(0x30, b"\x02\x01\x05"), "not a serial number with an instant"),
        (encode(0x30, b"\x02\x00" + encode(0x17, b"261120070000Z")), "not a serial number with an instant"),
        (encode(0x30, b"\x02\x01\x05\x05\x00"), "no instant"),
        (encode(0x30, b"\x02\x01\x05" + encode(0x18, b"20261120070000")), "no zone"),
    ],
    ids=["no sequence", "no instant", "empty number", "another type", "no zone"],
)
def test_a_list_with_an_entry_that_cannot_be_read_revokes_by_none_of_them(entry: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        parse_revocation_list(with_entries(entry))


def with_entries(entries: bytes) -> bytes:
    """GOOD with these entries instead; its signature no longer fits."""
    loaded = crl.CertificateList.load(GOOD)
    body = parse_one(loaded["tbs_cert_list"].dump(), 0x30).replace(ENTRIES, encode(0x30, entries))
    return encode(0x30, encode(0x30, body) + loaded["signature_algorithm"].dump() + loaded["signature"].dump())


def test_a_list_whose_own_dates_have_no_zone_is_refused() -> None:
    issued_at = crl.CertificateList.load(GOOD)["tbs_cert_list"]["this_update"].dump()
    assert len(issued_at) == 15
    with pytest.raises(ParseError, match="no zone"):
        parse_revocation_list(GOOD.replace(issued_at, b"\x18\x0d2026101007.50"))


def test_a_list_that_does_not_say_when_the_next_is_due_is_current_for_90_days() -> None:
    """ICAO Doc 9303-12 section 4.2: a state issues one at least so often."""
    loaded = crl.CertificateList.load(GOOD)
    del loaded["tbs_cert_list"]["next_update"]
    found = parse_revocation_list(loaded.dump(force=True))
    assert found.next_due_at - found.issued_at == 90 * DAY


@given(st.data())
def test_no_bytes_make_the_reader_fail_otherwise_than_with_its_own_error(data: st.DataObject) -> None:
    spoilt = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        parse_revocation_list(bytes(spoilt))
    except ParseError:
        return
