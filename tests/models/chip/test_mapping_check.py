"""PACE with chip authentication mapping before the judge: what it may prove, and what refuses the card."""

from collections.abc import Mapping
from datetime import date, timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from models.chip.key_agreement import standard_group
from models.chip.passive_authentication import judge_chip
from models.chip.tlv import encode, parse_one
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from models.evidence import CardEvidence, ChipMapping
from provisioning.rehearsal.security_info_writing import security_options_group
from provisioning.rehearsal.security_object import sign_card_security
from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.test_pki import CardIssuer
from tests.builders.chip_authentication_runs import CurveKey, key_info
from tests.builders.chip_evidence import (
    AT,
    CARD_ACCESS,
    CHIP_KEY,
    Terms,
    der,
    groups,
    issuer,
    make_evidence,
    make_issuer,
)
from tests.builders.country_lists import revocation_list

GROUP = standard_group(13)
MAPPING_KEY = 0xFEDCBA0987654321
ANOTHER_KEY = CurveKey(private=ec.derive_private_key(0x52, ec.BrainpoolP256R1()))
TERMS = parse_one(CARD_ACCESS, 0x31)
KEY_TERM = key_info(2, CHIP_KEY.public)
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")


def card_security(terms: bytes = TERMS + KEY_TERM, by: CardIssuer | None = None) -> bytes:
    """EF.CardSecurity of the chip with CHIP_KEY."""
    return sign_card_security(encode(0x31, terms), by or issuer(), date(2023, 1, 5))


def mapped(file: bytes | None = None) -> ChipMapping:
    """What the chip with CHIP_KEY shows of its mapping."""
    static = CHIP_KEY.private.private_numbers().private_value
    quotient = pow(static, -1, GROUP.order) * MAPPING_KEY % GROUP.order
    return ChipMapping(
        parameter_id=13,
        mapping_key=GROUP.encode(GROUP.base_multiple(MAPPING_KEY)),
        chip_data=quotient.to_bytes(32),
        ef_card_security=card_security() if file is None else file,
    )


def opened(run: ChipMapping, signed: Mapping[ShortFile, bytes] | None = None) -> CardEvidence:
    return msgspec.structs.replace(make_evidence(signed), chip_mapping=run)


def judged(evidence: CardEvidence, trust: TrustStore | None = None) -> tuple[ChipVerdict, CheckResult, str]:
    """The verdict, and what is said of the mapping."""
    judgement = judge_chip(evidence, trust or TrustStore.of([der(issuer().country_signer)]), AT)
    check = next(one for one in judgement.checks if one.name == "chip authentication mapping")
    return judgement.verdict, check.result, check.detail


def test_the_key_that_ef_card_security_and_data_group_14_list_passes() -> None:
    verdict, result, _ = judged(opened(mapped()))
    assert (verdict, result) == (ChipVerdict.GENUINE, CheckResult.PASSED)


def test_a_chip_that_was_opened_otherwise_is_not_held_to_it() -> None:
    verdict, result, _ = judged(make_evidence())
    assert (verdict, result) == (ChipVerdict.GENUINE, CheckResult.NOT_DONE)


@pytest.mark.parametrize(
    ("spoilt", "words"),
    [
        ({"chip_data": b""}, "gave no data"),
        ({"ef_card_security": b""}, "does not show"),
        ({"ef_card_security": b"\x30\x00"}, "cannot be read"),
        ({"parameter_id": 12}, "no key on the curve"),
        ({"chip_data": b"\x01" * 32}, "does not hold the key"),
    ],
    ids=["no data", "no file", "damaged file", "another curve", "another key"],
)
def test_refusals_1_to_3_a_copy_that_cannot_show_the_key_is_suspected(spoilt: dict[str, object], words: str) -> None:
    verdict, result, detail = judged(opened(msgspec.structs.replace(mapped(), **spoilt)))
    assert (verdict, result) == (ChipVerdict.CLONE_SUSPECT, CheckResult.FAILED)
    assert words in detail


def test_an_ef_card_security_that_was_changed_after_signing_is_signature_invalid() -> None:
    file = card_security()
    spoilt = file[:-1] + bytes([file[-1] ^ 1])
    assert judged(opened(mapped(spoilt)))[:2] == (ChipVerdict.SIGNATURE_INVALID, CheckResult.FAILED)


def test_refusal_15_a_card_access_that_ef_card_security_does_not_list_is_a_downgrade() -> None:
    evidence = opened(mapped(card_security(KEY_TERM)))
    verdicts = judge_chip(evidence, TrustStore.of([der(issuer().country_signer)]), AT).verdicts
    assert verdicts == (ChipVerdict.CLONE_SUSPECT, ChipVerdict.DOWNGRADE)  # a mapping that failed proves no chip
    assert "EF.CardAccess says other things" in judged(evidence)[2]


def test_a_signature_that_cannot_be_computed_proves_nothing_and_is_said() -> None:
    head, found, tail = card_security().rpartition(ECDSA_SHA256)
    assert found
    verdict, result, detail = judged(opened(mapped(head + found[:-1] + b"\x7f" + tail)))
    assert (verdict, result) == (ChipVerdict.GENUINE, CheckResult.NOT_DONE)  # chip authentication proved it
    assert "not supported" in detail


def test_refusal_2_an_ef_card_security_of_a_signer_that_nobody_vouches_for_is_untrusted() -> None:
    verdict, result, detail = judged(opened(mapped(card_security(by=make_issuer()))))
    assert (verdict, result) == (ChipVerdict.UNTRUSTED_ISSUER, CheckResult.FAILED)
    assert detail.startswith("EF.CardSecurity: None of the installed")


def test_refusal_8_an_ef_card_security_of_another_country_is_untrusted_whatever_key_signed_its_signer() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    cards, foreign = make_issuer(country_key=key), make_issuer(Terms(country="LA"), country_key=key)
    run = mapped(card_security(by=foreign))
    evidence = msgspec.structs.replace(make_evidence(by=cards), chip_mapping=run)
    verdict, _, detail = judged(evidence, TrustStore.of([der(cards.country_signer)]))
    assert verdict is ChipVerdict.UNTRUSTED_ISSUER
    assert detail.startswith("EF.CardSecurity: The document signer belongs to another country")


def test_refusal_11_an_ef_card_security_of_a_revoked_signer_is_refused_though_the_cards_own_signer_is_good() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    cards, revoked = make_issuer(country_key=key), make_issuer(country_key=key)
    serial = revoked.document_signer.serial_number
    trust = TrustStore.of([der(cards.country_signer)], [revocation_list(key, revoked={serial: AT - timedelta(days=1)})])
    evidence = make_evidence(by=cards)
    for by, expected in ((cards, ChipVerdict.GENUINE), (revoked, ChipVerdict.SIGNER_REVOKED)):
        run = mapped(card_security(by=by))
        assert judged(msgspec.structs.replace(evidence, chip_mapping=run), trust)[0] is expected


@pytest.mark.parametrize(
    "options", [encode(0x6E, CARD_ACCESS), security_options_group(13, ANOTHER_KEY.public)], ids=["none", "another"]
)
def test_a_key_that_data_group_14_does_not_list_proves_nothing(options: bytes) -> None:
    """EF.CardSecurity names no document: a copy can borrow that of its maker's own good card."""
    alone = msgspec.structs.replace(
        opened(mapped(), groups() | {ShortFile.DG14: options}), chip_authentication=None, active_authentication=None
    )
    verdict, result, detail = judged(alone)
    assert (verdict, result) == (ChipVerdict.CHIP_NOT_PROVEN, CheckResult.NOT_DONE)
    assert "data group 14" in detail
