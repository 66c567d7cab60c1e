"""The data groups that a check-in reads: DG1 (machine readable zone) and DG2 (portrait), ICAO Doc 9303-10 section 4.7.

DG14 and DG15 travel as they are (`security_infos` looks into DG14). DG3 and DG13 are never read.
"""

from models.chip.mrz import Mrz, holder_of, parse_mrz
from models.chip.tlv import ParseError, Tlv, parse_all, parse_one
from models.evidence import CardHolder

FILE_TAGS = {1: 0x61, 2: 0x75, 14: 0x6E, 15: 0x6F}
"""Data group number to the tag of its elementary file (9303-10 table 38)."""


def read_mrz(dg1: bytes) -> Mrz:
    """The zone inside the file DG1 (tag 61 holding 5F1F). Raises `ParseError`."""
    zone = parse_one(parse_one(dg1, FILE_TAGS[1]), 0x5F1F)
    try:
        text = zone.decode("ascii")
    except UnicodeDecodeError as error:
        raise ParseError("The machine readable zone in DG1 is not ASCII.") from error
    if text.strip() != text or "\n" in text:
        raise ParseError("The machine readable zone in DG1 holds white space.")
    return parse_mrz(text)


def read_holder(dg1: bytes) -> CardHolder:
    """Whom the file DG1 names. Raises `ParseError`."""
    return holder_of(read_mrz(dg1))


def read_portrait(dg2: bytes) -> bytes:
    """The first portrait in the file DG2, a JPEG or JPEG 2000 file, unchanged.

    DG2 is 75 > 7F61 > (02 count, 7F60 > (A1 header, 5F2E ISO/IEC 19794-5 record)). Raises `ParseError`, also for the
    newer ISO/IEC 39794-5 coding, which no citizen card is known to use.
    """
    group = parse_all(parse_one(parse_one(dg2, FILE_TAGS[2]), 0x7F61))
    if not group or group[0].tag != 0x02 or not 1 <= int.from_bytes(group[0].value) <= 9:
        raise ParseError("DG2 does not say how many portraits it holds.")
    templates = [tlv for tlv in group[1:] if tlv.tag == 0x7F60]
    if len(templates) != int.from_bytes(group[0].value) or len(templates) != len(group) - 1:
        raise ParseError("DG2 holds another number of portraits than it says.")
    return _face_image(_record(parse_all(templates[0].value)))


def _record(parts: tuple[Tlv, ...]) -> bytes:
    if any(tlv.tag == 0x7F2E for tlv in parts):
        raise ParseError("The portrait is coded after ISO/IEC 39794-5, which is not supported yet.")
    records = [tlv.value for tlv in parts if tlv.tag == 0x5F2E]
    if len(records) != 1:
        raise ParseError("DG2 holds no single face record.")
    return records[0]


def _face_image(record: bytes) -> bytes:
    """ISO/IEC 19794-5:2005 section 5: header 14, facial information 20, feature points 8 each, image information 12."""
    if len(record) < 46 or record[:8] != b"FAC\x00010\x00":
        raise ParseError("The face record of DG2 does not start as ISO/IEC 19794-5 asks.")
    if int.from_bytes(record[8:12]) != len(record) or int.from_bytes(record[12:14]) < 1:
        raise ParseError("The face record of DG2 gives a wrong length or no face.")
    length, points = int.from_bytes(record[14:18]), int.from_bytes(record[18:20])
    start = 14 + 20 + 8 * points + 12
    end = 14 + length
    if not start < end <= len(record):
        raise ParseError("The face block of DG2 gives a wrong length.")
    return record[start:end]
