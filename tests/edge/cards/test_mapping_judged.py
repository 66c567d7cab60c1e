"""PACE with chip authentication mapping, from the card to the verdict."""

import msgspec
import pytest

from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.chip.passive_authentication import judge_chip
from models.chip.verdict import ChipVerdict
from models.evidence import CardEvidence, ChipMapping
from provisioning.rehearsal.card_files import CardBuild
from provisioning.rehearsal.key_drawing import new_agreement_key
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip_keys import PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.faults import ChipProof, ProofForged, ProofRefused
from tests.builders.built_cards import built_card, trust
from tests.builders.cards import NOW
from tests.builders.soft_card import SoftCardReader, can_of

BUILD = CardBuild(
    chip_key=None,
    active_key=None,
    mapping_key=new_agreement_key(),
    pace=(PaceOffer(mapping=PaceMapping.ECDH_CHIP),),
)


def evidence_of(card: Card) -> CardEvidence:
    return read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), lambda _: None).evidence


def verdict(evidence: CardEvidence) -> ChipVerdict:
    return judge_chip(evidence, trust(), NOW).verdict


def test_a_chip_that_proves_itself_while_it_is_opened_is_genuine() -> None:
    evidence = evidence_of(built_card(BUILD))
    assert evidence.chip_mapping is not None
    assert evidence.chip_authentication is None
    assert verdict(evidence) is ChipVerdict.GENUINE


@pytest.mark.parametrize(
    "fault", [ProofForged(proof=ChipProof.CHIP_MAPPING), ProofRefused(proof=ChipProof.CHIP_MAPPING, status=0x6A80)]
)
def test_a_copy_is_suspected(fault: ProofForged | ProofRefused) -> None:
    card = msgspec.structs.replace(built_card(BUILD), fault=fault)
    assert verdict(evidence_of(card)) is ChipVerdict.CLONE_SUSPECT


@pytest.mark.parametrize(
    ("spoilt", "expected"),
    [
        ({"ef_card_security": b""}, ChipVerdict.CLONE_SUSPECT),
        ({"ef_card_security": b"\x30\x00"}, ChipVerdict.PARSE_ERROR),
        ({"parameter_id": 12}, ChipVerdict.PARSE_ERROR),
        ({"chip_data": b""}, ChipVerdict.CLONE_SUSPECT),
        ({"mapping_key": b"\x04" + bytes(64)}, ChipVerdict.CLONE_SUSPECT),
    ],
)
def test_other_data_prove_nothing(spoilt: dict[str, object], expected: ChipVerdict) -> None:
    evidence = evidence_of(built_card(BUILD))
    assert evidence.chip_mapping is not None
    mapping: ChipMapping = msgspec.structs.replace(evidence.chip_mapping, **spoilt)
    assert verdict(msgspec.structs.replace(evidence, chip_mapping=mapping)) is expected


def test_a_spoilt_signature_is_found() -> None:
    evidence = evidence_of(built_card(BUILD))
    assert evidence.chip_mapping is not None
    file = evidence.chip_mapping.ef_card_security
    mapping = msgspec.structs.replace(evidence.chip_mapping, ef_card_security=file[:-1] + bytes([file[-1] ^ 1]))
    assert verdict(msgspec.structs.replace(evidence, chip_mapping=mapping)) is ChipVerdict.SIGNATURE_INVALID


def test_a_signer_of_the_mapping_that_nobody_vouches_for_proves_nothing() -> None:
    evidence = evidence_of(built_card(BUILD))
    assert judge_chip(evidence, type(trust()).of(()), NOW).verdict is ChipVerdict.NO_ANCHOR_INSTALLED
