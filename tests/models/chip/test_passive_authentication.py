from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from models.chip.mrz import check_digit
from models.chip.passive_authentication import PRECEDENCE, judge_chip
from models.chip.security_infos import PACE
from models.chip.security_object import parse_security_object
from models.chip.tlv import encode, parse_one
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from models.evidence import AccessProtocol, CardEvidence
from provisioning.rehearsal.security_info_writing import card_access_file, security_options_group
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.chip_evidence import (
    AT,
    CHIP_KEY,
    DG14,
    ZONE,
    Terms,
    der,
    groups,
    issuer,
    make_evidence,
    make_issuer,
    with_curve_written_out,
)

NOBODY = TrustStore.of(())


def trusting(*certificates: bytes) -> TrustStore:
    return TrustStore.of(certificates or [der(issuer().country_signer)])


def verdict(evidence: CardEvidence, trust: TrustStore | None = None, at: datetime = AT) -> ChipVerdict:
    return judge_chip(evidence, trusting() if trust is None else trust, at).verdict


def result(evidence: CardEvidence, check: str) -> CheckResult:
    return next(found.result for found in judge_chip(evidence, trusting(), AT).checks if found.name == check)


def without(*files: ShortFile) -> dict[ShortFile, bytes]:
    kept = set(groups()) - set(files)
    return {number: groups()[number] for number in kept}


def zone(*, birth: str = "080903", sex: str = "M", expiry: str = "330903", citizen_number: str = "001208012345") -> str:
    upper = f"IDVNM2080123455{citizen_number}<<{check_digit(citizen_number)}"
    middle = f"{birth}{check_digit(birth)}{sex}{expiry}{check_digit(expiry)}VNM<<<<<<<<<<<"
    composite = check_digit(upper[5:30] + middle[:7] + middle[8:15] + middle[18:29])
    return upper + middle + composite + ZONE[60:]


def test_a_good_card_of_a_trusted_issuer_is_genuine() -> None:
    judgement = judge_chip(make_evidence(), trusting(), AT)
    assert judgement.verdict is ChipVerdict.GENUINE
    assert {check.name for check in judgement.checks if check.result is CheckResult.NOT_DONE} == {
        "certificate revocation",
        "chip authentication mapping",
    }


def test_refusal_10_without_an_anchor_no_card_is_genuine() -> None:
    assert verdict(make_evidence(), NOBODY) is ChipVerdict.NO_ANCHOR_INSTALLED
    assert verdict(make_evidence(), trusting(der(make_issuer(Terms(country="LA")).country_signer))) is (
        ChipVerdict.NO_ANCHOR_INSTALLED
    )


@pytest.mark.parametrize("file", [ShortFile.DG1, ShortFile.DG2, ShortFile.DG14, ShortFile.DG15])
def test_refusals_2_and_5_a_file_with_one_other_bit_is_a_hash_mismatch(file: ShortFile) -> None:
    altered = bytearray(groups()[file])
    altered[-1] ^= 1
    evidence = make_evidence(shown=groups() | {file: bytes(altered)})
    assert verdict(evidence) is ChipVerdict.HASH_MISMATCH
    assert verdict(evidence, NOBODY) is ChipVerdict.HASH_MISMATCH


def test_a_file_that_the_security_object_does_not_list_is_a_hash_mismatch() -> None:
    assert verdict(make_evidence(without(ShortFile.DG15), groups())) is ChipVerdict.HASH_MISMATCH


def test_a_portrait_that_nobody_vouches_for_is_a_hash_mismatch() -> None:
    assert verdict(msgspec.structs.replace(make_evidence(), digests={})) is ChipVerdict.HASH_MISMATCH


def test_refusal_6_a_security_object_hashed_anew_is_signature_invalid() -> None:
    evidence = make_evidence()
    digest = evidence.digests[2]
    forged = evidence.security_object.replace(digest, bytes(32))
    assert forged != evidence.security_object
    evidence = msgspec.structs.replace(evidence, security_object=forged, digests={2: bytes(32)})
    assert verdict(evidence) is ChipVerdict.SIGNATURE_INVALID
    assert verdict(evidence, NOBODY) is ChipVerdict.SIGNATURE_INVALID


