"""The outbox keeps what it acknowledged, in a whole chain, and lets go only for central's receipt."""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from edge.chain_keeper import Meeting
from edge.happenings import SeatFreed, SeatTaken
from edge.outbox import Outbox, OutboxClosedError, OutboxCounts, OutboxError, OutboxWentBackError
from edge.outbox_tables import StoredEvent
from models.durable_database import StoreDamagedError
from models.identifiers import BoxId, CandidateNumber, SessionId
from models.wire.event_chain import (
    ChainEventError,
    EventKind,
    Head,
    decode_event,
    event_hash,
    first_prev,
    verify_signed_event,
)
from models.wire.evidence_seal import seal_evidence
from models.wire.receipts import Receipt
from tests.builders.box_chain import evidence_of
from tests.builders.events import BOX_KEY, happening
from tests.fakes.manual_clock import ManualClock

BOX = BoxId("box-101")
SITTING = SessionId("ca-1")
NUMBER = CandidateNumber("01000001")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox.sqlite"


def opened(path: Path, key: Ed25519PrivateKey = BOX_KEY, box: BoxId = BOX) -> Outbox:
    outbox = Outbox(path, box, key, ManualClock())
    outbox.start()
    return outbox


@pytest.fixture
def outbox(path: Path) -> Iterator[Outbox]:
    outbox = opened(path)
    yield outbox
    outbox.stop()


def receipt_for(stored: StoredEvent, box: BoxId = BOX) -> Receipt:
    at = datetime(2026, 6, 11, tzinfo=UTC)
    return Receipt(box_id=box, epoch=stored.epoch, seq=stored.seq, event_hash=stored.hash, received_at=at)


def test_events_are_numbered_signed_and_linked(outbox: Outbox) -> None:
    bodies = [outbox.commit(happening(number)) for number in range(3)]
    events = [decode_event(signed.body) for signed in bodies]
    assert [event.seq for event in events] == [0, 1, 2]
    assert [event.prev for event in events] == [bytes(32), event_hash(bodies[0].body), event_hash(bodies[1].body)]
    assert all(verify_signed_event(signed, BOX_KEY.public_key()) for signed in bodies)
    assert outbox.head() == Head(epoch=0, seq=2, hash=event_hash(bodies[2].body))


def test_an_event_says_when_and_in_which_run_it_was_written(path: Path) -> None:
    for run in (1, 2):
        outbox = opened(path)
        event = decode_event(outbox.commit(happening(run)).body)
        outbox.stop()
        assert (event.boot, event.monotonic_ms, event.utc_offset_minutes) == (run, 1_000, 420)


def test_what_was_committed_is_there_after_a_restart(path: Path, outbox: Outbox) -> None:
    signed = outbox.commit(happening(1))
    outbox.stop()
    again = opened(path)
    assert [stored.signed for stored in again.pending(10)] == [signed]
    again.commit(happening(2))
    again.stop()


def test_the_same_happening_is_stored_once(outbox: Outbox) -> None:
    assert outbox.commit(happening(1)) == outbox.commit(happening(1))
    assert outbox.counts() == OutboxCounts(waiting=1, receipted=0)


def test_evidence_is_kept_beside_the_event_and_named_by_it(outbox: Outbox, path: Path) -> None:
    evidence = evidence_of(NUMBER, "001208012345", "01", datetime(2026, 6, 11, tzinfo=UTC))
    sealed = seal_evidence(evidence, X25519PrivateKey.generate().public_key())
    event = decode_event(outbox.commit(happening(1, evidence=sealed)).body)
    assert (event.commitment, event.evidence_hash) == (sealed.commitment, sealed.evidence_hash)
    assert outbox.pending(1)[0].evidence == sealed.sealed
    outbox.stop()
    stored = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"001208012345" not in stored


def test_an_event_out_of_its_bounds_is_not_stored_and_the_next_one_is(outbox: Outbox) -> None:
    with pytest.raises(ChainEventError):
        outbox.commit(happening(1, reason="x" * 300))
    outbox.commit(happening(2))
    assert outbox.counts() == OutboxCounts(waiting=1, receipted=0)


