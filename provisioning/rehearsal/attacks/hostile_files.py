"""Rows 21 and 22: files made to break whoever reads them. Some are properly signed, for a stolen signing key."""

import io
from collections.abc import Callable, Mapping
from typing import Final

from PIL import Image

from provisioning.rehearsal.attacks.attack import Attack, LaidCard, Workshop
from provisioning.rehearsal.data_group_writing import face_record, portrait_template
from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.tlv_writing import tlv

_NESTING: Final = 3000
_BOMB_SIDE: Final = 65_000
_Spoil = Callable[[bytes], bytes]


def _indefinite(file: bytes) -> bytes:
    return file[:1] + b"\x80" + _content(file) + b"\x00\x00"


def _too_long(file: bytes) -> bytes:
    return file[:1] + b"\x82\x7f\xff" + _content(file)


def _four_gigabytes(file: bytes) -> bytes:
    return file[:1] + b"\x84\xff\xff\xff\xff" + _content(file)


def _nested(file: bytes) -> bytes:
    content = b""
    for _ in range(_NESTING):
        content = tlv(0x30, content)
    return tlv(file[0], content)


def _twice(file: bytes) -> bytes:
    return tlv(file[0], _content(file), _content(file))


def _trailing(file: bytes) -> bytes:
    return tlv(file[0], _content(file), b"\x00" * 9)


def _long_form(file: bytes) -> bytes:
    content = _content(file)
    return file[:1] + b"\x84" + len(content).to_bytes(4, "big") + content


def _content(file: bytes) -> bytes:
    first = file[1]
    return file[2 if first < 0x80 else 2 + (first & 0x7F) :]


_SPOILS: Final[Mapping[str, tuple[str, _Spoil]]] = {
    "indefinite-length": ("indefinite length", _indefinite),
    "length-beyond-file": ("a length beyond its end", _too_long),
    "four-gigabytes": ("a length of four gigabytes", _four_gigabytes),
    "nesting-bomb": (f"{_NESTING} objects inside one another", _nested),
    "content-twice": ("its content twice", _twice),
    "trailing-octets": ("octets behind its content", _trailing),
    "longer-length-form": ("a length in more octets than it needs", _long_form),
}
_TARGETS: Final = {"sod": ShortFile.SOD, "card-access": ShortFile.CARD_ACCESS, "dg14": ShortFile.DG14}


def _spoilt(target: ShortFile, spoil: _Spoil) -> Callable[[Workshop], LaidCard]:
    """A data group so spoilt is signed; EF.SOD and EF.CardAccess are not covered by a signature anyway."""

    def make(workshop: Workshop) -> LaidCard:
        card = workshop.genuine()
        files = {target: spoil(card.files[target])}
        signed = target not in {ShortFile.SOD, ShortFile.CARD_ACCESS}
        return workshop.laid(workshop.signed_anew(card, files)) if signed else workshop.with_files(card, files)

    return make


def _bomb(form: str) -> Callable[[Workshop], LaidCard]:
    """A small picture whose header says that it is 65,000 by 65,000."""

    def make(workshop: Workshop) -> LaidCard:
        picture = jpeg_bomb() if form == "JPEG" else jpeg_2000_bomb()
        size = (_BOMB_SIDE, _BOMB_SIDE)
        record = face_record(picture, workshop.person.sex, size, 0 if form == "JPEG" else 1)
        files = {ShortFile.DG2: portrait_template(record)}
        return workshop.laid(workshop.signed_anew(workshop.genuine(), files))

    return make


def jpeg_bomb() -> bytes:
    """A JPEG of eight by eight whose frame header says 65,000 by 65,000."""
    content = bytearray(_picture("JPEG"))
    frame = content.index(b"\xff\xc0")
    content[frame + 5 : frame + 9] = 2 * _BOMB_SIDE.to_bytes(2, "big")
    return bytes(content)


def jpeg_2000_bomb() -> bytes:
    """A JPEG 2000 of eight by eight whose headers say 65,000 by 65,000."""
    content = bytearray(_picture("JPEG2000"))
    side = _BOMB_SIDE.to_bytes(4, "big")
    header, size = content.find(b"ihdr"), content.index(b"\xff\x51")
    if header >= 0:
        content[header + 4 : header + 12] = 2 * side
    content[size + 6 : size + 14] = 2 * side
    content[size + 22 : size + 30] = 2 * side
    return bytes(content)


def _picture(form: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, form)
    return file.getvalue()


HOSTILE_FILES: Final = {
    **{
        f"{name}-in-{place}": Attack(row=21, story=f"The file {target.name} has {words}.", make=_spoilt(target, spoil))
        for place, target in _TARGETS.items()
        for name, (words, spoil) in _SPOILS.items()
        if (name, place) != ("content-twice", "card-access")  # a set may hold the same info twice
    },
    "jpeg-bomb": Attack(row=22, story="A JPEG of few octets and 4,225,000,000 pixels.", make=_bomb("JPEG")),
    "jpeg-2000-bomb": Attack(row=22, story="A JPEG 2000 of few octets and 4,225,000,000 pixels.", make=_bomb("JP2")),
}
