"""The installer does what its README says, tried with stand-ins for the system's programs on the PATH.

The real installation on a bare Debian is tried by hand before a release; provisioning/install/README.md says how.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.builders import checkout

FOLDER = Path("provisioning/install")
LISTS = tuple(FOLDER / f"packages-{purpose}.txt" for purpose in ("run", "test", "box", "server"))


@dataclass
class BareMachine:
    """A copy of the installer beside stand-ins that answer as told and write down what they were asked."""

    folder: Path
    installed: set[str]
    known: set[str] = field(default_factory=set)
    user: int = 0
    sudo: bool = False

    def run(self, purpose: str = "run") -> subprocess.CompletedProcess[str]:
        """Run the installer to the end of its first step; the second one stops, because no Python is there."""
        here = self.folder / FOLDER
        here.mkdir(parents=True)
        for name in ("install.sh", *(path.name for path in LISTS)):
            (here / name).write_text(checkout.text(FOLDER / name), encoding="utf-8")
        programs = self.folder / "bin"
        programs.mkdir()
        for name in ("bash", "cut", "cat", "dirname", "env", "grep", "sed", "sha256sum"):
            (programs / name).symlink_to(str(shutil.which(name)))
        for name, body in self._stand_ins().items():
            script = f'#!/bin/bash\necho "{name} $*" >>"{self.folder}/asked"\n{body}\n'
            (programs / name).write_text(script, encoding="utf-8")
            (programs / name).chmod(0o755)
        return subprocess.run(
            ["/bin/bash", str(here / "install.sh"), purpose],
            env={"PATH": str(programs), "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def asked(self, program: str) -> list[str]:
        """What a stand-in was asked, one line a call."""
        log = self.folder / "asked"
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
        return [line.removeprefix(f"{program} ") for line in lines if line.startswith(f"{program} ")]

    def installations(self) -> list[list[str]]:
        """The packages of each `apt-get install`."""
        orders = [line.partition("--no-install-recommends ")[2] for line in self.asked("apt-get")]
        return [order.split() for order in orders if order]

    def _stand_ins(self) -> dict[str, str]:
        found = 'case " {} " in *" ${{@: -1}} "*) echo -n {};; esac'
        return {
            "dpkg-query": found.format(" ".join(self.installed), "installed"),
            "apt-cache": found.format(" ".join(self.known), "known"),
            "apt-get": "echo 'Setting up something (1.0) ...'",
            "service": "true",
            "systemctl": "true",
            "id": f"echo {self.user}",
            "sudo": 'while [[ $1 == --* ]]; do shift; done; "$@"' if self.sudo else "exit 1",
        }


def listed(path: Path) -> list[list[str]]:
    """Each line's names: the usual one and those it has elsewhere."""
    lines = (line.partition("#")[0].split() for line in checkout.text(path).splitlines())
    return [words[0].split("|") for words in lines if words]


def _everything() -> set[str]:
    return {names[0] for path in LISTS for names in listed(path)}


def test_only_missing_packages_are_installed(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {"swig", "mosquitto"}, known=_everything())
    machine.run()
    assert machine.installations() == [["swig", "mosquitto"]]


def test_nothing_is_asked_of_apt_when_nothing_is_missing(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path, installed=_everything())
    assert "0 missing" in machine.run("test").stdout
    assert not machine.asked("apt-get")


@pytest.mark.parametrize("purpose", ["box", "server"])
def test_a_real_box_or_server_gets_no_virtual_card_reader(tmp_path: Path, purpose: str) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {"vsmartcard-vpcd", "chrony"}, known=_everything())
    machine.run(purpose)
    assert machine.installations() == [["chrony"]]


def test_a_package_under_its_other_name_is_not_missing(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {"chromium"} | {"chromium-browser"})
    assert "0 missing" in machine.run("test").stdout


def test_a_renamed_package_is_installed_under_the_name_that_apt_knows(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {"chromium"}, known={"chromium-browser"})
    machine.run("test")
    assert machine.installations() == [["chromium-browser"]]


@pytest.mark.parametrize(("missing", "times"), [("mosquitto", 1), ("swig", 0)])
def test_a_service_is_switched_off_only_when_its_package_came_now(tmp_path: Path, missing: str, times: int) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {missing}, known=_everything())
    machine.run()
    assert len(machine.asked("service") + machine.asked("systemctl")) == times


def test_sudo_is_used_where_it_answers(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {"swig"}, known=_everything(), user=1000, sudo=True)
    machine.run()
    assert machine.installations() == [["swig"]]
    assert any("apt-get" in line for line in machine.asked("sudo"))


def test_without_rights_one_command_is_printed_and_nothing_is_installed(tmp_path: Path) -> None:
    machine = BareMachine(tmp_path, installed=_everything() - {"swig", "gcc"}, known=_everything(), user=1000)
    outcome = machine.run()
    assert outcome.returncode == 1
    assert re.search(r"^ +su -c 'apt-get update && apt-get install .* gcc swig'$", outcome.stderr, re.MULTILINE)
    assert not machine.asked("apt-get")


def test_without_a_new_enough_python_it_says_so(tmp_path: Path) -> None:
    outcome = BareMachine(tmp_path, installed=_everything()).run()
    assert outcome.returncode == 1
    assert "No Python 3.11 or newer" in outcome.stderr


def test_an_unknown_purpose_is_wrong_use(tmp_path: Path) -> None:
    assert BareMachine(tmp_path, installed=set()).run("fly").returncode == 64


@pytest.mark.parametrize("path", LISTS, ids=str)
def test_each_package_says_what_it_is_for(path: Path) -> None:
    lines = [line for line in checkout.text(path).splitlines() if line and not line.startswith("#")]
    assert not [line for line in lines if len(line.partition("#")[2].split()) < 2]


@pytest.mark.parametrize("script", [*checkout.files_ending(".sh"), Path(".ci/run")], ids=str)
def test_scripts_are_sound_shell_and_may_be_started(script: Path) -> None:
    outcome = subprocess.run(["/bin/bash", "-n", str(checkout.REPOSITORY / script)], capture_output=True, check=False)
    assert outcome.returncode == 0, outcome.stderr
    assert os.access(checkout.REPOSITORY / script, os.X_OK)
    assert "set -euo pipefail" in checkout.text(script)
