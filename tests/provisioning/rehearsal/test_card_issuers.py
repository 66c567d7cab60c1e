"""The rehearsal's card issuers: made once, kept private, in the shape of ICAO Doc 9303-12."""

from datetime import timedelta
from pathlib import Path

from cryptography import x509

from provisioning.rehearsal.test_pki import open_issuers
from tests.builders.cards import NOW


def test_issuers_are_made_once_and_kept(tmp_path: Path) -> None:
    first = open_issuers(tmp_path, NOW)
    assert open_issuers(tmp_path, NOW + timedelta(days=400)).trusted.document_signer == first.trusted.document_signer
    assert [path.name for path in first.trust_directory.iterdir()] == ["rehearsal-csca.der"]


def test_private_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    open_issuers(tmp_path, NOW)
    keys = sorted(tmp_path.rglob("*.key"))
    assert len(keys) == 4
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_a_file_left_unfinished_by_a_power_cut_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "issuer").mkdir()
    (tmp_path / "issuer" / "csca.unfinished").write_bytes(b"half a key")
    assert open_issuers(tmp_path, NOW).trusted.country_signer.subject


def test_the_document_signer_chains_to_its_own_country_signer_only(tmp_path: Path) -> None:
    issuers = open_issuers(tmp_path, NOW)
    for issuer in (issuers.trusted, issuers.unknown):
        issuer.document_signer.verify_directly_issued_by(issuer.country_signer)
        issuer.country_signer.verify_directly_issued_by(issuer.country_signer)
        assert issuer.country_signer.not_valid_before_utc < issuer.document_signer.not_valid_before_utc < NOW
    trusted_key = issuers.trusted.country_signer.public_key()
    assert trusted_key != issuers.unknown.country_signer.public_key()


def test_9303_12_extensions(tmp_path: Path) -> None:
    issuer = open_issuers(tmp_path, NOW).trusted
    csca, signer = issuer.country_signer.extensions, issuer.document_signer.extensions
    csca_usage = csca.get_extension_for_class(x509.KeyUsage)
    assert csca_usage.critical
    assert csca_usage.value.key_cert_sign
    assert csca_usage.value.crl_sign
    assert not csca_usage.value.digital_signature
    assert csca.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    signer_usage = signer.get_extension_for_class(x509.KeyUsage)
    assert signer_usage.critical
    assert signer_usage.value.digital_signature
    assert not signer_usage.value.key_cert_sign
    own = csca.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert signer.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier == own
    assert "C=VN" in issuer.country_signer.subject.rfc4514_string()
