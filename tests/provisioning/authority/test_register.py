"""The register file: its audit log cannot be rewritten, and a newer program's file is left alone."""

import sqlite3
import threading

import pytest

from models.durable_database import open_durably
from provisioning.authority.database import STEPS, RegisterTooNewError
from tests.builders.founded_authority import FoundedAuthority, code_of


@pytest.mark.parametrize("deed", ["UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log"])
def test_the_audit_log_takes_no_change_and_no_removal(house: FoundedAuthority, deed: str) -> None:
    house.enrolled()
    database = open_durably(house.settings.database)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        database.execute(deed)
    database.close()


def test_a_register_of_a_newer_program_is_left_as_it_is(house: FoundedAuthority) -> None:
    house.stop()
    database = open_durably(house.settings.database)
    database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    database.close()
    with pytest.raises(RegisterTooNewError):
        house.authority.start()
    database = open_durably(house.settings.database)
    database.execute(f"PRAGMA user_version = {len(STEPS)}")
    database.close()
    house.authority.start()


def test_many_threads_may_ask_at_once_and_one_code_serves_one(house: FoundedAuthority) -> None:
    code = house.code()
    boards = [house.board() for _ in range(8)]
    requests = [board.request(code) for board in boards]
    answers: list[str | None] = []
    threads = [
        threading.Thread(target=lambda request=request: answers.append(code_of(house.authority.enroll(request, "x"))))
        for request in requests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers, key=str) == ["CODE_USED"] * 7 + [None]