def test_a_spoilt_signature_is_signature_invalid() -> None:
    evidence = make_evidence()
    spoilt = evidence.security_object[:-1] + bytes([evidence.security_object[-1] ^ 1])
    assert verdict(msgspec.structs.replace(evidence, security_object=spoilt)) is ChipVerdict.SIGNATURE_INVALID


def test_refusals_7_and_8_another_issuer_of_the_same_name_is_untrusted() -> None:
    assert verdict(make_evidence(by=make_issuer())) is ChipVerdict.UNTRUSTED_ISSUER


def test_a_security_object_whose_signature_nobody_can_compute_proves_nothing() -> None:
    good = make_evidence()
    head, found, tail = good.security_object.rpartition(bytes.fromhex("2a8648ce3d040302"))
    assert found
    unknown = msgspec.structs.replace(good, security_object=head + found[:-1] + b"\x7f" + tail)
    assert result(unknown, "security object signature") is CheckResult.NOT_DONE
    assert verdict(unknown) is ChipVerdict.UNTRUSTED_ISSUER
    assert verdict(unknown, NOBODY) is ChipVerdict.NO_ANCHOR_INSTALLED


def test_a_signer_whose_own_signature_nobody_can_compute_is_untrusted() -> None:
    """The anchor of the same name is there; whether it signed the signer cannot be told, so it does not vouch."""
    good = make_issuer()
    named = bytes.fromhex("2a8648ce3d040302")
    unknown = der(good.document_signer).replace(named, named[:-1] + b"\x7f")
    with_unknown = replace(good, document_signer=x509.load_der_x509_certificate(unknown))
    trust = trusting(der(good.country_signer))
    assert verdict(make_evidence(by=good), trust) is ChipVerdict.GENUINE
    assert verdict(make_evidence(by=with_unknown), trust) is ChipVerdict.UNTRUSTED_ISSUER


def test_refusal_8_the_issuer_of_another_country_is_untrusted() -> None:
    other = make_issuer(Terms(country="LA"))
    trust = trusting(der(other.country_signer), der(issuer().country_signer))
    assert verdict(make_evidence(by=other), trust) is ChipVerdict.UNTRUSTED_ISSUER
    assert verdict(make_evidence(by=other), trusting(der(other.country_signer))) is ChipVerdict.UNTRUSTED_ISSUER


def test_a_country_signer_written_out_in_full_is_the_named_curve() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    by = make_issuer(country_key=key)
    written = with_curve_written_out(der(by.country_signer), key=key)
    assert verdict(make_evidence(by=by), trusting(written)) is ChipVerdict.GENUINE


@pytest.mark.parametrize("parameter", ["p", "a", "b", "x", "y", "n", "h"])
def test_refusal_9_a_curve_with_one_other_parameter_vouches_for_nobody(parameter: str) -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    by = make_issuer(country_key=key)
    changed = with_curve_written_out(der(by.country_signer), changed={parameter: 2}, key=key)
    other = der(make_issuer().country_signer)
    assert verdict(make_evidence(by=by), trusting(changed, other)) is ChipVerdict.UNTRUSTED_ISSUER


@pytest.mark.parametrize(
    "terms", [Terms(use="key_agreement"), Terms(authority=True), Terms(listed_purpose=True), Terms(unknown_demand=True)]
)
def test_refusal_11_a_certificate_that_is_not_for_documents_is_told_apart(terms: Terms) -> None:
    other = make_issuer(terms)
    assert verdict(make_evidence(by=other), trusting(der(other.country_signer))) is ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS
    assert verdict(make_evidence(by=other)) is ChipVerdict.UNTRUSTED_ISSUER


@pytest.mark.parametrize(
    "terms",
    [Terms(ends=AT - timedelta(days=1)), Terms(starts=AT + timedelta(days=1))],
    ids=["lapsed", "not yet valid"],
)
def test_refusal_11_a_signer_outside_its_validity_is_signer_expired(terms: Terms) -> None:
    other = make_issuer(terms)
    assert verdict(make_evidence(by=other), trusting(der(other.country_signer))) is ChipVerdict.SIGNER_EXPIRED


def test_refusal_11_a_card_signed_before_its_signer_existed_is_signer_expired() -> None:
    assert verdict(make_evidence(signed_on=date(2010, 1, 1))) is ChipVerdict.SIGNER_EXPIRED


