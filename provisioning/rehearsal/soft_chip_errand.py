"""Lays one rehearsal card on a virtual reader until it is stopped. Not here: the options (`soft_chip_command`)."""

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from models.clock import SCHOOL_ZONE
from models.errors import BadInputError
from provisioning.rehearsal.attacks.attack import Workshop
from provisioning.rehearsal.attacks.attack_list import ATTACKS
from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.data_group_writing import PortraitError
from provisioning.rehearsal.school_files import SchoolFiles
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, load_card, save_card
from provisioning.rehearsal.soft_chip.vpcd_socket import SoftChipSocket
from provisioning.rehearsal.stage_program import rooms_of_the_rehearsal
from provisioning.rehearsal.test_pki import open_issuers


class UnknownAttackError(BadInputError):
    """No attack has this name; `python -m provisioning soft-chip --attack list` names them all."""


def run(arguments: argparse.Namespace) -> int:
    """0 after the card was taken away or kept. Raises ClassroomError when it could not be laid."""
    if arguments.attack == "list":
        return _list_attacks()
    files = SchoolFiles(state=arguments.state)
    card, number, trust = _card(arguments, files)
    if arguments.save is None:
        return _lie(card, number, arguments.port, trust)
    save_card(card, arguments.save)
    return 0


def _list_attacks() -> int:
    for name, attack in sorted(ATTACKS.items(), key=lambda named: named[1].row):
        sys.stdout.write(f"{attack.row:>2}  {name:<34} {attack.story}\n")
    return 0


def _card(arguments: argparse.Namespace, files: SchoolFiles) -> tuple[Card, str, Path]:
    """The card, the number that opens it, and the trust directory with which a box should judge it."""
    trust = files.cards / "trust"
    if arguments.card is not None:
        card = load_card(arguments.card)
        return card, card.access_number, trust
    now = datetime.now(UTC)
    today = now.astimezone(SCHOOL_ZONE).date()
    issuers = open_issuers(files.cards, now)
    room, _ = rooms_of_the_rehearsal(today.year)
    portrait = silhouette() if arguments.portrait is None else _read_portrait(arguments.portrait)
    person = room.candidates[arguments.place - 1].person
    if arguments.attack is not None:
        moment = now.replace(microsecond=0)
        workshop = Workshop(
            issuers=issuers, person=person, portrait=portrait, other_portrait=silhouette(30), now=moment
        )
        return _attack(arguments.attack, workshop, files.cards / "attack-trust" / arguments.attack)
    office = CardOffice(issuers=issuers, today=today)
    card = office.make(person, portrait, CardVariant(arguments.variant), silhouette(30))
    return card, card.access_number, trust


def _attack(name: str, workshop: Workshop, trust: Path) -> tuple[Card, str, Path]:
    if name not in ATTACKS:
        raise UnknownAttackError(
            f"There is no attack called {name}; `python -m provisioning soft-chip --attack list` names them all."
        )
    laid = ATTACKS[name].make(workshop)
    trust.mkdir(parents=True, exist_ok=True)
    for file, content in laid.trust.items():
        (trust / file).write_bytes(content)
    return laid.card, laid.access_number, trust


def _read_portrait(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise PortraitError(f"The portrait cannot be read: {error.strerror}.") from error


def _lie(card: Card, number: str, port: int, trust: Path) -> int:
    reader = SoftChipSocket(port=port)
    reader.lay(card)
    _on_stop(reader.take)
    sys.stdout.write(
        f"Thẻ giả đang nằm trên đầu đọc ảo. A made-up card lies on the virtual reader (port {port}).\n"
        f"Read it:  python -m edge read-card --can {number} --trust {trust}\n"
        "Ctrl-C lấy thẻ ra. Ctrl-C takes it away.\n"
    )
    sys.stdout.flush()
    while not reader.wait_until_gone(3600):
        pass
    return 0


def _on_stop(act: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: act())
