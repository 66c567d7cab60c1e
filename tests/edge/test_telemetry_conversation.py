"""The telemetry lane on a wire that loses, doubles and reorders: every row that was committed arrives exactly once."""

import itertools
import tempfile
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.telemetry_conversation import (
    HISTORY_ROWS_PER_SECOND,
    LONGEST_KNOCK_MS,
    MOST_BYTES_IN_FLIGHT,
    TelemetryConversation,
    decode_mark,
)
from edge.telemetry_store import TelemetryStore
from models.errors import BadInputError
from models.telemetry import Gap, unpack_batch
from models.wire.broker_session import PublishOutcome
from tests.builders.telemetry_rows import alert, minute, number_of, word
from tests.fakes.manual_clock import ManualClock
from tests.fakes.model_measurer import ModelMeasurer


class Lane:
    """A box's lane and a centre, with letters that lie in `up` until the test carries them."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.path = folder / "telemetry.db"
        self.centre = ModelMeasurer()
        self.up: deque[bytes] = deque()
        self.down: deque[bytes] = deque()
        self.newest_asked = 0
        self.connections = 0
        self.start()

    def start(self) -> None:
        self.store = TelemetryStore(self.path, self.clock)
        self.store.start()
        self.talk = TelemetryConversation(
            store=self.store, publish=self._publish, clock=self.clock, newest=self._newest
        )

    def connect(self) -> None:
        self.connections += 1
        self.talk.connected(f"session-{self.connections}")
        self.down.append(self.centre.answer(f"session-{self.connections}"))

    def reconnect(self) -> None:
        self.talk.disconnected()
        self.up.clear()
        self.down.clear()
        self.connect()

    def carry(self, rounds: int = 100) -> None:
        """Everything arrives, both ways, until nobody has anything to say."""
        for _ in range(rounds):
            self.talk.send()
            while self.up:
                session = self.centre.take(self.up.popleft())
                self.down.append(self.centre.answer(session))
            if not self.down:
                return
            while self.down:
                self.talk.heard(decode_mark(self.down.popleft()))

    def pass_time(self, seconds: float) -> None:
        for _ in range(int(seconds * 2)):
            self.clock.advance(seconds=0.5)
            self.store.time_passed()
            self.carry()

    def _publish(self, payload: bytes) -> PublishOutcome:
        self.up.append(payload)
        return PublishOutcome.HANDED_OVER

    def _newest(self) -> None:
        self.newest_asked += 1


@pytest.fixture
def lane(tmp_path: Path) -> Iterator[Lane]:
    made = Lane(tmp_path)
    yield made
    made.store.stop()


def numbers(lane: Lane) -> list[int]:
    return [number_of(row) for row in lane.centre.rows]


def test_rows_travel_once_central_has_answered_and_go_when_it_holds_them(lane: Lane) -> None:
    lane.store.add([word(1), word(2)])
    lane.store.flush()
    lane.talk.connected("session-1")
    lane.talk.send()
    assert not lane.up
    lane.talk.heard(decode_mark(lane.centre.answer("session-1")))
    lane.carry()
    lane.pass_time(1)
    assert numbers(lane) == [1, 2]
    assert lane.store.waiting() == 0


def test_a_mark_of_another_connection_says_nothing(lane: Lane) -> None:
    lane.store.add([alert(1)])
    lane.talk.connected("session-2")
    lane.talk.heard(decode_mark(lane.centre.answer("session-1")))
    lane.talk.send()
    assert not lane.up
    lane.talk.heard(decode_mark(lane.centre.answer("session-2")))
    lane.talk.send()
    assert lane.up


def test_a_centre_that_knows_no_such_lane_gets_a_small_batch_ever_more_rarely(lane: Lane) -> None:
    lane.store.add([word(number) for number in range(1000)])
    lane.talk.connected("session-1")
    sent = []
    for second in range(24 * 3600):
        lane.clock.advance(seconds=1)
        lane.talk.send()
        if lane.up:
            sent.append((second, len(unpack_batch(lane.up.popleft()).rows)))
    assert 24 * 3600 * 1000 / LONGEST_KNOCK_MS - 5 <= len(sent) <= 24 * 3600 * 1000 / LONGEST_KNOCK_MS + 5
    assert {rows for _, rows in sent} == {50}


def test_a_lost_batch_travels_again_after_two_seconds_and_then_ever_more_slowly(lane: Lane) -> None:
    lane.connect()
    lane.carry()
    lane.store.add([alert(1)])
    sent_at = []
    for tenth in range(1800):
        lane.talk.send()
        if lane.up:
            lane.up.clear()
            sent_at.append(tenth / 10)
        lane.clock.advance(seconds=0.1)
    pauses = [round(after - before, 1) for before, after in itertools.pairwise(sent_at)]
    assert pauses[:4] == [2.0, 4.0, 8.0, 16.0]
    assert set(pauses[4:]) == {30.0}
    lane.pass_time(31)
    assert lane.centre.rows == [alert(1)]


def test_after_an_outage_the_newest_state_comes_first_and_history_at_its_rate(lane: Lane) -> None:
    lane.store.add([minute(number) for number in range(1000)])
    lane.store.flush()
    lane.connect()
    lane.carry()
    assert lane.newest_asked == 1
    already = len(lane.centre.rows)
    lane.store.add([word(5000)])
    lane.pass_time(1)
    assert 5000 in numbers(lane)
    lane.pass_time(9)
    assert len(lane.centre.rows) - already == pytest.approx(10 * HISTORY_ROWS_PER_SECOND, abs=60)
    lane.pass_time(60)
    assert sorted(numbers(lane)) == [*range(1000), 5000]


def test_a_short_break_asks_for_no_new_words_and_a_long_one_does(lane: Lane) -> None:
    lane.connect()
    lane.carry()
    lane.reconnect()
    lane.carry()
    assert lane.newest_asked == 1
    lane.talk.disconnected()
    lane.clock.advance(minutes=2)
    lane.reconnect()
    lane.carry()
    assert lane.newest_asked == 2


def test_what_is_in_flight_is_bounded_by_its_bytes(lane: Lane) -> None:
    lane.connect()
    lane.carry()
    lane.store.add([msgspec.structs.replace(word(number), firmware="x" * 100) for number in range(5000)])
    for _ in range(100):
        lane.talk.send()
    carried = [sum(len(row) for row in unpack_batch(payload).rows) for payload in lane.up]
    assert MOST_BYTES_IN_FLIGHT - 64 * 1024 < sum(carried) < MOST_BYTES_IN_FLIGHT + 64 * 1024
    assert all(len(unpack_batch(payload).rows) <= 200 for payload in lane.up)


def test_when_central_has_lost_rows_a_new_epoch_begins_and_what_waits_arrives_once(lane: Lane) -> None:
    lane.connect()
    lane.store.add([word(number) for number in range(10)])
    lane.pass_time(2)
    lane.centre.held, lane.centre.rows = 4, lane.centre.rows[:4]
    lane.reconnect()
    lane.store.add([word(number) for number in range(10, 20)])
    lane.pass_time(3)
    assert numbers(lane) == [*range(4), *range(10, 20)]


def test_when_central_loses_rows_without_a_new_connection_the_lane_heals_too(lane: Lane) -> None:
    lane.connect()
    lane.store.add([word(number) for number in range(10)])
    lane.pass_time(2)
    lane.centre.held, lane.centre.rows = 0, []
    lane.store.add([word(number) for number in range(10, 20)])
    lane.pass_time(150)
    assert numbers(lane) == [*range(10, 20)]


def test_an_old_card_image_begins_a_new_epoch(lane: Lane) -> None:
    lane.connect()
    lane.store.add([word(1)])
    lane.pass_time(2)
    lane.centre.held = 500
    lane.reconnect()
    lane.store.add([word(2)])
    lane.pass_time(2)
    assert numbers(lane) == [1, 2]


def test_a_box_whose_clock_stands_in_1970_outbids_centrals_epoch(tmp_path: Path) -> None:
    lane = Lane(tmp_path)
    lane.centre.epoch = 5_000_000_000_000
    lane.connect()
    lane.store.add([word(1)])
    lane.pass_time(2)
    assert numbers(lane) == [1]
    assert lane.centre.epoch > 5_000_000_000_000
    lane.store.stop()


@pytest.mark.parametrize("payload", [b"", b"{", b'{"session":"s","epoch":-1,"held":0}', b"\xff", b"[]"])
def test_a_mark_that_is_none_is_refused(payload: bytes) -> None:
    with pytest.raises(BadInputError):
        decode_mark(payload)


STEPS = st.lists(
    st.sampled_from(
        ["rows", "alert", "send", "send", "up", "up", "down", "down", "lose up", "lose down", "double up",
         "double down", "swap up", "swap down", "second", "wait", "reconnect", "kill"]
    ),
    max_size=120,
)  # fmt: skip


class Trouble:
    """Plays steps; `committed` rows were neither lost with the program nor are still in its memory."""

    def __init__(self, lane: Lane) -> None:
        self.lane = lane
        self.made = 0
        self.buffered = 0

    def play(self, step: str) -> None:
        lane = self.lane
        match step:
            case "rows" | "alert":
                self._add(urgent=step == "alert")
            case "send":
                lane.talk.send()
            case "up" if lane.up:
                lane.down.append(lane.centre.answer(lane.centre.take(lane.up.popleft())))
            case "down" if lane.down:
                lane.talk.heard(decode_mark(lane.down.popleft()))
            case "second" | "wait":
                lane.clock.advance(seconds=1 if step == "second" else 45)
                lane.store.time_passed()
                self.buffered = 0
            case "reconnect":
                lane.reconnect()
            case "kill":
                self._kill()
            case _:
                disturb(lane.up if step.endswith("up") else lane.down, step.partition(" ")[0])

    def _add(self, *, urgent: bool) -> None:
        self.lane.store.add([minute(self.made) if self.made % 3 else word(self.made)])
        self.made, self.buffered = self.made + 1, self.buffered + 1
        if urgent:
            self.lane.store.flush()
            self.buffered = 0

    def _kill(self) -> None:
        self.made -= self.buffered
        self.buffered = 0
        self.lane.store._close()
        self.lane.start()
        self.lane.reconnect()


def disturb(letters: deque[bytes], kind: str) -> None:
    if not letters:
        return
    if kind == "lose":
        letters.popleft()
    elif kind == "double":
        letters.append(letters[0])
    else:
        letters.rotate(1)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_every_committed_row_arrives_exactly_once_whatever_happens_on_the_way(steps: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lane = Lane(Path(folder))
        lane.connect()
        trouble = Trouble(lane)
        for step in steps:
            trouble.play(step)
        lane.reconnect()
        lane.pass_time(40)
        assert sorted(numbers(lane)) == list(range(trouble.made))
        assert not [row for row in lane.centre.rows if isinstance(row, Gap)]
        assert lane.store.waiting() == 0
        lane.store.stop()
