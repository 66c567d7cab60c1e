"""The two codings of a face in DG2: ISO/IEC 19794-5:2005 (5F2E, bytes) and ISO/IEC 39794-5:2019 (7F2E, DER).

The picture's bytes are found by walking the structure, never by searching for a pattern. Not here: the templates around
a record (`data_groups`) and the picture itself (`portrait`).
"""

from models.chip.tlv import ParseError, check_nesting, parse_all, parse_one

_HEADER, _INFORMATION, _POINT, _IMAGE = 14, 20, 8, 12
_PICTURE_TYPES = (0, 1)  # JPEG, JPEG 2000


def picture_of_19794(record: bytes) -> bytes:
    """The first face's picture file, unchanged. Raises `ParseError`.

    ISO/IEC 19794-5:2005 section 5: header, then for each face its information, feature points, image information, file.
    """
    if len(record) < _HEADER + _INFORMATION + _IMAGE or record[:8] != b"FAC\x00010\x00":
        raise ParseError("The face record of DG2 does not start as ISO/IEC 19794-5 asks.")
    faces = int.from_bytes(record[12:14])
    if int.from_bytes(record[8:12]) != len(record) or faces < 1:
        raise ParseError("The face record of DG2 gives a wrong length or no face.")
    length, points = int.from_bytes(record[14:18]), int.from_bytes(record[18:20])
    image = _HEADER + _INFORMATION + _POINT * points
    start, end = image + _IMAGE, _HEADER + length
    if not start < end <= len(record) or (faces == 1 and end != len(record)):
        raise ParseError("The face block of DG2 gives a wrong length.")
    if record[image + 1] not in _PICTURE_TYPES:
        raise ParseError("The face block of DG2 names a kind of picture that does not exist.")
    return record[start:end]


def picture_of_39794(record: bytes) -> bytes:
    """The picture file of the one representation, unchanged. Raises `ParseError`.

    `record` is the value of 7F2E: A1 around FaceImageDataBlock [APPLICATION 5], or that block alone (ICAO application
    profile of ISO/IEC 39794-5). Fields that are not needed on the way are passed over unread, for the coding allows
    later editions to add some.
    """
    check_nesting(record)
    if record[:1] == b"\xa1":
        record = parse_one(record, 0xA1)
    blocks = parse_all(_field(parse_one(record, 0x65), 0xA1))
    if [block.tag for block in blocks] != [0x30]:
        raise ParseError("The face record of DG2 holds not exactly one representation.")
    representation = _field(blocks[0].value, 0xA1)
    flat = parse_one(parse_one(representation, 0xA0), 0xA0)  # of the choices, the ones that documents use
    _field(flat, 0xA1)  # the image information; it must be there
    picture = _field(flat, 0x80)
    if not picture:
        raise ParseError("The face record of DG2 holds no picture.")
    return picture


def _field(sequence: bytes, tag: int) -> bytes:
    """The value of the one member that carries `tag`."""
    found = [member.value for member in parse_all(sequence) if member.tag == tag]
    if len(found) != 1:
        raise ParseError(f"Field {tag:X} of the face record is missing or stands twice.")
    return found[0]
