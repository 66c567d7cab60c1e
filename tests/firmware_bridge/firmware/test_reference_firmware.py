"""The reference board's bytes on the simulated chip, against PROTOCOL.md and a decoder that is not ours."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.builders.avr_board import AvrBoard, BuiltFirmware, build_firmware, need_bootloader
from tests.builders.board_talk import PROTOCOL_PAGE, page_examples, talk_to

EXAMPLES = page_examples(PROTOCOL_PAGE)
PING, IDENT, HANG = EXAMPLES["ping"], EXAMPLES["ident question"], EXAMPLES["hang"]
WATCHDOG, EXTERNAL, UNKNOWN = b"\x08", b"\x02", b"\x00"


def board_with(bench: Path, firmware: BuiltFirmware, *words: str) -> AvrBoard:
    return AvrBoard(bench, "--wait-for-opening", *words, str(firmware.elf))


def board_with_bootloader(bench: Path, firmware: BuiltFirmware) -> AvrBoard:
    return AvrBoard(bench, "--wait-for-opening", "--bootloader", str(need_bootloader()), str(firmware.hex_file))


def test_the_image_fits_the_small_class(firmware: BuiltFirmware) -> None:
    assert 1000 < int(firmware.said.split()[1]) <= 1536


def test_a_larger_image_is_not_built(tmp_path: Path, avr_bench: Path) -> None:
    assert avr_bench.exists()
    with pytest.raises(subprocess.CalledProcessError):
        build_firmware(tmp_path, MOST_BYTES="1000")


def test_it_begins_with_the_pages_boot_frame_and_says_who_it_is(avr_bench: Path, firmware: BuiltFirmware) -> None:
    with board_with(avr_bench, firmware) as board, talk_to(board.path) as talk:
        assert talk.next(lambda _: True).wire == EXAMPLES["boot, power-on"]
        ident = talk.next(lambda _: True)
        assert (ident.kind, ident.number) == ("i", 1)
        assert ident.fields() == {1: "room-board", 2: "1.0.0", 3: "0a1b2c3d4e5f", 4: "uno-atmega328p"}
        assert talk.damaged == 0


def test_it_answers_ping_and_ident_and_counts_all_its_frames(avr_bench: Path, firmware: BuiltFirmware) -> None:
    with board_with(avr_bench, firmware) as board, talk_to(board.path) as talk:
        heard = [talk.next_of("i")]
        talk.say(PING)
        while heard[-1].kind != "p":
            heard.append(talk.next(lambda _: True))
        talk.say(IDENT)
        while heard[-1].kind != "i":
            heard.append(talk.next(lambda _: True))
        assert [frame.number for frame in heard] == list(range(1, 1 + len(heard)))
        assert talk.damaged == 0


def test_readings_are_within_one_step_of_what_is_fed(avr_bench: Path, firmware: BuiltFirmware) -> None:
    fed = [0, 1234, 2500, 4990]
    channels = [word for number, value in enumerate(fed) for word in ("--adc", f"{number}={value}")]
    with board_with(avr_bench, firmware, *channels) as board, talk_to(board.path) as talk:
        talk.next_of("d")
        for _ in range(3):
            for reading, millivolts in zip(talk.next_of("d").words(), fed, strict=True):
                assert abs(reading - millivolts * 1023 / 5000) <= 1  # a real chip: 1024; see the bench's page
            fed = [(value + 777) % 4990 for value in fed]
            for number, value in enumerate(fed):
                board.set_channel(number, value)
            talk.next_of("d")  # may have been measured before all four were set


def test_it_takes_the_nearest_period_that_it_can_do(avr_bench: Path, firmware: BuiltFirmware) -> None:
    with board_with(avr_bench, firmware, "--free-run") as board, talk_to(board.path) as talk:
        talk.next_of("i")
        talk.say(EXAMPLES["period 250 ms"])
        assert talk.next_of("r").rest == (250).to_bytes(2, "little")
        talk.next_of("d")
        one, two = talk.next_of("d"), talk.next_of("d")
        assert 249 <= two.t_ms - one.t_ms <= 252
        talk.say(bytes.fromhex("03 52 01 03 03 CF 00"))
        assert talk.next_of("r").rest == (20).to_bytes(2, "little")


def test_damage_costs_one_frame_and_no_answer(avr_bench: Path, firmware: BuiltFirmware) -> None:
    with board_with(avr_bench, firmware) as board, talk_to(board.path) as talk:
        talk.next_of("i")
        for spoilt in (b"\xff" * 300 + b"\0", PING[:2] + b"\x06" + PING[3:], b"\x05" + PING[1:], PING[:-2], b"\0\0"):
            talk.say(spoilt)
        talk.say(PING)
        first = talk.next(lambda frame: frame.kind != "d")
        talk.say(IDENT)
        assert (first.kind, talk.next(lambda frame: frame.kind != "d").kind) == ("p", "i")


@pytest.mark.parametrize("boots", [board_with, board_with_bootloader])
def test_a_hung_board_is_back_within_a_second_and_says_why(
    boots: Callable[[Path, BuiltFirmware], AvrBoard], avr_bench: Path, hanging_firmware: BuiltFirmware
) -> None:
    with boots(avr_bench, hanging_firmware) as board, talk_to(board.path) as talk:
        talk.next_of("d")
        hung_at = board.seconds()
        talk.say(HANG)
        boot = talk.next_of("b")
        assert board.seconds() - hung_at <= 1.0
        assert boot.wire == EXAMPLES["boot, watchdog"]
        talk.next_of("d")
        board.reset()
        assert talk.next_of("b").rest == (EXTERNAL if boots is board_with else UNKNOWN), "the marker is read once"


def test_an_image_for_schools_does_not_know_the_hang_command(avr_bench: Path, firmware: BuiltFirmware) -> None:
    with board_with(avr_bench, firmware) as board, talk_to(board.path) as talk:
        talk.next_of("i")
        talk.say(HANG + PING)
        assert talk.next(lambda frame: frame.kind != "d").kind == "p"
