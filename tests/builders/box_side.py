"""The box's half of the talk with central, on a clock and a wire that the test moves by hand."""

from collections import deque
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.central_conversation import BoxHealth, CentralConversation, Identity
from edge.outbox import Outbox
from edge.roster_store import RosterStore
from edge.uplink_notices import Notice
from models.clock import TimeQuality
from models.identifiers import BoxId
from models.wire.broker_session import PublishOutcome
from tests.builders.events import BOX_KEY, CENTRAL_KEY
from tests.fakes.manual_clock import ManualClock

BOX = BoxId("box-101")


def health() -> BoxHealth:
    return BoxHealth(software="0.1.0", time_quality=TimeQuality.NTS, reader="ok", camera="ok", rehearsal=False)


class BoxSide:
    """Messages for central lie in `sent` until the test carries them."""

    def __init__(self, folder: Path, central_key: Ed25519PublicKey | None = None) -> None:
        self._central_key = central_key or CENTRAL_KEY.public_key()
        self.clock = ManualClock()
        self.path = folder / "outbox.sqlite"
        self.rosters = RosterStore(folder / "rosters.sqlite", folder / "box.key", self._central_key, BOX)
        self.sent: deque[tuple[str, bytes]] = deque()
        self.notices: list[Notice] = []
        self.outcome = PublishOutcome.HANDED_OVER
        self._connections = 0

    def start(self) -> None:
        """A new program start: nothing is remembered but what is on the card."""
        self.outbox = Outbox(self.path, BOX, BOX_KEY, self.clock)
        self.outbox.start()
        self.rosters.start()
        self.talk = CentralConversation(
            identity=Identity(box_id=BOX, central_key=self._central_key),
            outbox=self.outbox,
            rosters=self.rosters,
            publish=self._publish,
            describe=health,
            notify=self.notices.append,
            clock=self.clock,
        )

    def stop(self) -> None:
        self.outbox.stop()
        self.rosters.stop()

    def connect(self) -> None:
        self._connections += 1
        self.talk.connected(f"session-{self._connections}")

    def told(self, kind: type[Notice]) -> list[Notice]:
        return [notice for notice in self.notices if isinstance(notice, kind)]

    def _publish(self, topic: str, payload: bytes) -> PublishOutcome:
        if self.outcome is PublishOutcome.HANDED_OVER:
            self.sent.append((topic, payload))
        return self.outcome
