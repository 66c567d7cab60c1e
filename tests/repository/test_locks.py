"""The lock files give every machine the same libraries, each with its hash, under a licence that we may hand on."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.builders import checkout

LOCKS = ("requirements-build.lock", "requirements.lock", "requirements-test.lock")

# Licences that go with Apache-2.0 in a program that is handed out. LGPL libraries stay separate, replaceable packages.
ACCEPTABLE = re.compile(
    r"\b(apache|bsd|0bsd|mit|mit-cmu|isc|psf|python software foundation|python-2\.0|mpl|mozilla public|lgpl|"
    r"lesser general public|public domain|zlib|hpnd|unlicense|cc0|boost|bsl-1\.0)\b",
    re.IGNORECASE,
)
REFUSED = re.compile(
    r"(?<!l)\b(gpl|agpl|sspl|busl)|(?<!lesser )general public|non-?commercial|proprietary", re.IGNORECASE
)


def pins(lock: str) -> dict[str, tuple[Version, int]]:
    """Name -> (version, number of hashes)."""
    blocks = re.findall(
        r"^([A-Za-z0-9._-]+)==(\S+)[^\n]*\n((?:    [^\n]*\n?)*)", checkout.text(Path(lock)), re.MULTILINE
    )
    return {canonicalize_name(name): (Version(version), body.count("--hash=sha256:")) for name, version, body in blocks}


def _project() -> dict[str, list[Requirement]]:
    project = tomllib.loads(checkout.text(Path("pyproject.toml")))["project"]
    groups = {"": project["dependencies"], **project["optional-dependencies"]}
    return {group: [Requirement(line) for line in lines] for group, lines in groups.items()}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_library_in_a_lock_carries_its_hashes(lock: str) -> None:
    found = pins(lock)
    assert found
    assert not [name for name, (_, hashes) in found.items() if hashes == 0]


@pytest.mark.parametrize(
    ("lock", "groups"),
    [("requirements.lock", ("", "weights")), ("requirements-test.lock", ("", "weights", "dlib", "dev"))],
)
def test_a_lock_holds_what_the_project_asks_for(lock: str, groups: tuple[str, ...]) -> None:
    pinned = pins(lock)
    asked = [requirement for group in groups for requirement in _project()[group]]
    unmet = [
        str(requirement)
        for requirement in asked
        if canonicalize_name(requirement.name) not in pinned
        or pinned[canonicalize_name(requirement.name)][0] not in requirement.specifier
    ]
    assert not unmet, "run `make lock`"


def test_tests_run_on_the_versions_that_are_delivered() -> None:
    delivered, tested = pins("requirements.lock"), pins("requirements-test.lock")
    assert {name: tested[name][0] for name in delivered} == {name: version for name, (version, _) in delivered.items()}


@pytest.mark.parametrize("name", ["cryptography", "msgspec", "numpy", "opencv-python-headless", "pydantic-core"])
def test_compiled_libraries_have_wheels_for_several_kinds_of_machine(name: str) -> None:
    assert pins("requirements.lock")[name][1] > 4


def licence_of(name: str) -> str:
    """What a library says of its licence, in one line."""
    words = metadata.metadata(name)
    classifiers = [line for line in words.get_all("Classifier", []) if line.startswith("License ::")]
    spoken = [*words.get_all("License-Expression", []), " ".join(classifiers), *words.get_all("License", [])]
    return next((line.strip().partition("\n")[0] for line in spoken if line.strip()), "")


@pytest.mark.parametrize("name", sorted(pins("requirements.lock")))
def test_delivered_libraries_have_a_licence_that_we_may_hand_on(name: str) -> None:
    licence = licence_of(name)
    assert ACCEPTABLE.search(licence), f"{name} says {licence!r}"
    assert not REFUSED.search(licence), f"{name} says {licence!r}"


def test_the_search_for_licences_knows_what_to_refuse() -> None:
    assert REFUSED.search("GPL-3.0-or-later")
    assert REFUSED.search("License :: OSI Approved :: GNU Affero General Public License v3")
    assert not REFUSED.search("LGPL-3.0-only")
    assert not REFUSED.search("GNU Lesser General Public License v2 or later (LGPLv2+)".lower())
