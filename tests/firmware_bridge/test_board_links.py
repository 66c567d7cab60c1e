"""Serial ports and TCP connections keep the same promises, on real pseudo terminals and sockets."""

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware_bridge.board_link import BoardLink, LineBusyError, LineGoneError, LineUnusableError
from firmware_bridge.serial_board_link import SerialBoardLink
from firmware_bridge.tcp_board_link import TcpBoardLink
from tests.builders.pluggable_board import PluggableBoard


def arrived(link: BoardLink) -> bytes:
    assert select.select([link.fileno()], [], [], 20)[0]
    return link.read()


class TestSerial:
    @pytest.fixture
    def board(self, tmp_path: Path) -> Iterator[PluggableBoard]:
        board = PluggableBoard(tmp_path / "usb-board").plug()
        yield board
        board.unplug()

    @pytest.fixture
    def link(self, board: PluggableBoard) -> Iterator[SerialBoardLink]:
        link = SerialBoardLink(str(board.path), 115200)
        link.open()
        yield link
        link.close()

    def test_everything_that_has_arrived_is_read_at_once_and_nothing_is_nothing(
        self, board: PluggableBoard, link: SerialBoardLink
    ) -> None:
        assert link.read() == b""
        board.say(b"two frames")
        assert arrived(link) == b"two frames"
        assert link.read() == b""

    def test_what_is_written_arrives(self, board: PluggableBoard, link: SerialBoardLink) -> None:
        link.write(b"ping\n")
        assert board.hear() == b"ping\n"

    def test_pulling_it_out_is_seen_at_the_descriptor(self, board: PluggableBoard, link: SerialBoardLink) -> None:
        board.unplug()
        with pytest.raises(LineGoneError):
            arrived(link)

    def test_it_is_open_for_one_program_alone(self, board: PluggableBoard, link: SerialBoardLink) -> None:
        assert link.where == str(board.path)
        with pytest.raises(LineBusyError):
            SerialBoardLink(str(board.path), 115200).open()

    def test_a_port_that_is_not_there_is_gone(self, tmp_path: Path) -> None:
        link = SerialBoardLink(str(tmp_path / "nothing"), 9600)
        assert link.identity() is None
        with pytest.raises(LineGoneError, match="not there"):
            link.open()

    def test_what_is_no_serial_port_is_said_to_be_unusable(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(LineUnusableError):
            SerialBoardLink(str(tmp_path / "file"), 9600).open()

    def test_another_board_at_the_same_path_has_another_identity(self, board: PluggableBoard) -> None:
        link, other = SerialBoardLink(str(board.path), 9600), PluggableBoard(board.path)
        before = link.identity()
        other.plug()
        assert link.identity() not in (before, None)
        other.unplug()

    def test_closing_twice_is_harmless_and_a_closed_line_is_gone(self, link: SerialBoardLink) -> None:
        link.close()
        link.close()
        with pytest.raises(LineGoneError):
            link.read()

    def test_a_reset_is_harmless_where_there_are_no_such_lines(self, link: SerialBoardLink) -> None:
        link.reset_board()
        assert link.read() == b""


class TestTcp:
    @pytest.fixture
    def display(self) -> Iterator[socket.socket]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(20)
            yield server

    def opened(self, display: socket.socket) -> tuple[TcpBoardLink, socket.socket]:
        link = TcpBoardLink("127.0.0.1", display.getsockname()[1])
        link.open()
        return link, display.accept()[0]

    def test_both_directions(self, display: socket.socket) -> None:
        link, there = self.opened(display)
        assert link.read() == b""
        there.sendall(b"PJLINK 0\r")
        assert arrived(link) == b"PJLINK 0\r"
        link.write(b"%1POWR ?\r")
        assert there.recv(100) == b"%1POWR ?\r"
        there.close()
        with pytest.raises(LineGoneError, match="closed"):
            arrived(link)
        link.close()

    def test_a_peer_that_vanishes_is_looked_for(self, display: socket.socket) -> None:
        link, there = self.opened(display)
        with socket.socket(fileno=socket.dup(link.fileno())) as same:
            assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
        there.close()
        link.close()

    def test_nobody_accepts_there(self, free_port: int) -> None:
        with pytest.raises(LineBusyError, match="accepts no connection"):
            TcpBoardLink("127.0.0.1", free_port).open()

    def test_a_connection_that_is_not_open_is_gone(self) -> None:
        link = TcpBoardLink("127.0.0.1", 9)
        assert link.where == "127.0.0.1:9"
        with pytest.raises(LineGoneError):
            link.fileno()
