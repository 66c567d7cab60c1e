"""The one place that chooses real devices and joins the parts of a box. No decisions, no loops.

Not here: reading the settings (`settings`), what the parts do.
"""

import logging
import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from edge import box_condition, uplink_notices
from edge.agent import Agent, Parts
from edge.box_condition import BoxCondition, DeviceOrderEnded, Notice
from edge.box_report import BoxReport
from edge.card_trust_keeper import CardTrustKeeper
from edge.card_worker import CardWorker
from edge.cards.card_code import access_number_in
from edge.cards.code_scanner import CodeScanner
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_sizes import ReadSizes
from edge.central_conversation import Identity
from edge.challenge_pool import ChallengePool
from edge.clock_watch import ClockWatch
from edge.command_memory import CommandMemory
from edge.disk_reserve import DiskReserve
from edge.equipment_watch.dialect import MakeDialect
from edge.equipment_watch.freekiosk import FreeKiosk
from edge.equipment_watch.home_assistant import HomeAssistant
from edge.equipment_watch.listener import EquipmentListener
from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.two_brokers import join_brokers
from edge.equipment_watch.watch import Questions, Watch
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
from edge.recent_lines import RecentLines
from edge.remote_orders import RemoteOrders, result_of, sitting_is_open
from edge.room_plan_keeper import RoomPlanKeeper
from edge.roster_store import RosterStore
from edge.settings import Settings, read_central_keys, read_chain_key, read_identity, read_public_key
from edge.station.changes import Changes
from edge.station.equipment_sign import EquipmentSign
from edge.station.server import Station, StationAddress
from edge.telemetry_store import TelemetryStore
from edge.time_sources import follows_nts
from edge.uplink import EquipmentLane, Uplink
from edge.vitals import VitalPlaces, VitalSigns
from models import BUILT_AT
from models.clock import Clock, SystemClock
from models.durable_database import StoreDamagedError, set_aside
from models.face_weights import WeightsError, load_face_weights
from models.room_plan import FILE_NAME, RoomPlan
from models.wire.broker_session import PublishRefused, SessionState
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace
from models.wire.topics import everything_for

log = logging.getLogger(__name__)

_OUTBOX = "outbox.db"
_ROSTERS = "rosters.db"
_COMMANDS = "commands.db"
_TELEMETRY = "telemetry.db"
_EDGE = "edge"
"""The box's own name on the room's broker."""

_MEGABYTE = 1024 * 1024
ROOM_PACE = Pace(longest_wait_seconds=5.0, heard_quality=0)
DIALECTS: tuple[MakeDialect, ...] = (OwnDialect, FreeKiosk, HomeAssistant)
"""The ways of speaking that the box knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEquipment:
    """The watch over the room's devices, with its store."""

    store: TelemetryStore
    listener: EquipmentListener

    def start(self, plan: RoomPlan | None) -> None:
        """Begin to follow the plan."""
        self.store.start()
        self.listener.start(plan)

    def stop(self) -> None:
        """End; what was heard is on the card."""
        self.listener.stop()
        self.store.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A whole box, ready to start. Stores start before those who write to them and stop after them."""

    state: Path
    outbox: Outbox
    rosters: RosterStore
    commands: CommandMemory
    watch: ClockWatch
    recent: RecentLines
    signs: VitalSigns
    report: BoxReport
    card_trust: CardTrustKeeper
    agent: Agent
    uplink: Uplink
    camera: OpenCvCamera
    faces: FaceWorker
    cards: CardWorker
    probe: HealthProbe
    station: Station
    plans: RoomPlanKeeper
    equipment: RoomEquipment | None
    scanner: CodeScanner | None

    @property
    def address(self) -> str:
        """Where the proctor's screen is."""
        return self.station.url

    def start(self) -> None:
        """Start everything. Raises ClassroomError when a store or an address cannot be used."""
        logging.getLogger().addHandler(self.recent)
        _start_store(self.outbox, self.state / _OUTBOX)
        _start_store(self.rosters, self.state / _ROSTERS)
        _start_store(self.commands, self.state / _COMMANDS)
        self.watch.start(self.outbox.last_event_at())
        self.card_trust.start()
        self.agent.open()
        self.agent.start()
        self.camera.start()
        self.faces.start()
        self.cards.start()
        self.probe.start()
        self.signs.start()
        if self.scanner is not None:
            self.scanner.start()
        self.plans.start()
        if self.equipment is not None:
            self.equipment.start(self.plans.plan)
        self.uplink.start()
        self.station.start()

    def stop(self) -> None:
        """Stop everything; what was committed stays."""
        self.station.stop()
        self.uplink.stop()
        if self.equipment is not None:
            self.equipment.stop()
        if self.scanner is not None:
            self.scanner.stop()
        self.signs.stop()
        self.probe.stop()
        self.cards.stop()
        self.faces.stop()
        self.camera.stop()
        self.agent.stop()
        self.watch.stop()
        self.commands.stop()
        self.rosters.stop()
        self.outbox.stop()
        logging.getLogger().removeHandler(self.recent)


