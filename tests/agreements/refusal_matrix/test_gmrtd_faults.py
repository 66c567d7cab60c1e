"""Security faults that another open reader had once (issues of github.com/gmrtd/gmrtd): none of them is ours."""

import time
from datetime import date, timedelta

import pytest
from msgspec.structs import replace

from edge.cards.apdu import Command
from edge.cards.secure_messaging import ChannelBrokenError, SecureChannel
from edge.cards.session_ciphers import AesCipher
from models.chip.additional_details import read_document_details, read_person_details
from models.chip.passive_authentication import judge_chip
from models.chip.tlv import ParseError, encode
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.active_keys import RsaPair, dg15_of, rsa_answer
from tests.builders.chip_evidence import AT, CHALLENGE, Terms, active_run, der, groups, make_evidence, make_issuer
from tests.builders.refusal_desk import RefusalDesk

READ = Command(ins=0xB0, p1=0x8E, expected=4)


class PlainCard:
    """Answers one command without protection, and counts."""

    def __init__(self, answer: str) -> None:
        self._answer = bytes.fromhex(answer)
        self.asked = 0

    def transmit(self, _command: bytes) -> bytes:
        self.asked += 1
        return self._answer


def answered_plainly(answer: str) -> None:
    card = PlainCard(answer)
    channel = SecureChannel(card, AesCipher(b"k" * 16, b"m" * 16))
    for _ in range(2):
        with pytest.raises(ChannelBrokenError):
            channel.send(READ)
    assert card.asked == 1  # the second command was not even sent


@pytest.mark.parametrize("name", ["own-chip-key", "own-active-key", "own-keys-own-signer", "no-anchor"])
def test_gmrtd_349_no_chip_is_proven_without_passive_authentication(
    desk: RefusalDesk, workshop: Workshop, name: str
) -> None:
    checks = desk.read(ATTACKS[name].make(workshop)).checks
    for proof in ("chip authentication", "active authentication", "proof of the chip"):
        assert checks[proof] is not CheckResult.PASSED


@pytest.mark.parametrize("answer", ["6E0201009000", "9000"])
def test_gmrtd_320_plain_content_inside_a_session_is_refused(answer: str) -> None:
    answered_plainly(answer)


@pytest.mark.parametrize("answer", ["6A82", "6282", "6982", "6B00"])
def test_gmrtd_321_a_plain_error_inside_a_session_is_no_missing_file(answer: str) -> None:
    """Else whoever sits between could strip files by saying that they are not there."""
    answered_plainly(answer)


@pytest.mark.parametrize("bits", [512, 768, 1023])
def test_gmrtd_346_a_short_rsa_modulus_proves_nothing(bits: int) -> None:
    weak = RsaPair(modulus=(1 << bits) - 1, exponent=65_537, private=1)
    signed = groups() | {ShortFile.DG15: dg15_of(weak)}
    run = replace(active_run(), response=rsa_answer(weak, CHALLENGE))
    evidence = replace(make_evidence(signed, by=(issuer := make_issuer())), active_authentication=run)
    judgement = judge_chip(evidence, TrustStore.of([der(issuer.country_signer)]), AT)
    assert judgement.verdict is ChipVerdict.CLONE_SUSPECT
    (check,) = [check for check in judgement.checks if check.name == "active authentication"]
    assert check.result is CheckResult.FAILED
    assert "1024" in check.detail


@pytest.mark.parametrize("count", ["02047FFFFFFF", "020500FFFFFFFF", "0211" + "7F" * 17])
def test_gmrtd_323_counts_in_dg11_and_dg12_make_no_room(count: str) -> None:
    began = time.process_time()
    for file, tag, read in ((0x6B, 0x5F0F, read_person_details), (0x6C, 0x5F1A, read_document_details)):
        counted = encode(0xA0, bytes.fromhex(count) + encode(tag, b"A"))
        with pytest.raises(ParseError):
            read(encode(file, encode(0x5C, tag.to_bytes(2)) + counted))
    assert time.process_time() - began < 1.0


@pytest.mark.parametrize(
    "terms",
    [
        Terms(ends=AT - timedelta(days=1)),
        Terms(starts=AT + timedelta(days=1)),
    ],
)
def test_gmrtd_329_a_signers_certificate_outside_its_validity_is_refused(terms: Terms) -> None:
    issuer = make_issuer(terms)
    evidence = make_evidence(by=issuer, signed_on=date(2023, 1, 5))
    assert judge_chip(evidence, TrustStore.of([der(issuer.country_signer)]), AT).verdict is ChipVerdict.SIGNER_EXPIRED


@pytest.mark.parametrize(
    ("signed_on", "verdict"),
    [
        (date(2019, 1, 5), ChipVerdict.SIGNER_EXPIRED),
        (date(2023, 1, 5), ChipVerdict.GENUINE),
        (date(2026, 12, 24), ChipVerdict.INCONSISTENT),
    ],
)
def test_gmrtd_326_a_security_object_signed_at_an_impossible_time_is_refused(
    signed_on: date, verdict: ChipVerdict
) -> None:
    issuer = make_issuer()
    evidence = make_evidence(by=issuer, signed_on=signed_on)
    assert judge_chip(evidence, TrustStore.of([der(issuer.country_signer)]), AT).verdict is verdict