def test_a_receipt_frees_its_event_and_all_before_it_and_tells_each_once(outbox: Outbox) -> None:
    for number in range(4):
        outbox.commit(happening(number))
    waiting = outbox.pending(10)
    freed = outbox.apply_receipts([receipt_for(waiting[1]), receipt_for(waiting[2]), receipt_for(waiting[2])])
    assert [stored.seq for stored in freed] == [0, 1, 2]
    assert [stored.seq for stored in outbox.pending(10)] == [3]
    assert outbox.counts() == OutboxCounts(waiting=1, receipted=3)


def test_a_receipt_for_another_branch_number_or_box_frees_nothing(outbox: Outbox) -> None:
    outbox.commit(happening(1))
    stored = outbox.pending(1)[0]
    at = datetime(2026, 6, 11, tzinfo=UTC)
    other_branch = Receipt(box_id=BOX, epoch=0, seq=0, event_hash=bytes(32), received_at=at)
    unknown = Receipt(box_id=BOX, epoch=0, seq=7, event_hash=stored.hash, received_at=at)
    assert outbox.apply_receipts([other_branch, unknown, receipt_for(stored, BoxId("box-102"))]) == []
    assert outbox.counts().waiting == 1


def test_pending_is_oldest_first_and_goes_on_after_a_position(outbox: Outbox) -> None:
    for number in range(5):
        outbox.commit(happening(number))
    first = outbox.pending(2)
    assert [stored.seq for stored in first] == [0, 1]
    assert [stored.seq for stored in outbox.pending(10, after=first[-1].position)] == [2, 3, 4]


def test_the_box_knows_after_a_power_cut_who_is_seated(path: Path, outbox: Outbox) -> None:
    outbox.commit(happening(1, seating=SeatTaken(candidate_number=NUMBER, seat="01")))
    outbox.commit(happening(2, seating=SeatTaken(candidate_number=CandidateNumber("01000002"), seat="02")))
    outbox.commit(happening(3, kind=EventKind.ANNULLED, seating=SeatFreed(candidate_number=NUMBER)))
    outbox.stop()
    again = opened(path)
    assert list(again.seated(SITTING)) == ["01000002"]
    assert again.seated(SessionId("ca-2")) == {}
    again.stop()


def test_a_closed_outbox_promises_nothing(path: Path) -> None:
    with pytest.raises(OutboxClosedError):
        Outbox(path, BOX, BOX_KEY, ManualClock()).commit(happening(1))


def test_many_threads_write_one_whole_chain(path: Path, outbox: Outbox) -> None:
    threads = [
        threading.Thread(target=lambda base=base: [outbox.commit(happening(base + number)) for number in range(20)])
        for base in (0, 100, 200, 300)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [stored.seq for stored in outbox.pending(100)] == list(range(80))
    outbox.stop()
    opened(path).stop()


def test_listeners_hear_of_every_commit(outbox: Outbox) -> None:
    heard: list[int] = []
    outbox.when_committed(lambda: heard.append(outbox.counts().waiting))
    outbox.commit(happening(1))
    outbox.commit(happening(2))
    assert heard == [1, 2]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE events SET body = CAST(x'00' || body AS BLOB) WHERE seq = 1",
        "UPDATE events SET signature = zeroblob(64) WHERE seq = 1",
        "UPDATE events SET evidence = NULL, uuid = zeroblob(16) WHERE seq = 1",
        "DELETE FROM waiting; DELETE FROM events WHERE seq = 1",
        "DELETE FROM waiting; DELETE FROM events WHERE seq = 2",
        "UPDATE head SET seq = 1",
        "UPDATE box SET box_id = 'box-7'",
    ],
)
def test_a_damaged_chain_is_found_at_the_start_and_left_as_it_is(path: Path, outbox: Outbox, damage: str) -> None:
    for number in range(1, 4):
        outbox.commit(happening(number))
    outbox.stop()
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.executescript(damage)
    connection.close()
    with pytest.raises(StoreDamagedError):
        opened(path)
    assert path.exists()


def test_another_boxs_key_does_not_open_the_chain(path: Path, outbox: Outbox) -> None:
    outbox.commit(happening(1))
    outbox.stop()
    with pytest.raises(StoreDamagedError):
        opened(path, key=Ed25519PrivateKey.generate())


