"""The data groups that a check-in reads: DG1 (machine readable zone) and DG2 (portrait), ICAO Doc 9303-10 section 4.7.

Also every file's tag. DG14 and DG15 travel as they are (`security_infos` looks into DG14); DG11 and DG12 have
`additional_details`, DG13 `national_record`. Fingerprints (DG3) are never read.
"""

from models.chip.face_records import picture_of_19794, picture_of_39794
from models.chip.mrz import Mrz, holder_of, parse_mrz
from models.chip.tlv import ParseError, Tlv, parse_all, parse_fields, parse_integer, parse_one
from models.evidence import CardHolder

FILE_TAGS = {
    1: 0x61, 2: 0x75, 3: 0x63, 4: 0x76, 5: 0x65, 6: 0x66, 7: 0x67, 8: 0x68,
    9: 0x69, 10: 0x6A, 11: 0x6B, 12: 0x6C, 13: 0x6D, 14: 0x6E, 15: 0x6F, 16: 0x70,
}  # fmt: skip
"""Data group number to the tag of its elementary file (9303-10 table 38)."""
_MOST_PORTRAITS = 9


def read_mrz(dg1: bytes) -> Mrz:
    """The zone inside the file DG1 (tag 61 holding 5F1F). Raises `ParseError`."""
    zone = parse_one(parse_one(dg1, FILE_TAGS[1]), 0x5F1F)
    try:
        text = zone.decode("ascii")
    except UnicodeDecodeError as error:
        raise ParseError("The machine readable zone in DG1 is not ASCII.") from error
    if text.split() != [text]:
        raise ParseError("The machine readable zone in DG1 holds white space.")
    return parse_mrz(text)


def read_holder(dg1: bytes) -> CardHolder:
    """Whom the file DG1 names. Raises `ParseError`."""
    return holder_of(read_mrz(dg1))


def read_portrait(dg2: bytes) -> bytes:
    """The first portrait in the file DG2, a JPEG or JPEG 2000 file, unchanged. Raises `ParseError`.

    DG2 is 75 > 7F61 > (02 count, 7F60 > (A1 header, and 5F2E ISO/IEC 19794-5 or 7F2E ISO/IEC 39794-5)).
    """
    group = parse_all(parse_one(parse_one(dg2, FILE_TAGS[2]), 0x7F61))
    if not group or group[0].tag != 0x02 or not 1 <= parse_integer(group[0].value) <= _MOST_PORTRAITS:
        raise ParseError("DG2 does not say how many portraits it holds.")
    templates = [tlv for tlv in group[1:] if tlv.tag == 0x7F60]
    if len(templates) != parse_integer(group[0].value) or len(templates) != len(group) - 1:
        raise ParseError("DG2 holds another number of portraits than it says.")
    return _picture(parse_all(templates[0].value))


def _picture(parts: tuple[Tlv, ...]) -> bytes:
    match [part.tag for part in parts]:
        case [0xA1, 0x5F2E]:
            _check_header(parts[0].value, format_type=b"\x00\x08")
            return picture_of_19794(parts[1].value)
        case [0xA1, 0x7F2E]:
            _check_header(parts[0].value, format_type=None)
            return picture_of_39794(parts[1].value)
        case _:
            raise ParseError("A portrait of DG2 is not a header with one face record.")


def _check_header(header: bytes, format_type: bytes | None) -> None:
    """The biometric header template (9303-10 table 42): owner ISO/IEC JTC1 SC37, a known type, and a face."""
    fields = parse_fields(header, range(0x80, 0x90))
    if fields.get(0x87) != b"\x01\x01" or 0x88 not in fields:
        raise ParseError("The header of a portrait names no format that documents use.")
    if format_type is not None and fields[0x88] != format_type:
        raise ParseError("The header of a portrait names another format than that of its record.")
    if fields.get(0x81, b"\x02") != b"\x02":
        raise ParseError("The header of a portrait says that it is no face.")
