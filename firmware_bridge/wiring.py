"""The one place that chooses real lines and joins the parts of the bridge. No decisions, no loops."""

from collections.abc import Callable
from pathlib import Path

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.board_link import BoardLink, MakeLink
from firmware_bridge.bridge import Bridge, BridgeParts
from firmware_bridge.cart.adb_headset_link import AdbHeadsetLink
from firmware_bridge.cart.charging_cart import CartParts, ChargingCart
from firmware_bridge.cart.docks import Dock, LocalDock, UsbDock
from firmware_bridge.cart.headset_key import KeyKeeper
from firmware_bridge.cart.leases import LeaseFile
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.driver import Said
from firmware_bridge.line import Line
from firmware_bridge.loan_words import SOCKET
from firmware_bridge.plan_file import PlanFile
from firmware_bridge.port_desk import PortDesk
from firmware_bridge.port_finder import PortFinder
from firmware_bridge.room_voice import COMMANDS, RoomVoice
from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.settings import USER, Settings, notify_socket, read_box_id, read_central_keys
from firmware_bridge.systemd_word import SystemdWord
from firmware_bridge.tcp_board_link import TcpBoardLink
from firmware_bridge.updating.borrowed_port import PortBorrower
from firmware_bridge.updating.flash_journal import FlashJournal
from firmware_bridge.updating.reserved_link import ReservedLink
from firmware_bridge.updating.shelf import Shelf
from firmware_bridge.updating.update import FirmwareUpdate
from models.board_firmware import FOLDER
from models.clock import Clock, SystemClock
from models.room_plan import SerialLink
from models.wire.mqtt_session import BrokerAddress, MqttSession, Pace

_PACE = Pace(longest_wait_seconds=3.0)
"""The broker is on this machine and has one bridge: nobody is spared by waiting longer."""


def links_of(line: Line) -> MakeLink:
    """How the line is opened at a given baud."""

    def make(baud: int) -> BoardLink:
        if line.is_serial:
            return SerialBoardLink(line.port, baud)
        return TcpBoardLink(*line.address)

    return make


def links_around_flashes(journal: FlashJournal) -> Callable[[Line], MakeLink]:
    """As `links_of`, but a port with an interrupted flash is left to `firmware recover`."""

    def links(line: Line) -> MakeLink:
        return (lambda baud: ReservedLink(line.port, baud, journal)) if line.is_serial else links_of(line)

    return links


def link_to(port: str) -> MakeLink:
    """How a port that no plan names is opened."""
    return links_of(Line(port=port, driver="", devices=()))


def firmware_folder(settings: Settings) -> Path:
    """Where images and what became of them lie."""
    return settings.state / FOLDER


def borrower_of(settings: Settings) -> PortBorrower:
    """Who asks the running bridge for a port."""
    return PortBorrower(settings.state / SOCKET)


def shelf_of(settings: Settings) -> Shelf:
    """The box's firmware images."""
    return Shelf(firmware_folder(settings))


def journal_of(settings: Settings) -> FlashJournal:
    """What outlives a cut in a flash."""
    return FlashJournal(firmware_folder(settings))


def plan_file_of(settings: Settings) -> PlanFile:
    """The room's plan. Raises ClassroomError when a key or certificate is missing."""
    return PlanFile(
        settings.room_plan,
        read_central_keys(settings.central_key),
        read_box_id(settings.certificate),
        settings.state / "room-plan.version",
    )


def build_update(settings: Settings) -> FirmwareUpdate:
    """The box's way to its boards' firmware; each use reads the room's plan anew."""
    return FirmwareUpdate(
        shelf_of(settings),
        journal_of(settings),
        SerialBoardLink,
        lambda: plan_file_of(settings).changed(),
        SystemClock(),
        borrower_of(settings).port,
    )


def link_v1_ports(settings: Settings) -> list[str]:
    """The serial ports of the plan's boards that speak sensor link v1."""
    plan = plan_file_of(settings).changed()
    links = [device.link for device in plan.devices] if plan else []
    return [link.port for link in links if isinstance(link, SerialLink) and link.driver == "link-v1"]


def headset_key_file(settings: Settings) -> Path:
    """Where the box's key for its headsets lies."""
    return settings.state / "headset-key.pem"


def cart_of(settings: Settings, tell: Callable[[Said], None], clock: Clock) -> ChargingCart:
    """The charging cart on this machine's USB, or in software where the settings say so."""
    dock: Dock = LocalDock(settings.cart.soft_ports) if settings.cart.soft_ports else UsbDock()
    keys = KeyKeeper(headset_key_file(settings))
    return ChargingCart(
        CartParts(
            docked=dock.docked,
            link_to=lambda docked, may_offer: AdbHeadsetLink(dock.cable(docked), keys.key(), may_offer),
            tell=tell,
            clock=clock,
            every_seconds=settings.cart.every_seconds,
            apps=settings.cart.apps,
            leases=None if settings.cart.leases is None else LeaseFile(settings.cart.leases),
        )
    )


def build_bridge(settings: Settings, failed: Callable[[], None]) -> Bridge:
    """The bridge of these settings; nothing runs yet. `failed` is called when a fault of ours has ended it.

    Raises ClassroomError when a key or certificate is missing.
    """
    clock = SystemClock()
    address = BrokerAddress(
        host="127.0.0.1",
        port=settings.broker.port,
        authority=None,
        user_name=USER,
        password_file=settings.broker.password_file,
    )
    plan = plan_file_of(settings)
    finding = settings.finding
    voice = RoomVoice(MqttSession(address, USER, (COMMANDS,), _PACE), clock)
    parts = BridgeParts(
        catalogue=DRIVERS,
        links_of=links_around_flashes(journal_of(settings)),
        voice=voice,
        memory=BaudMemory(settings.state / "line-speeds.json"),
        clock=clock,
        new_plan=plan.changed,
        systemd=SystemdWord(notify_socket()),
        desk=PortDesk(settings.state / SOCKET),
        failed=failed,
    )
    finder = PortFinder(DRIVERS, link_to, clock, finding.leave_alone) if finding.look else None
    return Bridge(parts, finder, cart_of(settings, voice.hear, clock))
