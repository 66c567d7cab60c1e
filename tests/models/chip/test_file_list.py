from pathlib import Path

import pytest
from msgspec.structs import replace

from models.chip.file_list import FileList, parse_file_list
from models.chip.file_list_check import judge_file_list
from models.chip.security_object import LdsVersion, parse_security_object
from models.chip.tlv import ParseError, encode
from models.chip.verdict import ChipVerdict
from provisioning.rehearsal.data_group_writing import common_file
from tests.builders.chip_evidence import make_evidence

SOUND = parse_file_list(common_file((1, 2, 14, 15)))


def ef_com(lds: bytes = b"0107", unicode: bytes = b"040000", tags: bytes = b"\x61\x75") -> bytes:
    return encode(0x60, encode(0x5F01, lds) + encode(0x5F36, unicode) + encode(0x5C, tags))


def test_9303_10_the_list_of_a_rehearsal_card() -> None:
    assert FileList(lds_version="0107", unicode_version="040000", groups=frozenset({1, 2, 14, 15})) == SOUND


def test_9303_10_the_newer_version_reads_as_well() -> None:
    assert parse_file_list(ef_com(lds=b"0108")).lds_version == "0108"


@pytest.mark.parametrize(
    "file",
    [
        b"",
        ef_com() + b"\x00",
        encode(0x61, ef_com()[2:]),
        ef_com(lds=b"0300"),
        ef_com(lds=b"\xff107"),
        ef_com(unicode=b"050000"),
        ef_com(tags=b"\x75"),
        ef_com(tags=b"\x61\x75\x62"),
        ef_com(tags=b"\x61\x75\x75"),
        ef_com(tags=b"\x61\x75\x5f"),
        encode(0x60, encode(0x5F36, b"040000") + encode(0x5C, b"\x61\x75")),
        encode(0x60, encode(0x5F01, b"0107") + encode(0x5C, b"\x61\x75")),
        encode(0x60, encode(0x5F01, b"0107") + encode(0x5F36, b"040000")),
    ],
)
def test_other_bytes_are_no_list(file: bytes) -> None:
    with pytest.raises(ParseError):
        parse_file_list(file)


def test_a_card_that_lists_what_is_signed_is_fine() -> None:
    finding = judge_file_list(SOUND, parse_security_object(make_evidence().security_object))
    assert finding.verdict is None


@pytest.mark.parametrize("groups", [{1, 2}, {1, 2, 3, 14, 15}, {1, 2, 3, 14}])
def test_a_list_with_more_less_or_other_files_is_inconsistent(groups: set[int]) -> None:
    odd = replace(SOUND, groups=frozenset(groups))
    finding = judge_file_list(odd, parse_security_object(make_evidence().security_object))
    assert finding.verdict is ChipVerdict.INCONSISTENT


@pytest.mark.parametrize(("lds", "verdict"), [("0107", None), ("0108", ChipVerdict.INCONSISTENT)])
def test_versions_count_where_the_security_object_names_them(lds: str, verdict: ChipVerdict | None) -> None:
    security_object = parse_security_object(make_evidence().security_object)
    named = replace(security_object, named_version=LdsVersion(lds=lds, unicode="040000"))
    assert judge_file_list(SOUND, named).verdict is verdict


def test_the_specimen_lists_what_its_security_object_signs(chip_data_folder: Path) -> None:
    file_list = parse_file_list((chip_data_folder / "COM.bin").read_bytes())
    assert (file_list.lds_version, sorted(file_list.groups)) == ("0107", [1, 2, 3, 14])
    security_object = parse_security_object((chip_data_folder / "SOD.bin").read_bytes())
    assert judge_file_list(file_list, security_object).verdict is None
