"""Lays one rehearsal card on a virtual reader until it is stopped. Not here: the options (`soft_chip_command`)."""

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from models.clock import SCHOOL_ZONE
from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.data_group_writing import PortraitError
from provisioning.rehearsal.school_files import SchoolFiles
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, load_card, save_card
from provisioning.rehearsal.soft_chip.vpcd_socket import SoftChipSocket
from provisioning.rehearsal.stage_program import rooms_of_the_rehearsal
from provisioning.rehearsal.test_pki import open_issuers


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
    return office.make(person, portrait, CardVariant(arguments.variant), silhouette(30))


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
