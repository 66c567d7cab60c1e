"""What the steps of `python -m firmware_bridge firmware` do: they speak to the person and call the parts.

Status 0: done; 1: refused, or nothing there; 2: could not be done. Not here: the options (`firmware_command`),
the rules (`update`).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from firmware_bridge.board_link import BoardLinkError, LineBusyError
from firmware_bridge.terminal import remark, say
from firmware_bridge.updating import release_desk
from firmware_bridge.updating.borrowed_port import PortKeptError
from firmware_bridge.updating.flash_journal import FlashJournal
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.intel_hex import read_hex
from firmware_bridge.updating.manifest import Manifest
from firmware_bridge.updating.next_steps import Step, is_older
from firmware_bridge.updating.shelf import Shelf
from firmware_bridge.updating.stk500v1 import BootloaderError
from firmware_bridge.updating.update import FirmwareUpdate, Outcome
from models.board_firmware import PUBLIC_KEY_FILE
from models.durable_files import make_folder, write_whole
from models.errors import BadInputError

WHAT_TO_DO: Final[dict[FlashRefusal, str]] = {
    FlashRefusal.NO_KEY: "This box has no firmware.public.pem and flashes nothing. Fetch it from the release people.",
    FlashRefusal.NO_IMAGE: "Put the .hex and the .manifest into the box's firmware folder.",
    FlashRefusal.UNSIGNED: "No manifest lies beside the image. Fetch both from the release people.",
    FlashRefusal.WRONG_SIGNATURE: "The release key did not sign this manifest. Do not use it; tell the release people.",
    FlashRefusal.UNKNOWN_SHAPE: "The manifest cannot be read. Fetch it again.",
    FlashRefusal.OTHER_IMAGE: "The manifest was signed for another board or version. Fetch it again.",
    FlashRefusal.DAMAGED_IMAGE: "The image is not the one that was signed. Fetch it again.",
    FlashRefusal.TOO_LARGE: "The image would reach into the bootloader. Tell the release people.",
    FlashRefusal.UNKNOWN_BOARD: "This program cannot write that kind of board.",
    FlashRefusal.OTHER_BOARD: "Another board stands at this port. Look at the cables.",
    FlashRefusal.NO_IDENT: "The board does not say what it is. Look at the cable; a blank board is written by hand.",
    FlashRefusal.OLDER: "The board has a newer version. A step back needs an administrator's signed approval.",
    FlashRefusal.NEEDS_NEWER: "The board's version is too old for this image. Install the version between first.",
    FlashRefusal.EXAM_WINDOW: "An exam runs or begins in minutes. Try again after it.",
    FlashRefusal.LESSON: "A lesson runs or begins in minutes. Try again after it.",
    FlashRefusal.EXAM_NEAR: "An exam is near. Boards follow after it; by hand it goes with `firmware install`.",
    FlashRefusal.EXAMS_UNKNOWN: "The box has no trust list in force. Let it fetch one, by network or stick.",
    FlashRefusal.NOT_QUIET: "Boards follow in the school's quiet hours; by hand it goes with `firmware install`.",
    FlashRefusal.NO_PLAN: "The box has no room plan, so nobody knows when lessons and exams are.",
    FlashRefusal.CLOCK_BEHIND: "The box's clock is behind. Wait until it is set.",
    FlashRefusal.PORT_IN_USE: "Another program than the bridge holds the port. End it first.",
    FlashRefusal.UNFINISHED: "An earlier write was interrupted: run `firmware recover` first.",
}
"""Each refusal's next step, for IT staff."""

_WELL: Final = frozenset({Outcome.INSTALLED, Outcome.RECOVERED, Outcome.COMPLETED})

_IN_VAIN: Final = frozenset(
    {FlashRefusal.NO_IDENT, FlashRefusal.OTHER_BOARD, FlashRefusal.OLDER, FlashRefusal.NEEDS_NEWER}
)
"""What is known only after the board was reset to ask it."""


def look(update: FirmwareUpdate, boards: Iterable[tuple[str, str]]) -> int:
    """One line for each port: what stands there. `boards` are ports and kinds of board."""
    heard = 0
    for port, board in boards:
        ident = update.look(port, board)
        if isinstance(ident, FlashRefusal):
            remark(f"{port}: {ident}. {WHAT_TO_DO[ident]}")
            continue
        heard += 1
        say(f"{port}: {ident.board} {ident.version} ({ident.name} {ident.git}) {ident.serial}".rstrip())
    return 0 if heard else 1


