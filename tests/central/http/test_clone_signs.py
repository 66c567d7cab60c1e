"""B12 at central: one certificate in two machines is an alarm and an audit row, until the box is enrolled anew."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection

from central.database import Database
from central.registers import box_records
from central.registers.clone_signs import OTHER_BOARD
from models.machine_identity import BENCH_PREFIX
from models.messages import Vitals
from models.staff import Role
from tests.builders.box_chain import BoxChain
from tests.builders.centre import EXAM, SITTING
from tests.builders.enrolling_office import EnrollingOffice
from tests.builders.founded_authority import EnrolledBox

ALARM = "Hai máy dùng chung một chứng thư"


@pytest.fixture
def office(sqlite_store: Database, tmp_path: Path) -> Iterator[EnrollingOffice]:
    office = EnrollingOffice(sqlite_store, tmp_path / "authority")
    yield office
    office.house.stop()


def _enrolled(office: EnrollingOffice, machine: str) -> EnrolledBox:
    enrolled = office.house.enrolled("P101", machine=machine)
    office.look()
    return enrolled


def _named(board: str) -> str:
    return hashlib.sha256(board.encode()).hexdigest()


def _says_hello(office: EnrollingOffice, enrolled: EnrolledBox, board: str) -> None:
    box = BoxChain(enrolled.box_id, "P101", EXAM, SITTING, office.centre.clock.now())
    box.key = enrolled.board.chain_key
    vitals = Vitals(machine=_named(board), uptime_seconds=60)
    office.centre.say(box, msgspec.structs.replace(box.hello(), session=board, vitals=vitals))


def _change(connection: Connection, box: EnrolledBox, **changes: Any) -> None:
    """Another word of the authority about the box."""
    record = box_records.find(connection, box.box_id)
    assert record is not None
    box_records.put(connection, msgspec.structs.replace(record, change=record.change + 1, **changes))


def _boards(office: EnrollingOffice) -> list[tuple[object, object]]:
    return [(subject, details) for _, action, subject, details in office.deeds() if action == OTHER_BOARD]


def _alarm_is_shown(office: EnrollingOffice) -> bool:
    page = office.reception.visit(Role.IT).get("/fleet-checks").text
    row = next(row for row in page.split("<li ") if ALARM in row)
    return row.startswith('data-severity="grave"')


def test_b12_a_clone_is_an_alarm_and_one_audit_row_also_when_the_right_machine_spoke_last(
    office: EnrollingOffice,
) -> None:
    box = _enrolled(office, "board-a")
    _says_hello(office, box, "board-a")
    assert not _alarm_is_shown(office)
    for board in ("board-b", "board-a", "board-b", "board-a"):
        _says_hello(office, box, board)
    assert _boards(office) == [(box.box_id, f'{{"board":"{_named("board-b")}"}}')]
    assert _alarm_is_shown(office)
    _says_hello(office, box, "board-c")
    assert len(_boards(office)) == 2


def test_b12_the_alarm_is_forgotten_after_a_new_enrolment_and_rises_again(office: EnrollingOffice) -> None:
    box = _enrolled(office, "board-a")
    _says_hello(office, box, "board-b")
    assert _alarm_is_shown(office)
    office.centre.clock.advance(hours=1)
    with office.centre.database.writing() as connection:
        _change(connection, box, machine=_named("board-c"), certified_at=office.centre.clock.now())
    _says_hello(office, box, "board-c")
    assert not _alarm_is_shown(office)
    office.centre.clock.advance(minutes=1)
    _says_hello(office, box, "board-b")
    assert len(_boards(office)) == 2
    assert _alarm_is_shown(office)


def test_a_box_enrolled_on_a_bench_is_no_clone_of_its_own_board(office: EnrollingOffice) -> None:
    box = _enrolled(office, "board-a")
    with office.centre.database.writing() as connection:
        _change(connection, box, machine=f"{BENCH_PREFIX}7")
    _says_hello(office, box, "board-a")
    assert _boards(office) == []
    assert not _alarm_is_shown(office)
