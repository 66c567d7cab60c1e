"""The units are what systemd understands, run as their own account, and start nothing before enrolment."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.device.units import PATHS, RESTART_WISH, SERVICES
from tests.builders.checkout import REPOSITORY
from tests.builders.needed_programs import need

UNITS = REPOSITORY / "provisioning/systemd"
PYTHON = "/var/lib/classroom-box/releases/current/bin/python"


def test_every_unit_that_enrolment_starts_is_there() -> None:
    assert all((UNITS / name).is_file() for name in (*SERVICES, *PATHS))
    assert RESTART_WISH in (UNITS / "classroom-restart.path").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_its_account_and_no_rights_beyond_its_folder(name: str) -> None:
    lines = (UNITS / name).read_text().splitlines()
    assert "User=classroom-box" in lines
    assert "NoNewPrivileges=yes" in lines
    assert "ProtectSystem=strict" in lines
    assert "CapabilityBoundingSet=" in lines
    assert any(line.startswith("ConditionPathExists=/var/lib/classroom-box/") for line in lines)
    watched = any(line.startswith("WatchdogSec=") for line in lines)
    assert watched == ("Type=notify" in lines), "systemd waits for a word only from a program that sends it"


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    need("systemd-analyze", program)
    for unit in UNITS.glob("classroom-*"):
        (tmp_path / unit.name).write_text(unit.read_text().replace(PYTHON, sys.executable))
    units = sorted(str(unit) for unit in tmp_path.iterdir())
    told = subprocess.run([str(program), "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    ours = [line for line in told.stderr.splitlines() if "classroom" in line and "pcscd" not in line]
    assert not ours


def _install(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("systemctl", "useradd", "usermod"):
        (tools / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/called\n')
        (tools / name).chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CLASSROOM_ACCOUNT": "root",
        "CLASSROOM_BOX": str(tmp_path / "box"),
        "CLASSROOM_ETC": str(tmp_path / "etc"),
    }
    script = [str(UNITS / "install_box.sh")]
    return subprocess.run(script, capture_output=True, text=True, check=False, env=environment, timeout=60)


@pytest.mark.skipif(os.geteuid() != 0, reason="an administrator's command")
def test_installing_twice_is_installing_once_and_starts_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        done = _install(tmp_path)
        assert done.returncode == 0, done.stderr
    assert "provisioning enroll" in done.stdout
    installed = {path.name for path in (tmp_path / "etc/systemd/system").iterdir()}
    assert installed == {path.name for path in UNITS.glob("classroom-*")}
    assert (tmp_path / "etc/udev/rules.d/60-classroom-serial.rules").is_file()
    assert (tmp_path / "box/releases/current/bin/python").exists()
    assert (tmp_path / "box").stat().st_mode & 0o777 == 0o750
    called = (tmp_path / "called").read_text() if (tmp_path / "called").exists() else ""
    assert "start" not in called.replace("restart", "")
    assert "enable" not in called


def test_another_account_is_told_to_ask_an_administrator(tmp_path: Path) -> None:
    need("setpriv", shutil.which("setpriv"))
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    script = tmp_path / "install_box.sh"
    script.write_text((UNITS / "install_box.sh").read_text())
    tmp_path.chmod(0o755)
    order = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash", "-s"]
    done = subprocess.run(order, input=script.read_text(), capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 1
    assert "sudo make install" in done.stderr
