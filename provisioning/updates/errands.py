"""What the steps of `python -m provisioning update` do: they speak to the person and call the parts.

Not here: the options (`provisioning.update_command`), what is signed (`release_desk`), what a box believes (`client`).
"""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from models.clock import SCHOOL_ZONE
from models.errors import BadInputError
from models.roll_outs import ReleaseKind
from provisioning.box_account import as_owner
from provisioning.stick_files import keep_open, read_regular
from provisioning.updates import follow, release_keys
from provisioning.updates.archive import write_package, write_weights
from provisioning.updates.board_firmware import write_firmware
from provisioning.updates.client import trust_root
from provisioning.updates.release_desk import ReleaseDesk
from provisioning.updates.release_keys import KeyHolder

_MOST_ROOT_BYTES: Final = 512_000


def make_keys(arguments: argparse.Namespace) -> int:
    """A folder for each key holder, and the repository's first root."""
    keys = release_keys.make_release_keys(arguments.directory / "keys")
    root = ReleaseDesk(arguments.directory).found(keys, datetime.now(UTC))
    _say(f"Keys are in {arguments.directory / 'keys'}. Give each folder to its holder on an encrypted stick, then")
    _say("delete it here. Only 'online' goes to the authority.")
    _say(f"Every box needs {root}: python -m provisioning update trust-root {root.name}")
    return 0


def make_package(arguments: argparse.Namespace) -> int:
    """An archive of every wheel in a folder."""
    write_package(arguments.wheelhouse, arguments.file)
    _say(f"{arguments.file} is ready.")
    return 0


def make_weights(arguments: argparse.Namespace) -> int:
    """An archive of the installed weights."""
    write_weights(arguments.weights, arguments.file)
    _say(f"{arguments.file} is ready.")
    return 0


def make_firmware(arguments: argparse.Namespace) -> int:
    """An archive of signed images of sensor boards' firmware."""
    images = write_firmware(arguments.images, arguments.file)
    _say(f"{arguments.file} is ready: {', '.join(images)}.")
    return 0


def add_package(arguments: argparse.Namespace) -> int:
    """A package into the draft."""
    return _add(arguments, ReleaseKind.PACKAGE)


def add_weights(arguments: argparse.Namespace) -> int:
    """Weights into the draft."""
    return _add(arguments, ReleaseKind.WEIGHTS)


def add_firmware(arguments: argparse.Namespace) -> int:
    """Firmware into the draft."""
    return _add(arguments, ReleaseKind.FIRMWARE)


def _add(arguments: argparse.Namespace, kind: ReleaseKind) -> int:
    if not arguments.file.is_file():
        raise BadInputError(f"There is no file {arguments.file}.")
    offer = ReleaseDesk(arguments.directory).add(arguments.file, kind, datetime.now(UTC))
    _say(f"{offer.target} is release {offer.number} of the draft. Now each targets key signs: update sign")
    return 0


def draft_again(arguments: argparse.Namespace) -> int:
    """The monthly signing."""
    ReleaseDesk(arguments.directory).draft_again(datetime.now(UTC))
    _say("The draft has a new date. Now each targets key signs: update sign")
    return 0


def renew_root(arguments: argparse.Namespace) -> int:
    """A new root, with new keys for the holders that are named."""
    desk, folder = ReleaseDesk(arguments.directory), arguments.directory / "new-keys"
    made = {holder: release_keys.make_key(folder / holder).public_key for holder in map(KeyHolder, arguments.replace)}
    desk.draft_root(datetime.now(UTC), made)
    _say("The root has a new date. Now two root keys sign: update sign")
    return 0


def sign(arguments: argparse.Namespace) -> int:
    """One key holder's signature."""
    for draft in ReleaseDesk(arguments.directory).sign(release_keys.read_key(arguments.key)):
        missing = f"{draft.missing} more needed" if draft.missing else "enough; now: update publish"
        _say(f"{draft.part} is signed; {missing}.")
    return 0


def publish(arguments: argparse.Namespace) -> int:
    """New lists and stamps."""
    done = ReleaseDesk(arguments.directory).publish(release_keys.read_key(arguments.key), datetime.now(UTC))
    _say(f"Release list {done.targets_version} is published, good until {_day(done.targets_good_until)}.")
    _say(
        f"A stick copied now is good until {_day(done.stick_good_until)}, the root until {_day(done.root_good_until)}."
    )
    return 0


def place_root(arguments: argparse.Namespace) -> int:
    """The box's first root."""
    try:
        content = read_regular(arguments.file, _MOST_ROOT_BYTES)
    except OSError:
        raise BadInputError(f"{arguments.file} cannot be read.") from None
    return as_owner(arguments.box, lambda _: _place_root(arguments, content))


def _place_root(arguments: argparse.Namespace, content: bytes) -> int:
    trust_root(arguments.box / "updates", content)
    _say("The release root is in place.")
    return 0


def from_stick(arguments: argparse.Namespace) -> int:
    """The newest releases of a stick."""
    stick = keep_open(arguments.stick)
    return as_owner(arguments.box, lambda _: _from_stick(arguments, stick))


def _from_stick(arguments: argparse.Namespace, stick: Path) -> int:
    done = follow.take_from_stick(arguments.box, stick, datetime.now(UTC))
    for word in done.words:
        _say(f"{word.target}: {word.outcome}. {word.sentence}".rstrip())
    if done.restart:
        _say("A new release is switched on. Restart the box.")
    elif all(word.outcome != follow.LAID_DOWN for word in done.words):
        _say("There is nothing new on this stick.")
    return 0


def starting(arguments: argparse.Namespace) -> int:
    """What systemd runs before the programs."""
    return as_owner(arguments.box, lambda _: _starting(arguments))


def _starting(arguments: argparse.Namespace) -> int:
    for sentence in follow.note_start(arguments.box):
        _say(sentence)
    return 0


def confirm(arguments: argparse.Namespace) -> int:
    """The programs' health."""
    return as_owner(arguments.box, lambda _: _confirm(arguments))


def _confirm(arguments: argparse.Namespace) -> int:
    follow.confirm(arguments.box)
    return 0


def adopt(arguments: argparse.Namespace) -> int:
    """The installation's virtual environment as the first release."""
    return as_owner(arguments.box, lambda _: _adopt(arguments))


def _adopt(arguments: argparse.Namespace) -> int:
    follow.shelf_of(arguments.box, ReleaseKind.PACKAGE).adopt("base", arguments.environment)
    return 0


def _day(instant: datetime) -> str:
    return f"{instant.astimezone(SCHOOL_ZONE):%d/%m/%Y}"


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "make-keys": make_keys,
    "make-package": make_package,
    "make-weights": make_weights,
    "make-firmware": make_firmware,
    "add-package": add_package,
    "add-weights": add_weights,
    "add-firmware": add_firmware,
    "draft-again": draft_again,
    "renew-root": renew_root,
    "sign": sign,
    "publish": publish,
    "trust-root": place_root,
    "from-stick": from_stick,
    "starting": starting,
    "confirm": confirm,
    "adopt": adopt,
}
