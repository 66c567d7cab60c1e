"""Every usual speed is tried once, and then the first one again for good."""

from firmware_bridge.speed_search import FEWEST_BYTES, LISTEN_SECONDS, USUAL_SPEEDS, SpeedSearch


def tried(search: SpeedSearch) -> list[int]:
    """The speeds of a line that never makes sense, in their order."""
    bauds = [search.baud]
    while search.is_wrong(FEWEST_BYTES, LISTEN_SECONDS):
        search.go_on()
        bauds.append(search.baud)
    return bauds


def test_each_speed_is_tried_once_the_last_one_too_and_then_the_first_again() -> None:
    bauds = tried(SpeedSearch(0, 9600))
    assert sorted(bauds[:-1]) == sorted(USUAL_SPEEDS)
    assert bauds[-1] == 9600


def test_a_right_speed_is_kept_the_last_one_too() -> None:
    for right in USUAL_SPEEDS:
        search = SpeedSearch(0, 9600)
        while search.baud != right:
            search.go_on()
        search.found()
        assert tried(search) == [right]


def test_neither_a_planned_speed_nor_an_unknown_usual_one_is_left() -> None:
    assert tried(SpeedSearch(4800, 9600)) == [4800]
    assert tried(SpeedSearch(0, 0)) == [0]


def test_few_bytes_or_a_short_time_prove_nothing() -> None:
    search = SpeedSearch(0, 9600)
    assert not search.is_wrong(FEWEST_BYTES - 1, LISTEN_SECONDS)
    assert not search.is_wrong(FEWEST_BYTES, LISTEN_SECONDS - 0.1)
