"""Boxes that spoke from another board than the one they were enrolled on (row B12): a copied disk, or a stolen key.

Two machines that share one certificate take turns at the broker, so the last hello alone does not tell: each foreign
board is one row of the audit log. A new enrolment begins anew. Not here: judging a whole fleet (`fleet_checks`).
"""

from collections import defaultdict
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection, select

from central.registers import audit_log as audit
from central.registers import box_records
from central.registers.audit_log import audit_log
from models.fleet import BoxRecord
from models.identifiers import BoxId
from models.machine_identity import BENCH_PREFIX

OTHER_BOARD: Final = "box speaks from another board"


class _Details(msgspec.Struct, frozen=True, kw_only=True):
    board: str


class SeenBoard(msgspec.Struct, frozen=True, kw_only=True):
    """A board from which a box spoke, that was not its own then."""

    board: str
    at: datetime


def is_other_board(record: BoxRecord, board: str) -> bool:
    """Whether it is not the board of the enrolment. One enrolled on a bench is named by its first word."""
    enrolled = record.machine
    return enrolled is not None and not enrolled.startswith(BENCH_PREFIX) and board != enrolled


def note(connection: Connection, box_id: BoxId, board: str, at: datetime) -> None:
    """A box said hello from a board. A foreign one is written down once for each enrolment."""
    record = box_records.find(connection, box_id)
    if record is None or not is_other_board(record, board):
        return
    if board not in {one.board for one in since_enrolment(record, seen(connection, box_id).get(box_id, ()))}:
        audit.write(connection, at=at, actor="central", action=OTHER_BOARD, subject=box_id, board=board)


def seen(connection: Connection, box_id: BoxId | None = None) -> dict[BoxId, tuple[SeenBoard, ...]]:
    """The foreign boards of every box, or of one, oldest first."""
    wanted = select(audit_log.c.subject, audit_log.c.details, audit_log.c.at).where(audit_log.c.action == OTHER_BOARD)
    if box_id is not None:
        wanted = wanted.where(audit_log.c.subject == box_id)
    found: dict[BoxId, list[SeenBoard]] = defaultdict(list)
    for subject, details, at in connection.execute(wanted.order_by(audit_log.c.id)):
        board = msgspec.json.decode(details, type=_Details).board
        found[BoxId(subject)].append(SeenBoard(board=board, at=at))
    return {name: tuple(boards) for name, boards in found.items()}


def since_enrolment(record: BoxRecord, boards: tuple[SeenBoard, ...]) -> list[SeenBoard]:
    """Those that were seen after the box's present enrolment and are not its board now."""
    begun = record.certified_at
    return [one for one in boards if is_other_board(record, one.board) and (begun is None or one.at >= begun)]
