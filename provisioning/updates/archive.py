"""What a release's archive holds, how it is made, and how a box unpacks it: plain files by known names, never links.

A package is a wheelhouse (our wheel and everything it needs) with a lock of their hashes; weights are the files that
`models/weights/manifest.toml` names. Not here: whether the archive is the released one (`client`).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from models.face_weights import INSTALLED_FILE_NAME, WeightsError, load_face_weights, read_manifest
from models.roll_outs import ReleaseKind
from provisioning.updates.refusals import BadArchiveError, NotFittingYetError

LOCK: Final = "lock.txt"
WHEELS: Final = "wheels"

_WHEEL_NAME: Final = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._]*)-(?P<version>[A-Za-z0-9.!+_]+)(-[A-Za-z0-9._]+){3,4}\.whl"
)
_MEMBER: Final = re.compile(r"(wheels/)?[A-Za-z0-9][A-Za-z0-9._!+-]{0,199}")
_MOST_MEMBERS: Final = 1000
_MOST_BYTES: Final = 1_500_000_000
_INSTALL_SECONDS: Final = 900


def write_package(wheelhouse: Path, archive: Path) -> None:
    """Makes a package of every wheel in a folder; the same wheels give the same bytes. Raises BadArchiveError."""
    wheels = sorted(wheelhouse.glob("*.whl"))
    if not wheels:
        raise BadArchiveError(f"{wheelhouse} holds no wheels.")
    lock = archive.with_name(f".{archive.name}.lock")
    lock.write_text("".join(_pinned(wheel) for wheel in wheels), "utf-8")
    write_archive(archive, {LOCK: lock, **{f"{WHEELS}/{wheel.name}": wheel for wheel in wheels}})
    lock.unlink()


def write_weights(directory: Path, archive: Path) -> None:
    """Makes an archive of the face weights installed in a folder. Raises BadArchiveError."""
    manifest = read_manifest()
    try:
        load_face_weights(directory, manifest)
    except WeightsError as error:
        raise BadArchiveError(str(error)) from None
    names = (manifest.detector.file, manifest.embedder.folded_file, INSTALLED_FILE_NAME)
    write_archive(archive, {name: directory / name for name in names})


def write_archive(archive: Path, members: Mapping[str, Path]) -> None:
    """Writes these files under these names; the same files give the same bytes."""
    with tarfile.open(archive, "w:", format=tarfile.PAX_FORMAT) as tar:
        for name, file in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = file.stat().st_size, 0o644
            with file.open("rb") as stream:
                tar.addfile(member, stream)


def filler(kind: ReleaseKind, archive: Path) -> Callable[[Path], None]:
    """What turns an empty folder into the release; it raises BadArchiveError and leaves a part behind."""
    fill = {ReleaseKind.PACKAGE: install_package, ReleaseKind.WEIGHTS: install_weights}[kind]
    return lambda folder: fill(archive, folder)


def install_package(archive: Path, folder: Path) -> None:
    """A virtual environment with exactly the package's wheels, each hash compared; no network, no program of theirs."""
    unpack(archive, folder)
    python = [sys.executable, "-I", "-m"]
    _run([*python, "venv", "--without-pip", str(folder)])
    pip = [
        *python,
        "pip",
        "--isolated",
        "--disable-pip-version-check",
        "--no-input",
        "--python",
        str(folder / "bin/python"),
    ]
    only_these = ["--no-index", "--find-links", str(folder / WHEELS), "--only-binary", ":all:", "--require-hashes"]
    _run([*pip, "install", "--quiet", "--no-cache-dir", *only_these, "--requirement", str(folder / LOCK)])
    shutil.rmtree(folder / WHEELS)


def install_weights(archive: Path, folder: Path) -> None:
    """The weights' files, if they are those of the manifest of the software that runs now."""
    unpack(archive, folder)
    try:
        load_face_weights(folder)
    except WeightsError:
        raise NotFittingYetError(
            "The weights are not those that this software works with. Update the software first."
        ) from None


def unpack(archive: Path, folder: Path) -> None:
    """Writes the archive's plain files below `folder`. Raises BadArchiveError on anything else and on too much."""
    try:
        with tarfile.open(archive, "r:") as tar:
            for member in _acceptable(tar):
                content = tar.extractfile(member)
                if content is None:
                    raise BadArchiveError
                file = folder / member.name
                file.parent.mkdir(parents=True, exist_ok=True)
                with content, file.open("xb") as stream:
                    shutil.copyfileobj(content, stream)
    except (tarfile.TarError, FileExistsError, EOFError):
        raise BadArchiveError from None


def _acceptable(tar: tarfile.TarFile) -> Iterable[tarfile.TarInfo]:
    total = 0
    for count, member in enumerate(tar, start=1):
        total += member.size
        if count > _MOST_MEMBERS or total > _MOST_BYTES or member.size < 0:
            raise BadArchiveError("The archive of the release is too large.")
        if not member.isreg() or member.issparse() or not _MEMBER.fullmatch(member.name):
            raise BadArchiveError
        yield member


def _pinned(wheel: Path) -> str:
    name = _WHEEL_NAME.fullmatch(wheel.name)
    if name is None:
        raise BadArchiveError(f"{wheel.name} is not named as a wheel.")
    return f"{name['name']}=={name['version']} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def _run(order: list[str]) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "HOME", "LANG") if name in os.environ}
    try:
        outcome = subprocess.run(order, capture_output=True, text=True, check=False, env=kept, timeout=_INSTALL_SECONDS)  # noqa: S603 - our own interpreter
    except subprocess.TimeoutExpired:
        raise NotFittingYetError("Installing the release takes too long. Free the machine, then try again.") from None
    if outcome.returncode:
        raise BadArchiveError(f"The release cannot be installed here: {outcome.stderr.strip()[-300:]}")
