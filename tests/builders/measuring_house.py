"""The measuring side of central without a network: both stores, the registers' places, a fake broker, and boxes.

Two rooms with a box and devices each. A box keeps its rows until the mark, like the real one; what travels may be lost,
doubled or late as the test decides. Not here: the program with a real broker (`tests/central/measuring/test_kills.py`).
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Table, select

from central.database import Database
from central.measuring.intake import Intake
from central.measuring.known_places import KnownPlaces
from central.measuring.retention import Retention
from central.measuring.writer import MeasurementWriter
from central.registers import box_register, device_register
from central.registers.device_tables import DeviceFacts
from models.clock import TimeQuality
from models.equipment import EquipmentKind
from models.identifiers import BoxId, RoomId
from models.messages import Hello, TelemetryHead, encode
from models.telemetry import Row, TelemetryBatch, TelemetryMark, pack_batch
from models.wire.topics import DownLane, UpLane, down_topic, shard_of, up_topic
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.places import DEED, build_places
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.manual_clock import ManualClock

SHARDS = 4
ROOMS = {BoxId("box-101"): "DK-101", BoxId("box-102"): "DK-102"}
ONE, TWO = ROOMS


class MeasuringHouse:
    """`intake` is asked through `writer.take`, on the test's own thread; `answers` are the marks that went out."""

    def __init__(self, central: Database, measurements: Database, devices_in_a_room: int = 2) -> None:
        self.central = central
        self.measurements = measurements
        self.clock = ManualClock()
        self.broker = InMemoryBroker()
        self.devices: dict[BoxId, list[str]] = {}
        with central.writing() as connection:
            build_places(connection)
            for box_id, room_id in ROOMS.items():
                box_register.register_box(connection, box_id, RoomId(room_id), b"k" * 32, SEVEN_O_CLOCK)
                facts = [DeviceFacts(kind=EquipmentKind.TABLET)] * devices_in_a_room
                self.devices[box_id] = device_register.add_devices(connection, room_id, facts, scope=None, deed=DEED)
        self.places = KnownPlaces(central, self.clock)
        self.places.look()
        self.answers: list[tuple[BoxId, TelemetryMark]] = []
        self._listener = self.broker.session("listener", ["down/#"])
        self._listener.start(self._hear, lambda _state: None)
        self.writer = self.new_writer()

    def new_writer(self) -> MeasurementWriter:
        """The writer as a program that starts again: it remembers nothing."""
        self.session = self.broker.session("central-measurements", ["up/+/+/tm", "up/+/+/hello"])
        self.session.start(lambda _topic, _payload: None, lambda _state: None)
        self.intake = Intake(places=self.places, clock=self.clock, shards=SHARDS)
        self.writer = MeasurementWriter(
            database=self.measurements,
            session=self.session,
            intake=self.intake,
            places=self.places,
            retention=Retention(self.clock),
            clock=self.clock,
        )
        return self.writer

    def take(self, *letters: tuple[str, bytes]) -> None:
        """One commit with these messages, and the answers to them."""
        self.writer.take(list(letters))
        self.writer.answer()

    def rows(self, table: Table) -> list[dict[str, object]]:
        """The whole table, in the order of its key."""
        with self.measurements.reading() as connection:
            found = connection.execute(select(table).order_by(*table.primary_key.columns))
            return [dict(row._mapping) for row in found]

    def _hear(self, topic: str, payload: bytes) -> None:
        _, box_id, lane = topic.split("/")
        assert lane == DownLane.MARK
        assert topic == down_topic(BoxId(box_id), DownLane.MARK)
        self.answers.append((BoxId(box_id), msgspec.json.decode(payload, type=TelemetryMark)))


class SendingBox:
    """A box's side of the lane: numbered rows, sent from the mark on, deleted up to it."""

    def __init__(self, box_id: BoxId, epoch: int = 1, session: str = "s1") -> None:
        self.box_id = box_id
        self.epoch = epoch
        self.session = session
        self.rows: list[bytes] = []
        self.first = 1

    @property
    def topic(self) -> str:
        return up_topic(shard_of(self.box_id, SHARDS), self.box_id, UpLane.TELEMETRY)

    def keep(self, *rows: Row) -> None:
        """The rows join what is to be sent."""
        self.rows += [msgspec.json.encode(row) for row in rows]

    def batch(self, base: int, count: int) -> tuple[str, bytes]:
        """The message with rows `base` to `base + count - 1`."""
        start = base - self.first
        return self.topic, self.packed(base, self.rows[start : start + count])

    def packed(self, base: int, rows: Sequence[bytes]) -> bytes:
        """A batch's payload, whatever the rows are."""
        raws = tuple(msgspec.Raw(row) for row in rows)
        return pack_batch(TelemetryBatch(session=self.session, epoch=self.epoch, base=base, rows=raws))

    def batches(self, size: int) -> list[tuple[str, bytes]]:
        """Everything that is kept, in messages of `size` rows."""
        last = self.first + len(self.rows)
        return [self.batch(base, size) for base in range(self.first, last, size)]

    def hear(self, mark: TelemetryMark) -> None:
        """Delete what central holds."""
        if mark.epoch == self.epoch and mark.held >= self.first:
            del self.rows[: mark.held + 1 - self.first]
            self.first = mark.held + 1

    def hello(self, at: datetime = SEVEN_O_CLOCK) -> tuple[str, bytes]:
        """A greeting that names the newest row."""
        head = TelemetryHead(epoch=self.epoch, last=self.first + len(self.rows) - 1)
        hello = Hello(
            session=self.session, software="1", head=None, rosters={}, time_quality=TimeQuality.NTS, sent_at=at,
            waiting=0, reader="ok", camera="ok", telemetry=head,
        )  # fmt: skip
        return up_topic(shard_of(self.box_id, SHARDS), self.box_id, UpLane.HELLO), encode(hello)
