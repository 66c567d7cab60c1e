"""Settings: what is wrong is named before anything starts."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from central.key_files import ChainKeyError, make_keys, read_chain_key
from central.settings import (
    CardTrustSettings,
    read_anchors,
    read_card_trust,
    read_evidence_key,
    read_settings,
    read_signing_key,
)
from models.errors import SettingsError
from tests.builders.card_trust import signed_trust
from tests.builders.certificates import certificate_of, new_key
from tests.builders.exams import SEVEN_O_CLOCK

_GOOD = """
[keys]
signing = "keys/central-signing.key"
evidence = "keys/central-evidence.key"
[broker]
host = "localhost"
authority = "ca.pem"
certificate = "central.pem"
key = "central.key"
"""


def _file(folder: Path, text: str = _GOOD) -> Path:
    path = folder / "central.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_beside_the_settings_file(tmp_path: Path) -> None:
    settings = read_settings(_file(tmp_path))
    assert settings.keys.signing == tmp_path / "keys" / "central-signing.key"
    assert settings.database.address == f"sqlite:///{tmp_path / 'central.db'}"
    assert (settings.http.host, settings.http.port, settings.broker.shards) == ("localhost", 8500, 16)


def test_a_database_file_elsewhere_and_a_postgresql_address(tmp_path: Path) -> None:
    elsewhere = read_settings(_file(tmp_path, f'{_GOOD}[database]\nfile = "/srv/exam.db"\n'))
    assert elsewhere.database.address == "sqlite:////srv/exam.db"
    province = read_settings(_file(tmp_path, f'{_GOOD}[database]\nurl = "postgresql+psycopg://school@/exams"\n'))
    assert province.database.address == "postgresql+psycopg://school@/exams"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "keys"),
        ("[keys", "wrong"),
        (_GOOD + "[htp]\nport = 1\n", "htp"),
        (_GOOD + '[http]\nport = "many"\n', "port"),
        (_GOOD + '[http]\nhost = "0.0.0.0"\n', "http.certificate"),
        (_GOOD + '[http]\nhost = "exam.school.test"\n', "http.certificate"),
        (_GOOD + '[http]\ncertificate = "x.pem"\n', "belong together"),
        (_GOOD + "[broker.more]\nx = 1\n", "more"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        read_settings(_file(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(tmp_path / "none.toml")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.9", "::1"])
def test_this_machine_needs_no_certificate(tmp_path: Path, host: str) -> None:
    assert read_settings(_file(tmp_path, f'{_GOOD}[http]\nhost = "{host}"\n')).http.host == host


def test_keys_are_made_once_and_for_central_alone(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    made = make_keys(folder)
    assert {path.name for path in made} == {
        "central-signing.key",
        "central-signing.public.pem",
        "central-evidence.key",
    }
    assert all(path.stat().st_mode & 0o077 == 0 for path in made if path.suffix == ".key")
    before = [path.read_bytes() for path in made]
    assert make_keys(folder) == []
    assert [path.read_bytes() for path in made] == before
    signing = read_signing_key(folder / "central-signing.key")
    assert read_chain_key(folder / "central-signing.public.pem") == signing.public_key().public_bytes_raw()
    assert read_evidence_key(folder / "central-evidence.key")


def test_a_key_that_others_can_read_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    make_keys(tmp_path)
    with pytest.raises(SettingsError, match="Ed25519"):
        read_signing_key(tmp_path / "central-evidence.key")
    with pytest.raises(SettingsError, match="X25519"):
        read_evidence_key(tmp_path / "central-signing.key")
    (tmp_path / "central-signing.key").chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_signing_key(tmp_path / "central-signing.key")
    with pytest.raises(SettingsError, match="missing"):
        read_signing_key(tmp_path / "none.key")


def test_what_is_no_chain_key_is_named(tmp_path: Path) -> None:
    make_keys(tmp_path)
    with pytest.raises(ChainKeyError):
        read_chain_key(tmp_path / "central-signing.key")
    with pytest.raises(ChainKeyError):
        read_chain_key(tmp_path / "none.pem")
    wrong = tmp_path / "p256.pem"
    wrong.write_bytes(new_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    with pytest.raises(ChainKeyError, match="Ed25519"):
        read_chain_key(wrong)


def test_anchors_are_read_as_der_and_pem_and_other_files_are_left_alone(tmp_path: Path) -> None:
    one, two = (certificate_of(new_key(), SEVEN_O_CLOCK) for _ in range(2))
    (tmp_path / "a.der").write_bytes(one.public_bytes(Encoding.DER))
    (tmp_path / "b.PEM").write_bytes(two.public_bytes(Encoding.PEM))
    (tmp_path / "README.md").write_text("not a certificate")
    expected = (one.public_bytes(Encoding.DER), two.public_bytes(Encoding.DER))
    assert read_anchors(tmp_path) == expected
    assert read_anchors(None) == ()


def test_card_trust_is_taken_with_the_key_of_its_authority_only(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    places = CardTrustSettings(bundle=tmp_path / "card-trust", key=tmp_path / "card-trust.public.pem")
    with pytest.raises(SettingsError, match="missing"):
        read_card_trust(places)
    places.bundle.write_bytes(signed_trust(key, 4))
    places.key.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    content, opened = read_card_trust(places)
    assert (content, opened.version) == (places.bundle.read_bytes(), 4)
    places.bundle.write_bytes(signed_trust(Ed25519PrivateKey.generate(), 5))
    with pytest.raises(SettingsError, match="wrong signature"):
        read_card_trust(places)


def test_a_folder_of_anchors_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="anchors"):
        read_anchors(tmp_path / "none")
    (tmp_path / "x.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(SettingsError, match="not a certificate"):
        read_anchors(tmp_path)
