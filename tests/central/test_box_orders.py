"""Orders to boxes and the history of their health, from the page's hand to the store and back."""

from datetime import timedelta

import msgspec
import pytest

from central.command_post import GOOD_FOR, CommandPost
from central.database import Database
from central.fleet_figures import count_fleet
from central.it_office.box_list import find_boxes
from central.it_office.box_states import RoomBoxState
from central.mail_room import TIDY_EVERY
from central.registers import box_commands, box_health, device_loans
from models.clock import TimeQuality
from models.messages import CommandMessage, CommandOutcome, CommandResult, Hello, Vitals, decode, encode
from models.wire.commands import Command, CommandName, open_command
from models.wire.topics import DownLane, UpLane, down_topic, up_topic
from tests.builders.box_chain import BoxChain
from tests.builders.centre import Centre
from tests.builders.places import DEED, add_device, build_places


class Orders(Centre):
    """A centre, somebody who gives orders, and boxes that answer."""

    def give(self, box: BoxChain, name: CommandName = CommandName.IDENTIFY) -> str:
        post = CommandPost(signing_key=self.signing_key)
        with self.database.writing() as connection:
            return post.order(
                connection, box.box_id, name, ordered_by="kythuat", reason="tìm máy", now=self.clock.now()
            )

    def heard_by(self, box: BoxChain) -> list[Command]:
        """Orders that reached the box so far, opened with central's key."""
        topic, key = down_topic(box.box_id, DownLane.COMMAND), self.signing_key.public_key()
        signed = [decode(payload, CommandMessage).command for heard, payload in self.heard if heard == topic]
        opened = [open_command(one, key, box.box_id, self.clock.now()) for one in signed]
        assert all(isinstance(one, Command) for one in opened)
        return [one for one in opened if isinstance(one, Command)]

    def answer(self, box: BoxChain, command_id: str, outcome: CommandOutcome = CommandOutcome.DONE) -> None:
        result = CommandResult(
            command_id=command_id,
            outcome=outcome,
            sentence="As asked.",
            finished_at=self.clock.now(),
            attachment=b"\x1f\x8b bundle",
        )
        self.shout(up_topic(0, box.box_id, UpLane.RESULT), encode(result))

    def states(self, box: BoxChain) -> list[str]:
        with self.database.reading() as connection:
            return [one.state(self.clock.now()) for one in box_commands.of_box(connection, box.box_id)]


@pytest.fixture
def centre(store: Database) -> Orders:
    centre = Orders(store)
    centre.seat()
    return centre


def test_an_order_is_sent_once_at_once_and_again_with_each_hello_until_the_box_answers(centre: Orders) -> None:
    box = centre.box()
    command_id = centre.give(box)
    centre.ingest.look_for_commands()
    centre.ingest.look_for_commands()
    assert [one.command_id for one in centre.heard_by(box)] == [command_id]
    centre.say(box, box.hello())
    assert len(centre.heard_by(box)) == 2
    centre.answer(box, command_id)
    assert centre.states(box) == ["done"]
    centre.say(box, box.hello())
    assert len(centre.heard_by(box)) == 2


def test_after_ten_minutes_nobody_sends_it_any_more(centre: Orders) -> None:
    box = centre.box()
    centre.give(box)
    centre.clock.advance(seconds=GOOD_FOR.total_seconds())
    centre.ingest.look_for_commands()
    centre.say(box, box.hello())
    assert centre.heard_by(box) == []
    assert centre.states(box) == ["unanswered"]


def test_a_central_that_was_started_again_sends_what_is_still_open(centre: Orders) -> None:
    box = centre.box()
    centre.give(box)
    again = Orders(centre.database)
    again.signing_key = centre.signing_key
    again.ingest.look_for_commands()
    assert len(again.heard_by(box)) == 1


def test_the_first_answer_counts_and_one_from_another_box_is_kept_apart(centre: Orders) -> None:
    box, other = centre.box(), centre.box("box-102", "P102")
    command_id = centre.give(box)
    centre.answer(other, command_id, CommandOutcome.FAILED)
    assert centre.states(box) == ["waiting"]
    assert [row[1:] for row in centre.rows("quarantine", "id, box_id, reason")] == [("box-102", "WRONG_IDENTITY")]
    centre.answer(box, command_id, CommandOutcome.REFUSED)
    centre.answer(box, command_id, CommandOutcome.DONE)
    assert centre.states(box) == ["refused"]
    assert len(centre.rows("quarantine", "id")) == 1


