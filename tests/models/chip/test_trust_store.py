from cryptography.hazmat.primitives import hashes

from models.chip.countries import document_code_of
from models.chip.trust_policy import shipped_policy
from models.chip.trust_store import TrustStore
from tests.builders.chip_evidence import der, issuer, with_curve_written_out


def test_the_same_certificate_twice_counts_once() -> None:
    certificate = der(issuer().country_signer)
    assert len(TrustStore.of([certificate, certificate]).anchors) == 1


def test_anchors_are_found_under_the_letters_of_documents() -> None:
    trust = TrustStore.of([der(issuer().country_signer)])
    assert len(trust.of_country("VNM")) == 1
    assert trust.of_country("LAO") == ()


def test_what_cannot_vouch_is_passed_over_and_named() -> None:
    trust = TrustStore.of(
        [
            b"",
            b"\x30\x03\x02\x01\x01",
            der(issuer().document_signer),
            with_curve_written_out(der(issuer().country_signer), changed={"x": 5}),
            der(issuer().country_signer),
        ]
    )
    assert len(trust.anchors) == 1
    assert [sentence.split(":")[0] for sentence in trust.passed_over] == [
        f"Certificate {place}" for place in (1, 2, 3, 4)
    ]
    assert "authority" in trust.passed_over[2]
    assert "curve" in trust.passed_over[3]


def test_countries_have_two_letters_in_certificates_and_three_in_documents() -> None:
    assert document_code_of("vn") == "VNM"
    assert document_code_of("DE") == "DEU"
    assert shipped_policy().state("D<<") == shipped_policy().state("de") == "DEU"
    assert document_code_of("QZ") == "QZ"


def test_an_anchor_is_named_by_the_fingerprint_that_its_state_prints() -> None:
    certificate = issuer().country_signer
    (anchor,) = TrustStore.of([der(certificate)]).anchors
    assert anchor.fingerprint == certificate.fingerprint(hashes.SHA256()).hex()
