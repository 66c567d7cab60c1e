"""The server's units are what systemd understands, each program has its account, and nothing starts by itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from central.settings import read_settings as read_central_settings
from provisioning.authority.key_files import read_keys
from provisioning.authority.settings import read_settings as read_authority_settings
from provisioning.brokers.settings import check_broker_files
from provisioning.brokers.settings import read_settings as read_broker_settings
from tests.builders.checkout import REPOSITORY
from tests.builders.needed_programs import need

UNITS = REPOSITORY / "provisioning/systemd/server"
PYTHON = "/usr/local/lib/classroom-server/.venv/bin/python"
SCRIPTS = "/usr/local/lib/classroom-server/provisioning/systemd/server"
ACCOUNTS = {
    "classroom-authority.service": "classroom-authority",
    "classroom-authority-backup.service": "classroom-authority",
    "classroom-release-stamp.service": "classroom-authority",
    "classroom-broker-keeper.service": "classroom-broker",
    "classroom-central-broker.service": "classroom-broker",
    "classroom-central.service": "classroom-central",
    "classroom-measurements.service": "classroom-central",
}
ROOTS = {"classroom-certificates.service"}
NAMES = ("ca.tinh.test", "mq.tinh.test", "trungtam.tinh.test")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="an administrator's command")


def test_every_service_is_known_here() -> None:
    assert {path.name for path in UNITS.glob("*.service")} == {*ACCOUNTS, *ROOTS}


@pytest.mark.parametrize("name", sorted({*ACCOUNTS, *ROOTS}))
def test_a_service_has_its_account_and_no_rights_beyond_its_folder(name: str) -> None:
    lines = (UNITS / name).read_text().splitlines()
    assert "NoNewPrivileges=yes" in lines
    assert "ProtectSystem=strict" in lines
    assert "ProtectHome=yes" in lines
    assert "PrivateDevices=yes" in lines
    assert any(line.startswith("ConditionPathExists=/") for line in lines)
    if name in ROOTS:
        return
    account = ACCOUNTS[name]
    assert f"User={account}" in lines
    assert "CapabilityBoundingSet=" in lines
    writable = [line.partition("=")[2] for line in lines if line.startswith(("ReadWritePaths=", "BindPaths="))]
    assert len(writable) == 1
    assert writable[0].startswith(f"/var/lib/{account}")


def test_the_broker_may_hold_a_provinces_connections_and_does_not_see_its_keepers_key() -> None:
    lines = (UNITS / "classroom-central-broker.service").read_text().splitlines()
    assert "LimitNOFILE=20000" in lines
    assert "TemporaryFileSystem=/var/lib/classroom-broker:ro" in lines
    assert not [line for line in lines if line.startswith("Bind") and "keeper" in line]


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    need("systemd-analyze", program)
    for unit in UNITS.glob("classroom-*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace(PYTHON, sys.executable).replace(SCRIPTS, str(UNITS)))
    units = sorted(str(unit) for unit in tmp_path.iterdir())
    told = subprocess.run([str(program), "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    assert not [line for line in told.stderr.splitlines() if "classroom" in line]


class NewServer:
    """A machine below a folder: its own /etc and /var/lib, and stand-ins for what changes the real one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir()
        for name in ("systemctl", "useradd"):
            (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{folder}/called\n')
            (tools / name).chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "CLASSROOM_ACCOUNT": "root",
            "CLASSROOM_ETC": str(folder / "etc"),
            "CLASSROOM_VAR": str(folder / "var"),
            "CLASSROOM_LINK": str(folder / "lib/classroom-server"),
        }

    def run(self, script: str, *words: str) -> subprocess.CompletedProcess[str]:
        order = [str(UNITS / script), *words]
        return subprocess.run(order, capture_output=True, text=True, check=False, env=self.environment, timeout=120)

    def program(self, name: str) -> Path:
        return self.folder / f"var/classroom-{name}"

    @property
    def called(self) -> str:
        return (self.folder / "called").read_text() if (self.folder / "called").exists() else ""


@pytest.fixture
def server(tmp_path: Path) -> NewServer:
    machine = NewServer(tmp_path)
    done = machine.run("install_server.sh")
    assert done.returncode == 0, done.stderr
    return machine


def _prepare(server: NewServer, *names: str) -> subprocess.CompletedProcess[str]:
    return server.run("prepare_server.sh", *(names or NAMES))


@as_root
def test_installing_twice_is_installing_once_and_starts_nothing(server: NewServer) -> None:
    done = server.run("install_server.sh")
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert told.index("prepare_server.sh") < told.index("enable --now classroom-authority")
    assert {path.name for path in (server.folder / "etc/systemd/system").iterdir()} == {
        path.name for path in UNITS.glob("classroom-*")
    }
    for name in ("authority", "broker", "central"):
        assert server.program(name).stat().st_mode & 0o777 == 0o700
    assert "start" not in server.called
    assert "enable" not in server.called


@as_root
def test_a_prepared_server_has_settings_that_each_program_takes(server: NewServer) -> None:
    done = _prepare(server)
    assert done.returncode == 0, done.stderr
    assert str(server.program("authority") / "root") in done.stdout
    authority = read_authority_settings(server.program("authority") / "authority.toml")
    keys = read_keys(authority)
    assert (authority.host, authority.broker.host) == NAMES[:2]
    broker = read_broker_settings(server.program("broker") / "broker.toml")
    broker.broker_files.revoked.write_bytes(b"")
    check_broker_files(broker.broker_files)
    assert (server.program("broker") / "broker/mosquitto.conf").is_file()
    central = read_central_settings(server.program("central") / "settings.toml")
    assert central.authority is not None
    for file in (central.authority.certificate, central.http.certificate, broker.authority.certificate):
        assert file is not None
        leaf, issuer = file.read_bytes().split(b"-----END CERTIFICATE-----\n")[:2]
        assert leaf != issuer
    assert len(keys.central_keys) == 1


@as_root
def test_preparing_again_changes_nothing_also_without_the_root_key(server: NewServer) -> None:
    _prepare(server)
    before = {path: path.read_bytes() for path in (server.folder / "var").rglob("*.pem")}
    for path in (server.program("authority") / "root").iterdir():
        path.unlink()
        before.pop(path, None)
    done = _prepare(server)
    assert done.returncode == 0, done.stderr
    assert {path: path.read_bytes() for path in (server.folder / "var").rglob("*.pem")} == before
    assert _prepare(server, "other.test", *NAMES[1:]).returncode == 1
    assert _prepare(server, "a b", *NAMES[1:]).returncode == 1


@as_root
def test_a_renewed_certificate_reaches_its_program(server: NewServer) -> None:
    _prepare(server)
    served, own = server.program("broker") / "served", server.program("authority") / "broker"
    key, first = (served / "key.pem").read_bytes(), (served / "certificate.pem").read_bytes()
    (own / "certificate.pem").unlink()
    done = server.run("hand_out_certificates.sh")
    assert done.returncode == 0, done.stderr
    assert (served / "certificate.pem").read_bytes() == (own / "certificate.pem").read_bytes() != first
    assert (served / "key.pem").read_bytes() == key
    assert (served / "key.pem").stat().st_mode & 0o777 == 0o600