def build_box(settings: Settings, restart: Callable[[], None] = lambda: None) -> Box:
    """Join the parts of the box that these settings describe; nothing runs yet. `restart` asks whoever runs it.

    Raises ClassroomError when a key, certificate or camera source cannot be used. Missing face weights are no error:
    then a person compares every face, and the log says how to install them.
    """
    clock = SystemClock()
    inbox: queue.Queue[Occurrence | Notice] = queue.Queue()
    changes = Changes()
    identity = read_identity(settings.broker.certificate)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    central_key = read_central_keys(settings.central_key)
    chain_key, reserve = read_chain_key(settings.chain_key), DiskReserve(settings.state / "reserve")
    outbox = Outbox(settings.state / _OUTBOX, identity.box_id, chain_key, clock, reserve)
    rosters = RosterStore(settings.state / _ROSTERS, settings.state / "rosters.key", central_key, identity.box_id)
    commands, recent = CommandMemory(settings.state / _COMMANDS), RecentLines()
    watch = ClockWatch(clock, settings.state / "clock-floor.json", BUILT_AT)
    trust_key = read_public_key(settings.trust_key, "The authority's") if settings.trust_key else None
    card_trust = CardTrustKeeper(settings.state / "card-trust", trust_key)
    report = BoxReport(
        box_id=identity.box_id,
        settings=settings,
        trust_key=trust_key,
        card_trust=card_trust,
        outbox=outbox,
        watch=watch,
        recent=recent,
        agent=lambda: agent,
        signs=lambda: signs,
        follows_nts=follows_nts,
        tell=inbox.put,
    )
    places = VitalPlaces(state=settings.state, certificate=settings.broker.certificate, weights=settings.camera.weights)
    signs = VitalSigns(places, report.look)
    camera = OpenCvCamera(frame_source(settings.camera.source), clock)
    faces = FaceWorker(camera, _matcher(settings.camera.weights), clock, inbox.put)
    pcsc = PcscSettings(allowed_models=settings.readers.allowed, rehearsal=identity.rehearsal)
    challenges = ChallengePool(clock)
    readers = PcscReaders(pcsc)
    sizes = ReadSizes(settings.state / "read-sizes.json")
    cards = CardWorker(readers, lambda: card_trust.trust(agent.desk.bundle), clock, inbox.put, challenges.draw, sizes)
    equipment = _equipment(settings, watch, inbox, lambda: agent)
    agent = Agent(
        inbox,
        Parts(
            memory=outbox,
            rosters=rosters,
            chips=cards,
            faces=faces,
            clock=clock,
            watch=watch,
            orders=RemoteOrders(commands, report.bundle, equipment.listener.ask if equipment else None),
            answer=lambda result: uplink.answer(result),  # noqa: PLW0108 - the uplink is made below
            restart=restart,
            changed=changes.note,
        ),
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
        describe=report.health,
        notify=lambda notice: hear_uplink(notice, inbox, clock, settings.news_file),
        clock=watch,
    )
    plans = RoomPlanKeeper(settings.plan_file or settings.state / FILE_NAME, central_key, identity.box_id)
    uplink.also_carry(plans, _lane(settings, equipment))
    uplink.also_fill(challenges)
    if equipment is not None:
        plans.when_changed(equipment.listener.follow)
    room = AgentRoom(
        agent=agent,
        inbox=inbox,
        counts=outbox.counts,
        preview_jpeg=LivePreview(camera, clock).jpeg,
        clock=clock,
        changes=changes,
        equipment=EquipmentSign(lambda: equipment.listener.readiness if equipment else None, clock),
    )
    page = settings.station
    return Box(
        state=settings.state,
        outbox=outbox,
        rosters=rosters,
        commands=commands,
        watch=watch,
        recent=recent,
        signs=signs,
        report=report,
        card_trust=card_trust,
        agent=agent,
        uplink=uplink,
        camera=camera,
        faces=faces,
        cards=cards,
        probe=HealthProbe(camera, inbox.put),
        station=Station(
            StationAddress(host=page.host, port=page.port, certificate=page.certificate, key=page.key), room, clock
        ),
        plans=plans,
        equipment=equipment,
        scanner=_scanner(settings.scanner.source, inbox),
    )


