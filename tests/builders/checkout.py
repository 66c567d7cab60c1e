"""The checkout as the tests about the repository see it: files that are, or soon will be, in git."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = ("edge", "firmware_bridge", "central", "provisioning")
ROOMS = ("models", *PROGRAMS)
CODE_FOLDERS = (*ROOMS, "benchmarks", "tests")


@cache
def files() -> tuple[Path, ...]:
    """Every file that git tracks or would add, relative to the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
    ).stdout.decode()
    named = {Path(name) for name in listing.split("\0") if name}
    return tuple(sorted(path for path in named if (REPOSITORY / path).is_file()))


def files_ending(*endings: str) -> list[Path]:
    return [path for path in files() if path.suffix in endings]


@cache
def text(path: Path) -> str:
    """The words of a file named relative to the repository."""
    return (REPOSITORY / path).read_text(encoding="utf-8")


def text_files() -> list[Path]:
    return [path for path in files() if b"\0" not in (REPOSITORY / path).read_bytes()[:8192]]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


def python_files(*folders: str) -> list[Path]:
    return [path for path in files_ending(".py") if not folders or path.parts[0] in folders]


def page_of(room: str) -> str:
    """The README of a room together with those of the folders inside it."""
    return "\n".join(text(path) for path in files() if path.parts[0] == room and path.name == "README.md")


def words_of(name: str) -> list[str]:
    """`camera_settings` and `CameraSettings` both give camera, settings."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)]
