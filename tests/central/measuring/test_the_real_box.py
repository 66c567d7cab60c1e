"""The box's own lane against central's own intake: a wire that loses and doubles, and every row taken exactly once."""

import random
from collections import deque
from datetime import timedelta
from pathlib import Path

from central.measuring import tables
from central.measuring.raw_readings import newest_stretch
from edge.telemetry_conversation import TelemetryConversation
from edge.telemetry_store import TelemetryStore
from models.clock import TimeQuality
from models.messages import Hello, encode
from models.telemetry import DeviceWord, RawValue, RawValues
from models.wire.broker_session import PublishOutcome
from models.wire.topics import UpLane, shard_of, up_topic
from tests.builders.measuring_house import ONE, SHARDS, MeasuringHouse

ROWS = 300


class RealBox:
    """Store and lane of a box; its letters pass a wire of moods."""

    def __init__(self, folder: Path, house: MeasuringHouse, luck: random.Random) -> None:
        self.house = house
        self.luck = luck
        self.up: deque[tuple[str, bytes]] = deque()
        self.store = TelemetryStore(folder / "telemetry.db", house.clock)
        self.store.start()
        self.talk = TelemetryConversation(store=self.store, publish=self._publish, clock=house.clock)
        self.connections = 0

    def connect(self) -> None:
        self.connections += 1
        self.up.clear()
        session = f"s{self.connections}"
        self.talk.connected(session)
        hello = Hello(
            session=session, software="1", head=None, rosters={}, time_quality=TimeQuality.NTS,
            sent_at=self.house.clock.now(), waiting=0, reader="ok", camera="ok", telemetry=self.talk.head(),
        )  # fmt: skip
        self.up.append((self._topic(UpLane.HELLO), encode(hello)))

    def keep(self, count: int) -> None:
        device = self.house.devices[ONE][0]
        self.store.add([DeviceWord(device=device, at=self.house.clock.now(), online=True) for _ in range(count)])

    def carry(self, trouble: float) -> None:
        """What lies on the wire reaches central, or does not, or twice; so do its marks."""
        letters = [letter for letter in self.up for _ in range(self._times(trouble))]
        self.up.clear()
        if letters:
            self.house.take(*letters)
        marks = [mark for _, mark in self.house.answers for _ in range(self._times(trouble))]
        self.house.answers.clear()
        for mark in marks:
            self.talk.heard(mark)

    def _times(self, trouble: float) -> int:
        return 1 if self.luck.random() > trouble else self.luck.choice((0, 2))

    def _publish(self, payload: bytes) -> PublishOutcome:
        self.up.append((self._topic(UpLane.TELEMETRY), payload))
        return PublishOutcome.HANDED_OVER

    def _topic(self, lane: UpLane) -> str:
        return up_topic(shard_of(ONE, SHARDS), ONE, lane)


def test_readings_as_they_are_come_through_whole(house: MeasuringHouse, tmp_path: Path) -> None:
    box = RealBox(tmp_path, house, random.Random(4))
    box.connect()
    device, at = house.devices[ONE][0], house.clock.now()
    readings = tuple(RawValue(metric="co2", at=at, value=800.25 + one, unit="ppm") for one in range(10))
    box.store.add([RawValues(device=device, values=readings)] * 60)
    for _ in range(10):
        house.clock.advance(seconds=1)
        box.store.time_passed()
        box.talk.send()
        box.carry(trouble=0)
    with house.measurements.reading() as connection:
        read = newest_stretch(connection, device, timedelta(minutes=10), at)
    assert read is not None
    assert sorted({value for _, value in read.series[0].readings}) == [one.value for one in readings]
    assert len(read.series[0].readings) == 600
    box.store.stop()


def test_the_boxs_lane_and_centrals_intake_lose_and_double_nothing(house: MeasuringHouse, tmp_path: Path) -> None:
    luck = random.Random(4)
    box = RealBox(tmp_path, house, luck)
    box.connect()
    kept = 0
    for step in range(2000):
        house.clock.advance(seconds=1)
        if kept < ROWS:
            box.keep(3)
            kept += 3
        box.store.time_passed()
        box.talk.send()
        box.carry(trouble=0.4 if step < 300 else 0)
        if step < 300 and luck.random() < 0.05:
            box.connect()
            house.new_writer()
        if step == 300:
            box.connect()
        if step > 300 and box.store.waiting() == 0:
            break
    assert box.store.waiting() == 0
    assert len(house.rows(tables.words)) == ROWS
    box.store.stop()
