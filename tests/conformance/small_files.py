"""LDS_A, LDS_K: EF.COM and EF.ATR/INFO, which nobody signs. Read by their own readers, not at check-in."""

from typing import Final

from models.chip.file_list import FileList, parse_file_list
from models.chip.file_list_check import judge_file_list
from models.chip.security_object import parse_security_object
from models.chip.tlv import ParseError, encode
from models.chip.transfer_limits import TransferLimits, parse_transfer_limits
from provisioning.rehearsal.data_group_writing import common_file
from tests.conformance.case import Case, Entry
from tests.conformance.der_edits import Edit, at, gone, instead, longer, retagged, shorter
from tests.conformance.signed_documents import SignedDocument, written

_GROUPS = (1, 2, 14, 15)
_READ, _REFUSED = "read", "ParseError"


def _list(lays: str, comes_out: str, edit: Edit, document: SignedDocument | None = None) -> Case:
    return Case(lays=lays, run=lambda: _list_outcome(edit, document or SignedDocument()), comes_out=comes_out)


def _list_outcome(edit: Edit, document: SignedDocument) -> str:
    try:
        found: FileList = parse_file_list(edit(common_file(_GROUPS)))
    except ParseError as error:
        return type(error).__name__
    verdict = judge_file_list(found, parse_security_object(written(document))).verdict
    return _READ if verdict is None else verdict.name


def _versions(lds: bytes) -> Edit:
    return at(0, put=instead(encode(0x5F01, lds)))


FILE_LISTS: Final[dict[str, Entry]] = {
    "01": _list("Tag 61 instead of 60.", _REFUSED, retagged(0x61)),
    "02": _list("The length is one too small.", _REFUSED, shorter),
    "03": _list("The length is one too large.", _REFUSED, longer),
    "04": _list("LDS version 3.0.", _REFUSED, _versions(b"0300")),
    "05": _list("No LDS version.", _REFUSED, at(0, put=gone)),
    "06": _list("Unicode version 5.", _REFUSED, at(1, put=instead(encode(0x5F36, b"050000")))),
    "07": _list("No Unicode version.", _REFUSED, at(1, put=gone)),
    "08": _list("DG1 is not in the list.", _REFUSED, at(2, put=instead(encode(0x5C, bytes.fromhex("756e6f"))))),
    "09": _list("No list.", _REFUSED, at(2, put=gone)),
    "10": _list(
        "LDS 1.8 here and in the security object.",
        _READ,
        _versions(b"0108"),
        SignedDocument(version=1, named=(b"0108", b"040000")),
    ),
}


def _limits(lays: str, content: bytes, wanted: TransferLimits | None) -> Case:
    """Read as `wanted`, or refused where that is None."""
    return Case(
        lays=lays,
        run=lambda: _limits_outcome(content, wanted),
        comes_out=_READ if wanted is not None else _REFUSED,
    )


def _limits_outcome(content: bytes, wanted: TransferLimits | None) -> str:
    try:
        found = parse_transfer_limits(content)
    except ParseError as error:
        return type(error).__name__
    return _READ if found == wanted else f"other limits: {found}"


def _lengths(*numbers: bytes, tag: int = 0x7F66) -> bytes:
    return encode(tag, b"".join(encode(0x02, number) for number in numbers))


def _said(command: int, answer: int) -> TransferLimits:
    return TransferLimits(extended_length=True, longest_command=command, longest_answer=answer)


TRANSFER_LIMITS: Final[dict[str, Entry]] = {
    "01": _limits("Lengths in two bytes.", _lengths(b"\x04\x00", b"\x08\x00"), _said(1024, 2048)),
    "02": _limits("Lengths in three bytes.", _lengths(b"\x00\x80\x00", b"\x01\x00\x00"), _said(32_768, 65_536)),
    "03": _limits("One length only.", _lengths(b"\x04\x00"), None),
    "04": _limits(
        "Another tag than 7F66: no lengths are taken from it.",
        _lengths(b"\x04\x00", b"\x08\x00", tag=0x7F67),
        TransferLimits(extended_length=False, longest_command=None, longest_answer=None),
    ),
}
