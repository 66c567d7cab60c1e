import pytest

from edge.station.attempts import FREE_TRIES, LONGEST_WAIT_MS, MOST_ADDRESSES, NETWORK_TRIES, Attempts
from tests.fakes.manual_clock import ManualClock

SCREEN = "127.0.0.1"


def test_waits_grow_with_each_wrong_try_up_to_a_minute() -> None:
    clock = ManualClock()
    attempts = Attempts(clock)
    for _ in range(FREE_TRIES - 1):
        assert attempts.begin(SCREEN) == 0
    for expected in (2000, 4000, 8000, 16000, 32000, LONGEST_WAIT_MS, LONGEST_WAIT_MS):
        assert attempts.begin(SCREEN) == 0
        assert attempts.begin(SCREEN) == expected
        clock.advance(milliseconds=expected)


def test_the_right_code_starts_afresh() -> None:
    attempts = Attempts(ManualClock())
    for _ in range(FREE_TRIES):
        assert attempts.begin(SCREEN) == 0
    assert attempts.begin(SCREEN) > 0
    attempts.succeeded(SCREEN)
    assert attempts.begin(SCREEN) == 0


def test_a_flood_from_the_network_does_not_lock_out_the_screen_of_the_box() -> None:
    clock = ManualClock()
    attempts = Attempts(clock)
    taken = [attempts.begin(f"192.0.2.{host}") == 0 for host in range(100)]
    assert sum(taken) == NETWORK_TRIES
    assert attempts.begin(SCREEN) == 0
    clock.advance(seconds=2)
    assert attempts.begin("192.0.2.200") == 0
    assert attempts.begin("192.0.2.201") > 0


@pytest.mark.parametrize("address", ["2001:db8::1", "2001:db8::ffff"])
def test_hosts_of_one_ipv6_network_share_their_tries(address: str) -> None:
    attempts = Attempts(ManualClock())
    for host in range(2, 2 + FREE_TRIES):
        assert attempts.begin(f"2001:db8::{host}") == 0
    assert attempts.begin(address) > 0


def test_addresses_are_not_remembered_without_end() -> None:
    clock = ManualClock()
    attempts = Attempts(clock)
    for _ in range(FREE_TRIES):
        attempts.begin("192.0.2.1")
    for host in range(MOST_ADDRESSES):
        attempts.begin(f"198.51.100.{host}")
    clock.advance(seconds=30)
    assert attempts.begin("192.0.2.1") == 0
