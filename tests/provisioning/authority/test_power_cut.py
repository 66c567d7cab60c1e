"""kill -9 before each statement of a deed: all of it stands or none, and asking again ends well."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from models.durable_database import immediate, open_durably
from models.enrollment import AuthorityRefusal, BoxState, EnrollmentAnswer, RenewalRequest
from models.fleet import BoxRecords, RevocationRequest, Revocations
from models.identifiers import BoxId
from provisioning.authority.box_desk import BoxDesk
from provisioning.authority.enrollment_desk import EnrollmentDesk
from provisioning.authority.key_files import read_keys
from provisioning.authority.ledger import Ledger
from provisioning.authority.roll_outs import RollOutDesk
from provisioning.authority.staff_desk import StaffDesk
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import ERRAND, ORIGIN, FoundedAuthority, new_key

Deed = Callable[[Ledger], object]
MOST_STATEMENTS = 200


def kill_at(house: FoundedAuthority, deed: Deed, statement: int) -> bool:
    """Does the deed in a process that is killed before that statement; whether it was killed at all."""
    child = os.fork()
    if child == 0:
        try:
            _do(house, deed, statement)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def _do(house: FoundedAuthority, deed: Deed, statement: int) -> None:
    database = open_durably(house.settings.database)
    ledger = Ledger(database, house.settings, read_keys(house.settings))
    seen = 0

    def count(_: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    database.conn.set_trace_callback(count)
    with immediate(database):
        answer = deed(ledger)
    if not isinstance(answer, AuthorityRefusal):
        os._exit(0)


@contextmanager
def closed(house: FoundedAuthority) -> Iterator[None]:
    """The test's own authority holds no file open while a child works on it."""
    house.stop()
    try:
        yield
    finally:
        house.authority.start()


def records(house: FoundedAuthority) -> dict[BoxId, BoxState]:
    answer = house.authority.boxes_after(house.central, 0)
    assert isinstance(answer, BoxRecords)
    return {box.box_id: box.state for box in answer.boxes}


def until_it_is_done(house: FoundedAuthority, deed: Deed, look: Callable[[], None]) -> int:
    """Kills the deed before its first, second, ... statement, until it ends well; looks after each kill."""
    for statement in range(1, MOST_STATEMENTS):
        with closed(house):
            killed = kill_at(house, deed, statement)
        if not killed:
            return statement
        look()
    pytest.fail("the deed never ended")


def test_enrolment_with_a_replacement_is_all_or_nothing(house: FoundedAuthority) -> None:
    old = house.enrolled("A-101")
    code, board = house.code("A-101", replaces=old.box_id), house.board()
    request, now = board.request(code), house.clock.now()
    before = (records(house), house.deeds())

    def nothing_happened() -> None:
        assert (records(house), house.deeds()) == before

    killed = until_it_is_done(house, lambda one: EnrollmentDesk(one).enroll(request, ORIGIN, now), nothing_happened)
    assert killed > 15
    after = records(house)
    assert sorted(after.values()) == [BoxState.CERTIFIED, BoxState.REVOKED]
    answer = house.ask(board, code)
    assert isinstance(answer, EnrollmentAnswer)
    assert after[answer.box_id] is BoxState.CERTIFIED
    listed = house.authority.revocations(house.keeper)
    assert isinstance(listed, Revocations)
    assert listed.boxes == (old.box_id,)


def test_revocation_is_all_or_nothing(house: FoundedAuthority) -> None:
    box = house.enrolled()
    request, now = RevocationRequest(errand=ERRAND, box_id=box.box_id), house.clock.now()

    def lives_with_its_old_list() -> None:
        listed = house.authority.revocations(house.keeper)
        assert isinstance(listed, Revocations)
        assert (listed.boxes, records(house)[box.box_id]) == ((), BoxState.CERTIFIED)

    until_it_is_done(house, lambda one: StaffDesk(one).revoke(house.central, request, now), lives_with_its_old_list)
    assert records(house)[box.box_id] is BoxState.REVOKED


def test_a_renewal_that_was_cut_is_done_by_asking_again(house: FoundedAuthority) -> None:
    box, now = house.enrolled(), house.clock.now()
    request = RenewalRequest(csr=certificate_request(new_key()))
    serial = box.caller.serial_hex

    def still_the_old_one() -> None:
        assert house.record(box.box_id).serial == serial

    def renew(one: Ledger) -> object:
        return BoxDesk(one, RollOutDesk(one, house.settings.releases)).renew(box.caller, request, now)

    until_it_is_done(house, renew, still_the_old_one)
    assert house.record(box.box_id).serial != serial
