"""What the box believes about the time when somebody sets its clock: acceptance case E11 and its neighbours."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.clock_watch import LARGEST_STEP, ClockWatch
from tests.fakes.manual_clock import ManualClock

BUILT = datetime(2026, 6, 1, tzinfo=UTC)
TOLERANCE = timedelta(seconds=1)


def watch_on(clock: ManualClock, folder: Path, last_event_at: datetime | None = None) -> ClockWatch:
    watch = ClockWatch(clock, folder / "floor.json", BUILT)
    watch.start(last_event_at)
    return watch


def test_e11_an_hour_back_a_day_ahead_and_1970_never_move_the_time_that_windows_are_decided_by(tmp_path: Path) -> None:
    for seconds in (-3_600, 86_400, -1_781_136_000):
        clock = ManualClock()
        watch = watch_on(clock, tmp_path)
        watch.hear(clock.now())
        clock.advance(seconds=60)
        watch.look()
        right = clock.now()
        clock.step_wall_clock(seconds=seconds)
        step = watch.look()
        assert step is not None
        assert abs(step - timedelta(seconds=seconds)) < TOLERANCE
        assert abs(watch.now() - right) < TOLERANCE
        assert not watch.is_right
        clock.advance(seconds=600)
        assert watch.look() is None, "told once"
        assert abs(watch.now() - (right + timedelta(seconds=600))) < TOLERANCE
        assert watch.below_floor is (seconds < 0)


def test_a_clock_set_back_while_the_box_was_off_stands_below_the_kept_floor(tmp_path: Path) -> None:
    clock = ManualClock()
    before = watch_on(clock, tmp_path)
    before.hear(clock.now())
    before.stop()
    off = ManualClock(clock.now() - timedelta(days=2))
    watch = watch_on(off, tmp_path)
    assert watch.below_floor
    assert watch.now() >= clock.now()


def test_the_floor_knows_the_software_the_last_event_and_the_newest_trust_list(tmp_path: Path) -> None:
    clock = ManualClock(datetime(1970, 1, 2, tzinfo=UTC))
    watch = watch_on(clock, tmp_path)
    assert watch.now() == BUILT
    event = BUILT + timedelta(days=3)
    assert watch_on(clock, tmp_path, event).now() == event
    watch.raise_to(BUILT + timedelta(days=5))
    assert watch.now() == BUILT + timedelta(days=5)
    watch.raise_to(BUILT + timedelta(days=4))
    assert watch.now() == BUILT + timedelta(days=5), "an older list moves nothing"


def test_centrals_word_makes_good_what_a_wrong_clock_had_raised_but_never_undercuts_a_signed_list(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    right = clock.now()
    clock.step_wall_clock(days=400)
    watch = watch_on(clock, tmp_path)
    watch.look()
    assert watch.now() > right + timedelta(days=399), "at the start nobody can know better"
    watch.hear(right)
    assert (watch.now(), watch.is_right) == (right, False)
    clock.step_wall_clock(days=-400)
    watch.look()
    watch.hear(clock.now())
    assert (watch.now(), watch.is_right) == (right, True)
    watch.raise_to(right + timedelta(days=1))
    watch.hear(right)
    assert watch.now() == right + timedelta(days=1)


def test_an_event_far_beyond_the_kept_floor_was_stored_by_a_clock_in_doubt(tmp_path: Path) -> None:
    clock = ManualClock()
    watch = watch_on(clock, tmp_path)
    watch.hear(clock.now())
    watch.stop()
    again = watch_on(clock, tmp_path, clock.now() + timedelta(days=1))
    assert again.now() == clock.now()
    assert again.is_right


def test_small_corrections_of_a_time_service_are_no_steps(tmp_path: Path) -> None:
    clock = ManualClock()
    watch = watch_on(clock, tmp_path)
    watch.look()
    for seconds in (-20, 25, -10):
        clock.step_wall_clock(seconds=seconds)
        assert watch.look() is None
    assert watch.is_right


def test_a_sitting_that_was_opened_here_is_remembered(tmp_path: Path) -> None:
    clock = ManualClock()
    watch_on(clock, tmp_path).note_opened("ca-1")
    again = watch_on(clock, tmp_path)
    assert again.was_opened("ca-1")
    assert not again.was_opened("ca-2")


@pytest.mark.parametrize("content", [b"", b"{", b'{"floor": 3}', bytes(100)])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "floor.json").write_bytes(content)
    watch = watch_on(ManualClock(), tmp_path)
    watch.stop()
    assert watch_on(ManualClock(), tmp_path).is_right


@given(steps=st.lists(st.integers(-400_000, 400_000) | st.integers(-40, 40), max_size=12))
def test_whatever_is_done_to_the_wall_clock_the_time_of_windows_never_goes_back(steps: list[int]) -> None:
    clock = ManualClock()
    watch = ClockWatch(clock, Path("/nonexistent/floor.json"), BUILT)
    watch.look()
    seen = watch.now()
    for seconds in steps:
        clock.step_wall_clock(seconds=seconds)
        clock.advance(seconds=0.25)
        watch.look()
        now = watch.now()
        assert now >= seen - timedelta(milliseconds=1)
        assert now - seen <= LARGEST_STEP + timedelta(seconds=0.25)
        seen = now