def test_who_ordered_what_and_why_stands_in_the_audit_log(centre: Orders) -> None:
    box = centre.box()
    centre.give(box, CommandName.RESTART)
    row = centre.rows("audit_log", "id, actor, action, subject, details")[-1][1:]
    assert row == ("kythuat", "box ordered", "box-101", '{"command":"restart","reason":"tìm máy"}')


def test_orders_are_forgotten_after_thirty_days_and_health_after_ninety(centre: Orders) -> None:
    box = centre.box()
    centre.give(box)
    centre.clock.advance(days=31)
    centre.say(box, vital_hello(box))
    assert centre.states(box) == []
    centre.clock.advance(days=91)
    centre.say(box, vital_hello(box))
    assert len(centre.rows("box_health", "at")) == 1


def test_a_loan_is_forgotten_800_days_after_it_ended(centre: Orders) -> None:
    box = centre.box()
    deed = msgspec.structs.replace(DEED, at=centre.clock.now())
    with centre.database.writing() as connection:
        build_places(connection)
        device = add_device(connection)
        device_loans.lend(connection, device, "Lớp 7A", None, scope=None, deed=deed)
        device_loans.take_back(connection, device, scope=None, deed=deed)
    centre.clock.advance(days=799)
    centre.say(box, vital_hello(box))
    assert len(centre.rows("device_loans", "id")) == 1
    centre.clock.advance(days=2)
    centre.say(box, vital_hello(box))
    assert centre.rows("device_loans", "id") == []


def vital_hello(box: BoxChain, celsius: float = 50.0, *, reader: str = "ok") -> Hello:
    vitals = Vitals(machine="0" * 64, uptime_seconds=60, temperature_celsius=celsius, disk_free_megabytes=900)
    return msgspec.structs.replace(box.hello(), vitals=vitals, reader=reader)


def test_health_is_kept_every_five_minutes_or_when_a_word_changes(centre: Orders) -> None:
    box = centre.box()
    centre.clock.advance(seconds=300)
    for _ in range(10):
        centre.say(box, vital_hello(box))
        centre.clock.advance(seconds=60)
    assert len(centre.rows("box_health", "id")) == 3
    centre.say(box, vital_hello(box, reader="absent"))
    centre.clock.advance(seconds=60)
    centre.say(box, msgspec.structs.replace(vital_hello(box, reader="absent"), time_quality=TimeQuality.NTS))
    with centre.database.reading() as connection:
        rows = box_health.since(connection, box.box_id, centre.clock.now() - timedelta(hours=1))
    assert [row.words.split(", ")[0] for row in rows][-2:] == ["reader absent", "reader absent"]
    assert rows[-1].words != rows[-2].words
    assert rows[-1].temperature_celsius == 50.0


def test_tidying_is_not_done_with_every_word(centre: Orders) -> None:
    box = centre.box()
    centre.give(box)
    centre.clock.advance(days=31)
    centre.say(box, box.hello())
    assert centre.states(box) == []
    with centre.database.writing() as connection:
        box_health.note(connection, box.box_id, centre.clock.now() - timedelta(days=100), vital_hello(box))
    rows = len(centre.rows("box_health", "id"))
    centre.say(box, box.hello())
    assert len(centre.rows("box_health", "id")) == rows
    centre.clock.advance(seconds=TIDY_EVERY.total_seconds())
    centre.say(box, box.hello())
    assert all(at is not None for (at,) in centre.rows("box_health", "at"))
    with centre.database.reading() as connection:
        assert len(box_health.since(connection, box.box_id, centre.clock.now() - timedelta(days=200))) <= rows


def test_the_list_and_the_figures_are_the_same_on_every_database(centre: Orders) -> None:
    box = centre.box()
    centre.box("box-102", "P102")
    centre.clock.advance(seconds=160)
    centre.say(box, vital_hello(box))
    with centre.database.reading() as connection:
        now = centre.clock.now()
        page = find_boxes(connection, None, now, words="BOX p10", state=RoomBoxState.SILENT, after="")
        figures = count_fleet(connection, now)
    assert [one.box.box_id for one in page.boxes] == ["box-102"]
    assert (page.counts[RoomBoxState.READY], page.total, page.next_after) == (1, 1, None)
    assert figures.oldest_word_at == now - timedelta(seconds=160)
    assert figures.boxes["ready"] == figures.boxes["silent"] == 1
