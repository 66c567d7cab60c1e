"""A box's firmware folder with signed images, a room's plan with lessons and an exam, and an update that uses them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_bridge.updating.flash_journal import FlashJournal
from firmware_bridge.updating.manifest import Manifest
from firmware_bridge.updating.patient_line import OpenPort
from firmware_bridge.updating.release_desk import KEY_FILE, make_key, read_key, sign_image
from firmware_bridge.updating.shelf import Shelf
from firmware_bridge.updating.update import FirmwareUpdate
from models.room_plan import RoomPlan, WeekHours
from tests.builders.avr_board import BOARD_ID, AvrBoard, BuiltFirmware
from tests.fakes.manual_clock import ManualClock

SUNDAY = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
"""10:00 in Vietnam: no lesson."""
MONDAY_LESSON = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
EXAM = (SUNDAY + timedelta(hours=4), SUNDAY + timedelta(hours=7))
BUILT_AT = SUNDAY - timedelta(days=3)

PLAN = RoomPlan(
    version=1,
    box_id="box-1",
    room_id="p101",
    room_name="P101",
    made_at=SUNDAY - timedelta(days=30),
    devices=(),
    lessons=(WeekHours(weekdays=(0, 1, 2, 3, 4), from_minute=7 * 60, to_minute=17 * 60),),
    exams=(EXAM,),
)


def manifest(version: str, least: str = "0.0.0", board: str = BOARD_ID) -> Manifest:
    """An unsigned word for an image; the hash is filled in when it is signed."""
    return Manifest(board=board, version=version, sha256=bytes(32), min_version=least, built_at=BUILT_AT)


@dataclass(slots=True)
class FirmwareFolder:
    """A box's folder in the making. `key` is the release people's, which lies elsewhere."""

    folder: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(SUNDAY))
    plan: RoomPlan | None = PLAN

    def __post_init__(self) -> None:
        """Makes the key, and gives the box its public half."""
        self.folder.mkdir(parents=True)
        public = make_key(self.folder.with_name("release"))
        (self.folder / public.name).write_bytes(public.read_bytes())

    @property
    def key(self) -> Ed25519PrivateKey:
        """The release people's private key."""
        return read_key(self.folder.with_name("release") / KEY_FILE)

    def add(self, firmware: BuiltFirmware, version: str = "", least: str = "0.0.0") -> None:
        """A signed image; another `version` than the build's own is a lie that only the board uncovers."""
        sign_image(self.key, firmware.hex_file.read_bytes(), manifest(version or firmware.version, least), self.folder)

    def file(self, version: str, ending: str) -> Path:
        """A file of an image."""
        return self.folder / f"{BOARD_ID}-{version}.{ending}"

    @property
    def journal(self) -> FlashJournal:
        """What outlives a power cut."""
        return FlashJournal(self.folder)

    def update(self, open_port: OpenPort) -> FirmwareUpdate:
        """The box's way to its boards, as a fresh start of the program makes it."""
        return FirmwareUpdate(Shelf(self.folder), self.journal, open_port, lambda: self.plan, self.clock)

    def update_of(self, board: AvrBoard) -> FirmwareUpdate:
        """With this board at whatever port is asked for."""
        return self.update(lambda _port, _baud: board.link())


def untouched(port: str, _baud: int) -> NoReturn:
    """A port that nobody may open: what is refused before does not even look at the board."""
    raise AssertionError(f"{port} was opened")
