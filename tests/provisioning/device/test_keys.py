"""Keys in a file, in a TPM (swtpm) and on a PKCS#11 token (SoftHSM), and the grade that each gets."""

import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from models.enrollment import KeyGrade
from provisioning.device.file_keys import FileKeys
from provisioning.device.key_choice import TokenUnfitError, boot_is_locked, choose, disk_is_encrypted, grade, keeper_of
from provisioning.device.key_trial import carries_tls
from provisioning.device.keys import KeyFailedError, KeyKeeper
from provisioning.device.token_keys import TokenKeys
from provisioning.device.tpm_keys import TpmKeys
from tests.builders.needed_programs import need
from tests.builders.soft_tpm import soft_tpm

SOFT_TOKEN = Path("/usr/lib/softhsm/libsofthsm2.so")


def _shows_its_key(keeper: KeyKeeper, folder: Path) -> None:
    keeper.make(folder)
    request = x509.load_der_x509_csr(keeper.request(folder))
    key = request.public_key()
    assert request.is_signature_valid
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    key.verify(keeper.sign(folder, b"a message"), b"a message", ec.ECDSA(hashes.SHA256()))


def _soft_token(folder: Path, monkeypatch: pytest.MonkeyPatch) -> TokenKeys:
    for program in ("softhsm2-util", "pkcs11-tool", "openssl"):
        need(program, shutil.which(program))
    need("libengine-pkcs11-openssl", list(Path("/usr/lib").glob("*/engines-3/pkcs11.so")))
    (folder / "tokens").mkdir()
    (folder / "softhsm.conf").write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(folder / "softhsm.conf"))
    order = ["softhsm2-util", "--init-token", "--free", "--label", "room box", "--pin", "2468", "--so-pin", "1357"]
    subprocess.run(order, check=True, capture_output=True, timeout=60)
    (folder / "pin").write_text("2468\n")
    return TokenKeys(SOFT_TOKEN, "room box", folder / "pin")


def test_a_key_file_is_readable_by_its_owner_alone_and_signs(tmp_path: Path) -> None:
    _shows_its_key(FileKeys(), tmp_path)
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert isinstance(keeper_of(tmp_path), FileKeys)
    carries_tls(FileKeys(), tmp_path)


def test_a_broken_key_file_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("half")
    with pytest.raises(KeyFailedError, match="Enrol the box again"):
        FileKeys().request(tmp_path)


def test_a_key_in_the_tpm_carries_a_tls_connection(
    tmp_path: Path, free_ports: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with soft_tpm(tmp_path, free_ports) as (connection, environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        keeper = choose("auto", connection, None, tmp_path)
        assert isinstance(keeper, TpmKeys)
        _shows_its_key(keeper, tmp_path)
        monkeypatch.setenv("TPM2OPENSSL_TCTI", connection)
        assert isinstance(keeper_of(tmp_path), TpmKeys)
        assert b"TSS2" in (tmp_path / "key.pem").read_bytes()


def test_without_a_tpm_that_answers_a_file_is_taken_unless_one_was_asked_for(tmp_path: Path) -> None:
    nowhere = "swtpm:host=127.0.0.1,port=1"
    assert isinstance(choose("auto", nowhere, None, tmp_path), FileKeys)
    with pytest.raises(KeyFailedError):
        choose("tpm", nowhere, None, tmp_path)


def test_a_key_on_a_token_signs_its_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _shows_its_key(_soft_token(tmp_path, monkeypatch), tmp_path)
    assert not (tmp_path / "key.pem").exists()


def test_a_token_is_refused_where_openssl_cannot_use_it_for_tls(tmp_path: Path) -> None:
    token = TokenKeys(SOFT_TOKEN, "room box", tmp_path / "pin")
    if token.can_speak_tls():
        pytest.skip("this machine has OpenSSL's pkcs11 provider")
    with pytest.raises(TokenUnfitError, match="--key tpm or --key file"):
        choose("pkcs11", None, token, tmp_path)


def _machine(root: Path, *, uefi: bytes = b"", pi: int | None = None) -> Path:
    if uefi:
        variable = root / "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
        variable.parent.mkdir(parents=True)
        variable.write_bytes(b"\x06\x00\x00\x00" + uefi)
    if pi is not None:
        flags = root / "proc/device-tree/chosen/bootloader/signed"
        flags.parent.mkdir(parents=True)
        flags.write_bytes(struct.pack(">I", pi))
    return root


def test_locked_boot_is_read_from_the_machine(tmp_path: Path) -> None:
    assert boot_is_locked(_machine(tmp_path / "pc", uefi=b"\x01"))
    assert not boot_is_locked(_machine(tmp_path / "open pc", uefi=b"\x00"))
    assert boot_is_locked(_machine(tmp_path / "pi", pi=0b1001))
    assert not boot_is_locked(_machine(tmp_path / "pi without key", pi=0b0001))
    assert not boot_is_locked(tmp_path / "unknown")


def test_an_encrypted_disk_is_found_below_a_volume(tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    block = tmp_path / f"root/sys/dev/block/{os.major(device)}:{os.minor(device)}"
    (block / "slaves/dm-0/dm").mkdir(parents=True)
    assert not disk_is_encrypted(tmp_path / "not yet made", tmp_path / "root")
    (block / "slaves/dm-0/dm/uuid").write_text("CRYPT-LUKS2-0-root")
    assert disk_is_encrypted(tmp_path / "not yet made", tmp_path / "root")


def test_the_grade_follows_from_key_boot_and_disk(tmp_path: Path) -> None:
    locked, open_one = _machine(tmp_path / "locked", uefi=b"\x01"), tmp_path / "open"
    assert grade(TpmKeys(), tmp_path, locked) is KeyGrade.LOCKED
    assert grade(TpmKeys(), tmp_path, open_one) is KeyGrade.ENCRYPTED
    assert grade(FileKeys(), tmp_path, locked) is KeyGrade.PLAIN
