"""Errands of the first day: everything on one machine, or the root apart; and certificates for programs.

Not here: the keys themselves (`founding`, `root_ceremony`, `preparation`).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.clock import SystemClock
from models.enrollment import CertificateRole
from models.errors import BadInputError
from provisioning.authority import preparation, root_ceremony
from provisioning.authority.errand_words import add_errand, add_settings_option, existing_file, host_and_port, say
from provisioning.authority.founding import certify_program, found
from provisioning.authority.key_files import write_whole
from provisioning.authority.preparation import Plan
from provisioning.authority.settings import read_settings

if TYPE_CHECKING:
    from provisioning.authority.errand_words import Errands

_ROOT_WARNING: Final = """\
Khoá gốc nằm ở {root}. Chép thư mục này ra hai USB, cất vào két, rồi xoá khỏi máy này.
The root key lies in {root}. Copy that folder to two USB sticks, lock them away, then delete it here."""
_PROGRAMS: Final = {
    "issue-central": (CertificateRole.CENTRAL, preparation.CENTRAL_NAME),
    "issue-keeper": (CertificateRole.BROKER_KEEPER, preparation.KEEPER_NAME),
    "issue-server": (CertificateRole.SERVER, "server"),
}


class UnreadableFileError(BadInputError):
    """A file that was carried here cannot be read. Copy it again."""


def add_parsers(errands: "Errands") -> None:
    """Add the errands to `python -m provisioning authority`."""
    one = add_errand(errands, "prepare", _prepare, "tất cả trên một máy · everything on one machine")
    one.add_argument("folder", type=Path, metavar="DIR")
    one.add_argument("--address", required=True, type=host_and_port, metavar="HOST:PORT", help="where boxes find it")
    one.add_argument("--broker", required=True, type=host_and_port, metavar="HOST:PORT", help="the central broker")
    one.add_argument("--receipt-key", required=True, type=existing_file, metavar="FILE", help="central's public key")
    one.add_argument("--listen", default="0.0.0.0", metavar="HOST", help="default: every address")  # noqa: S104 - boxes of a province come here
    _add_root_words(one)

    one = add_errand(errands, "make-root", _make_root, "máy không nối mạng: khoá gốc · offline machine: the root key")
    one.add_argument("folder", type=Path, metavar="DIR")
    _add_root_words(one)

    one = add_errand(errands, "request-issuer", _request_issuer, "máy chủ: yêu cầu · server: the request")
    add_settings_option(one)
    one.add_argument("request", type=Path, metavar="REQUEST.CSR")

    one = add_errand(errands, "sign-issuer", _sign_issuer, "máy không nối mạng: ký · offline machine: sign it")
    one.add_argument("folder", type=Path, metavar="DIR", help="the root's folder")
    one.add_argument("request", type=existing_file, metavar="REQUEST.CSR")
    one.add_argument("issuer", type=Path, metavar="ISSUER.PEM")

    one = add_errand(errands, "install-issuer", _install_issuer, "máy chủ: nhận chứng thư · server: take it")
    add_settings_option(one)
    one.add_argument("issuer", type=existing_file, metavar="ISSUER.PEM")

    for name, (role, holder) in _PROGRAMS.items():
        one = add_errand(errands, name, _issue, f"chứng thư cho chương trình · a certificate for: {role.value}")
        add_settings_option(one)
        one.add_argument("folder", type=Path, metavar="DIR")
        one.add_argument("--name", default=holder, help="the holder's name (default: %(default)s)")
        one.add_argument("--host", action="append", default=[], help="a server's name or address; may be repeated")
        one.set_defaults(role=role)


def _add_root_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="Smart classroom", help="in the authority's own certificates")
    parser.add_argument("--rehearsal", action="store_true", help="only to rehearse: written in every certificate")


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
    for name in (preparation.CENTRAL_NAME, preparation.KEEPER_NAME, preparation.BROKER_FOLDER):
        say(f"Chứng thư (certificate): {folder / name}")
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
    certify_program(settings, SystemClock(), arguments.role, arguments.name, arguments.folder, tuple(arguments.host))
    say(f"Chứng thư (certificate): {arguments.folder}")
    return 0


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read ({error.strerror}). Copy it again.") from None