def test_after_a_fault_the_store_is_checked_against_what_was_promised(path: Path, outbox: Outbox) -> None:
    """A card that silently forgets an acknowledged event while the program runs."""
    outbox.commit(happening(1))
    outbox.stop()
    shutil.copy(path, path.with_suffix(".old"))
    outbox.start()
    outbox.commit(happening(2))
    with sqlite3.connect(path, isolation_level=None) as connection:
        connection.execute("DROP TABLE waiting")
    connection.close()
    with pytest.raises(OutboxError):
        outbox.commit(happening(3))
    for companion in path.parent.glob("outbox.sqlite-*"):
        companion.unlink()
    shutil.copy(path.with_suffix(".old"), path)
    with pytest.raises(OutboxWentBackError):
        outbox.commit(happening(3))


def test_an_empty_chain_and_an_empty_record_are_in_step(outbox: Outbox) -> None:
    assert outbox.meet(None) is Meeting.IN_STEP


def test_central_may_be_behind(outbox: Outbox) -> None:
    for number in range(3):
        outbox.commit(happening(number))
    assert outbox.meet(outbox.pending(3)[1].place) is Meeting.IN_STEP
    assert outbox.meet(None) is Meeting.IN_STEP
    assert outbox.counts().waiting == 3


def test_what_central_lost_after_its_receipt_waits_again(outbox: Outbox) -> None:
    for number in range(3):
        outbox.commit(happening(number))
    stored = outbox.pending(3)
    outbox.apply_receipts([receipt_for(stored[2])])
    assert outbox.meet(stored[0].place) is Meeting.SENDING_AGAIN
    assert [waiting.seq for waiting in outbox.pending(3)] == [1, 2]
    assert outbox.meet(None) is Meeting.SENDING_AGAIN
    assert [waiting.seq for waiting in outbox.pending(3)] == [0, 1, 2]


def test_a_card_that_went_back_grows_anew_from_centrals_head_with_the_same_uuids(path: Path, outbox: Outbox) -> None:
    for number in range(3):
        outbox.commit(happening(number))
    outbox.apply_receipts([receipt_for(outbox.pending(3)[1])])
    central = Head(epoch=0, seq=5, hash=b"\x05" * 32)
    assert outbox.meet(central) is Meeting.NEW_EPOCH
    opening, survivor = outbox.pending(10)
    event = decode_event(opening.body)
    assert (event.kind, event.epoch, event.seq) == (EventKind.EPOCH_STARTED, 1, 0)
    assert event.prev == first_prev(1, central)
    assert (survivor.uuid, survivor.again, survivor.epoch, survivor.seq) == (happening(2).uuid, True, 1, 1)
    assert outbox.meet(central) is Meeting.IN_STEP, "a late answer with the same head must not start another epoch"
    outbox.commit(happening(3))
    outbox.stop()
    opened(path).stop()


def test_a_new_card_grows_from_centrals_head(outbox: Outbox) -> None:
    central = Head(epoch=2, seq=5, hash=b"\x05" * 32)
    assert outbox.meet(central) is Meeting.NEW_EPOCH
    assert [(stored.epoch, stored.seq) for stored in outbox.pending(5)] == [(3, 0)]


def test_a_central_that_went_back_before_our_epoch_gets_everything_after_its_head(outbox: Outbox) -> None:
    for number in range(3):
        outbox.commit(happening(number))
    common = outbox.pending(3)
    outbox.apply_receipts([receipt_for(common[2])])
    outbox.meet(Head(epoch=0, seq=9, hash=b"\x09" * 32))
    outbox.apply_receipts([receipt_for(outbox.pending(5)[-1])])
    assert outbox.meet(common[0].place) is Meeting.SENDING_AGAIN
    assert outbox.meet(common[2].place) is Meeting.NEW_EPOCH, "epoch 1 grew from a head that central no longer has"
    waiting = outbox.pending(10)
    assert {stored.epoch for stored in waiting} == {2}
    assert {happening(1).uuid, happening(2).uuid} <= {stored.uuid for stored in waiting}