def _equipment(
    settings: Settings, watch: ClockWatch, inbox: "queue.Queue[Occurrence | Notice]", agent: Callable[[], Agent]
) -> RoomEquipment | None:
    """The watch over the room's devices, where the box has a broker for them."""
    broker = settings.room_broker
    if broker is None:
        return None

    def session(port: int, filters: Sequence[str]) -> MqttSession:
        address = BrokerAddress(
            host="127.0.0.1", port=port, authority=None, user_name=_EDGE, password_file=broker.password_file
        )
        return MqttSession(address, _EDGE, filters, ROOM_PACE)

    store = TelemetryStore(settings.state / _TELEMETRY, watch, broker.store_megabytes * _MEGABYTE)
    questions = Questions(
        may_fire=store.note_rule,
        exam_runs=lambda: sitting_is_open(agent().desk, watch.now()),
        clock_is_right=lambda: watch.is_right,
    )
    listener = EquipmentListener(
        make_session=lambda filters: join_brokers(
            filters, partial(session, broker.port), partial(session, broker.guest_port), _tell_of_guests
        ),
        dialects=DIALECTS,
        watch=Watch(watch, questions),
        store=store,
        ended=lambda row: inbox.put(DeviceOrderEnded(result=result_of(row))),
        clock=watch,
    )
    return RoomEquipment(store=store, listener=listener)


def _tell_of_guests(state: SessionState) -> None:
    """It tries again every few seconds; that it is away shows by its devices' silence."""
    log.log(logging.WARNING if isinstance(state, PublishRefused) else logging.DEBUG, "The guests' broker: %s", state)


def _lane(settings: Settings, equipment: RoomEquipment | None) -> EquipmentLane | None:
    if equipment is None or settings.room_broker is None:
        return None
    return EquipmentLane(
        store=equipment.store,
        newest=equipment.listener.tell_newest,
        history_rate=settings.room_broker.history_rows_per_second,
    )


def _start_store(store: Outbox | RosterStore | CommandMemory, path: Path) -> None:
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


def hear_uplink(
    notice: uplink_notices.Notice,
    inbox: "queue.Queue[Occurrence | Notice]",
    clock: Clock,
    news_file: Path | None = None,
) -> None:
    """Put the uplink's news into the agent's inbox in the agent's words; alarms go to the log.

    News of the authority only touch `news_file`, which the caretaker looks at.
    """
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
        case uplink_notices.CommandArrived(command=command, in_time=in_time):
            inbox.put(box_condition.CommandCame(command=command, in_time=in_time))
        case uplink_notices.NewsArrived():
            _touch(news_file)
        case _:
            log.warning("The uplink reports: %s", notice)


def _touch(news_file: Path | None) -> None:
    try:
        if news_file is not None:
            news_file.touch(mode=0o640)
    except OSError as error:
        log.warning("The caretaker cannot be told of news (%s); it asks by itself soon", error.strerror)
