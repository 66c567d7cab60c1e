"""LDS_C: the portrait's file DG2, read and decoded as a check-in does."""

import io
from functools import cache
from typing import Final

from PIL import Image

from models.chip.data_groups import read_portrait
from models.chip.portrait import portrait_to_jpeg
from models.chip.tlv import ParseError, encode, parse_header
from models.identifiers import Sex
from provisioning.rehearsal.data_group_writing import portrait_group
from tests.conformance.case import Case, Entry, NotApplicable
from tests.conformance.der_edits import Edit, at, gone, instead, longer, retagged, same, shorter

_BLOCK, _HEADER, _RECORD = (0, 1), (0, 1, 0), (0, 1, 1)
_POINT = bytes.fromhex("0102030405060708")
_OWNER, _TYPE, _KIND = 2, 3, 0
"""Places in the header: 81 type of biometrics, 82 subtype, 87 format owner, 88 format type."""


def _case(lays: str, comes_out: str, edit: Edit, form: str = "JPEG") -> Case:
    return Case(lays=lays, run=lambda: _outcome(edit(_file(form))), comes_out=comes_out)


def _good(lays: str, form: str, edit: Edit = same) -> Case:
    return _case(lays, "read", edit, form)


def _bad(lays: str, edit: Edit) -> Case:
    return _case(lays, "ParseError", edit)


def _outcome(dg2: bytes) -> str:
    try:
        portrait_to_jpeg(read_portrait(dg2))
    except ParseError as error:
        return type(error).__name__
    return "read"


@cache
def _file(form: str) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (24, 32), (200, 160, 120)).save(written, form)
    return portrait_group(written.getvalue(), Sex.MALE)


def _in_record(change: Edit) -> Edit:
    """A change of the ISO/IEC 19794-5 record, its object's length made to fit."""
    return at(*_RECORD, put=lambda whole: encode(0x5F2E, change(whole[parse_header(whole)[1] :])))


def _octet(place: int, value: int) -> Edit:
    return _in_record(lambda record: record[:place] + bytes((value,)) + record[place + 1 :])


def _with_point(record: bytes) -> bytes:
    """One feature point behind the face's information; both lengths and the count say so."""
    total = (len(record) + len(_POINT)).to_bytes(4)
    block = (len(record) + len(_POINT) - 14).to_bytes(4)
    return record[:8] + total + record[12:14] + block + b"\x00\x01" + record[20:34] + _POINT + record[34:]


def _point_not_counted(record: bytes) -> bytes:
    """A feature point stands there, and the record's length does not count it."""
    grown = _with_point(record)
    return grown[:8] + record[8:12] + grown[12:]


def _unread(what: str) -> NotApplicable:
    return NotApplicable(reason=f"Not read here: nothing at the desk depends on the {what} that the record states.")


PORTRAITS: Final[dict[str, Entry]] = {
    "01": _good("A JPEG 2000 portrait.", "JPEG2000"),
    "02": _good("A JPEG portrait.", "JPEG"),
    "03": _good("A JPEG 2000 portrait with a feature point.", "JPEG2000", _in_record(_with_point)),
    "04": _bad("Tag 76 instead of 75.", retagged(0x76)),
    "05": _bad("The length is one too small.", shorter),
    "06": _bad("The length is one too large.", longer),
    "07": _bad("No number of portraits.", at(0, 0, put=gone)),
    "08": _bad("Another owner of the format.", at(*_HEADER, _OWNER, put=instead(encode(0x87, b"\x01\x02")))),
    "09": _bad("No owner of the format.", at(*_HEADER, _OWNER, put=gone)),
    "10": _bad("Another type of format.", at(*_HEADER, _TYPE, put=instead(encode(0x88, b"\x00\x07")))),
    "11": _bad("No type of format.", at(*_HEADER, _TYPE, put=gone)),
    "12": _bad(
        "The type of biometrics in three bytes, as in older standards.",
        at(*_HEADER, _KIND, put=instead(encode(0x81, b"\x00\x00\x02"))),
    ),
    "13": _bad("The header says fingerprint.", at(*_HEADER, _KIND, put=instead(encode(0x81, b"\x08")))),
    "14": _bad("Another format identifier.", _octet(2, 0x44)),
    "15": _bad("Another version number.", _octet(5, 0x39)),
    "16": _bad("The record's length leaves a feature point out.", _in_record(_point_not_counted)),
    "17": _unread("sex"),
    "18": _unread("colour of eyes"),
    "19": _unread("colour of hair"),
    "20": _unread("pose (yaw)"),
    "21": _unread("pose (pitch)"),
    "22": _unread("pose (roll)"),
    "23": _unread("uncertainty of the pose (yaw)"),
    "24": _unread("uncertainty of the pose (pitch)"),
    "25": _unread("uncertainty of the pose (roll)"),
    "26": _unread("type of face image"),
    "27": _bad("A kind of picture that does not exist.", _octet(14 + 20 + 1, 9)),
    "28": _bad("No face record.", at(*_RECORD, put=gone)),
}
