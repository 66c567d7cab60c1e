"""One message of one known box while it is being dealt with, inside the writer's transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from central.registers import quarantine
from central.registers.box_register import BoxRow
from central.registers.quarantine import QuarantineReason, Suspect
from models.wire.event_chain import Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The open transaction, who sent the message, where, and when it came (UTC)."""

    connection: Connection
    box: BoxRow
    topic: str
    now: datetime

    @property
    def head(self) -> Head | None:
        """The end of the box's chain in our record when the message came."""
        box = self.box
        if box.head_epoch is None or box.head_seq is None or box.head_hash is None:
            return None
        return Head(epoch=box.head_epoch, seq=box.head_seq, hash=box.head_hash)

    def keep_apart(self, reason: QuarantineReason, sentence: str, payload: bytes) -> None:
        """Put bytes of this message into quarantine."""
        suspect = Suspect(
            received_at=self.now,
            topic=self.topic,
            box_id=self.box.box_id,
            reason=reason,
            sentence=sentence,
            payload=payload,
        )
        quarantine.keep(self.connection, suspect)
