"""The first day, every later start, and key files that lie open."""

import shutil
from pathlib import Path

import pytest
from cryptography import x509

from models.enrollment import CertificateRole
from models.errors import SettingsError
from provisioning.authority.founding import ProgramNameError, certify_program, found, take_out_program
from provisioning.authority.key_files import KeyFileError, read_certificates, read_keys, write_private
from provisioning.authority.settings import (
    read_factory_keys,
    read_receipt_keys,
    read_settings,
)
from tests.builders.founded_authority import SETTINGS, FoundedAuthority, new_key


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.suffix in {".pem", ".key"}
    }


def test_founding_again_changes_nothing(house: FoundedAuthority) -> None:
    before = files(house.folder)
    found(house.settings, house.clock)
    certify_program(house.settings, house.clock, CertificateRole.CENTRAL, "central", house.folder / "central")
    assert files(house.folder) == before


def test_every_private_key_is_the_owners_alone_and_an_open_one_is_refused(house: FoundedAuthority) -> None:
    keys = [path for path in house.folder.rglob("*") if path.name.endswith(".key") or path.name == "key.pem"]
    assert len(keys) == 7
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    (house.settings.keys / "issuing.key").chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        read_keys(house.settings)


def test_the_root_key_may_be_carried_away(house: FoundedAuthority) -> None:
    before = files(house.settings.state)
    shutil.rmtree(house.settings.root_folder)
    found(house.settings, house.clock)
    house.again()
    assert files(house.settings.state) == before
    assert house.enrolled().box_id


def test_the_server_is_certified_anew_under_the_same_key_before_its_end(house: FoundedAuthority) -> None:
    first = read_certificates(house.settings.server_certificate)[0]
    house.clock.advance(days=366)
    found(house.settings, house.clock)
    assert read_certificates(house.settings.server_certificate)[0] == first
    house.clock.advance(days=2)
    found(house.settings, house.clock)
    second = read_certificates(house.settings.server_certificate)[0]
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert second.public_key() == first.public_key()


def test_the_issuing_certificate_is_renewed_a_year_before_its_end_while_old_ones_stay_good(
    house: FoundedAuthority,
) -> None:
    box = house.enrolled()
    house.clock.advance(days=365 * 4 + 5)
    found(house.settings, house.clock)
    issuer, root = read_certificates(house.settings.authorities)
    assert (issuer.not_valid_after_utc - house.clock.now()).days > 4 * 365
    issuer.verify_directly_issued_by(root)
    x509.load_pem_x509_certificate(box.certificate).verify_directly_issued_by(issuer)


def test_a_program_cannot_take_the_name_of_another_role_nor_be_a_box(house: FoundedAuthority) -> None:
    box = house.enrolled()
    for role, name in (
        (CertificateRole.BROKER_KEEPER, "central"),
        (CertificateRole.CENTRAL, box.box_id),
        (CertificateRole.BOX, "box-1"),
    ):
        with pytest.raises(ProgramNameError):
            certify_program(house.settings, house.clock, role, name, house.folder / "other")
    with pytest.raises(ProgramNameError):
        take_out_program(house.settings, house.clock, box.box_id, "a mistake")


def test_a_key_file_is_never_written_over(tmp_path: Path) -> None:
    write_private(tmp_path / "a.key", new_key())
    with pytest.raises(FileExistsError):
        write_private(tmp_path / "a.key", new_key())
    assert [path.name for path in tmp_path.iterdir()] == ["a.key"]


def test_keys_that_do_not_belong_together_are_refused(house: FoundedAuthority) -> None:
    (house.settings.keys / "issuing.key").unlink()
    write_private(house.settings.keys / "issuing.key", new_key())
    with pytest.raises(KeyFileError, match="belong together"):
        read_keys(house.settings)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        SETTINGS.replace("authority.test:8443", "authority.test"),
        "colour = 1\n" + SETTINGS,
        SETTINGS + "[lifetimes]\nrevocation_list_days = 7\n",
        SETTINGS + "[lifetimes]\ntyped_code_minutes = 600\n",
    ],
)
def test_settings_that_would_lock_out_or_open_the_school_are_refused(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "authority.toml").write_text(wrong, "utf-8")
    with pytest.raises(SettingsError):
        read_settings(tmp_path / "authority.toml")


def test_settings_name_files_beside_themselves(tmp_path: Path) -> None:
    (tmp_path / "authority.toml").write_text(SETTINGS, "utf-8")
    settings = read_settings(tmp_path / "authority.toml")
    assert settings.database == tmp_path / "state" / "authority.db"
    assert (settings.host, settings.lifetimes.box_days, settings.listen.port) == ("authority.test", 90, 8443)
    with pytest.raises(SettingsError):
        read_receipt_keys(settings)


def test_the_list_of_known_keys_is_read_or_refused(tmp_path: Path) -> None:
    assert len(read_factory_keys()) >= 2
    (tmp_path / "keys.txt").write_text("not hex\n")
    with pytest.raises(SettingsError):
        read_factory_keys(tmp_path / "keys.txt")
