"""The one place that chooses real lines and joins the parts of the bridge. No decisions, no loops."""

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.board_link import BoardLink, MakeLink
from firmware_bridge.bridge import Bridge, BridgeParts
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.line import Line
from firmware_bridge.plan_file import PlanFile
from firmware_bridge.port_finder import PortFinder
from firmware_bridge.room_voice import COMMANDS, RoomVoice
from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.settings import USER, Settings, notify_socket, read_box_id, read_central_keys
from firmware_bridge.systemd_word import SystemdWord
from firmware_bridge.tcp_board_link import TcpBoardLink
from models.clock import SystemClock
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


def link_to(port: str) -> MakeLink:
    """How a port that no plan names is opened."""
    return links_of(Line(port=port, driver="", devices=()))


def build_bridge(settings: Settings) -> Bridge:
    """The bridge of these settings; nothing runs yet. Raises ClassroomError when a key or certificate is missing."""
    clock = SystemClock()
    address = BrokerAddress(
        host="127.0.0.1",
        port=settings.broker.port,
        authority=None,
        user_name=USER,
        password_file=settings.broker.password_file,
    )
    plan = PlanFile(settings.room_plan, read_central_keys(settings.central_key), read_box_id(settings.certificate))
    finding = settings.finding
    parts = BridgeParts(
        catalogue=DRIVERS,
        links_of=links_of,
        voice=RoomVoice(MqttSession(address, USER, (COMMANDS,), _PACE), clock),
        memory=BaudMemory(settings.state / "line-speeds.json"),
        clock=clock,
        new_plan=plan.changed,
        systemd=SystemdWord(notify_socket()),
    )
    return Bridge(parts, PortFinder(DRIVERS, link_to, clock, finding.leave_alone) if finding.look else None)
