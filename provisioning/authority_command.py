"""`python -m provisioning authority`: found an authority, serve it, and help where central cannot.

Not here: the errands (`provisioning.authority.founding_errands`, `daily_errands`, `emergency_errands`), which are
loaded only when one of them is called.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from provisioning.authority.errand_words import existing_file, host_and_port

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    AddErrand = Callable[[str, str], argparse.ArgumentParser]


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `authority` to a program's commands."""
    parser = commands.add_parser("authority", help="trung tâm cấp chứng thư · the authority that enrols boxes")
    errands = parser.add_subparsers(required=True, metavar="ERRAND")

    def add(name: str, words: str) -> argparse.ArgumentParser:
        one = errands.add_parser(name, help=words)
        one.set_defaults(func=_run, errand=name)
        return one

    def add_with_settings(name: str, words: str) -> argparse.ArgumentParser:
        one = add(name, words)
        one.add_argument("--settings", type=existing_file, required=True, metavar="FILE", help="authority.toml")
        return one

    _add_first_day(add)
    _add_root_apart(add, add_with_settings)
    _add_every_day(add_with_settings)
    _add_emergency(add_with_settings)


def _add_first_day(add: "AddErrand") -> None:
    one = add("prepare", "tất cả trên một máy · everything on one machine")
    one.add_argument("folder", type=Path, metavar="DIR")
    one.add_argument("--address", required=True, type=host_and_port, metavar="HOST:PORT", help="where boxes find it")
    one.add_argument("--broker", required=True, type=host_and_port, metavar="HOST:PORT", help="the central broker")
    one.add_argument("--receipt-key", required=True, type=existing_file, metavar="FILE", help="central's public key")
    one.add_argument("--listen", default="0.0.0.0", metavar="HOST", help="default: every address")  # noqa: S104 - boxes of a province come here
    _add_root_words(one)


def _add_root_apart(add: "AddErrand", add_with_settings: "AddErrand") -> None:
    one = add("make-root", "máy không nối mạng: khoá gốc · offline machine: the root key")
    one.add_argument("folder", type=Path, metavar="DIR")
    _add_root_words(one)
    one = add_with_settings("request-issuer", "máy chủ: yêu cầu · server: the request")
    one.add_argument("request", type=Path, metavar="REQUEST.CSR")
    one = add("sign-issuer", "máy không nối mạng: ký · offline machine: sign it")
    one.add_argument("folder", type=Path, metavar="DIR", help="the root's folder")
    one.add_argument("request", type=existing_file, metavar="REQUEST.CSR")
    one.add_argument("issuer", type=Path, metavar="ISSUER.PEM")
    one = add_with_settings("install-issuer", "máy chủ: nhận chứng thư · server: take it")
    one.add_argument("issuer", type=existing_file, metavar="ISSUER.PEM")
    for name, role, holder in (
        ("issue-central", "central", "central"),
        ("issue-keeper", "broker keeper", "broker-keeper"),
        ("issue-measurements", "measurements", "central-measurements"),
        ("issue-server", "server", "server"),
    ):
        one = add_with_settings(name, f"chứng thư cho chương trình · a certificate for: {role}")
        one.add_argument("folder", type=Path, metavar="DIR")
        one.add_argument("--name", default=holder, help="the holder's name (default: %(default)s)")
        one.add_argument("--host", action="append", default=[], help="a server's name or address; may be repeated")
        one.set_defaults(role=role)


def _add_every_day(add_with_settings: "AddErrand") -> None:
    add_with_settings("serve", "chạy · run until SIGTERM")
    add_with_settings("status", "tình trạng · how the authority is")
    one = add_with_settings("backup", "sao lưu · a consistent copy of the register")
    one.add_argument("folder", type=Path, metavar="TO_DIR")
    one = add_with_settings("restore", "phục hồi từ bản sao · put a backup back")
    one.add_argument("folder", type=Path, metavar="FROM_DIR")


def _add_emergency(add_with_settings: "AddErrand") -> None:
    one = add_with_settings("make-code", "mã khi trung tâm vắng · a code when central is away")
    one.add_argument("--room", metavar="ROOM", help="code of the room; not needed with --replaces")
    one.add_argument("--room-name", help="default: the room's code")
    one.add_argument("--school", metavar="SCHOOL", help="code of the school; not needed with --replaces")
    one.add_argument("--school-name", help="default: the school's code")
    one.add_argument("--replaces", metavar="BOX", help="the box whose place the new one takes")
    one.add_argument("--beside", action="store_true", help="one more box next to those that the room has")
    one.add_argument("--printed", action="store_const", const="printed", default="typed", dest="kind")
    one.add_argument("--reason", required=True, help="for the audit log")
    one = add_with_settings("export-lists", "danh sách đã ký, cho USB · the signed lists, for a USB stick")
    one.add_argument("folder", type=Path, metavar="DIR")
    one.add_argument("--school", metavar="SCHOOL", help="only this school's trust list, as its boxes take it")
    one = add_with_settings("revoke", "loại một hộp, không trở lại · take a box out for good")
    one.add_argument("box", metavar="BOX")
    one.add_argument("--reason", required=True, help="for the audit log")
    one = add_with_settings("revoke-program", "loại chứng thư của chương trình · a program's key leaked")
    one.add_argument("name", metavar="NAME", help="the name in its certificate, such as central")
    one.add_argument("--reason", required=True, help="for the audit log")


def _add_root_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--name", default="Smart classroom", help="in the authority's own certificates")
    parser.add_argument("--rehearsal", action="store_true", help="only to rehearse: written in every certificate")


def _run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks and give the exit status. Raises ClassroomError."""
    from provisioning.authority import daily_errands, emergency_errands, founding_errands  # noqa: PLC0415 - other commands start faster

    errands = {**founding_errands.ERRANDS, **daily_errands.ERRANDS, **emergency_errands.ERRANDS}
    return errands[arguments.errand](arguments)
