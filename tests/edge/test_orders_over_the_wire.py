"""Orders and news as the box hears them: whose they must be, how long they count, how the answer travels."""

import queue
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.box_condition import Notice
from edge.occurrences import Occurrence
from edge.uplink_notices import CommandArrived, NewsArrived, UplinkAlarm
from edge.wiring import hear_uplink
from models.messages import Ack, CommandMessage, CommandOutcome, CommandResult, News, decode, encode
from models.wire.commands import Command, CommandName, sign_command
from models.wire.receipts import HeadStatement, sign_statement
from models.wire.topics import DownLane, UpLane, down_topic, parse_up_topic
from tests.builders.box_side import BOX, BoxSide
from tests.builders.events import CENTRAL_KEY
from tests.fakes.manual_clock import ManualClock

ACK, ORDER, NEWS = (down_topic(BOX, lane) for lane in (DownLane.ACK, DownLane.COMMAND, DownLane.NEWS))


@pytest.fixture
def box(tmp_path: Path) -> Iterator[BoxSide]:
    side = BoxSide(tmp_path)
    side.start()
    side.connect()
    yield side
    side.stop()


def command(box: BoxSide, box_id: str = BOX) -> Command:
    now = box.clock.now()
    return Command(
        command_id="order-1",
        box_id=box_id,
        name=CommandName.IDENTIFY,
        issued_at=now,
        expires_at=now + timedelta(minutes=10),
    )


def letter(said: Command, key: Ed25519PrivateKey = CENTRAL_KEY) -> bytes:
    return encode(CommandMessage(command=sign_command(said, key)))


def test_an_order_of_central_reaches_the_agent(box: BoxSide) -> None:
    box.talk.heard(ORDER, letter(command(box)))
    assert box.told(CommandArrived) == [CommandArrived(command=command(box), in_time=True)]


@pytest.mark.parametrize("case", ["another key", "another box", "not JSON", "changed"])
def test_an_order_that_is_not_centrals_to_this_box_is_an_alarm_and_nothing_else(box: BoxSide, case: str) -> None:
    payload = {
        "another key": letter(command(box), Ed25519PrivateKey.generate()),
        "another box": letter(command(box, "box-102")),
        "not JSON": b"{",
        "changed": letter(command(box)).replace(b'"body":"', b'"body":"AAAA', 1),
    }[case]
    box.talk.heard(ORDER, payload)
    assert not box.told(CommandArrived)
    assert len(box.told(UplinkAlarm)) == 1


def test_an_order_past_its_time_is_told_as_late(box: BoxSide) -> None:
    late = letter(command(box))
    box.clock.advance(minutes=10)
    box.talk.heard(ORDER, late)
    assert [one.in_time for one in box.told(CommandArrived) if isinstance(one, CommandArrived)] == [False]


def test_centrals_clock_counts_once_it_was_heard_and_the_boxs_own_before(box: BoxSide) -> None:
    fresh = letter(command(box))
    told = HeadStatement(box_id=BOX, session="session-1", head=None, forked=False, stated_at=box.clock.now())
    box.talk.heard(ACK, encode(Ack(receipts=(), statement=sign_statement(told, CENTRAL_KEY))))
    box.clock.step_wall_clock(days=1)
    box.talk.heard(ORDER, fresh)
    box.clock.advance(minutes=10)
    box.talk.heard(ORDER, fresh)
    assert [one.in_time for one in box.told(CommandArrived) if isinstance(one, CommandArrived)] == [True, False]


def test_the_answer_travels_on_the_lane_of_results_and_is_dropped_without_a_connection(box: BoxSide) -> None:
    result = CommandResult(command_id="order-1", outcome=CommandOutcome.DONE, sentence="", finished_at=box.clock.now())
    box.sent.clear()
    box.talk.answer(result)
    topic, payload = box.sent.popleft()
    assert parse_up_topic(topic).lane is UpLane.RESULT
    assert decode(payload, CommandResult) == result
    box.talk.disconnected("cut")
    box.talk.answer(result)
    assert not box.sent


def test_news_touch_the_file_that_the_caretaker_looks_at(box: BoxSide, tmp_path: Path) -> None:
    box.talk.heard(NEWS, encode(News(about="trust list")))
    assert box.told(NewsArrived) == [NewsArrived()]
    news, clock = tmp_path / "news", ManualClock()
    hear_uplink(NewsArrived(), queue_of_nothing(), clock, news)
    assert news.exists()
    hear_uplink(NewsArrived(), queue_of_nothing(), clock, tmp_path / "absent" / "news")
    hear_uplink(NewsArrived(), queue_of_nothing(), clock, None)


def queue_of_nothing() -> "queue.Queue[Occurrence | Notice]":
    return queue.Queue()
