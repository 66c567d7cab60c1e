"""Each attack can be laid and kept, and the box's own reader takes none of them for a genuine card.

Which verdict each of them gets, through pcscd, is the business of the refusal matrix.
"""

import contextlib
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from asn1crypto import cms
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_reader import CardReadError
from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from edge.cards.trust_directory import read_trust_directory
from models.chip.passive_authentication import judge_chip
from models.chip.portrait import portrait_to_jpeg
from models.chip.tlv import ParseError
from models.chip.verdict import ChipVerdict
from provisioning.rehearsal.attacks.attack import LaidCard, Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS, HABITS
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip import CardHangsError
from provisioning.rehearsal.test_pki import open_issuers
from tests.builders.cards import some_person
from tests.builders.soft_card import SoftCardReader

NOW = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
NOT_THE_CHIPS = {
    "other-name-in-dg13": "national data are read only where an exam profile asks for them",
    "other-number-in-code": "the desk compares the printed code with the card",
    "other-list-in-com": "EF.COM is not signed and not read",
    "revocation-list-stale": "the trust policy says whether a stale list counts",
}
"""Attacks that the chip's judgement is not to find, with the reason."""


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(
        issuers=open_issuers(tmp_path_factory.mktemp("issuers"), NOW),
        person=some_person(),
        portrait=silhouette(),
        other_portrait=silhouette(30),
        now=NOW,
    )


def verdict(laid: LaidCard, directory: Path) -> ChipVerdict:
    for name, content in laid.trust.items():
        (directory / name).write_bytes(content)
    key = CardAccessNumber(digits=laid.access_number)
    reading = read_identity_card(SoftCardReader(laid.card), key, ReadPolicy(), lambda _: None)
    portrait_to_jpeg(reading.portrait)
    return judge_chip(reading.evidence, read_trust_directory(directory), NOW).verdict


@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - NOT_THE_CHIPS.keys()))
def test_no_attack_is_taken_for_a_genuine_card(workshop: Workshop, tmp_path: Path, name: str) -> None:
    laid = ATTACKS[name].make(workshop)
    assert msgspec.json.decode(msgspec.json.encode(laid.card), type=Card) == laid.card
    with contextlib.suppress(CardReadError, ParseError, CardHangsError):  # refused before there was a verdict
        assert verdict(laid, tmp_path) is not ChipVerdict.GENUINE


@pytest.mark.parametrize("name", sorted(NOT_THE_CHIPS))
def test_attacks_that_others_must_find_can_be_laid_and_kept(workshop: Workshop, name: str) -> None:
    laid = ATTACKS[name].make(workshop)
    assert msgspec.json.decode(msgspec.json.encode(laid.card), type=Card) == laid.card


@pytest.mark.parametrize("name", sorted(HABITS))
def test_a_card_of_other_habits_is_read_to_the_end(workshop: Workshop, tmp_path: Path, name: str) -> None:
    assert verdict(HABITS[name](workshop), tmp_path) is ChipVerdict.GENUINE


def test_every_row_that_a_card_can_play_is_played() -> None:
    assert {attack.row for attack in ATTACKS.values()} == set(range(1, 25))


def test_a_rehashed_list_fits_the_files_and_only_its_signature_is_wrong(workshop: Workshop) -> None:
    card = ATTACKS["rehashed-whole"].make(workshop).card
    signed = cms.ContentInfo.load(card.files[ShortFile.SOD][4:])["content"]
    hashed, signer = signed["encap_content_info"]["content"].contents, signed["signer_infos"][0]
    assert hashlib.sha256(card.files[ShortFile.DG2]).digest() in hashed
    attributes = signer["signed_attrs"].untag().dump()
    assert hashlib.sha256(hashed).digest() in attributes
    public = workshop.issuers.trusted.document_signer.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    with pytest.raises(InvalidSignature):
        public.verify(signer["signature"].native, attributes, ec.ECDSA(hashes.SHA256()))


def test_the_attackers_generator_leaves_the_trusted_public_key_in_place(workshop: Workshop) -> None:
    card = ATTACKS["own-generator"].make(workshop).card
    signed = cms.ContentInfo.load(card.files[ShortFile.SOD][4:])["content"]
    carried = [one.chosen for one in signed["certificates"]][1]
    assert carried.public_key["public_key"].native in workshop.trusted_file
    assert carried.public_key["algorithm"]["parameters"].name == "specified"
