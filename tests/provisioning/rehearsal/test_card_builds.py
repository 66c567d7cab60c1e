"""Cards of other makes than a citizen card's: the box's reader opens them, and the judgement finds them genuine."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edge.cards.access_key import CardAccessNumber
from edge.cards.read_identity_card import CardReading, ReadPolicy, read_identity_card
from models.chip.additional_details import read_document_details, read_person_details
from models.chip.card_security import card_security_signature_is_good, parse_card_security, vouches_for
from models.chip.file_list import parse_file_list
from models.chip.national_record import NationalRecordUse, read_national_record
from models.chip.passive_authentication import judge_chip
from models.chip.security_infos import parse_security_infos
from models.chip.security_object import parse_security_object
from models.chip.transfer_limits import parse_transfer_limits
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from provisioning.rehearsal.card_files import CardBuild, signed_card, usual_build
from provisioning.rehearsal.detail_group_writing import (
    atr_info_file,
    document_details_group,
    national_group,
    personal_details_group,
)
from provisioning.rehearsal.key_drawing import new_agreement_key, new_curve_signing_key, new_rsa_signing_key
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import PaceMapping, PaceOffer, SignatureForm, SigningKey
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from provisioning.rehearsal.test_pki import CardIssuers, open_issuers
from tests.builders.cards import NOW, some_person
from tests.builders.soft_card import SoftCardReader

PERSON = some_person()
OFFERS = [
    *(PaceOffer(parameter=parameter) for parameter in range(8, 19)),
    PaceOffer(parameter=13, suite=SuiteKind.TRIPLE_DES),
    PaceOffer(parameter=13, suite=SuiteKind.AES_192),
    PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=0),
    PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=2, suite=SuiteKind.AES_256),
    PaceOffer(mapping=PaceMapping.DH_INTEGRATED, parameter=1, suite=SuiteKind.AES_192),
    PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, parameter=13, suite=SuiteKind.TRIPLE_DES),
    PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, parameter=17, suite=SuiteKind.AES_256),
]


@pytest.fixture(scope="module")
def issuers(tmp_path_factory: pytest.TempPathFactory) -> CardIssuers:
    return open_issuers(tmp_path_factory.mktemp("issuers"), NOW)


def made(issuers: CardIssuers, build: CardBuild) -> Card:
    return signed_card(PERSON, silhouette(), issuers.trusted, PERSON.card_expires_on, build)


def read(card: Card) -> CardReading:
    key = CardAccessNumber(digits=card.access_number)
    return read_identity_card(SoftCardReader(card), key, ReadPolicy(), lambda _: None)


def passed_checks(issuers: CardIssuers, card: Card) -> set[str]:
    """The names of the checks that passed; the card is genuine."""
    trust = TrustStore.of([issuers.trusted.country_signer.public_bytes(Encoding.DER)])
    judgement = judge_chip(read(card).evidence, trust, NOW)
    assert judgement.verdict is ChipVerdict.GENUINE
    return {check.name for check in judgement.checks if check.result is CheckResult.PASSED}


@pytest.mark.parametrize(
    "offer", OFFERS, ids=lambda offer: f"{offer.mapping.name}-{offer.suite.name}-{offer.parameter}"
)
def test_every_way_in_that_pace_has(issuers: CardIssuers, offer: PaceOffer) -> None:
    assert "active authentication" in passed_checks(issuers, made(issuers, replace(usual_build(), pace=(offer,))))


@pytest.mark.parametrize("parameter", [11, 12, 13, 17])
def test_chip_authentication_mapping_with_a_signed_file_of_its_key(issuers: CardIssuers, parameter: int) -> None:
    offers = (
        PaceOffer(parameter=parameter),
        PaceOffer(mapping=PaceMapping.ECDH_CHIP, parameter=parameter, suite=SuiteKind.AES_256),
    )
    key = new_agreement_key(parameter)
    build = replace(usual_build(), pace=offers, chip_key=key, mapping_key=key)
    assert "chip authentication mapping" in passed_checks(issuers, made(issuers, build))


@pytest.mark.parametrize(
    ("parameter", "suite", "key_id"),
    [
        (13, SuiteKind.TRIPLE_DES, None),
        (11, SuiteKind.AES_128, 5),
        (18, SuiteKind.AES_256, None),
        (0, SuiteKind.AES_192, 1),
        (2, SuiteKind.TRIPLE_DES, None),
        (2, SuiteKind.AES_256, None),
    ],
)
def test_chip_authentication_on_curves_and_with_numbers(
    issuers: CardIssuers, parameter: int, suite: SuiteKind, key_id: int | None
) -> None:
    build = CardBuild(chip_key=new_agreement_key(parameter, suite, key_id), active_key=None)
    assert "chip authentication" in passed_checks(issuers, made(issuers, build))


@pytest.mark.parametrize(
    "make_key",
    [
        lambda: new_curve_signing_key(13, "sha512", SignatureForm.DER),
        lambda: new_curve_signing_key(12, "sha1"),
        lambda: new_curve_signing_key(18, "sha224"),
        lambda: new_rsa_signing_key(1024, "sha1"),
        lambda: new_rsa_signing_key(2048, "sha512"),
    ],
    ids=["der", "P-256", "P-521", "rsa-1024", "rsa-2048"],
)
def test_active_authentication_with_other_keys(issuers: CardIssuers, make_key: Callable[[], SigningKey]) -> None:
    build = CardBuild(chip_key=None, active_key=make_key())
    assert "active authentication" in passed_checks(issuers, made(issuers, build))


@pytest.mark.parametrize("digest", ["sha1", "sha224", "sha384", "sha512"])
def test_a_security_object_of_lds_1_8_with_other_digests(issuers: CardIssuers, digest: str) -> None:
    card = made(issuers, replace(usual_build(), digest=digest, lds_version="0108"))
    security_object = parse_security_object(card.files[ShortFile.SOD])
    assert security_object.named_version is not None
    assert (security_object.digest_name, security_object.named_version.lds) == (digest, "0108")
    assert "data group hashes" in passed_checks(issuers, card)


def test_further_files_say_what_the_person_is(issuers: CardIssuers) -> None:
    groups = {
        ShortFile.DG11: personal_details_group(PERSON),
        ShortFile.DG12: document_details_group(PERSON.card_issued_on),
        ShortFile.DG13: national_group(PERSON),
    }
    files = {ShortFile.ATR_INFO: atr_info_file(4096, 8192)}
    card = made(issuers, replace(usual_build(), more_groups=groups, more_files=files))
    assert PERSON.citizen_id in read_person_details(card.files[ShortFile.DG11]).texts.values()
    assert f"{PERSON.card_issued_on:%Y%m%d}" in read_document_details(card.files[ShortFile.DG12]).texts.values()
    record = read_national_record(card.files[ShortFile.DG13], NationalRecordUse.COMPARE_NAME_AND_NUMBER)
    assert (record.citizen_id, record.birth_date) == (PERSON.citizen_id, PERSON.birth_date)
    assert parse_file_list(card.files[ShortFile.COM]).groups == {1, 2, 11, 12, 13, 14, 15}
    limits = parse_transfer_limits(card.files[ShortFile.ATR_INFO])
    assert (limits.extended_length, limits.longest_command, limits.longest_answer) == (True, 4096, 8192)
    assert passed_checks(issuers, card)


def test_the_signed_file_of_the_mapping_key_repeats_what_the_open_one_says(issuers: CardIssuers) -> None:
    offers = (PaceOffer(), PaceOffer(mapping=PaceMapping.ECDH_CHIP))
    card = made(issuers, replace(usual_build(), pace=offers, mapping_key=new_agreement_key()))
    signed = parse_card_security(card.files[ShortFile.CARD_SECURITY])
    assert card_security_signature_is_good(signed)
    assert vouches_for(signed, parse_security_infos(card.files[ShortFile.CARD_ACCESS]))