def check(shelf: Shelf) -> int:
    """One line for each image on the shelf: whether any board may get it."""
    good = 0
    for board, version in shelf.names():
        offer = shelf.offer(board, version)
        if isinstance(offer, FlashRefusal):
            remark(f"{board} {version}: {offer}. {WHAT_TO_DO[offer]}")
            continue
        good += 1
        word = offer.manifest
        say(f"{board} {version}: signed, {len(offer.image)} bytes, from {word.min_version}, {word.built_at:%Y-%m-%d}")
    return 0 if good else 1


def install(update: FirmwareUpdate, port: str, board: str, version: str) -> int:
    """Writes one image to one board."""
    return _tell(port, update.install(port, board, version))


def recover(update: FirmwareUpdate, journal: FlashJournal) -> int:
    """Ends every interrupted write; each that must wait is named, and one that cannot be ended stops no other."""
    status = 0
    for entry in journal.unfinished():
        try:
            status = max(status, _tell(entry.port, update.recover(entry.port)))
        except (BoardLinkError, BootloaderError) as error:
            remark(str(error))
            status = 2
    if not status and not journal.unfinished():
        say("Nothing is unfinished.")
    return status


def follow(
    update: FirmwareUpdate,
    steps: Sequence[Step],
    moment: Callable[[], FlashRefusal | None],
    leave_alone: Callable[[Step, str], None],
) -> int:
    """Takes each board one step towards the newest release; one that cannot be taken stops no other.

    `moment` says before each step why it must wait: the steps before may have taken long. `leave_alone` is told of a
    board that was reset in vain, and why.
    """
    status = 0
    for step in steps:
        refusal = moment()
        if refusal is not None:
            remark(f"{step.port}: {step.version} waits: {refusal}. {WHAT_TO_DO[refusal]}")
            status = max(status, 1)
            continue
        try:
            came = _take(update, step)
        except (PortKeptError, LineBusyError) as error:
            remark(str(error))
            status = 2
        except (BoardLinkError, BootloaderError) as error:
            leave_alone(step, type(error).__name__)
            remark(str(error))
            status = 2
        else:
            if isinstance(came, FlashRefusal) and came in _IN_VAIN:
                leave_alone(step, came)
            status = max(status, _tell(step.port, came))
    return status


def _take(update: FirmwareUpdate, step: Step) -> Outcome | FlashRefusal | None:
    """The board is asked once more: what the bridge remembers of it may be of another one."""
    ident = update.look(step.port, step.board)
    if isinstance(ident, FlashRefusal):
        return ident
    if ident.board != step.board:
        return FlashRefusal.OTHER_BOARD
    if not is_older(ident.version, step.version):
        return None
    return update.install(step.port, step.board, step.version)


def make_key(folder: Path) -> int:
    """A release key, for the machine of the release people."""
    public = release_desk.make_key(folder)
    say(f"{folder / release_desk.KEY_FILE} signs firmware: keep it on an encrypted stick, never on a box.")
    say(f"Every box gets {public}; `firmware sign` puts it beside each image.")
    return 0


def sign(key: Path, image: Path, manifest: Manifest, folder: Path) -> int:
    """A signed image, named as a box looks for it, and the public key beside it."""
    try:
        content = image.read_bytes()
    except OSError as error:
        raise BadInputError(f"{image} cannot be read: {error.strerror}.") from None
    signer = release_desk.read_key(key)
    make_folder(folder)
    release_desk.sign_image(signer, content, manifest, folder)
    write_whole(folder / PUBLIC_KEY_FILE, release_desk.public_of(signer))
    say(f"{manifest.board} {manifest.version} is signed: {len(read_hex(content))} bytes, in {folder}.")
    return 0


def approve(key: Path, manifest: Path, words: tuple[str, str], at: datetime, days: int) -> int:
    """An administrator's approval of a step back; `words` are the account and the reason."""
    by, reason = words
    until = at + timedelta(days=days)
    file = release_desk.approve_step_back(
        release_desk.read_key(key), manifest, by=by, reason=reason, at=at, until=until
    )
    say(f"{file} allows the step back until {until:%Y-%m-%d %H:%M} UTC. Put it beside the image.")
    return 0


def _tell(port: str, came: Outcome | FlashRefusal | None) -> int:
    match came:
        case None:
            return 0
        case FlashRefusal():
            remark(f"{port}: {came}. {WHAT_TO_DO[came]}")
            return 1
        case Outcome.STILL_UNFINISHED:
            remark(f"{port}: neither image could be written in time. Look at the cable, then run `firmware recover`.")
        case Outcome.FELL_BACK:
            remark(f"{port}: the new firmware did not show itself; the one before is back.")
        case _:
            say(f"{port}: {came}.")
    return 0 if came in _WELL else 1
