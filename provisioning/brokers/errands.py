"""What the commands about a broker do when they are called: they speak to the person and call the parts.

Not here: the options (`provisioning.broker_command`), and the work itself.
"""

import argparse
import logging
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from models.clock import SystemClock
from models.command_line import ToldToEnd
from models.durable_files import write_whole
from models.errors import BadInputError, ClassroomError
from provisioning.brokers.central_broker import write_broker_configuration
from provisioning.brokers.central_rights import central_families, central_roles
from provisioning.brokers.check_rights import Finding, as_table, try_rights
from provisioning.brokers.emergency import STEPS
from provisioning.brokers.guest_trial import guest_families, guest_roles, read_guest_broker, rights_of_guests
from provisioning.brokers.keeper_files import STATUS_FILE, MemoryFile
from provisioning.brokers.revocation_list import ListRefusal, judge_list, read_list
from provisioning.brokers.rights_word import noted, read_word
from provisioning.brokers.room_rights import read_room_broker, room_families, room_roles, two_accounts
from provisioning.brokers.running_broker import BrokerNotRunningError
from provisioning.brokers.settings import check_broker_files, read_certificates, read_settings
from provisioning.brokers.status_table import status_table
from provisioning.brokers.wiring import make_keeper

WRONG = 2
_NO_ACCOUNT: Final = """\
Cảnh báo: chưa có broker.run_as; Mosquitto do root khởi động sẽ chạy bằng tài khoản mosquitto, phải đọc được khoá.
Warning: no broker.run_as; a Mosquitto that root starts runs as mosquitto, which must be able to read its key.
"""


class NothingToldError(ClassroomError):
    """There is no word of the keeper yet. Start it."""


class ListNotInstalledError(BadInputError):
    """The list in the file must not be installed; the message says why. The one that stands stays."""


def _write(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.settings)
    broker = settings.broker
    written = write_broker_configuration(
        broker.directory.absolute(),
        settings.broker_files,
        broker.port,
        central_name=broker.central_name,
        bind=broker.bind,
        limits=broker.limits,
        run_as=broker.run_as,
    )
    sys.stdout.write(f"Đã ghi · written: {written}\n")
    if os.geteuid() == 0 and broker.run_as is None:
        sys.stdout.write(_NO_ACCOUNT)
    return 0


def _keep(arguments: argparse.Namespace) -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    settings = read_settings(arguments.settings)
    keeper = make_keeper(settings)
    keeper.start()
    if arguments.once:
        return WRONG if keeper.first_round().number is None else 0
    ToldToEnd().listen(keeper.stop)
    keeper.run(settings.keeper.ask_every_seconds)
    return 0


def _status(arguments: argparse.Namespace) -> int:
    path = read_settings(arguments.settings).keeper.state / STATUS_FILE
    try:
        told = path.read_text("utf-8")
    except OSError as error:
        raise NothingToldError(f"The keeper has not said anything yet ({error.strerror}). Start it.") from None
    sys.stdout.write((told if arguments.json else status_table(told, read_word(path.parent))) + "\n")
    return 0


def _install_list(arguments: argparse.Namespace) -> int:
    """Beside a running keeper, or without one: the keeper takes the newer list over."""
    settings = read_settings(arguments.settings)
    issuers = read_certificates(settings.authority.authorities)
    try:
        offered = read_list(arguments.list.read_bytes(), issuers)
        held = read_list(settings.broker.revoked.read_bytes(), issuers) if settings.broker.revoked.exists() else None
    except OSError as error:
        raise ListNotInstalledError(f"The list cannot be read ({error.strerror}). Copy it again.") from None
    present = None if isinstance(held, ListRefusal) else held
    lowest = MemoryFile(settings.keeper.state).read().highest
    refusal = (
        offered if isinstance(offered, ListRefusal) else judge_list(offered, None, present, lowest, SystemClock().now())
    )
    if isinstance(offered, ListRefusal) or refusal is not None:
        raise ListNotInstalledError(f"The list was not installed: {refusal}. Copy a newer one from the authority.")
    write_whole(settings.broker.revoked, offered.pem)
    try:
        check_broker_files(settings.broker_files)
        settings.running_broker.reload()
    except BrokerNotRunningError as error:
        sys.stdout.write(f"{error}\n")
    sys.stdout.write(f"Danh sách {offered.number}, đến · list {offered.number}, good until {offered.next_update}\n")
    return 0


def _check(arguments: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="rights-check-") as scratch:
        findings = _check_room(arguments, Path(scratch)) if arguments.room else _check_central(arguments, Path(scratch))
    sys.stdout.write(as_table(findings) + "\n")
    return 0 if all(finding.holds for finding in findings) else WRONG


def _check_central(arguments: argparse.Namespace, scratch: Path) -> list[Finding]:
    if arguments.certificates is None:
        raise BadInputError("Name the folder of certificates for the check with --certificates DIR.")
    settings = read_settings(arguments.settings)
    roles = central_roles(settings, arguments.certificates, scratch)
    families = central_families(roles)
    if not settings.keeper.state.is_dir():
        sys.stdout.write("Chưa có bộ giữ ở đây; trung tâm không biết kết quả · No keeper here: central is not told.\n")
        return try_rights(roles, families)
    with noted(settings.keeper.state, {role.client_id for role in roles}, SystemClock()) as findings:
        findings.extend(try_rights(roles, families))
    return findings


def _check_room(arguments: argparse.Namespace, scratch: Path) -> list[Finding]:
    place = read_room_broker(arguments.room.absolute(), arguments.authorities)
    guests = read_guest_broker(arguments.room.absolute(), arguments.authorities)
    with two_accounts(place, scratch):
        findings = try_rights(room_roles(place, scratch), room_families(place))
        if guests is not None:
            with rights_of_guests(guests):
                findings += try_rights(guest_roles(guests, scratch), guest_families())
    return findings


def _emergency(_arguments: argparse.Namespace) -> int:
    sys.stdout.write(STEPS)
    return 0


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "write": _write,
    "keep": _keep,
    "status": _status,
    "install-list": _install_list,
    "check": _check,
    "emergency": _emergency,
}
