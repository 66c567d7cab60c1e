"""`python -m provisioning soft-chip`: lays one rehearsal card on a virtual reader until it is stopped.

Not here: a whole rehearsal with panel and camera (`python -m provisioning rehearsal`).
"""

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.clock import SCHOOL_ZONE
from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.data_group_writing import PortraitError
from provisioning.rehearsal.school_files import SchoolFiles
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, load_card, save_card
from provisioning.rehearsal.soft_chip.vpcd_socket import VPCD_PORT, SoftChipSocket
from provisioning.rehearsal.stage_program import rooms_of_the_rehearsal
from provisioning.rehearsal.test_pki import open_issuers

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(subparsers: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds `soft-chip`; the parsed arguments carry `func`, which takes them and gives the exit status."""
    parser = subparsers.add_parser("soft-chip", help="lay a rehearsal card on a virtual reader")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--card", type=Path, metavar="FILE", help="a card kept with --save")
    source.add_argument("--variant", type=CardVariant, default=CardVariant.GOOD, choices=list(CardVariant))
    parser.add_argument("--place", type=int, default=1, choices=range(1, 25), metavar="1-24", help="whose card")
    parser.add_argument("--portrait", type=Path, metavar="FILE", help="JPEG or JPEG 2000; a drawn shape without it")
    parser.add_argument("--state", type=Path, default=Path("var/rehearsal"), help="where the rehearsal's files lie")
    parser.add_argument("--port", type=int, default=VPCD_PORT, help="the virtual reader's port")
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the card, keys included, and do not lay it")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """0 after the card was taken away or kept. Raises ClassroomError when it could not be laid."""
    files = SchoolFiles(state=arguments.state)
    card = _card(arguments, files)
    if arguments.save is None:
        return _lie(card, arguments.port, files)
    save_card(card, arguments.save)
    return 0


def _card(arguments: argparse.Namespace, files: SchoolFiles) -> Card:
    if arguments.card is not None:
        return load_card(arguments.card)
    now = datetime.now(UTC)
    today = now.astimezone(SCHOOL_ZONE).date()
    office = CardOffice(issuers=open_issuers(files.cards, now), today=today)
    room, _ = rooms_of_the_rehearsal(today.year)
    portrait = silhouette() if arguments.portrait is None else _read_portrait(arguments.portrait)
    person = room.candidates[arguments.place - 1].person
    return office.make(person, portrait, arguments.variant, silhouette(30))


def _read_portrait(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PortraitError(f"The portrait cannot be read: {error.strerror}.") from error


def _lie(card: Card, port: int, files: SchoolFiles) -> int:
    reader = SoftChipSocket(port=port)
    reader.lay(card)
    _on_stop(reader.take)
    sys.stdout.write(
        f"Thẻ giả đang nằm trên đầu đọc ảo. A made-up card lies on the virtual reader (port {port}).\n"
        f"Read it:  python -m edge read-card --can {card.access_number} --trust {files.cards / 'trust'}\n"
        "Ctrl-C lấy thẻ ra. Ctrl-C takes it away.\n"
    )
    sys.stdout.flush()
    while not reader.wait_until_gone(3600):
        pass
    return 0


def _on_stop(act: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: act())
