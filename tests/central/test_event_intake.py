"""Events arrive once, in order, proven; whatever else arrives is kept and never believed."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.database import Database
from models.messages import LARGEST_UP_BYTES
from models.wire.event_chain import EventKind, Head
from tests.builders.box_chain import altered, evidence_of, sealed_for
from tests.builders.centre import Centre
from tests.builders.exams import AN


@pytest.fixture
def centre(store: Database) -> Centre:
    centre = Centre(store)
    centre.seat()
    return centre


def _reasons(centre: Centre) -> list[object]:
    return [row[0] for row in centre.rows("quarantine", "reason")]


def test_events_are_stored_once_and_receipted_by_their_own_hash(centre: Centre) -> None:
    box = centre.box()
    events = [box.event() for _ in range(3)]
    centre.say(box, box.batch(events))
    receipts, statement = centre.answers(box.box_id)[-1]
    assert [receipt.seq for receipt in receipts] == [0, 1, 2]
    assert box.head == Head(epoch=0, seq=2, hash=receipts[-1].event_hash) == statement.head
    assert not statement.forked
    assert len(centre.rows("event_log")) == 3


def test_a_resent_batch_changes_nothing_and_each_event_gets_a_receipt_for_itself(centre: Centre) -> None:
    box = centre.box()
    batch = box.batch([box.event() for _ in range(3)])
    centre.say(box, batch)
    centre.clock.advance(minutes=5)
    centre.say(box, batch)
    first, second = centre.answers(box.box_id)[-2:]
    assert [one.event_hash for one in first[0]] == [one.event_hash for one in second[0]]
    assert len(centre.rows("event_log")) == 3
    assert _reasons(centre) == []


def test_an_event_that_stands_twice_in_one_batch_is_stored_once(centre: Centre) -> None:
    box = centre.box()
    one, two = box.event(), box.event()
    centre.say(box, box.batch([one, two, one, two]))
    assert [receipt.seq for receipt in centre.answers(box.box_id)[-1][0]] == [0, 1, 0, 1]
    assert len(centre.rows("event_log")) == 2
    assert _reasons(centre) == []


def test_a_fork_inside_one_batch_is_seen(centre: Centre) -> None:
    box = centre.box()
    first = box.event()
    root = box.head
    second = box.event()
    box.go_back_to(root)
    centre.say(box, box.batch([first, second, box.event(reason="another story")]))
    assert _reasons(centre) == ["FORK"]
    assert len(centre.rows("event_log")) == 2


def test_a_happening_told_twice_in_one_batch_counts_once(centre: Centre) -> None:
    box = centre.box()
    happening = bytes(range(16))
    sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "01", box.at))
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed, happening) for _ in range(2)]))
    assert len(centre.rows("event_log")) == 2
    assert len(centre.rows("admissions")) == 1


def test_a_gap_takes_nothing_and_names_our_head(centre: Centre) -> None:
    box = centre.box()
    first, _lost, third = box.event(), box.event(), box.event()
    centre.say(box, box.batch([first, third]))
    receipts, statement = centre.answers(box.box_id)[-1]
    assert [one.seq for one in receipts] == [0]
    assert statement.head == Head(epoch=0, seq=0, hash=receipts[0].event_hash)
    assert not statement.forked
    assert _reasons(centre) == []


def test_a_fork_is_kept_as_evidence_and_answered_with_our_own_head(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, box.batch([box.event()]))
    root = box.head
    centre.say(box, box.batch([box.event()]))
    ours = box.head
    box.go_back_to(root)
    centre.say(box, box.batch([box.event(reason="another story")]))
    receipts, statement = centre.answers(box.box_id)[-1]
    assert receipts == []
    assert statement.forked
    assert statement.head == ours
    assert _reasons(centre) == ["FORK"]
    assert len(centre.rows("event_log")) == 2


def test_a_box_that_forgot_goes_on_in_a_new_epoch_and_survivors_count_once(centre: Centre) -> None:
    box = centre.box()
    happening = bytes(range(16))
    sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, "01", box.at))
    centre.say(box, box.batch([box.event(), box.event(EventKind.ADMITTED, sealed, happening)]))
    box.new_epoch(1, box.head)
    centre.say(box, box.batch([box.event(EventKind.EPOCH_STARTED), box.event(EventKind.ADMITTED, sealed, happening)]))
    receipts, statement = centre.answers(box.box_id)[-1]
    assert [(one.epoch, one.seq) for one in receipts] == [(1, 0), (1, 1)]
    assert statement.head == box.head
    assert [row[0] for row in centre.rows("event_log", "again, id")].count(True) == 1
    assert len(centre.rows("admissions")) == 1


@pytest.mark.parametrize("lie", ["other parent", "no parent"])
def test_a_new_epoch_must_grow_from_our_own_record(centre: Centre, lie: str) -> None:
    box = centre.box()
    centre.say(box, box.batch([box.event(), box.event()]))
    ours = box.head
    assert ours is not None
    other = msgspec.structs.replace(ours, hash=bytes(32))
    box.new_epoch(1, other if lie == "other parent" else None)
    centre.say(box, box.batch([box.event(EventKind.EPOCH_STARTED)]))
    receipts, statement = centre.answers(box.box_id)[-1]
    assert (receipts, statement.forked, statement.head) == ([], True, ours)
    assert _reasons(centre) == ["FORK"]


def test_an_event_of_an_ended_epoch_is_stale(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, box.batch([box.event()]))
    old = box.head
    box.new_epoch(1, old)
    centre.say(box, box.batch([box.event(EventKind.EPOCH_STARTED)]))
    box.new_epoch(0, None)
    box.go_back_to(old)
    centre.say(box, box.batch([box.event()]))
    assert _reasons(centre) == ["STALE_EPOCH"]
    assert centre.answers(box.box_id)[-1][0] == []


def test_a_wrong_key_is_refused_and_kept(centre: Centre) -> None:
    box = centre.box()
    box.key = Ed25519PrivateKey.generate()
    centre.say(box, box.batch([box.event()]))
    assert _reasons(centre) == ["SIGNATURE_INVALID"]
    assert centre.answers(box.box_id)[-1][0] == []
    assert centre.rows("event_log") == []


def test_a_box_cannot_speak_for_another(centre: Centre) -> None:
    one, two = centre.box("box-101", "P101"), centre.box("box-102", "P102")
    centre.say(one, two.batch([two.event()]))
    assert _reasons(centre) == ["WRONG_IDENTITY"]
    assert centre.rows("event_log") == []


def test_an_unreadable_event_is_kept_and_the_box_is_told_where_to_go_on(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, box.batch([altered(box.event(), body=b"\xa0")]))
    _, statement = centre.answers(box.box_id)[-1]
    assert statement.forked
    assert _reasons(centre) == ["UNREADABLE"]


def test_a_resent_suspect_is_kept_once(centre: Centre) -> None:
    box = centre.box()
    batch = box.batch([altered(box.event(), body=b"\xa0")])
    centre.say(box, batch)
    centre.say(box, batch)
    assert len(_reasons(centre)) == 1


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("up/0/box-101/ev", b"{", "UNREADABLE"),
        ("up/0/box-101/ev", b"\xff\xfe", "UNREADABLE"),
        ("up/0/box-101/ev", b'{"session":"s","epoch":0,"base":0,"events":[{"body":1}]}', "UNREADABLE"),
        ("up/0/box-101/hello", b"[]", "UNREADABLE"),
        ("up/0/box-101/gone", b"", "UNREADABLE"),
        ("up/0/box-101/ev", b" " * (LARGEST_UP_BYTES + 1), "TOO_LARGE"),
        ("up/0/box-101/tm", b"{}", "UNKNOWN_TOPIC"),
        ("up/nowhere", b"{}", "UNKNOWN_TOPIC"),
        ("up/0/box.101/ev", b"{}", "UNKNOWN_TOPIC"),
        ("up/0/box-999/ev", b"{}", "UNKNOWN_BOX"),
        ("up/7/box-101/ev", b"{}", "WRONG_SHARD"),
    ],
)
def test_bad_messages_are_kept_with_their_reason_and_the_next_good_one_is_taken(
    centre: Centre, topic: str, payload: bytes, reason: str
) -> None:
    box = centre.box()
    centre.shout(topic, payload)
    assert _reasons(centre) == [reason]
    kept = centre.rows("quarantine", "payload")[0][0]
    assert bytes(kept) == payload[: 1 << 18]  # type: ignore[call-overload]  # a column of bytes
    centre.say(box, box.batch([box.event()]))
    assert len(centre.answers(box.box_id)[-1][0]) == 1


def test_a_hello_hears_our_head_and_the_receipt_for_it_again(centre: Centre) -> None:
    box = centre.box()
    centre.say(box, box.batch([box.event(), box.event()]))
    centre.say(box, box.hello("s2"))
    receipts, statement = centre.answers(box.box_id)[-1]
    assert box.head is not None
    assert [one.event_hash for one in receipts] == [box.head.hash]
    assert (statement.session, statement.head) == ("s2", box.head)


def test_a_lie_in_the_body_under_a_good_signature_of_another_body_is_seen(centre: Centre) -> None:
    box = centre.box()
    good, other = box.event(), box.event()
    centre.say(box, box.batch([altered(good, body=other.body)]))
    assert _reasons(centre) == ["SIGNATURE_INVALID"]


def test_a_signature_for_another_purpose_is_none(centre: Centre) -> None:
    box = centre.box()
    event = box.event()
    bare = box.key.sign(event.body)
    centre.say(box, box.batch([altered(event, signature=bare)]))
    assert _reasons(centre) == ["SIGNATURE_INVALID"]
