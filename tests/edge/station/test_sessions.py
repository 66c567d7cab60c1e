from edge.station.sessions import ABSOLUTE_MS, IDLE_MS, MOST_SESSIONS, Sessions
from tests.fakes.manual_clock import ManualClock

HASH = "$argon2id$one"


def test_a_session_lives_while_it_is_used_and_ends_after_ten_hours() -> None:
    clock = ManualClock()
    sessions = Sessions(clock)
    token = sessions.open(HASH)
    for _ in range(ABSOLUTE_MS // IDLE_MS):
        clock.advance(milliseconds=IDLE_MS)
        assert sessions.use(token, HASH)
    clock.advance(milliseconds=1)
    assert not sessions.use(token, HASH)


def test_a_session_that_nobody_uses_ends_after_half_an_hour() -> None:
    clock = ManualClock()
    sessions = Sessions(clock)
    token = sessions.open(HASH)
    clock.advance(milliseconds=IDLE_MS + 1)
    assert not sessions.use(token, HASH)


def test_asking_whether_a_session_lives_does_not_renew_it() -> None:
    clock = ManualClock()
    sessions = Sessions(clock)
    token = sessions.open(HASH)
    clock.advance(milliseconds=IDLE_MS)
    assert sessions.lives(token, HASH)
    assert not sessions.lives(None, HASH)
    assert not sessions.lives("never seen", HASH)
    clock.advance(milliseconds=1)
    assert not sessions.lives(token, HASH)
    assert not sessions.use(token, HASH)


def test_another_door_code_ends_every_session_of_the_old_one() -> None:
    sessions = Sessions(ManualClock())
    token = sessions.open(HASH)
    assert not sessions.use(token, "$argon2id$two")
    assert not sessions.use(token, HASH)


def test_no_roster_means_no_session() -> None:
    sessions = Sessions(ManualClock())
    assert not sessions.use(sessions.open(HASH), None)


def test_signing_out_ends_a_session_at_once() -> None:
    sessions = Sessions(ManualClock())
    token = sessions.open(HASH)
    sessions.end(token)
    sessions.end("never seen")
    assert not sessions.use(token, HASH)


def test_made_up_tokens_open_nothing() -> None:
    sessions = Sessions(ManualClock())
    sessions.open(HASH)
    for token in (None, "", "x", "\udcff", "a" * 10_000):
        assert not sessions.use(token, HASH)


def test_the_session_unused_for_longest_makes_place() -> None:
    clock = ManualClock()
    sessions = Sessions(clock)
    first, second = sessions.open(HASH), sessions.open(HASH)
    clock.advance(seconds=1)
    assert sessions.use(first, HASH)
    for _ in range(MOST_SESSIONS - 1):
        sessions.open(HASH)
    assert sessions.use(first, HASH)
    assert not sessions.use(second, HASH)
