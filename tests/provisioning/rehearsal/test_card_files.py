"""What each rehearsal card holds, seen by OpenSSL and by the judgement that boxes and central share."""

import hashlib
import subprocess
from datetime import date
from pathlib import Path

import pytest

from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.chip.data_groups import read_holder, read_portrait
from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from models.evidence import CardEvidence
from models.identifiers import CitizenId, Sex
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.data_group_writing import PortraitError, portrait_group
from provisioning.rehearsal.mrz_writing import mrz_lines
from provisioning.rehearsal.people import Person, latin_name
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from tests.builders.cards import NOW, make_card, some_person
from tests.builders.soft_card import SoftCardReader, can_of


def test_the_zone_has_the_vietnamese_layout() -> None:
    person = Person(
        citizen_id=CitizenId("001208012345"),
        full_name="Nguyễn Văn An",
        birth_date=date(2008, 9, 3),
        sex=Sex.MALE,
        address="",
    )
    assert mrz_lines(person, date(2033, 9, 3)) == (
        "IDVNM2080123455001208012345<<60809030M3309036VNM<<<<<<<<<<<8NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
    )


def test_the_printed_code_has_seven_fields(tmp_path: Path) -> None:
    person = some_person()
    fields = make_card(tmp_path).qr_text.split("|")
    assert fields[:3] == [person.citizen_id, "", person.full_name]
    assert len(fields) == 7
    assert fields[3] == f"{person.birth_date:%d%m%Y}"


def test_openssl_accepts_the_security_object(tmp_path: Path) -> None:
    card = make_card(tmp_path)
    signed = tmp_path / "sod.der"
    signed.write_bytes(card.files[ShortFile.SOD][4:])
    anchor = tmp_path / "anchor.pem"
    convert = [
        "openssl",
        "x509",
        "-inform",
        "DER",
        "-in",
        str(tmp_path / "trust/rehearsal-csca.der"),
        "-out",
        str(anchor),
    ]
    subprocess.run(convert, check=True)
    verify = [
        "openssl",
        "cms",
        "-verify",
        "-inform",
        "DER",
        "-in",
        str(signed),
        "-CAfile",
        str(anchor),
        "-purpose",
        "any",
    ]
    done = subprocess.run(verify, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    for file in (ShortFile.DG1, ShortFile.DG2, ShortFile.DG14, ShortFile.DG15):
        assert hashlib.sha256(card.files[file]).digest() in done.stdout


@pytest.mark.parametrize(
    ("variant", "verdict"),
    [
        (CardVariant.GOOD, ChipVerdict.GENUINE),
        (CardVariant.EXPIRED, ChipVerdict.EXPIRED),
        (CardVariant.ALTERED_PORTRAIT, ChipVerdict.HASH_MISMATCH),
        (CardVariant.UNKNOWN_ISSUER, ChipVerdict.UNTRUSTED_ISSUER),
    ],
)
def test_the_shared_judgement_of_each_card(tmp_path: Path, variant: CardVariant, verdict: ChipVerdict) -> None:
    card = make_card(tmp_path, variant)
    anchors = [path.read_bytes() for path in (tmp_path / "trust").iterdir()]
    judgement = judge_chip(evidence_of(card), TrustStore.of(anchors), NOW)
    assert judgement.verdict is verdict, judgement.checks


def test_the_holder_and_the_portrait_come_back(tmp_path: Path) -> None:
    person = some_person(7)
    card = make_card(tmp_path, place=7)
    holder = read_holder(card.files[ShortFile.DG1])
    assert (holder.citizen_id, holder.sex, holder.birth_date) == (person.citizen_id, person.sex, person.birth_date)
    assert holder.expiry_date == person.card_expires_on
    assert holder.name == latin_name(person.full_name)


@pytest.mark.parametrize("form", ["JPEG", "JPEG2000"])
def test_a_portrait_comes_back_unchanged(form: str) -> None:
    portrait = silhouette(form=form)
    assert 6_000 < len(portrait) < 15_000
    assert read_portrait(portrait_group(portrait, Sex.FEMALE)) == portrait


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_portrait_is_refused_by_name(content: bytes) -> None:
    with pytest.raises(PortraitError):
        portrait_group(content, Sex.MALE)


def evidence_of(card: Card) -> CardEvidence:
    return read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), lambda _: None).evidence
