"""The one place that chooses real devices and joins the parts of a box. No decisions, no loops.

Not here: reading the settings (`settings`), what the parts do.
"""

import logging
import queue
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from edge import box_condition, uplink_notices
from edge.agent import Agent, Parts
from edge.box_condition import BoxCondition, Notice
from edge.card_worker import CardWorker
from edge.cards.card_code import access_number_in
from edge.cards.code_scanner import CodeScanner
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.central_conversation import BoxHealth, Identity
from edge.disk_reserve import DiskReserve
from edge.face_worker import FaceWorker
from edge.faces.face_matcher import FaceMatcher
from edge.faces.frame_sources import frame_source
from edge.faces.opencv_camera import OpenCvCamera
from edge.faces.pictures import LivePreview
from edge.faces.sface_matcher import load_sface_matcher
from edge.health_probe import HealthProbe
from edge.occurrences import CodeGiven, Occurrence
from edge.outbox import Outbox
from edge.proctor_room import AgentRoom
from edge.roster_store import RosterStore
from edge.settings import Settings, read_central_key, read_chain_key, read_identity
from edge.station.changes import Changes
from edge.station.server import Station, StationAddress
from edge.uplink import Uplink
from models import VERSION
from models.clock import SystemClock
from models.durable_database import StoreDamagedError, set_aside
from models.face_weights import WeightsError, load_face_weights
from models.wire.mqtt_session import BrokerAddress, MqttSession
from models.wire.topics import everything_for

log = logging.getLogger(__name__)

_OUTBOX = "outbox.db"
_ROSTERS = "rosters.db"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A whole box, ready to start. Stores start before those who write to them and stop after them."""

    state: Path
    outbox: Outbox
    rosters: RosterStore
    agent: Agent
    uplink: Uplink
    camera: OpenCvCamera
    faces: FaceWorker
    cards: CardWorker
    probe: HealthProbe
    station: Station
    scanner: CodeScanner | None

    @property
    def address(self) -> str:
        """Where the proctor's screen is."""
        return self.station.url

    def start(self) -> None:
        """Start everything. Raises ClassroomError when a store or an address cannot be used."""
        _start_store(self.outbox, self.state / _OUTBOX)
        _start_store(self.rosters, self.state / _ROSTERS)
        self.agent.open()
        self.agent.start()
        self.camera.start()
        self.faces.start()
        self.cards.start()
        self.probe.start()
        if self.scanner is not None:
            self.scanner.start()
        self.uplink.start()
        self.station.start()

    def stop(self) -> None:
        """Stop everything; what was committed stays."""
        self.station.stop()
        self.uplink.stop()
        if self.scanner is not None:
            self.scanner.stop()
        self.probe.stop()
        self.cards.stop()
        self.faces.stop()
        self.camera.stop()
        self.agent.stop()
        self.rosters.stop()
        self.outbox.stop()


