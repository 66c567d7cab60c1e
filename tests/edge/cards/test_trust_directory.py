from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edge.cards.trust_directory import read_trust_directory
from models.errors import SettingsError
from tests.builders.chip_evidence import der, issuer, make_issuer


def test_certificates_are_found_in_der_and_pem(tmp_path: Path) -> None:
    first, second, third = issuer().country_signer, make_issuer().country_signer, make_issuer().country_signer
    (tmp_path / "a.der").write_bytes(der(first))
    (tmp_path / "b.PEM").write_bytes(second.public_bytes(Encoding.PEM) + third.public_bytes(Encoding.PEM))
    (tmp_path / "c.cer").write_bytes(first.public_bytes(Encoding.PEM))
    (tmp_path / "README.md").write_text("not a certificate")
    trust = read_trust_directory(tmp_path)
    assert len(trust.anchors) == 3
    assert trust.passed_over == ()


def test_odd_files_are_passed_over_and_do_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.der").write_bytes(b"nothing")
    (tmp_path / "b.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")
    (tmp_path / "c.der").write_bytes(der(issuer().country_signer))
    trust = read_trust_directory(tmp_path)
    assert len(trust.anchors) == 1
    assert len(trust.passed_over) == 2


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        read_trust_directory(tmp_path / "nowhere")
