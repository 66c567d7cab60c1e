"""Boards without hardware: the bench program (`avr_bench/`), the reference firmware, and a board that runs on both.

Everything is compiled when a test first asks, into a folder of the test run.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bridge.serial_board_link import SerialBoardLink
from tests.builders.needed_programs import need

REPOSITORY = Path(__file__).parents[2]
BENCH_SOURCE = REPOSITORY / "tests/builders/avr_bench/avr_bench.c"
FIRMWARE_SOURCE = REPOSITORY / "firmware_bridge/firmware"
BOOTLOADER = Path("/usr/share/arduino/hardware/arduino/avr/bootloaders/optiboot/optiboot_atmega328.hex")
FLASH_BYTES = 32 * 1024
APPLICATION_BYTES = FLASH_BYTES - 512
BOARD_ID = "uno-atmega328p"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFirmware:
    """One build of the reference firmware."""

    version: str
    elf: Path
    hex_file: Path
    said: str


def build_bench(folder: Path) -> Path:
    """The bench program. Skips the test where gcc or simavr are missing, fails on the build machine."""
    for name in ("gcc", "make", "avr-gcc", "avr-objcopy"):
        need(name, shutil.which(name))
    need("libsimavr-dev", Path("/usr/include/simavr/sim_avr.h").exists())
    need("libelf-dev", Path("/usr/include/libelf.h").exists())
    program = folder / "avr_bench"
    words = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(BENCH_SOURCE)]
    subprocess.run([*words, "-lsimavr", "-lelf", "-lutil", "-lm"], check=True, timeout=120)
    return program


def need_bootloader() -> Path:
    """Optiboot's HEX file as Debian ships it."""
    need("arduino-core-avr", BOOTLOADER.exists())
    return BOOTLOADER


def build_firmware(folder: Path, version: str = "1.0.0", **texts: str) -> BuiltFirmware:
    """The reference firmware by its own Makefile; `texts` are the Makefile's variables (TEST="1", PERIOD_MS="100")."""
    board = texts.get("BOARD_ID", BOARD_ID)
    variables = {"OUT": str(folder), "FIRMWARE_VERSION": version, "GIT_ID": "0a1b2c3d4e5f", **texts}
    words = ["make", "-s", "-C", str(FIRMWARE_SOURCE), *(f"{name}={value}" for name, value in variables.items())]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    made = subprocess.run(words, check=True, capture_output=True, text=True, timeout=120, env=environment)
    stem = folder / f"{board}-{version}"
    return BuiltFirmware(
        version=version, elf=Path(f"{stem}.elf"), hex_file=Path(f"{stem}.hex"), said=made.stdout + made.stderr
    )


class AvrBoard:
    """A simulated board that runs while the `with` lasts; `path` is the port that it answers at.

    `flash_file` keeps its flash as a real one does when the power goes (`cut_power`, then `start` again).
    """

    def __init__(self, bench: Path, *words: str, flash_file: Path | None = None) -> None:
        self._words = [str(bench), *words]
        if flash_file is not None:
            self._words[1:1] = ["--flash", str(flash_file)]
        self._flash_file = flash_file
        self._program: subprocess.Popen[str] | None = None
        self.path = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def process(self) -> int:
        """Who gets the reset signal."""
        assert self._program is not None
        return self._program.pid

    def start(self) -> None:
        """Power on."""
        self._program = subprocess.Popen(self._words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._program.stdout is not None
        self.path = self._program.stdout.readline().strip()
        assert self.path.startswith("/dev/"), "the bench did not start"

    def stop(self) -> str:
        """Ends the bench in good order; its last words."""
        return self._end(signal.SIGTERM)

    def cut_power(self) -> None:
        """At once, whatever the board is doing."""
        self._end(signal.SIGKILL)

    def reset(self) -> None:
        """As the reset button or the DTR pulse."""
        assert self._program is not None
        self._program.send_signal(signal.SIGUSR1)

    def set_channel(self, channel: int, millivolts: int) -> None:
        """What is fed to A0 to A7; counts when this returns."""
        self._ask(f"adc {channel} {millivolts}")

    def seconds(self) -> float:
        """The board's own time since it was started: a busy machine makes it slow, never fast."""
        return float(self._ask("time"))

    def flash(self) -> bytes:
        """What stands in the application's part of the flash at this moment."""
        assert self._flash_file is not None
        return self._flash_file.read_bytes()[:APPLICATION_BYTES]

    def link(self) -> SerialBoardLink:
        """The port as the bridge opens it, with a reset line."""
        return BenchLink(self)

    def _ask(self, words: str) -> str:
        assert self._program is not None
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        print(words, file=self._program.stdin, flush=True)
        said = self._program.stdout.readline().split()
        assert said[:1] == words.split()[:1], "the bench did not answer"
        return said[-1]

    def _end(self, number: signal.Signals) -> str:
        program, self._program = self._program, None
        if program is None:
            return ""
        program.send_signal(number)
        said, _ = program.communicate(timeout=30)
        return said


class BenchLink(SerialBoardLink):
    """The real adapter on the bench's pty; a pty has no DTR, so the pulse is the bench's signal."""

    def __init__(self, board: AvrBoard, baud: int = 115_200) -> None:
        super().__init__(board.path, baud)
        self._board = board

    def reset_board(self) -> None:
        """The DTR pulse."""
        self._board.reset()
