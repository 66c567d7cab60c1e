"""The elementary files of a rehearsal card, tag and length included (ICAO Doc 9303-10 section 4).

Not here: the zone's text (`mrz_writing`), what files say of protocols and keys (`security_info_writing`), details in
words (`detail_group_writing`), the security object (`security_object`).
"""

import io
from collections.abc import Iterable

from PIL import Image, UnidentifiedImageError

from models.errors import BadInputError
from models.identifiers import Sex
from provisioning.rehearsal.tlv_writing import tlv

_GROUP_TAGS = {1: 0x61, 2: 0x75, 3: 0x63, 11: 0x6B, 12: 0x6C, 13: 0x6D, 14: 0x6E, 15: 0x6F}
_PICTURE_TYPES = {"JPEG": 0, "JPEG2000": 1}


class PortraitError(BadInputError):
    """The portrait is neither JPEG nor JPEG 2000; give a photograph in one of these forms."""


def common_file(groups: Iterable[int]) -> bytes:
    """EF.COM: LDS 1.7, Unicode 4.0, the tags of the groups that are there."""
    present = bytes(_GROUP_TAGS[number] for number in groups)
    return tlv(0x60, tlv(0x5F01, b"0107"), tlv(0x5F36, b"040000"), tlv(0x5C, present))


def mrz_group(mrz: str) -> bytes:
    """DG1."""
    return tlv(0x61, tlv(0x5F1F, mrz.encode("ascii")))


def portrait_group(portrait: bytes, sex: Sex) -> bytes:
    """DG2: one template with one ISO/IEC 19794-5 record around the picture as it is; raises `PortraitError`."""
    try:
        with Image.open(io.BytesIO(portrait), formats=tuple(_PICTURE_TYPES)) as picture:
            width, height, kind = picture.width, picture.height, _PICTURE_TYPES[picture.format or ""]
    except UnidentifiedImageError as error:
        raise PortraitError("A portrait must be a JPEG or JPEG 2000 picture.") from error
    return portrait_template(face_record(portrait, sex, (width, height), kind))


def portrait_template(record: bytes) -> bytes:
    """DG2 around one ISO/IEC 19794-5 record."""
    header = tlv(0xA1, tlv(0x81, b"\x02"), tlv(0x82, b"\x00"), tlv(0x87, b"\x01\x01"), tlv(0x88, b"\x00\x08"))
    return tlv(0x75, tlv(0x7F61, tlv(0x02, b"\x01"), tlv(0x7F60, header, tlv(0x5F2E, record))))


def face_record(portrait: bytes, sex: Sex, size: tuple[int, int], kind: int) -> bytes:
    """ISO/IEC 19794-5:2005 section 5: header, then one face without feature points and the picture.

    `size` is width and height, `kind` 0 for JPEG and 1 for JPEG 2000.
    """
    face = bytes((2 if sex is Sex.FEMALE else 1,)) + bytes(13)
    picture = bytes((1, kind)) + size[0].to_bytes(2, "big") + size[1].to_bytes(2, "big") + bytes((1, 2, 0, 0, 0, 0))
    block_length = 4 + 2 + len(face) + len(picture) + len(portrait)
    block = block_length.to_bytes(4, "big") + bytes(2) + face + picture + portrait
    return b"FAC\x00010\x00" + (14 + len(block)).to_bytes(4, "big") + b"\x00\x01" + block
