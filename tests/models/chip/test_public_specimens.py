"""Against a public specimen passport chip and a published list of anchors; skipped where these are absent."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from asn1crypto import cms, core, keys, x509

from models.chip.data_groups import read_holder, read_portrait
from models.chip.passive_authentication import judge_chip
from models.chip.portrait import portrait_to_jpeg, size_of_portrait
from models.chip.security_infos import ChipAuthenticationPublicKey, infos_of, infos_of_dg14
from models.chip.security_object import digest_of, parse_security_object
from models.chip.signatures import curve_of
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipVerdict
from models.evidence import AccessProtocol, CardEvidence
from tests.builders.libeac_chip import CARD_ACCESS

AT = datetime(2008, 6, 1, tzinfo=UTC)


class _Certificates(core.SetOf):  # type: ignore[misc]  # asn1crypto carries no types
    _child_spec = x509.Certificate


class _MasterList(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [("version", core.Integer), ("certificates", _Certificates)]  # noqa: RUF012 - asn1crypto's own way


@pytest.fixture(scope="session")
def listed(chip_data_folder: Path) -> tuple[bytes, ...]:
    """The 588 certificates of the list."""
    signed = cms.ContentInfo.load((chip_data_folder / "DE_ML.ml").read_bytes())["content"]
    content = _MasterList.load(signed["encap_content_info"]["content"].native)
    return tuple(certificate.dump() for certificate in content["certificates"])


def specimen(folder: Path, card_access: bytes, access: AccessProtocol) -> CardEvidence:
    files = {number: (folder / f"DG{number}.bin").read_bytes() for number in (1, 2, 14)}
    return CardEvidence(
        access=access,
        ef_card_access=card_access,
        security_object=(folder / "SOD.bin").read_bytes(),
        data_groups={1: files[1], 14: files[14]},
        digests={2: hashlib.sha1(files[2], usedforsecurity=False).digest()},
        read_at=AT,
    )


def test_the_specimen_names_its_fictional_holder(chip_data_folder: Path) -> None:
    holder = read_holder((chip_data_folder / "DG1.bin").read_bytes())
    assert (holder.name, holder.issuing_state, holder.citizen_id) == ("MUSTERMANN ERIKA", "D", None)


def test_the_specimen_portrait_is_jpeg_2000_and_shown_as_jpeg(chip_data_folder: Path) -> None:
    portrait = read_portrait((chip_data_folder / "DG2.bin").read_bytes())
    assert size_of_portrait(portrait) == (413, 531)
    assert size_of_portrait(portrait_to_jpeg(portrait)) == (413, 531)


def test_the_specimen_hashes_match_and_groups_4_and_15_are_not_listed(chip_data_folder: Path) -> None:
    security_object = parse_security_object((chip_data_folder / "SOD.bin").read_bytes())
    assert security_object.digests.keys() == {1, 2, 3, 14}
    for number, digest in security_object.digests.items():
        assert digest_of((chip_data_folder / f"DG{number}.bin").read_bytes(), security_object.digest_name) == digest


def test_the_specimens_explicit_curve_is_named(chip_data_folder: Path) -> None:
    infos = infos_of_dg14((chip_data_folder / "DG14.bin").read_bytes())
    (key,) = infos_of(infos, ChipAuthenticationPublicKey)
    signer = parse_security_object((chip_data_folder / "SOD.bin").read_bytes()).signer
    for public_key in (keys.PublicKeyInfo.load(key.public_key), signer.public_key):
        assert curve_of(public_key).name == "brainpoolP224r1"


def test_a_signature_on_a_curve_that_only_we_compute_with_is_good_and_its_issuer_unknown(
    chip_data_folder: Path, listed: tuple[bytes, ...]
) -> None:
    evidence = specimen(chip_data_folder, b"", AccessProtocol.BAC)
    judgement = judge_chip(evidence, TrustStore.of(listed), AT)
    assert judgement.verdict is ChipVerdict.UNTRUSTED_ISSUER
    signature = next(check for check in judgement.checks if check.name == "security object signature")
    assert signature.result is CheckResult.PASSED  # brainpoolP224r1
    assert judge_chip(evidence, TrustStore.of(()), AT).verdict is ChipVerdict.NO_ANCHOR_INSTALLED


def test_refusal_15_the_specimen_with_a_vietnamese_card_access_is_a_downgrade(chip_data_folder: Path) -> None:
    evidence = specimen(chip_data_folder, CARD_ACCESS, AccessProtocol.PACE_CAN)
    assert judge_chip(evidence, TrustStore.of(()), AT).verdict is ChipVerdict.DOWNGRADE


def test_every_certificate_of_the_list_is_an_anchor_or_named(listed: tuple[bytes, ...]) -> None:
    trust = TrustStore.of(listed)
    assert len(listed) == 588
    assert len(trust.anchors) + len(trust.passed_over) == 588
    assert len(trust.anchors) == 566
    assert sum("link certificate" in sentence for sentence in trust.passed_over) == 14
    assert sum("not an authority's" in sentence for sentence in trust.passed_over) == 8


def test_self_signed_anchors_of_the_list_verify_whatever_their_curve_is_written_like(listed: tuple[bytes, ...]) -> None:
    own = [
        anchor
        for anchor in TrustStore.of(listed).anchors
        if anchor.subject == anchor.issuer and anchor.key_identifier == anchor.authority_key_identifier
    ]
    assert len(own) > 250
    assert all(anchor.signed_by(anchor) for anchor in own)


def test_vietnams_passport_anchor_with_its_curve_in_full_verifies(chip_data_folder: Path) -> None:
    (anchor,) = TrustStore.of([(chip_data_folder / "CSCA_VN.der").read_bytes()]).of_country("VNM")
    assert anchor.signed_by(anchor)
