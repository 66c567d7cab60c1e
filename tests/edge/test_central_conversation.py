"""What the box says to central, when, and what it believes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.central_conversation import STALLS_BEFORE_ALARM
from edge.uplink_notices import (
    CentralTime,
    CentralWentBack,
    ConnectionChanged,
    EventsReceipted,
    ForkHealed,
    RosterArrived,
    RosterRefused,
    UplinkAlarm,
)
from models.messages import Ack, EventBatch, Hello, RosterMessage, decode, encode
from models.wire.broker_session import PublishOutcome
from models.wire.event_chain import EventKind, decode_event
from models.wire.receipts import HeadStatement, sign_statement
from models.wire.signed_bundle import BundleRefusal, sign_bundle
from models.wire.topics import DownLane, UpLane, down_topic, parse_up_topic
from tests.builders.box_side import BOX, BoxSide
from tests.builders.events import BOX_KEY, CENTRAL_KEY, happening
from tests.builders.exams import SEVEN_O_CLOCK, bundle
from tests.fakes.model_central import NOON, ModelCentral

ACK = down_topic(BOX, DownLane.ACK)
ROSTER = down_topic(BOX, DownLane.ROSTER)


@pytest.fixture
def box(tmp_path: Path) -> Iterator[BoxSide]:
    side = BoxSide(tmp_path)
    side.start()
    yield side
    side.stop()


@pytest.fixture
def central() -> ModelCentral:
    return ModelCentral(CENTRAL_KEY, {BOX: BOX_KEY.public_key()})


def carry(box: BoxSide, central: ModelCentral) -> None:
    """Everything arrives, both ways, until nobody has anything to say."""
    while box.sent:
        for letter in central.hear(*box.sent.popleft()):
            box.talk.heard(*letter)


def commit(box: BoxSide, *numbers: int) -> None:
    for number in numbers:
        box.outbox.commit(happening(number))
        box.talk.committed()


def lanes(box: BoxSide) -> list[UpLane]:
    return [parse_up_topic(topic).lane for topic, _ in box.sent]


def batches_sent(box: BoxSide) -> list[EventBatch]:
    events = [payload for topic, payload in box.sent if parse_up_topic(topic).lane is UpLane.EVENTS]
    return [decode(payload, EventBatch) for payload in events]


def test_hello_comes_first_and_events_wait_for_the_answer(box: BoxSide, central: ModelCentral) -> None:
    commit(box, 1, 2)
    assert not box.sent
    box.connect()
    assert lanes(box) == [UpLane.HELLO]
    hello = decode(box.sent[0][1], Hello)
    assert (hello.session, hello.waiting, hello.head) == ("session-1", 2, box.outbox.head())
    carry(box, central)
    assert box.outbox.counts().waiting == 0
    assert central.records[BOX].counted == [happening(1).uuid, happening(2).uuid]


def test_the_desk_hears_of_each_second_copy_once_and_of_centrals_time(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    commit(box, 1, 2)
    carry(box, central)
    uuids = [uuid for notice in box.notices if isinstance(notice, EventsReceipted) for uuid in notice.uuids]
    assert uuids == [happening(1).uuid, happening(2).uuid]
    assert box.told(ConnectionChanged) == [ConnectionChanged(online=True)]
    assert CentralTime(stated_at=NOON, heard_monotonic_ms=1_000) in box.notices


def test_batches_hold_at_most_fifty_events_oldest_first(box: BoxSide, central: ModelCentral) -> None:
    for number in range(120):
        box.outbox.commit(happening(number))
    box.connect()
    for letter in central.hear(*box.sent.popleft()):
        box.talk.heard(*letter)
    sizes = [(batch.base, len(batch.events)) for batch in batches_sent(box)]
    assert sizes == [(0, 50), (50, 50), (100, 20)]


def test_what_is_lost_on_the_way_travels_again_after_two_seconds(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    commit(box, 1)
    box.sent.clear()
    box.clock.advance(seconds=1.9)
    box.talk.time_passed()
    assert not box.sent
    box.clock.advance(seconds=0.2)
    box.talk.time_passed()
    assert [len(batch.events) for batch in batches_sent(box)] == [1]
    carry(box, central)
    assert box.outbox.counts().waiting == 0


def test_while_nothing_moves_only_one_batch_travels_at_a_time(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    for number in range(200):
        box.outbox.commit(happening(number))
    box.talk.committed()
    assert len(batches_sent(box)) == 4
    box.sent.clear()
    box.clock.advance(seconds=3)
    box.talk.time_passed()
    assert len(batches_sent(box)) == 1


def test_an_answer_of_the_broker_drops_nothing(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    for outcome in (PublishOutcome.QUEUE_FULL, PublishOutcome.NOT_CONNECTED):
        box.outcome = outcome
        commit(box, 1)
    box.outcome = PublishOutcome.HANDED_OVER
    box.talk.committed()
    carry(box, central)
    assert central.records[BOX].counted == [happening(1).uuid]


def test_a_lost_receipt_is_made_good_by_the_next_hello(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    commit(box, 1)
    central.hear(*box.sent.popleft())
    assert box.outbox.counts().waiting == 1
    box.talk.disconnected("cut")
    box.connect()
    carry(box, central)
    assert box.outbox.counts().waiting == 0
    assert len(central.records[BOX].counted) == 1


def test_silence_is_told_once_and_so_is_the_return(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    box.clock.advance(seconds=61)
    for _ in range(40):
        box.talk.time_passed()
        box.clock.advance(seconds=0.5)
    assert [notice.online for notice in box.told(ConnectionChanged) if isinstance(notice, ConnectionChanged)] == [
        True,
        False,
    ]
    carry(box, central)
    assert box.told(ConnectionChanged)[-1] == ConnectionChanged(online=True)


def test_an_alarm_tells_when_central_answers_but_takes_nothing(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    commit(box, 1)
    for _ in range(STALLS_BEFORE_ALARM + 3):
        box.clock.advance(seconds=2)
        box.talk.time_passed()
    assert len(box.told(UplinkAlarm)) == 1


def test_a_fork_heals_and_every_event_is_counted_once(box: BoxSide, central: ModelCentral, tmp_path: Path) -> None:
    box.connect()
    commit(box, 1)
    carry(box, central)
    image = {path.name: path.read_bytes() for path in tmp_path.glob("outbox.sqlite*")}
    commit(box, 2, 3)
    carry(box, central)
    box.stop()
    for path in tmp_path.glob("outbox.sqlite*"):
        path.unlink()
    for name, content in image.items():
        (tmp_path / name).write_bytes(content)
    box.start()
    commit(box, 4)
    box.connect()
    carry(box, central)
    record = central.records[BOX]
    assert [happening(number).uuid for number in (1, 2, 3)] == record.counted[:3]
    assert happening(4).uuid in record.counted
    assert len(record.counted) == len(set(record.counted))
    assert box.told(ForkHealed) == [ForkHealed(epoch=1)]
    assert box.outbox.counts().waiting == 0
    assert {event.kind for _, event in record.events.values()} == {EventKind.ADMITTED, EventKind.EPOCH_STARTED}


def test_a_central_that_lost_its_memory_gets_everything_again(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    commit(box, 1)
    carry(box, central)
    backup = central.backup(BOX)
    commit(box, 2, 3)
    carry(box, central)
    central.restore(BOX, backup)
    box.talk.disconnected("cut")
    box.connect()
    carry(box, central)
    assert [happening(number).uuid for number in (1, 2, 3)] == central.records[BOX].counted
    assert len(box.told(CentralWentBack)) == 1


def statement(session: str, key: Ed25519PrivateKey, box_id: str = BOX) -> bytes:
    """Says that central holds nothing of the box."""
    said = HeadStatement(box_id=box_id, session=session, head=None, forked=False, stated_at=NOON)
    return encode(Ack(receipts=(), statement=sign_statement(said, key)))


@pytest.mark.parametrize("case", ["another key", "another session", "another box", "not JSON"])
def test_a_head_that_is_not_centrals_word_to_this_connection_changes_nothing(
    box: BoxSide, central: ModelCentral, case: str
) -> None:
    box.connect()
    commit(box, 1)
    carry(box, central)
    payload = {
        "another key": statement("session-1", Ed25519PrivateKey.generate()),
        "another session": statement("session-0", CENTRAL_KEY),
        "another box": statement("session-1", CENTRAL_KEY, "box-102"),
        "not JSON": b"{",
    }[case]
    box.talk.heard(ACK, payload)
    assert box.outbox.counts().waiting == 0
    assert bool(box.told(UplinkAlarm)) == (case in ("another key", "not JSON"))


def test_the_same_word_from_central_itself_is_believed(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    commit(box, 1)
    carry(box, central)
    box.talk.heard(ACK, statement("session-1", CENTRAL_KEY))
    assert box.outbox.counts().waiting == 1


def test_a_roster_is_stored_told_and_named_in_the_next_hello(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    box.talk.heard(ROSTER, encode(RosterMessage(bundle=sign_bundle(bundle(), CENTRAL_KEY))))
    assert box.told(RosterArrived) == [RosterArrived(bundle=bundle())]
    assert decode(box.sent[-1][1], Hello).rosters == {"ca-1": 1}
    assert box.rosters.current(SEVEN_O_CLOCK) == bundle()


def test_a_roster_for_another_time_is_told_as_refused(box: BoxSide) -> None:
    late = msgspec.structs.replace(bundle(), good_until=SEVEN_O_CLOCK - timedelta(hours=1))
    box.talk.heard(ROSTER, encode(RosterMessage(bundle=sign_bundle(late, CENTRAL_KEY))))
    assert box.told(RosterRefused) == [RosterRefused(refusal=BundleRefusal.PAST_GOOD_UNTIL)]


def test_strange_topics_are_alarms_and_words_for_other_boxes_are_not_heard(box: BoxSide) -> None:
    box.talk.heard("down/box-102/ack", b"{")
    assert not box.notices
    box.talk.heard("elsewhere", b"{")
    assert len(box.told(UplinkAlarm)) == 1


def test_the_bytes_that_were_signed_travel_unchanged(box: BoxSide, central: ModelCentral) -> None:
    box.connect()
    carry(box, central)
    signed = box.outbox.commit(happening(1))
    box.talk.committed()
    assert batches_sent(box)[0].events[0].body == signed.body
    assert decode_event(signed.body).uuid == happening(1).uuid
