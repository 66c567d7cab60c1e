"""Row B12: the same identity in two machines is noticed; a box that reconnects all day is not."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.clone_watch import FORGET_AFTER, SESSIONS_KEPT, CloneSign, CloneWatch, Seen
from models.identifiers import BoxId

BOX, OTHER = BoxId("box-1"), BoxId("box-2")
NOW = datetime(2026, 6, 11, tzinfo=UTC)


def seen(session: str, machine: str | None = "board-a", minutes: float = 0, box_id: BoxId = BOX) -> Seen:
    return Seen(box_id=box_id, session=session, machine=machine, at=NOW + timedelta(minutes=minutes))


def test_a_board_that_changes_without_enrolment_is_a_sign() -> None:
    watch = CloneWatch()
    assert watch.see(seen("s1")) is None
    assert watch.see(seen("s2", "board-b")) is CloneSign.OTHER_MACHINE
    assert watch.see(seen("s2", "board-b", 1)) is None, "told once for each change"


def test_two_boards_that_take_turns_are_certain() -> None:
    watch = CloneWatch()
    for number, machine in enumerate(("board-a", "board-b")):
        watch.see(seen(f"s{number}", machine))
    assert watch.see(seen("s3", "board-a")) is CloneSign.MACHINES_TAKE_TURNS


def test_an_old_session_that_speaks_again_is_certain_without_any_machine() -> None:
    watch = CloneWatch()
    watch.see(seen("s1", None))
    watch.see(seen("s2", None))
    assert watch.see(seen("s1", None)) is CloneSign.OLD_SESSION_SPOKE


def test_a_board_exchanged_with_a_new_enrolment_is_no_sign() -> None:
    watch = CloneWatch()
    watch.see(seen("s1"))
    watch.forget(BOX)
    assert watch.see(seen("s2", "board-b")) is None


def test_a_board_left_long_ago_is_forgotten() -> None:
    watch = CloneWatch()
    watch.see(seen("s1"))
    watch.see(seen("s2", "board-b", 1))
    later = FORGET_AFTER.total_seconds() / 60 + 2
    assert watch.see(seen("s3", "board-a", later)) is CloneSign.OTHER_MACHINE


def test_boxes_do_not_mix() -> None:
    watch = CloneWatch()
    watch.see(seen("s1"))
    assert watch.see(seen("s2", "board-b", box_id=OTHER)) is None


@given(st.lists(st.integers(min_value=1, max_value=4), max_size=3 * SESSIONS_KEPT))
def test_an_honest_box_that_reconnects_and_repeats_its_hello_is_never_a_sign(repeats: list[int]) -> None:
    watch = CloneWatch()
    for number, times in enumerate(repeats):
        for _ in range(times):
            assert watch.see(seen(f"s{number}", minutes=number)) is None
