"""Faces for a rehearsal: three people of public pictures, each as a chip portrait and as live pictures.

The pictures come out of two published source archives, pinned by hash, at install; none is in this repository. The
chip portrait and the live picture of one person are variants of the same photograph (crop, turn, light, JPEG), so a
rehearsal shows how the desk works and not how well faces are told apart. Licences and origins stand in README.md.
Not here: any face of a pupil, and serving the live picture (`soft_camera`).
"""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from PIL import Image, ImageEnhance

from models.errors import BadInputError
from provisioning.pinned_download import PinnedFile, downloaded

PORTRAIT_FILE_NAME = "portrait.jpg"
_PORTRAIT_SIZE = (240, 320)
_LIVE_SIDE = 504

# One wheel for every machine: it is opened as an archive, not installed.
SCIKIT_IMAGE = PinnedFile(
    name="scikit-image",
    version="0.26.0",
    sha256="74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
    pip_options=(
        *("--only-binary=:all:", "--platform=manylinux_2_24_x86_64", "--platform=manylinux_2_28_x86_64"),
        *("--python-version=3.11", "--implementation=cp", "--abi=cp311"),
    ),
)
# pip reads the name and version of a source archive by running its setup.py, after the hash was compared.
FACE_RECOGNITION = PinnedFile(
    name="face-recognition",
    version="1.3.0",
    sha256="5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec",
    pip_options=("--no-binary=face-recognition",),
)


class DemoFacesMissingError(BadInputError):
    """The rehearsal's faces were not installed, or an archive does not hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A picture in an archive and where its face is: centre and width in pixels. Its SHA-256 keeps these true."""

    pin: PinnedFile
    member: str
    sha256: str
    face_across: int
    face_down: int
    face_width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoFace:
    """One person of the rehearsal. The live pictures are square with the face in the middle, the first the plainest."""

    name: str
    portrait_file: Path
    live_files: tuple[Path, ...]

    def portrait_jpeg(self) -> bytes:
        """What goes into the chip: 240x320."""
        return self.portrait_file.read_bytes()

    def live_picture(self) -> Image.Image:
        """What stands before the camera: RGB, square."""
        with Image.open(self.live_files[0]) as picture:
            return picture.convert("RGB")


_TEST_IMAGES = "face_recognition-1.3.0/tests/test_images/"

PHOTOGRAPHS: dict[str, Photograph] = {
    "an": Photograph(
        pin=SCIKIT_IMAGE,
        member="skimage/data/astronaut.png",
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        face_across=224,
        face_down=118,
        face_width=90,
    ),
    "binh": Photograph(
        pin=FACE_RECOGNITION,
        member=f"{_TEST_IMAGES}obama.jpg",
        sha256="0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
        face_across=493,
        face_down=248,
        face_width=240,
    ),
    "chi": Photograph(
        pin=FACE_RECOGNITION,
        member=f"{_TEST_IMAGES}biden.jpg",
        sha256="3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
        face_across=574,
        face_down=372,
        face_width=301,
    ),
}
"""Rehearsal names (of nobody in the pictures) to photographs."""


def demo_portraits(directory: Path, photographs: Mapping[str, Photograph] = PHOTOGRAPHS) -> dict[str, DemoFace]:
    """The installed faces by name, in the order of `photographs`. Raises DemoFacesMissingError."""
    faces: dict[str, DemoFace] = {}
    for name in photographs:
        live = tuple(sorted((directory / name).glob("live-*.jpg")))
        portrait = directory / name / PORTRAIT_FILE_NAME
        if not live or not portrait.is_file():
            raise DemoFacesMissingError("The rehearsal's faces are not installed; start the rehearsal's install again.")
        faces[name] = DemoFace(name=name, portrait_file=portrait, live_files=live)
    return faces


def install_demo_faces(
    directory: Path, archives: Sequence[Path] = (), photographs: Mapping[str, Photograph] = PHOTOGRAPHS
) -> dict[str, DemoFace]:
    """Puts all faces into `directory` and returns them; does nothing when they are there.

    `archives` are files brought along (the two pinned ones); what is not among them pip fetches. Raises
    DownloadFailedError or DemoFacesMissingError.
    """
    try:
        return demo_portraits(directory, photographs)
    except DemoFacesMissingError:
        brought = {_sha256(path.read_bytes()): path for path in archives}
    for pin in dict.fromkeys(photograph.pin for photograph in photographs.values()):
        of_pin = {name: photograph for name, photograph in photographs.items() if photograph.pin == pin}
        if pin.sha256 in brought:
            _unpack(of_pin, brought[pin.sha256], directory)
            continue
        with downloaded(pin) as fetched:
            _unpack(of_pin, fetched, directory)
    return demo_portraits(directory, photographs)


def _unpack(photographs: Mapping[str, Photograph], archive: Path, directory: Path) -> None:
    for name, photograph in photographs.items():
        content = _read_member(archive, photograph.member)
        if _sha256(content) != photograph.sha256:
            raise DemoFacesMissingError(f"{photograph.member} is not the picture that the rehearsal knows.")
        with Image.open(io.BytesIO(content)) as picture:
            _write_variants(picture.convert("RGB"), photograph, directory / name)


def _read_member(archive: Path, member: str) -> bytes:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    with tarfile.open(archive) as source, cast("IO[bytes]", source.extractfile(member)) as stream:
        return stream.read()


def _write_variants(picture: Image.Image, photograph: Photograph, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    live = _crop(picture, photograph, widths=2.8, shape=(_LIVE_SIDE, _LIVE_SIDE))
    live.save(folder / "live-1.jpg", quality=90)
    turned = live.rotate(4, Image.Resampling.BICUBIC)
    ImageEnhance.Brightness(turned).enhance(0.85).save(folder / "live-2.jpg", quality=80)
    closer = _crop(picture, photograph, widths=2.2, shape=(_LIVE_SIDE, _LIVE_SIDE))
    ImageEnhance.Contrast(closer).enhance(0.9).save(folder / "live-3.jpg", quality=70)
    portrait = _crop(picture, photograph, widths=1.9, shape=_PORTRAIT_SIZE)
    portrait.save(folder / PORTRAIT_FILE_NAME, quality=90)  # last: its presence says that the others are there


def _crop(picture: Image.Image, photograph: Photograph, *, widths: float, shape: tuple[int, int]) -> Image.Image:
    """A part of the picture `widths` face widths wide, in the given shape, moved to lie inside the picture."""
    width = min(round(widths * photograph.face_width), picture.width)
    height = min(width * shape[1] // shape[0], picture.height)
    left = min(max(photograph.face_across - width // 2, 0), picture.width - width)
    top = min(max(photograph.face_down - height // 2, 0), picture.height - height)
    part = picture.crop((left, top, left + width, top + height))
    return part.resize(shape, Image.Resampling.LANCZOS)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
