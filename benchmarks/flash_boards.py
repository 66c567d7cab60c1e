"""Cuts the power in the middle of flashes, offers images that must not be written, and counts.

    python -m benchmarks.flash_boards --cuts 100

Boards are simulated (simavr with optiboot), in real time; the update and its bootloader's language are the real ones.
Prints `recovered N of N` and `written 0`; ends with status 1 when a board was lost or a wrong image written.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.release_desk import sign_image
from firmware_bridge.updating.update import Outcome
from tests.builders.avr_board import BOARD_ID, AvrBoard, BuiltFirmware, build_bench, build_firmware, need_bootloader
from tests.builders.board_talk import PROTOCOL_PAGE, page_examples, talk_to
from tests.builders.cut_flash import AfterTheCut, cut_and_recover, write_bytes
from tests.builders.firmware_shelf import FirmwareFolder, manifest

WATCHDOG = b"\x08"


class Workshop:
    """A folder with the bench and two builds of the firmware."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bench = build_bench(folder)
        self.old, self.new = build_firmware(folder, "1.0.0"), build_firmware(folder, "1.1.0", PERIOD_MS="500")
        self._rounds = 0

    def round(self, carried: BuiltFirmware) -> tuple[FirmwareFolder, AvrBoard]:
        """A box that has never seen a board, and a board with this firmware."""
        self._rounds += 1
        place = self.folder / f"round-{self._rounds}"
        box = FirmwareFolder(place / "box" / "firmware")
        words = ("--bootloader", str(need_bootloader()), str(carried.hex_file))
        return box, AvrBoard(self.bench, *words, flash_file=place / "flash")


def image_of(firmware: BuiltFirmware) -> bytes:
    """What of the flash it fills."""
    return read_hex(firmware.hex_file.read_bytes())


def cut_once(shop: Workshop, luck: random.Random) -> tuple[AfterTheCut, bool]:
    """One flash, one cut, one recovery; whether the board carries a whole image and says which."""
    old, new = image_of(shop.old), image_of(shop.new)
    box, board = shop.round(shop.old)
    box.add(shop.old)
    box.add(shop.new)
    with board:
        came = cut_and_recover(box, board, "1.1.0", luck.randrange(write_bytes(new) + 100), (old, new))
        new_stands = came.outcome in (Outcome.COMPLETED, None)  # None: the cut lay behind the end
        version, image = ("1.1.0", new) if new_stands else ("1.0.0", old)
        ended = came.outcome in (Outcome.RECOVERED, Outcome.COMPLETED) or not came.killed
        well = ended and came.shown_version == version and board.flash().startswith(image)
    return came, well and not box.journal.unfinished()


def wrong_images(shop: Workshop) -> Iterator[tuple[str, FlashRefusal, BuiltFirmware, Callable[[FirmwareFolder], None]]]:
    """A name, the answer that it deserves, what the board carries, and how the box gets it."""

    def tampered(box: FirmwareFolder) -> None:
        box.add(shop.new)
        file = box.file("1.1.0", "hex")
        lines = shop.old.hex_file.read_bytes()
        file.write_bytes(lines)

    def unsigned(box: FirmwareFolder) -> None:
        box.file("1.1.0", "hex").write_bytes(shop.new.hex_file.read_bytes())

    def signed_by_another(box: FirmwareFolder) -> None:
        key = Ed25519PrivateKey.generate()
        sign_image(key, shop.new.hex_file.read_bytes(), manifest("1.1.0"), box.folder)

    def older(box: FirmwareFolder) -> None:
        sign_image(box.key, shop.old.hex_file.read_bytes(), manifest("1.0.9"), box.folder)
        for ending in ("hex", "manifest"):
            box.file("1.0.9", ending).rename(box.file("1.1.0", ending))

    def older_by_name(box: FirmwareFolder) -> None:
        box.add(shop.old, version="1.1.0")

    newest = build_firmware(shop.folder, "1.2.0")
    yield "unsigned", FlashRefusal.UNSIGNED, shop.old, unsigned
    yield "signed by another key", FlashRefusal.WRONG_SIGNATURE, shop.old, signed_by_another
    yield "tampered", FlashRefusal.DAMAGED_IMAGE, shop.old, tampered
    yield "under another name", FlashRefusal.OTHER_IMAGE, shop.old, older
    yield "older than installed", FlashRefusal.OLDER, newest, older_by_name


def offer_wrong_images(shop: Workshop, times: int) -> int:
    """How many were written, or refused for another reason than theirs."""
    wrong = 0
    for name, deserved, carried, give in wrong_images(shop):
        for _ in range(times):
            box, board = shop.round(carried)
            give(box)
            with board:
                before = board.flash()
                answer = box.update_of(board).install(board.path, BOARD_ID, "1.1.0")
                wrong += answer is not deserved or board.flash() != before
        print(f"{name}: offered {times} times, refused as {deserved!s}", flush=True)
    return wrong


def hangs(shop: Workshop, times: int) -> None:
    """Prints how long a hung board takes to its boot frame, in the board's own time."""
    firmware = build_firmware(shop.folder / "test", TEST="1", PERIOD_MS="100")
    hang = page_examples(PROTOCOL_PAGE)["hang"]
    loader = ("--bootloader", str(need_bootloader()), str(firmware.hex_file))
    for name, words in (("without bootloader", (str(firmware.elf),)), ("with bootloader", loader)):
        seconds = []
        with AvrBoard(shop.bench, "--wait-for-opening", *words) as board, talk_to(board.path) as talk:
            for _ in range(times):
                talk.next_of("d")
                began = board.seconds()
                talk.say(hang)
                talk.next(lambda frame: (frame.kind, frame.rest) == ("b", WATCHDOG))
                seconds.append(board.seconds() - began)
        median, longest = statistics.median(seconds), max(seconds)
        print(f"hang to boot frame with cause 08, {name}: median {median:.2f} s, longest {longest:.2f} s")


def main() -> int:
    """Runs all three."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cuts", type=int, default=100)
    parser.add_argument("--offers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    arguments = parser.parse_args()
    luck = random.Random(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        shop = Workshop(Path(folder))
        began, results = time.monotonic(), []
        for number in range(1, arguments.cuts + 1):
            results.append(cut_once(shop, luck))
            came, well = results[-1]
            if not well or number % 10 == 0:
                print(f"{number} cuts, {sum(well for _, well in results)} recovered; last {came}", flush=True)
        seconds = [came.recover_seconds for came, _ in results]
        print(f"seed {arguments.seed}; {time.monotonic() - began:.0f} s for {arguments.cuts} cuts")
        killed, broken = sum(came.killed for came, _ in results), sum(came.broken for came, _ in results)
        print(f"killed {killed}, of them with neither image whole in the flash {broken}")
        print(f"recovery: median {statistics.median(seconds):.2f} s, longest {max(seconds):.2f} s")
        recovered = sum(well for _, well in results)
        wrong = offer_wrong_images(shop, arguments.offers)
        hangs(shop, 5)
    print(f"recovered {recovered} of {arguments.cuts}; unsigned, tampered or older images: written {wrong}")
    return 0 if recovered == arguments.cuts and not wrong else 1


if __name__ == "__main__":
    sys.exit(main())