@pytest.mark.parametrize("expiry", ["330903", "<<<<<<"])
def test_refusal_12_a_card_signed_after_tomorrow_is_inconsistent_and_a_clock_may_be_a_day_behind(expiry: str) -> None:
    tomorrow, later = AT.date() + timedelta(days=1), AT.date() + timedelta(days=2)
    shown = groups(zone(expiry=expiry))
    assert verdict(make_evidence(shown, signed_on=tomorrow)) is ChipVerdict.GENUINE
    assert verdict(make_evidence(shown, signed_on=later)) is ChipVerdict.INCONSISTENT
    assert verdict(make_evidence(shown, signed_on=later), NOBODY) is ChipVerdict.INCONSISTENT
    assert verdict(make_evidence(shown, signed_on=later), at=AT + timedelta(days=1)) is ChipVerdict.GENUINE


def test_a_signer_that_lapsed_after_the_card_did_leaves_it_merely_expired() -> None:
    other = make_issuer(Terms(ends=AT - timedelta(days=10)))
    evidence = make_evidence(groups(zone(expiry="251101")), by=other)
    assert verdict(evidence, trusting(der(other.country_signer))) is ChipVerdict.EXPIRED


def test_refusal_12_a_card_is_valid_through_its_last_day_in_school_time() -> None:
    evidence = make_evidence(groups(zone(expiry="261120")))
    assert verdict(evidence, at=datetime(2026, 11, 20, 16, 59, tzinfo=UTC)) is ChipVerdict.GENUINE
    assert verdict(evidence, at=datetime(2026, 11, 20, 17, 1, tzinfo=UTC)) is ChipVerdict.EXPIRED


def test_refusal_13_a_wrong_check_digit_is_inconsistent() -> None:
    assert verdict(make_evidence(groups(ZONE.replace("2080123455", "2080123456")))) is ChipVerdict.INCONSISTENT


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        (zone(sex="F"), "citizen number"),
        (zone(birth="070903"), "citizen number"),
        (zone(birth="080932"), "calendar"),
        (zone(birth="270903", citizen_number="001227012345"), "future"),
    ],
    ids=["sex", "year", "day", "future"],
)
def test_refusal_12_a_holder_that_cannot_be_is_inconsistent(spoilt: str, words: str) -> None:
    judgement = judge_chip(make_evidence(groups(spoilt)), trusting(), AT)
    assert judgement.verdict is ChipVerdict.INCONSISTENT
    assert words in next(check.detail for check in judgement.checks if check.name == "machine readable zone")


@pytest.mark.parametrize("file", [ShortFile.DG14, ShortFile.DG15])
def test_refusal_4_a_stripped_key_file_is_clone_suspect(file: ShortFile) -> None:
    assert verdict(make_evidence(shown=without(file))) is ChipVerdict.CLONE_SUSPECT


def test_refusal_1_a_chip_without_keys_is_said_to_be_unproven() -> None:
    evidence = make_evidence(without(ShortFile.DG14, ShortFile.DG15))
    assert result(evidence, "chip key files") is CheckResult.NOT_DONE
    assert verdict(evidence) is ChipVerdict.CHIP_NOT_PROVEN


def test_refusal_15_bac_on_a_chip_with_pace_is_a_downgrade() -> None:
    assert verdict(make_evidence(access=AccessProtocol.BAC)) is ChipVerdict.DOWNGRADE
    assert verdict(make_evidence(access=AccessProtocol.BAC, card_access=b"")) is ChipVerdict.DOWNGRADE


def test_refusal_15_a_card_access_that_data_group_14_contradicts_is_a_downgrade() -> None:
    assert verdict(make_evidence(card_access=card_access_file(12))) is ChipVerdict.DOWNGRADE
    assert verdict(make_evidence(card_access=encode(0x31, b""))) is ChipVerdict.DOWNGRADE


def test_refusal_15_a_card_access_that_leaves_out_a_stronger_pace_is_a_downgrade() -> None:
    stronger = encode(0x30, encode(0x06, PACE + b"\x02\x04") + b"\x02\x01\x02\x02\x01\x0d")
    listed = encode(0x31, parse_one(parse_one(DG14, 0x6E), 0x31) + stronger)
    signed = groups() | {ShortFile.DG14: encode(0x6E, listed)}
    assert verdict(make_evidence(signed)) is ChipVerdict.DOWNGRADE


