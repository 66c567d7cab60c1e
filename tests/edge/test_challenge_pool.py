"""Central's challenges leave once each; without them the box chooses its own and says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.challenge_pool import ChallengePool
from models.evidence import ChallengeBy
from models.messages import ChallengeMessage, Hello, decode, encode
from models.wire.topics import DownLane, UpLane, down_topic, parse_up_topic
from tests.builders.box_side import BOX, BoxSide
from tests.fakes.manual_clock import ManualClock

HANDED = tuple(bytes([number]) * 8 for number in range(3))


def test_each_challenge_leaves_once_the_oldest_first() -> None:
    pool = ChallengePool(ManualClock())
    pool.take_in((*HANDED, b"too short"[:7]))
    assert pool.count == 3
    drawn = [pool.draw() for _ in range(5)]
    assert [one.value for one in drawn[:3]] == list(HANDED)
    assert {one.by for one in drawn[:3]} == {ChallengeBy.CENTRAL}
    assert {one.by for one in drawn[3:]} == {ChallengeBy.BOX}
    assert len({one.value for one in drawn}) == 5


def test_a_pool_that_was_cleared_or_overfilled_stays_bounded() -> None:
    pool = ChallengePool(ManualClock())
    pool.take_in(tuple(number.to_bytes(8) for number in range(200)))
    assert pool.count == 128
    pool.clear()
    assert pool.draw().by is ChallengeBy.BOX


def test_a_challenge_that_waited_for_most_of_a_day_is_dropped_and_the_box_uses_its_own() -> None:
    clock = ManualClock()
    pool = ChallengePool(clock)
    pool.take_in(HANDED)
    clock.advance(hours=23)
    assert pool.draw().by is ChallengeBy.CENTRAL
    clock.advance(seconds=1)
    pool.take_in((b"newcomer",))
    assert pool.count == 1
    assert pool.draw().value == b"newcomer"
    assert pool.draw().by is ChallengeBy.BOX


@pytest.fixture
def box(tmp_path: Path) -> Iterator[BoxSide]:
    side = BoxSide(tmp_path)
    side.start()
    yield side
    side.stop()


def test_a_box_that_reads_cards_says_how_many_it_holds_and_takes_more(box: BoxSide) -> None:
    pool = ChallengePool(ManualClock())
    box.talk.also_fill(pool)
    box.connect()
    assert _hello(box).challenges == 0
    box.talk.heard(down_topic(BOX, DownLane.CHALLENGES), encode(ChallengeMessage(challenges=HANDED)))
    assert pool.count == 3
    box.connect()
    assert _hello(box).challenges == 3


def test_a_box_without_readers_asks_for_none_and_drops_what_comes(box: BoxSide) -> None:
    box.connect()
    assert _hello(box).challenges is None
    box.talk.heard(down_topic(BOX, DownLane.CHALLENGES), encode(ChallengeMessage(challenges=HANDED)))
    assert box.notices == []


def _hello(box: BoxSide) -> Hello:
    payloads = [payload for topic, payload in box.sent if parse_up_topic(topic).lane is UpLane.HELLO]
    return decode(payloads[-1], Hello)
