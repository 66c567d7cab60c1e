"""The bootloader's language against a board that answers late, wrongly or not at all."""

from collections.abc import Iterator

import pytest

from firmware_bridge.updating.boards import BOARDS
from firmware_bridge.updating.patient_line import PatientLine
from firmware_bridge.updating.stk500v1 import Bootloader, BootloaderError, WrongChipError
from tests.builders.avr_board import BOARD_ID
from tests.fakes.scripted_board import Answer, ScriptedBoard

IN_SYNC = b"\x14\x10"
CHIP = b"\x14\x1e\x95\x0f\x10"


def optiboot(request: bytes) -> bytes:
    match request[:1]:
        case b"\x75":
            return CHIP
        case b"\x74":
            return b"\x14" + bytes(range(128)) + b"\x10"
        case _:
            return IN_SYNC


@pytest.fixture
def boards() -> Iterator[list[ScriptedBoard]]:
    made: list[ScriptedBoard] = []
    yield made
    for board in made:
        board.end()


def visit(boards: list[ScriptedBoard], answer: Answer) -> tuple[ScriptedBoard, Bootloader]:
    board = ScriptedBoard(answer)
    boards.append(board)
    return board, Bootloader(PatientLine(board), BOARDS[BOARD_ID])


def test_pages_go_out_as_the_page_of_the_protocol_says(boards: list[ScriptedBoard]) -> None:
    heard: list[bytes] = []

    def answer(request: bytes) -> bytes:
        heard.append(request)
        return optiboot(request)

    board, loader = visit(boards, answer)
    loader.enter()
    loader.write(b"\xaa" * 130)
    assert loader.read(140) == (bytes(range(128)) * 2)[:140]
    loader.leave()
    assert board.happened == ["reset"]
    page = b"\x64\x00\x80\x46"
    assert heard[3:7] == [
        b"\x55\x00\x00\x20",
        page + b"\xaa" * 128 + b"\x20",
        b"\x55\x40\x00\x20",
        page + b"\xaa\xaa" + b"\xff" * 126 + b"\x20",
    ]
    assert heard[8] == b"\x74\x00\x80\x46\x20"
    assert heard[-1] == b"\x51\x20"


def test_late_answers_to_the_first_questions_are_read_over(boards: list[ScriptedBoard]) -> None:
    asked = 0

    def answer(request: bytes) -> bytes:
        nonlocal asked
        asked += 1
        if asked < 4:
            return b""
        return b"noise" + IN_SYNC * asked if asked == 4 else optiboot(request)

    board, loader = visit(boards, answer)
    loader.enter()
    assert loader.read(128) == bytes(range(128))
    assert board.happened == ["reset"]


def test_another_chip_gets_nothing(boards: list[ScriptedBoard]) -> None:
    heard = b""

    def answer(request: bytes) -> bytes:
        nonlocal heard
        heard += request
        return b"\x14\x1e\x98\x01\x10" if request[:1] == b"\x75" else IN_SYNC

    _, loader = visit(boards, answer)
    with pytest.raises(WrongChipError):
        loader.enter()
    assert heard == b"\x30\x20\x75\x20"


def test_a_board_that_only_begins_anew_when_it_is_opened_is_opened(boards: list[ScriptedBoard]) -> None:
    def answer(request: bytes) -> bytes:
        return optiboot(request) if "open" in board.happened else b""

    board, loader = visit(boards, answer)
    loader.enter()
    assert board.happened == ["reset", "close", "open", "reset"]


def test_a_silent_port_is_named(boards: list[ScriptedBoard]) -> None:
    _, loader = visit(boards, lambda _: b"")
    with pytest.raises(BootloaderError, match="No bootloader answers at /dev/scripted"):
        loader.enter()


def test_a_wrong_answer_ends_the_visit(boards: list[ScriptedBoard]) -> None:
    _, loader = visit(boards, lambda request: b"\x15\x10" if request[:1] == b"\x64" else optiboot(request))
    loader.enter()
    with pytest.raises(BootloaderError, match="other than agreed"):
        loader.write(b"\x00")
