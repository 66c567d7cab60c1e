"""Errands of the first day: everything on one machine, or the root apart; and certificates for programs.

Not here: the keys themselves (`founding`, `root_ceremony`, `preparation`).
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from models.clock import SystemClock
from models.durable_files import write_whole
from models.enrollment import CertificateRole
from models.errors import BadInputError
from provisioning.authority import preparation, root_ceremony
from provisioning.authority.errand_words import say
from provisioning.authority.founding import certify_program, found
from provisioning.authority.preparation import Plan
from provisioning.authority.settings import read_settings

_ROOT_WARNING: Final = """\
Khoá gốc nằm ở {root}. Chép thư mục này ra hai USB, cất vào két, rồi xoá khỏi máy này.
The root key lies in {root}. Copy that folder to two USB sticks, lock them away, then delete it here."""


class UnreadableFileError(BadInputError):
    """A file that was carried here cannot be read. Copy it again."""


def _prepare(arguments: argparse.Namespace) -> int:
    plan = Plan(
        address="{}:{}".format(*arguments.address),
        broker_host=arguments.broker[0],
        broker_port=arguments.broker[1],
        receipt_key=arguments.receipt_key,
        listen_host=arguments.listen,
        name=arguments.name,
        rehearsal=arguments.rehearsal,
    )
    folder: Path = arguments.folder
    settings = preparation.prepare(folder, plan, SystemClock())
    say(f"Thiết đặt (settings): {folder / preparation.SETTINGS_FILE}")
    programs = (preparation.CENTRAL_NAME, preparation.KEEPER_NAME, preparation.MEASURING_NAME)
    for name in (*programs, preparation.BROKER_FOLDER):
        say(f"Chứng thư (certificate): {folder / name}")
    say(f"Thiết đặt broker (settings for broker write, keep, check): {folder / preparation.BROKER_SETTINGS}")
    say(_ROOT_WARNING.format(root=settings.root_folder))
    return 0


def _make_root(arguments: argparse.Namespace) -> int:
    made = root_ceremony.make_root(arguments.folder, arguments.name, SystemClock(), rehearsal=arguments.rehearsal)
    say(f"Chứng thư gốc (root certificate): {made}\n{_ROOT_WARNING.format(root=arguments.folder)}")
    return 0


def _request_issuer(arguments: argparse.Namespace) -> int:
    write_whole(arguments.request, root_ceremony.request_issuer(read_settings(arguments.settings)))
    say(f"Mang tệp này sang máy không nối mạng (carry this to the offline machine): {arguments.request}")
    return 0


def _sign_issuer(arguments: argparse.Namespace) -> int:
    write_whole(arguments.issuer, root_ceremony.sign_issuer(arguments.folder, _read(arguments.request), SystemClock()))
    say(f"Mang tệp này về máy chủ (carry this back to the server): {arguments.issuer}")
    return 0


def _install_issuer(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.settings)
    root_ceremony.install_issuer(settings, _read(arguments.issuer))
    found(settings, SystemClock())
    say(f"Trung tâm đã sẵn sàng (the authority is ready): {settings.authorities}")
    return 0


def _issue(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.settings)
    certify_program(
        settings,
        SystemClock(),
        CertificateRole(arguments.role),
        arguments.name,
        arguments.folder,
        tuple(arguments.host),
    )
    say(f"Chứng thư (certificate): {arguments.folder}")
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read ({error.strerror}). Copy it again.") from None


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "prepare": _prepare,
    "make-root": _make_root,
    "request-issuer": _request_issuer,
    "sign-issuer": _sign_issuer,
    "install-issuer": _install_issuer,
    "issue-central": _issue,
    "issue-keeper": _issue,
    "issue-measurements": _issue,
    "issue-server": _issue,
}
