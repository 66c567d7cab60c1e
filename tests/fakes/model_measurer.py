"""A small centre of measurements for tests of the box: takes what continues its mark, answers the mark, can forget."""

import msgspec

from models.identifiers import BoxId
from models.messages import Hello, decode
from models.telemetry import Row, TelemetryMark, decode_row, unpack_batch
from models.wire.topics import DownLane, UpLane, down_topic, parse_up_topic

Letter = tuple[str, bytes]


class ModelMeasurer:
    """Knows one box. `held` rows of `epoch` are committed; `rows` are all that were ever taken, in that order."""

    def __init__(self) -> None:
        self.epoch = 0
        self.held = 0
        self.rows: list[Row] = []
        self.batches: list[int] = []

    def hear(self, topic: str, payload: bytes) -> list[Letter]:
        parsed = parse_up_topic(topic)
        if parsed.lane is UpLane.HELLO:
            return [self._mark(parsed.box_id, decode(payload, Hello).session)]
        if parsed.lane is UpLane.TELEMETRY:
            return [self._mark(parsed.box_id, self.take(payload))]
        return []

    def take(self, payload: bytes) -> str:
        """Commits what is new; gives the batch's session."""
        batch = unpack_batch(payload)
        self.batches.append(len(batch.rows))
        held = self.held if batch.epoch == self.epoch else 0
        if batch.epoch >= self.epoch and batch.base <= held + 1:
            new = batch.rows[held + 1 - batch.base :]
            self.epoch, self.held = batch.epoch, held + len(new)
            self.rows += [decode_row(raw) for raw in new]
        return batch.session

    def answer(self, session: str) -> bytes:
        return msgspec.json.encode(TelemetryMark(session=session, epoch=self.epoch, held=self.held))

    def _mark(self, box_id: BoxId, session: str) -> Letter:
        return down_topic(box_id, DownLane.MARK), self.answer(session)