@pytest.mark.parametrize("access", list(AccessProtocol))
def test_refusal_21_an_offer_of_pace_that_cannot_be_read_is_a_parse_error_however_it_was_opened(
    access: AccessProtocol,
) -> None:
    damaged = encode(0x31, encode(0x30, encode(0x06, PACE + b"\x02\x02") + b"\x04\x01\x02"))
    evidence = make_evidence(access=access, card_access=damaged)
    assert verdict(evidence) is ChipVerdict.PARSE_ERROR
    assert result(evidence, "access protocol") is CheckResult.FAILED


def test_a_chip_without_pace_that_was_opened_with_bac_is_genuine() -> None:
    signed = groups() | {ShortFile.DG14: without_pace(DG14)}
    assert verdict(make_evidence(signed, access=AccessProtocol.BAC, card_access=b"")) is ChipVerdict.GENUINE


def test_a_data_group_14_that_does_not_speak_of_pace_leaves_it_open() -> None:
    evidence = make_evidence(groups() | {ShortFile.DG14: without_pace(DG14)})
    assert verdict(evidence) is ChipVerdict.GENUINE
    assert result(evidence, "access protocol") is CheckResult.NOT_DONE


def without_pace(dg14: bytes) -> bytes:
    """The same options for a protocol number that belongs to nobody."""
    assert dg14 == security_options_group(13, CHIP_KEY.public)
    return dg14.replace(bytes.fromhex("04007F00070202040202"), bytes.fromhex("04007F000702027F0202"))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda e: msgspec.structs.replace(e, security_object=b""),
        lambda e: msgspec.structs.replace(e, security_object=e.security_object[:-1]),
        lambda e: msgspec.structs.replace(e, security_object=e.security_object + b"\x00"),
        lambda e: msgspec.structs.replace(e, security_object=encode(0x77, b"\x30\x80\x00\x00")),
        lambda e: msgspec.structs.replace(e, ef_card_access=b"\x31\x80"),
        lambda _: make_evidence(groups() | {ShortFile.DG1: encode(0x61, b"")}),
        lambda _: make_evidence(groups() | {ShortFile.DG14: encode(0x6E, encode(0x31, encode(0x30, b"")))}),
    ],
)
def test_refusal_21_what_cannot_be_read_is_a_parse_error(spoil: Callable[[CardEvidence], CardEvidence]) -> None:
    assert verdict(spoil(make_evidence())) is ChipVerdict.PARSE_ERROR


@given(st.data())
def test_no_evidence_makes_the_judge_fail_or_say_genuine_of_other_bytes(data: st.DataObject) -> None:
    evidence = _kept_evidence()
    spoilt = bytearray(evidence.security_object)
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= data.draw(st.integers(1, 255))
    judgement = judge_chip(msgspec.structs.replace(evidence, security_object=bytes(spoilt)), trusting(), AT)
    if bytes(spoilt) != evidence.security_object:
        assert judgement.checks
        if judgement.verdict is ChipVerdict.GENUINE:
            # Only bytes that nothing signs and nothing needs may differ: the version numbers of the wrapping.
            assert _signed_parts(bytes(spoilt)) == _signed_parts(evidence.security_object)


def _signed_parts(security_object: bytes) -> tuple[object, ...]:
    parsed = parse_security_object(security_object)
    message = parsed.message
    return message.content, message.signed_attributes, message.signature, message.signer.signed_part


@cache
def _kept_evidence() -> CardEvidence:
    return make_evidence()


def test_every_verdict_but_genuine_has_its_rank() -> None:
    assert {*PRECEDENCE, ChipVerdict.GENUINE} == set(ChipVerdict)


def test_a_missing_holder_file_is_not_vouched_for() -> None:
    evidence = make_evidence()
    others = {number: content for number, content in evidence.data_groups.items() if number != 1}
    assert verdict(msgspec.structs.replace(evidence, data_groups=others)) is ChipVerdict.HASH_MISMATCH


def test_a_judgement_cannot_be_changed_afterwards() -> None:
    judgement = judge_chip(make_evidence(), trusting(der(issuer().country_signer)), AT)
    for record, field in ((judgement, "verdict"), (judgement.checks[0], "result")):
        with pytest.raises(AttributeError):
            setattr(record, field, getattr(record, field))
