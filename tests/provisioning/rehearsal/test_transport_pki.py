"""The rehearsal's certificates: made once, renewed before their end, keys for their owner alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from models.errors import BadInputError
from models.identifiers import BoxId
from provisioning.rehearsal.transport_pki import TransportPkiError, prepare

ONE, TWO = BoxId("box-101"), BoxId("box-102")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    first = prepare(tmp_path, (ONE,), NOW)
    before = contents(tmp_path)
    assert prepare(tmp_path, (ONE,), NOW + timedelta(days=1)) == first
    assert contents(tmp_path) == before


def test_another_box_is_added_without_touching_the_first(tmp_path: Path) -> None:
    prepare(tmp_path, (ONE,), NOW)
    before = contents(tmp_path)
    pki = prepare(tmp_path, (ONE, TWO), NOW)
    assert set(pki.boxes) == {ONE, TWO}
    assert before.items() <= contents(tmp_path).items()


def test_private_keys_are_only_for_their_owner(tmp_path: Path) -> None:
    prepare(tmp_path, (ONE,), NOW)
    keys = list(tmp_path.glob("*.key"))
    assert len(keys) == 7
    assert {key.stat().st_mode & 0o777 for key in keys} == {0o600}


def test_certificates_near_their_end_are_renewed_under_the_same_keys(tmp_path: Path) -> None:
    pki = prepare(tmp_path, (ONE,), NOW)
    key, old = pki.boxes[ONE].key.read_bytes(), pki.boxes[ONE].certificate.read_bytes()
    prepare(tmp_path, (ONE,), NOW + timedelta(days=340))
    assert pki.boxes[ONE].key.read_bytes() == key
    assert pki.boxes[ONE].certificate.read_bytes() != old


def test_the_public_halves_belong_to_the_private_ones(tmp_path: Path) -> None:
    pki = prepare(tmp_path, (ONE,), NOW)
    for private_path, public_path in (
        (pki.chain_keys[ONE], pki.chain_public_keys[ONE]),
        (pki.central_signing_key, pki.central_public_key),
    ):
        private = load_pem_private_key(private_path.read_bytes(), None)
        public = load_pem_public_key(public_path.read_bytes())
        assert isinstance(private, Ed25519PrivateKey)
        assert isinstance(public, Ed25519PublicKey)
        public.verify(private.sign(b"x"), b"x")


def test_only_the_server_may_serve_and_only_the_authority_may_sign(tmp_path: Path) -> None:
    pki = prepare(tmp_path, (ONE,), NOW)
    for path, usage in ((pki.server.certificate, "serverAuth"), (pki.boxes[ONE].certificate, "clientAuth")):
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert [one._name for one in usages] == [usage]
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_a_half_written_key_of_a_power_cut_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "authority.half").write_bytes(b"-----BEGIN")
    prepare(tmp_path, (ONE,), NOW)
    assert not list(tmp_path.glob("*.half"))


def test_a_broken_file_is_named_and_left_alone(tmp_path: Path) -> None:
    prepare(tmp_path, (), NOW)
    (tmp_path / "server.key").write_bytes(b"nonsense")
    with pytest.raises(TransportPkiError, match=r"server\.key"):
        prepare(tmp_path, (), NOW)
    assert (tmp_path / "server.key").read_bytes() == b"nonsense"


def test_a_box_name_that_is_no_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        prepare(tmp_path, (BoxId("../box"),), NOW)
