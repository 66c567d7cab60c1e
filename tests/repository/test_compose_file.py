"""docker-compose.yml is sound as far as that can be told without a container engine. Starting it is not tried here."""

import json
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from provisioning.brokers.guest_broker import CONFIGURATION as GUEST_CONFIGURATION
from provisioning.brokers.room_broker import CONFIGURATION as ROOM_CONFIGURATION
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts
from tests.builders import checkout

FILE = Path("docker-compose.yml")
PORTS = SchoolPorts()
SIGNALS = {
    "broker-keeper": "service:broker",
    "caretaker": "service:room-broker",
    "guests-broker": "service:room-broker",
}
"""Who sees whose processes: a broker reads its rights again at a signal."""
PUBLISHED = {PORTS.central, PORTS.proctor, PORTS.panel}


@cache
def _services() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load(checkout.text(FILE))["services"]
    return services


each_service = pytest.mark.parametrize(("name", "service"), list(_services().items()), ids=list(_services()))


def test_docker_compose_itself_reads_the_file() -> None:
    program = shutil.which("docker-compose")
    if program is None:
        pytest.skip("docker-compose is not installed here; `make test` installs it")
    outcome = subprocess.run(
        [program, "--file", str(FILE), "config", "--quiet"],
        cwd=checkout.REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert outcome.returncode == 0, outcome.stderr


def test_there_is_a_broker_a_centre_an_authority_and_a_box() -> None:
    assert {"broker", "central", "authority", "edge"} <= set(_services())


@each_service
def test_images_are_built_from_this_checkout_with_a_version(name: str, service: dict[str, Any]) -> None:
    assert service["build"]["context"] == ".", name
    assert Path(service["build"]["dockerfile"]) in checkout.files()
    assert re.fullmatch(r"[a-z-]+:\d+\.\d+\.\d+", service["image"])


def test_the_container_starts_from_a_pinned_debian_12() -> None:
    recipe = checkout.text(Path("Containerfile"))
    assert re.findall(r"^FROM (\S+)", recipe, re.MULTILINE) == [
        next(iter(re.findall(r"debian:12\.\d+-slim", recipe))),
    ]
    assert re.search(r"^USER classroom$", recipe, re.MULTILINE)


@each_service
def test_no_container_has_rights_beyond_its_work(name: str, service: dict[str, Any]) -> None:
    assert service["cap_drop"] == ["ALL"], name
    assert not {"privileged", "cap_add", "devices", "ipc", "user"} & set(service)
    assert service.get("pid") == SIGNALS.get(name)
    assert service.get("network_mode") != "host"
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["read_only"] is True


@each_service
def test_programs_and_their_errands_exist(name: str, service: dict[str, Any]) -> None:
    match service["command"]:
        case ["python", "-m", program, *words]:
            flags = [word for word in words if word.startswith("--")]
            errand = words[: words.index(flags[0])] if flags else words
            told = subprocess.run(
                [sys.executable, "-m", program, *errand, "--help"],
                cwd=checkout.REPOSITORY,
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert told.returncode == 0, f"{name}: {told.stderr}"
            assert all(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", told.stdout) for word in flags)
        case [program, *_]:
            assert program in {"mosquitto", "pcscd", "bash"}, name
        case _:
            pytest.fail(f"{name} has no command")


@each_service
def test_volumes_and_dependencies_are_declared(name: str, service: dict[str, Any]) -> None:
    declared = yaml.safe_load(checkout.text(FILE))["volumes"]
    for volume in service.get("volumes", []):
        source, target = volume.split(":")
        assert source in declared, f"{name}: a path of the host must not be mounted"
        assert target.startswith("/")
    for needed, condition in service.get("depends_on", {}).items():
        wanted = condition["condition"]
        assert wanted in {"service_healthy", "service_completed_successfully", "service_started"}
        assert wanted != "service_healthy" or "healthcheck" in _services()[needed]
        assert wanted != "service_completed_successfully" or _services()[needed]["restart"] == "no"


def test_only_the_three_pages_are_published_and_only_to_this_machine() -> None:
    published = [port for service in _services().values() for port in service.get("ports", [])]
    parts = [re.fullmatch(r"127\.0\.0\.1:(\d+):1(\d+)", port) for port in published]
    assert all(parts), published
    assert {int(part.group(1)) for part in parts if part} == PUBLISHED
    assert all(part.group(1) == part.group(2) for part in parts if part)


def test_health_checks_ask_the_ports_that_the_school_uses() -> None:
    ports = {
        "authority": PORTS.authority,
        "broker": PORTS.broker,
        "central": PORTS.central,
        "edge": PORTS.proctor,
        "stage": PORTS.panel,
    }
    asked = {name: _services()[name]["healthcheck"]["test"][-1].rsplit("/", 1)[-1] for name in ports}
    assert asked == {name: str(port) for name, port in ports.items()}


def test_settings_are_read_where_the_rehearsal_writes_them() -> None:
    files = SchoolFiles(state=Path("/state"))
    assert str(files.central_settings) in _services()["central"]["command"]
    assert str(files.box_settings) in _services()["edge"]["command"]
    assert str(files.authority_settings) in _services()["authority"]["command"]
    assert str(files.keeper_settings) in _services()["broker-keeper"]["command"]
    assert str(files.broker / "mosquitto.conf") in _services()["broker"]["command"]
    assert str(files.bridge_settings) in _services()["bridge"]["command"]
    assert str(files.box / "room-broker" / ROOM_CONFIGURATION) in _services()["room-broker"]["command"]
    assert str(files.box / "room-broker" / GUEST_CONFIGURATION) in _services()["guests-broker"]["command"]


def test_no_password_stands_in_the_file() -> None:
    words = json.dumps(yaml.safe_load(checkout.text(FILE)))
    assert not re.search(r"password|passwd|secret|token|api[-_]?key", words, re.IGNORECASE)
