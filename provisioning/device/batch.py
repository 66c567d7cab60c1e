"""Enrols a whole delivery from a CSV at an imaging bench: each row into the folder of one memory card.

Rows have the columns `box` (the folder), `link`, or `code` with `authority`, and if wanted `room`. It may be repeated:
what is done is passed over, what failed is tried again. Not here: one enrolment (`enrollment`).
"""

import csv
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path

import msgspec

from models.durable_files import write_whole
from models.errors import BadInputError, ClassroomError
from models.identifiers import parse_room_id
from models.wire.enrollment_code import read_link
from provisioning.device import enrollment
from provisioning.device.box_folder import BoxFolder


class BatchFileError(BadInputError):
    """The CSV cannot be used. Columns: box, link; or box, code, authority; and room if wanted."""


class Outcome(StrEnum):
    """What became of a row."""

    ENROLLED = "enrolled"
    ALREADY = "already enrolled"
    FAILED = "failed"


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row as it was read. `line` counts from 1 with the heading."""

    line: int
    box: Path
    link: str = ""
    code: str = ""
    authority: str = ""
    room: str = ""


class BatchResult(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a row; `why` is for people."""

    line: int
    box: str
    room: str
    box_id: str
    outcome: Outcome
    why: str = ""


def read_rows(path: Path) -> tuple[BatchRow, ...]:
    """The rows of a CSV (UTF-8, comma or semicolon). Raises BatchFileError."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise BatchFileError(f"{path} cannot be read as UTF-8. Save it as CSV UTF-8, then try again.") from None
    separator = ";" if ";" in text.partition("\n")[0] else ","
    rows = tuple(
        _row(number, words) for number, words in enumerate(csv.DictReader(text.splitlines(), delimiter=separator), 2)
    )
    if not rows:
        raise BatchFileError(f"{path} holds no rows. Columns: box, link; or box, code, authority; and room.")
    folders = [row.box for row in rows]
    if len(set(folders)) != len(folders):
        raise BatchFileError(f"{path} names one folder twice. Each box needs a folder of its own.")
    return rows


def enroll_batch(
    rows: Iterable[BatchRow], around: enrollment.Surroundings, tell: Callable[[BatchResult], None]
) -> tuple[BatchResult, ...]:
    """Enrols row after row; one that fails stops no other. `tell` hears of each as it is done."""
    results = []
    for row in rows:
        result = _enroll(row, around)
        tell(result)
        results.append(result)
    return tuple(results)


def write_report(path: Path, results: tuple[BatchResult, ...]) -> None:
    """All results as CSV, for the file of the delivery. Raises DurableFileError."""
    rows = ["line,box,room,box_id,outcome,why"]
    for result in results:
        cells = [str(result.line), result.box, result.room, result.box_id, result.outcome, result.why]
        rows.append(",".join('"' + cell.replace('"', '""').replace("\n", " ") + '"' for cell in cells))
    write_whole(path, ("\ufeff" + "\r\n".join(rows) + "\r\n").encode("utf-8"))


def _enroll(row: BatchRow, around: enrollment.Surroundings) -> BatchResult:
    box = BoxFolder(path=row.box)
    try:
        if box.is_enrolled and not box.unfinished.exists():
            room = box.read_room()
            return _result(row, Outcome.ALREADY, room.room_id, room.box_id)
        if not row.box.parent.is_dir():
            raise BatchFileError(f"The folder above {row.box} is not there. Is the card mounted?")
        done = enrollment.enroll(box, _order(row), around, lambda _: None)
    except ClassroomError as error:
        return _result(row, Outcome.FAILED, row.room, "", str(error))
    return _result(row, Outcome.ENROLLED, done.room_id, done.box_id)


def _order(row: BatchRow) -> enrollment.Order:
    room_id = parse_room_id(row.room) if row.room else None
    if row.link:
        link = read_link(row.link)
        return enrollment.Order(code=link.code, address=link.address, room_id=room_id)
    if not row.code or not row.authority:
        raise BatchFileError("The row needs a link, or a code with its authority.")
    return enrollment.Order(code=row.code, address=row.authority, room_id=room_id)


def _row(number: int, words: dict[str, str]) -> BatchRow:
    cells = {name: (words.get(name) or "").strip() for name in ("box", "link", "code", "authority", "room")}
    if not cells["box"]:
        raise BatchFileError(f"Line {number} names no box folder (column `box`).")
    return BatchRow(
        line=number,
        box=Path(cells["box"]),
        link=cells["link"],
        code=cells["code"],
        authority=cells["authority"],
        room=cells["room"],
    )


def _result(row: BatchRow, outcome: Outcome, room: str, box_id: str, why: str = "") -> BatchResult:
    return BatchResult(line=row.line, box=str(row.box), room=room, box_id=box_id, outcome=outcome, why=why)
