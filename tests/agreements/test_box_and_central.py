"""The box's real conversation with the real centre: both keep the same rules, though each was written alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from central.database import Database
from central.registers import box_register
from central.upgrade import upgrade_database
from edge.uplink_notices import CentralWentBack, EventsReceipted, ForkHealed, RosterArrived, UplinkAlarm
from models.identifiers import RoomId
from models.wire.event_chain import EventKind
from tests.builders.box_side import BOX, BoxSide
from tests.builders.centre import SITTING, Centre
from tests.builders.events import BOX_KEY, happening


class Meeting:
    """A registered box and a centre, with letters that the test carries."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.centre = Centre(database)
        self.centre.seat()
        with database.writing() as connection:
            public = BOX_KEY.public_key().public_bytes_raw()
            box_register.register_box(connection, BOX, RoomId("P101"), public, self.centre.clock.now())
        self.box = BoxSide(folder, self.centre.signing_key.public_key())
        self.box.start()

    def carry(self) -> None:
        while self.box.sent or self.centre.heard:
            while self.box.sent:
                self.centre.shout(*self.box.sent.popleft())
            letters, self.centre.heard[:] = list(self.centre.heard), []
            for letter in letters:
                self.box.talk.heard(*letter)

    def commit(self, *numbers: int) -> None:
        for number in numbers:
            self.box.outbox.commit(happening(number, kind=EventKind.READER_FAULT, session=SITTING, room="P101"))
            self.box.talk.committed()

    def stored(self) -> list[tuple[object, ...]]:
        return self.centre.rows("event_log", "id, epoch, seq, uuid, again")

    def receipted(self) -> set[bytes]:
        told = [notice for notice in self.box.notices if isinstance(notice, EventsReceipted)]
        return {uuid for notice in told for uuid in notice.uuids}


@pytest.fixture
def meeting(tmp_path: Path) -> Iterator[Meeting]:
    database = Database(f"sqlite:///{tmp_path / 'central.db'}")
    database.start()
    upgrade_database(database)
    meeting = Meeting(tmp_path, database)
    yield meeting
    meeting.box.stop()
    database.stop()


def test_events_are_stored_once_and_receipted_and_the_roster_arrives(meeting: Meeting) -> None:
    meeting.commit(1, 2)
    meeting.box.connect()
    meeting.carry()
    meeting.commit(3)
    meeting.carry()
    assert [row[3] for row in meeting.stored()] == [happening(number).uuid for number in (1, 2, 3)]
    assert meeting.receipted() == {happening(number).uuid for number in (1, 2, 3)}
    assert meeting.box.told(RosterArrived)
    assert not meeting.box.told(UplinkAlarm)


def test_a_card_that_went_back_heals_at_the_real_centre(meeting: Meeting) -> None:
    meeting.box.connect()
    meeting.commit(1)
    image = {path.name: path.read_bytes() for path in meeting.folder.glob("outbox.sqlite*")}
    meeting.commit(2)
    meeting.carry()
    meeting.box.stop()
    for path in meeting.folder.glob("outbox.sqlite*"):
        path.unlink()
    for name, content in image.items():
        (meeting.folder / name).write_bytes(content)
    meeting.box.start()
    meeting.commit(3)
    meeting.box.connect()
    meeting.carry()
    rows = meeting.stored()
    assert meeting.box.told(ForkHealed) == [ForkHealed(epoch=1)]
    assert {happening(number).uuid for number in (1, 2, 3)} <= {row[3] for row in rows}
    first = [row[3] for row in rows if not row[4]]
    assert len(first) == len(set(first)), "an event counts once"
    assert meeting.box.outbox.counts().waiting == 0


def test_a_lost_answer_is_made_good(meeting: Meeting) -> None:
    meeting.box.connect()
    meeting.carry()
    meeting.commit(1, 2)
    while meeting.box.sent:
        meeting.centre.shout(*meeting.box.sent.popleft())
    meeting.centre.heard.clear()
    assert meeting.box.outbox.counts().waiting == 2
    meeting.box.clock.advance(seconds=3)
    meeting.box.talk.time_passed()
    meeting.carry()
    assert meeting.box.outbox.counts().waiting == 0
    assert len(meeting.stored()) == 2
    assert not meeting.box.told(CentralWentBack)
