"""EF.COM (ICAO Doc 9303-10 section 4.6.1): which data groups a card says that it holds.

Nothing signs this file, so a check-in never reads it: the security object's list rules. Not here: comparing the two
(`file_list_check`).
"""

import re

import msgspec

from models.chip.data_groups import FILE_TAGS
from models.chip.tlv import ParseError, parse_fields, parse_one, parse_tag_list

_COM = 0x60
_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST = 0x5F01, 0x5F36, 0x5C
_GROUPS = {tag: number for number, tag in FILE_TAGS.items()}


class FileList(msgspec.Struct, frozen=True, kw_only=True):
    """What EF.COM says: version of the LDS ("0107"), of Unicode ("040000"), and the numbers of the data groups."""

    lds_version: str
    unicode_version: str
    groups: frozenset[int]


def parse_file_list(ef_com: bytes) -> FileList:
    """The list in the whole file EF.COM (tag 60). Raises `ParseError`, also when DG1 or DG2 is not listed."""
    fields = parse_fields(parse_one(ef_com, _COM), (_LDS_VERSION, _UNICODE_VERSION, _TAG_LIST))
    if len(fields) != 3:
        raise ParseError("EF.COM lacks a version or its list of data groups.")
    tags = parse_tag_list(fields[_TAG_LIST])
    if not {FILE_TAGS[1], FILE_TAGS[2]} <= set(tags) <= _GROUPS.keys():
        raise ParseError("EF.COM lists a data group that does not exist, or not the first two.")
    return FileList(
        lds_version=_version(fields[_LDS_VERSION], "01[0-9]{2}"),
        unicode_version=_version(fields[_UNICODE_VERSION], "04[0-9]{4}"),
        groups=frozenset(_GROUPS[tag] for tag in tags),
    )


def _version(value: bytes, form: str) -> str:
    text = value.decode("ascii", "replace")
    if not re.fullmatch(form, text):
        raise ParseError("EF.COM names a version of the LDS or of Unicode that documents do not use.")
    return text