def build_box(settings: Settings) -> Box:
    """Join the parts of the box that these settings describe; nothing runs yet.

    Raises ClassroomError when a key, certificate or camera source cannot be used. Missing face weights are no error:
    then a person compares every face, and the log says how to install them.
    """
    clock = SystemClock()
    inbox: queue.Queue[Occurrence | Notice] = queue.Queue()
    changes = Changes()
    identity = read_identity(settings.broker.certificate)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    central_key = read_central_key(settings.central_key)
    chain_key, reserve = read_chain_key(settings.chain_key), DiskReserve(settings.state / "reserve")
    outbox = Outbox(settings.state / _OUTBOX, identity.box_id, chain_key, clock, reserve)
    rosters = RosterStore(settings.state / _ROSTERS, settings.state / "rosters.key", central_key, identity.box_id)
    camera = OpenCvCamera(frame_source(settings.camera.source), clock)
    faces = FaceWorker(camera, _matcher(settings.camera.weights), clock, inbox.put)
    pcsc = PcscSettings(allowed_models=settings.readers.allowed, rehearsal=identity.rehearsal)
    cards = CardWorker(PcscReaders(pcsc), lambda: _anchors(agent), clock, inbox.put)
    agent = Agent(
        inbox,
        Parts(memory=outbox, rosters=rosters, chips=cards, faces=faces, clock=clock, changed=changes.note),
        BoxCondition(rehearsal=identity.rehearsal, offline_since=clock.now()),
    )
    broker = settings.broker
    address = BrokerAddress(
        host=broker.host, port=broker.port, authority=broker.authority, certificate=broker.certificate, key=broker.key
    )
    uplink = Uplink(
        identity=Identity(box_id=identity.box_id, central_key=central_key, shards=broker.shards),
        session=MqttSession(address, identity.box_id, (everything_for(identity.box_id),)),
        outbox=outbox,
        rosters=rosters,
        describe=lambda: _health(agent.condition),
        notify=lambda notice: hear_uplink(notice, inbox, clock),
        clock=clock,
    )
    room = AgentRoom(
        agent=agent,
        inbox=inbox,
        counts=outbox.counts,
        preview_jpeg=LivePreview(camera, clock).jpeg,
        clock=clock,
        changes=changes,
    )
    page = settings.station
    return Box(
        state=settings.state,
        outbox=outbox,
        rosters=rosters,
        agent=agent,
        uplink=uplink,
        camera=camera,
        faces=faces,
        cards=cards,
        probe=HealthProbe(camera, inbox.put),
        station=Station(
            StationAddress(host=page.host, port=page.port, certificate=page.certificate, key=page.key), room, clock
        ),
        scanner=_scanner(settings.scanner.source, inbox),
    )


def _start_store(store: Outbox | RosterStore, path: Path) -> None:
    """A damaged file is set aside for IT and the box begins an empty one: central gives back roster and chain."""
    try:
        store.start()
    except StoreDamagedError:
        kept = set_aside(path, SystemClock().now())
        log.exception("%s is damaged and was set aside as %s; the box goes on with an empty one", path.name, kept.name)
        store.start()


def _matcher(weights: Path) -> FaceMatcher | None:
    try:
        return load_sface_matcher(load_face_weights(weights))
    except WeightsError as error:
        log.error("Faces are not compared: %s", error)  # noqa: TRY400 - a sentence for IT, not a fault of the program
        return None


def _scanner(source: str, inbox: "queue.Queue[Occurrence | Notice]") -> CodeScanner | None:
    def scanned(text: str) -> None:
        number = access_number_in(text)
        if number is not None:
            inbox.put(CodeGiven(access_number=number))

    return CodeScanner(source, scanned) if source else None


def _anchors(agent: Agent) -> tuple[bytes, ...]:
    bundle = agent.desk.bundle
    return bundle.trust_anchors if bundle else ()


def _health(condition: BoxCondition) -> BoxHealth:
    return BoxHealth(
        software=VERSION,
        time_quality=condition.time_quality,
        reader="ok" if condition.reader else "absent",
        camera="ok" if condition.camera_works else "absent",
        rehearsal=condition.rehearsal,
    )


def hear_uplink(notice: uplink_notices.Notice, inbox: "queue.Queue[Occurrence | Notice]", clock: SystemClock) -> None:
    """Put the uplink's news into the agent's inbox in the agent's words; alarms go to the log."""
    match notice:
        case uplink_notices.ConnectionChanged(online=online):
            inbox.put(box_condition.ConnectionChanged(online=online))
        case uplink_notices.EventsReceipted(uuids=uuids):
            inbox.put(box_condition.SecondCopiesMade(uuids=frozenset(uuids)))
        case uplink_notices.RosterArrived():
            inbox.put(box_condition.RosterArrived())
        case uplink_notices.CentralTime(stated_at=stated_at, heard_monotonic_ms=heard):
            since = timedelta(milliseconds=clock.monotonic_ms() - heard)
            inbox.put(box_condition.CentralSpoke(central_time=stated_at + since))
        case _:
            log.warning("The uplink reports: %s", notice)
