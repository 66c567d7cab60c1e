"""The one place that chooses real lines. No decisions, no loops."""

from firmware_bridge.board_link import BoardLink, MakeLink
from firmware_bridge.line import Line
from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.tcp_board_link import TcpBoardLink


def links_of(line: Line) -> MakeLink:
    """How the line is opened at a given baud."""

    def make(baud: int) -> BoardLink:
        if line.is_serial:
            return SerialBoardLink(line.port, baud)
        return TcpBoardLink(*line.address)

    return make
