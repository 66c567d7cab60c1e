"""The command line: a configuration from settings, a carried list (B09), the emergency's words."""

import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from models.clock import SystemClock
from models.enrollment import CertificateRole
from provisioning.__main__ import main
from provisioning.brokers.check_rights import Finding
from provisioning.brokers.rights_word import noted
from tests.builders.transport_authority import DAY, TransportAuthority


@pytest.fixture
def certificates(tmp_path: Path) -> TransportAuthority:
    return TransportAuthority(folder=tmp_path / "pki")


@pytest.fixture
def settings(tmp_path: Path, certificates: TransportAuthority) -> str:
    keeper = certificates.issue("broker-keeper", CertificateRole.BROKER_KEEPER)
    path = tmp_path / "broker.toml"
    path.write_text(
        f"""
        [authority]
        address = "localhost:1"
        authorities = "pki/authorities.pem"
        certificate = "{keeper.certificate}"
        key = "{keeper.key}"
        [broker]
        host = "localhost"
        authorities = "pki/authorities.pem"
        certificate = "{certificates.server.certificate}"
        key = "{certificates.server.key}"
        revoked = "pki/revoked.pem"
        pid_file = "broker/mosquitto.pid"
        """
    )
    return str(path)


def test_the_configuration_is_written_from_the_settings(tmp_path: Path, settings: str) -> None:
    assert main(["broker", "write", "--settings", settings]) == 0
    written = (tmp_path / "broker/mosquitto.conf").read_text().splitlines()
    assert f"crlfile {tmp_path / 'pki/revoked.pem'}" in written
    assert f"log_dest file {tmp_path / 'broker/mosquitto.log'}" in written


def test_b09_a_carried_list_is_installed_when_the_present_one_has_ended(
    tmp_path: Path, settings: str, certificates: TransportAuthority
) -> None:
    certificates.revoked.write_bytes(certificates.sign_list(3, good=(-40 * DAY, timedelta(seconds=-1))))
    carried = tmp_path / "carried.pem"
    carried.write_bytes(certificates.sign_list(4))
    assert main(["broker", "install-list", "--settings", settings, "--list", str(carried)]) == 0
    assert certificates.revoked.read_bytes() == carried.read_bytes()


@pytest.mark.parametrize("wrong", ["older", "ended", "foreign", "broken"])
def test_b09_a_carried_list_that_would_do_harm_is_refused(
    tmp_path: Path, settings: str, certificates: TransportAuthority, capsys: pytest.CaptureFixture[str], wrong: str
) -> None:
    certificates.revoked.write_bytes(certificates.sign_list(3))
    before = certificates.revoked.read_bytes()
    content = {
        "older": certificates.sign_list(2),
        "ended": certificates.sign_list(4, good=(-40 * DAY, -DAY)),
        "foreign": TransportAuthority(folder=tmp_path / "other").sign_list(4),
        "broken": b"-----BEGIN X509 CRL-----",
    }[wrong]
    carried = tmp_path / "carried.pem"
    carried.write_bytes(content)
    assert main(["broker", "install-list", "--settings", settings, "--list", str(carried)]) == 2
    assert "was not installed" in capsys.readouterr().err
    assert certificates.revoked.read_bytes() == before


def test_the_emergency_steps_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broker", "emergency"]) == 0
    told = capsys.readouterr().out
    assert "install-list" in told
    assert "crlfile" in told


def test_the_configuration_and_the_rights_are_replaced_whole(tmp_path: Path, settings: str) -> None:
    """A link elsewhere is replaced and never written through, so that no half is read."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    (tmp_path / "broker").mkdir()
    (tmp_path / "broker/rights.acl").symlink_to(elsewhere)
    assert main(["broker", "write", "--settings", settings]) == 0
    assert elsewhere.read_text() == "untouched"
    assert "topic deny #" in (tmp_path / "broker/rights.acl").read_text()


def test_root_is_told_which_account_the_broker_will_run_as(settings: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["broker", "write", "--settings", settings]) == 0
    assert ("Warning: no broker.run_as" in capsys.readouterr().out) == (os.geteuid() == 0)
    path = Path(settings)
    path.write_text(path.read_text() + 'run_as = "nobody"\n')
    assert main(["broker", "write", "--settings", settings]) == 0
    assert "Warning" not in capsys.readouterr().out


def test_the_status_is_a_table_for_people_and_json_for_programs(
    tmp_path: Path, settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["broker", "status", "--settings", settings]) == 2
    assert "has not said anything yet" in capsys.readouterr().err
    assert main(["broker", "keep", "--once", "--settings", settings]) == 0, "the list that stands is good"
    capsys.readouterr()
    assert main(["broker", "status", "--settings", settings]) == 0
    table = capsys.readouterr().out
    assert "danh sách thu hồi · revocation list" in table
    assert "1, còn hạn · good" in table
    assert "! chưa · never" in table
    assert "! authority silent" in table
    with noted(tmp_path / "keeper", {"box-7"}, SystemClock()) as findings:
        findings.append(Finding(role="box", deed="enters", topic="", expected="refused", found="let in"))
    assert main(["broker", "status", "--settings", settings]) == 0
    assert "1 phép thử · trials, 1 sai · wrong" in capsys.readouterr().out
    assert main(["broker", "status", "--json", "--settings", settings]) == 0
    assert json.loads(capsys.readouterr().out)["number"] == 1
