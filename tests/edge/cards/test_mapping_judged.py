"""PACE with chip authentication mapping, from the card to the verdict."""

from dataclasses import replace

import msgspec
import pytest

from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.chip.passive_authentication import judge_chip
from models.chip.verdict import ChipVerdict
from models.evidence import CardEvidence, ChipMapping
from provisioning.rehearsal.card_files import CardBuild
from provisioning.rehearsal.key_drawing import new_agreement_key
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.faults import ChipProof, ProofForged, ProofRefused
from tests.builders.built_cards import built_card, trust
from tests.builders.cards import NOW
from tests.builders.soft_card import SoftCardReader, can_of

PACE = (PaceOffer(mapping=PaceMapping.ECDH_CHIP),)
KEY = new_agreement_key()
BUILD = CardBuild(chip_key=KEY, active_key=None, mapping_key=KEY, pace=PACE)


def evidence_of(card: Card) -> CardEvidence:
    return read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), lambda _: None).evidence


def verdict(evidence: CardEvidence) -> ChipVerdict:
    return judge_chip(evidence, trust(), NOW).verdict


def test_a_chip_that_proves_itself_while_it_is_opened_is_genuine() -> None:
    evidence = evidence_of(built_card(BUILD))
    assert evidence.chip_mapping is not None
    assert evidence.chip_authentication is not None
    assert verdict(evidence) is ChipVerdict.GENUINE


def test_the_mapping_alone_proves_nothing() -> None:
    evidence = evidence_of(built_card(BUILD))
    assert verdict(msgspec.structs.replace(evidence, chip_authentication=None)) is ChipVerdict.CHIP_NOT_PROVEN


@pytest.mark.parametrize("chip_key", [None, new_agreement_key()], ids=["no key in DG14", "a key in DG14"])
def test_the_key_of_another_card_does_not_vouch_for_a_copy(chip_key: AgreementKey | None) -> None:
    """The maker's own good card lends a copy its key and its EF.CardSecurity."""
    makers = built_card(replace(BUILD, chip_key=None))
    victims = built_card(replace(BUILD, chip_key=chip_key))
    lent = {ShortFile.CARD_SECURITY: makers.files[ShortFile.CARD_SECURITY]}
    lent |= {ShortFile.CARD_ACCESS: makers.files[ShortFile.CARD_ACCESS]}
    copy = msgspec.structs.replace(
        victims, chip_key=None, mapping_key=makers.mapping_key, files={**victims.files, **lent}
    )
    expected = ChipVerdict.CLONE_SUSPECT if chip_key else ChipVerdict.CHIP_NOT_PROVEN
    assert verdict(evidence_of(copy)) is expected


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
        ({"ef_card_security": b"\x30\x00"}, ChipVerdict.CLONE_SUSPECT),
        ({"parameter_id": 12}, ChipVerdict.CLONE_SUSPECT),
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
