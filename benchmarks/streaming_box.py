"""The box's program with reader, camera and pages replaced by a script: one check-in after the other, for kill tests.

    python -m benchmarks.streaming_box --settings FILE --cards FILE [--idle]

Stores, agent, desk and uplink are the real ones. Prints the event's UUID in hex after the desk showed the light that
rests on it; `--idle` only sends what waits and prints `done`.
"""

import argparse
import itertools
import queue
import sys
import time
from pathlib import Path

import msgspec

from edge.agent import Agent, Parts
from edge.box_condition import BoxCondition, Notice
from edge.central_conversation import BoxHealth, Identity
from edge.clock_watch import ClockWatch
from edge.command_memory import CommandMemory
from edge.occurrences import CardLaid, CardRead, CardTaken, CodeGiven, FaceMeasured, Occurrence
from edge.outbox import Outbox
from edge.remote_orders import RemoteOrders
from edge.roster_store import RosterStore
from edge.settings import Settings, read_central_keys, read_chain_key, read_identity, read_settings
from edge.uplink import Uplink
from edge.wiring import hear_uplink
from models import BUILT_AT
from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.clock import SystemClock, TimeQuality
from models.evidence import CardEvidence, CardHolder, FaceDecision, FaceEvidence, Liveness
from models.face_profile import FaceProfile
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from models.wire.topics import everything_for


class ReadCardFile(msgspec.Struct, frozen=True, kw_only=True):
    """One card that was read before: its access number and all that the chip gave but the portrait."""

    access_number: str
    evidence: CardEvidence
    holder: CardHolder | None


class _Silent:
    """Reader and camera of the script: whatever the desk asks for is given by the script itself."""

    def read(self, access_number: str, *, allow_bac: bool) -> None:
        """Nothing; the script follows with the reading."""

    def look(self, profile: FaceProfile) -> None:
        """Nothing."""

    def compare(self, portrait: bytes, profile: FaceProfile) -> None:
        """Nothing; the script follows with the comparison."""

    def cancel(self) -> None:
        """Nothing."""


class StreamingBox:
    """The parts of a box that a kill can hurt."""

    def __init__(self, settings: Settings) -> None:
        clock = SystemClock()
        identity = read_identity(settings.broker.certificate)
        central_key = read_central_keys(settings.central_key)
        settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.inbox: queue.Queue[Occurrence | Notice] = queue.Queue()
        self.outbox = Outbox(settings.state / "outbox.db", identity.box_id, read_chain_key(settings.chain_key), clock)
        state = settings.state
        self.rosters = RosterStore(state / "rosters.db", state / "rosters.key", central_key, identity.box_id)
        silent = _Silent()
        parts = Parts(
            memory=self.outbox,
            rosters=self.rosters,
            chips=silent,
            faces=silent,
            clock=clock,
            watch=ClockWatch(clock, state / "clock-floor.json", BUILT_AT),
            orders=RemoteOrders(CommandMemory(state / "commands.db"), bytes),
            answer=lambda _result: None,
            restart=lambda: None,
            changed=lambda: None,
        )
        self.agent = Agent(self.inbox, parts, BoxCondition(rehearsal=True, offline_since=clock.now()))
        broker = settings.broker
        address = BrokerAddress(
            host=broker.host,
            port=broker.port,
            authority=broker.authority,
            certificate=broker.certificate,
            key=broker.key,
        )
        session = MqttSession(
            address, identity.box_id, (everything_for(identity.box_id),), Pace(longest_wait_seconds=0.3)
        )
        self.uplink = Uplink(
            identity=Identity(box_id=identity.box_id, central_key=central_key, shards=broker.shards),
            session=session,
            outbox=self.outbox,
            rosters=self.rosters,
            describe=lambda: BoxHealth(
                software="kill test", time_quality=TimeQuality.NONE, reader="ok", camera="ok", rehearsal=True
            ),
            notify=lambda notice: hear_uplink(notice, self.inbox, clock),
            clock=clock,
        )

    def start(self) -> None:
        """Open the stores, take up the roster, connect."""
        self.outbox.start()
        self.rosters.start()
        self.agent.open()
        self.uplink.start()

    def stop(self) -> None:
        """End in good order."""
        self.uplink.stop()
        self.rosters.stop()
        self.outbox.stop()

    def take(self, *occurrences: Occurrence) -> None:
        """What arrived meanwhile, the clock, then these."""
        while not self.inbox.empty():
            self.agent.take(self.inbox.get())
        self.agent.tick()
        for occurrence in occurrences:
            self.agent.take(occurrence)

    def stream(self, cards: list[ReadCardFile]) -> None:
        """Check in one card after the other, for ever, saying each event that a light was shown for."""
        while self.agent.desk.bundle is None:
            self.take()
            time.sleep(0.02)
        trust = TrustStore.of(self.agent.desk.bundle.trust_anchors)
        for card in itertools.cycle(cards):
            judgement = judge_chip(card.evidence, trust, card.evidence.read_at)
            self.take(
                CardTaken(),
                CodeGiven(access_number=card.access_number),
                CardLaid(),
                CardRead(
                    evidence=card.evidence, judgement=judgement, holder=card.holder, portrait=b"", portrait_jpeg=None
                ),
            )
            self.take(FaceMeasured(evidence=_match(), snapshot_jpeg=None))
            if self.agent.desk.light is not None:
                sys.stdout.write(f"{self.agent.last_uuid.hex()}\n")
                sys.stdout.flush()

    def send_what_waits(self) -> None:
        """Return when central has receipted everything."""
        while self.outbox.counts().waiting:
            self.take()
            time.sleep(0.02)


def _match() -> FaceEvidence:
    return FaceEvidence(
        decision=FaceDecision.MATCH,
        similarity=0.9,
        minus_log10_fmr=4.0,
        frames_used=3,
        frames_seen=3,
        obstacles=(),
        liveness=Liveness.NOT_CHECKED,
        matcher="script",
        weights={},
        profile="script@1",
    )


def main() -> None:
    """Run until killed, or until everything is sent with `--idle`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--settings", type=Path, required=True)
    parser.add_argument("--cards", type=Path, required=True)
    parser.add_argument("--idle", action="store_true")
    arguments = parser.parse_args()
    box = StreamingBox(read_settings(arguments.settings))
    box.start()
    if arguments.idle:
        box.send_what_waits()
        box.stop()
        print("done")
        return
    box.stream(msgspec.msgpack.decode(arguments.cards.read_bytes(), type=list[ReadCardFile]))


if __name__ == "__main__":
    main()
