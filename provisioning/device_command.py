"""`python -m provisioning preflight | enroll | attend | trust-list | decommission`: what runs on the box.

Not here: the work itself (`provisioning.device`).
"""

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from models.clock import SystemClock
from models.errors import ClassroomError
from models.identifiers import parse_room_id
from models.wire.enrollment_code import read_link
from provisioning.device import batch, camera_code, decommission, enrollment, preflight, trust_store, units, usb_stick
from provisioning.device.box_folder import DEFAULT_BOX, BoxFolder
from provisioning.device.caretaker import Caretaker
from provisioning.device.file_keys import FileKeys
from provisioning.device.key_choice import choose, keeper_of
from provisioning.device.machine_look import look_at_machine
from provisioning.device.this_machine import Bench, ThisMachine, missing_environment
from provisioning.device.token_keys import TokenKeys

if TYPE_CHECKING:
    from argparse import _SubParsersAction

COULD_NOT = 2

_STEPS = {
    enrollment.Step.KEYS_MADE: "Đã tạo khoá trên hộp · keys made on the box",
    enrollment.Step.AUTHORITY_PROVEN: "Máy cấp chứng thư đã chứng minh mình · the authority has proved itself",
    enrollment.Step.REQUEST_KEPT: "Đã ghi yêu cầu · request kept",
    enrollment.Step.CERTIFIED: "Đã nhận chứng thư · certificate received",
    enrollment.Step.FILES_WRITTEN: "Đã ghi danh tính và cấu hình · identity and settings written",
    enrollment.Step.BROKER_WRITTEN: "Đã cấu hình broker của phòng · the room's broker is configured",
    enrollment.Step.IN_USE: "Danh tính đã được dùng · the identity is in use",
    enrollment.Step.UNITS_STARTED: "Chương trình của hộp · the box's programs",
    enrollment.Step.FIRST_WORD_SAID: "Đã báo về trung tâm bằng chứng thư mới · first word over the new certificate",
    enrollment.Step.DONE: "Xong · done",
}


class WrongUseError(ClassroomError):
    """The options do not go together."""


def add_parser(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands to a program's commands."""
    looking = commands.add_parser("preflight", help="what this machine has for a room, and what to do")
    looking.add_argument("--json", action="store_true", help="answer in JSON")
    looking.add_argument("--authority", metavar="HOST:PORT", help="try whether it can be reached")
    looking.add_argument("--camera", metavar="SOURCE", help="another camera than the first")
    _box_option(looking)
    looking.set_defaults(func=run_preflight)

    _add_enroll(commands)

    attending = commands.add_parser("attend", help="the caretaker: keeps the box as the authority wants it")
    attending.add_argument("--once", action="store_true", help="one round, then end")
    _box_option(attending)
    attending.set_defaults(func=run_attend)

    lists = commands.add_parser("trust-list", help="the signed list of whom this box trusts")
    steps = lists.add_subparsers(required=True, metavar="STEP")
    importing = steps.add_parser("import", help="take a list from a file or a USB stick")
    importing.add_argument("path", type=Path, help="the file, or the stick's folder")
    _box_option(importing)
    importing.set_defaults(func=run_import)

    leaving = commands.add_parser("decommission", help="wipe keys, lists and evidence; the box leaves its room")
    leaving.add_argument("--yes", action="store_true", help="do not ask")
    leaving.add_argument(
        "--force", action="store_true", help="also when events have not reached central: they are lost"
    )
    _box_option(leaving)
    leaving.set_defaults(func=run_decommission)


def _add_enroll(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("enroll", help="make this machine the box of a room, with a one-time code")
    way = parser.add_mutually_exclusive_group(required=True)
    way.add_argument("--code", help="the code from the page; needs --authority")
    way.add_argument("--link", help="the text of the QR")
    way.add_argument("--scan", action="store_true", help="read the QR with the box's camera")
    way.add_argument("--usb", action="store_true", help=f"read the link from {usb_stick.LINK_FILE} on a USB stick")
    way.add_argument(
        "--batch", type=Path, metavar="FILE.csv", help="many boxes: columns box, link (or code, authority)"
    )
    parser.add_argument("--authority", metavar="HOST:PORT", help="where the authority is")
    parser.add_argument("--room", metavar="ROOM", help="stop unless the code is for this room")
    parser.add_argument("--camera", default=None, metavar="SOURCE", help="another camera than the first")
    parser.add_argument("--again", action="store_true", help="a new identity for a box that has one")
    parser.add_argument("--no-units", action="store_true", help="start no programs of systemd")
    parser.add_argument("--no-preflight", action="store_true", help="do not look at the machine first")
    parser.add_argument("--key", choices=("auto", "file", "tpm", "pkcs11"), default="auto", help="who keeps the key")
    parser.add_argument("--tpm", metavar="TCTI", help="another TPM than /dev/tpmrm0")
    parser.add_argument("--pkcs11-module", type=Path, metavar="FILE", help="the token's library")
    parser.add_argument("--pkcs11-token", metavar="LABEL")
    parser.add_argument("--pkcs11-pin-file", type=Path, metavar="FILE")
    _box_option(parser)
    parser.set_defaults(func=run_enroll)


def _box_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--box", type=Path, default=DEFAULT_BOX, metavar="DIR", help="default: %(default)s")


def run_preflight(arguments: argparse.Namespace) -> int:
    """The table; 2 when something stops enrolment."""
    rows = preflight.judge_machine(look_at_machine(arguments.box, arguments.authority, arguments.camera))
    _say(msgspec.json.encode(rows).decode() if arguments.json else preflight.as_text(rows).rstrip())
    return COULD_NOT if preflight.stops_enrolment(rows) else 0


def run_enroll(arguments: argparse.Namespace) -> int:
    """One box, or a batch. Raises ClassroomError."""
    if arguments.batch is not None:
        return _run_batch(arguments.batch)
    box = _box(arguments)
    order = _order(arguments)
    if not arguments.no_preflight:
        rows = preflight.judge_machine(look_at_machine(box.path, order.address, arguments.camera))
        _say(preflight.as_text(rows).rstrip())
        if preflight.stops_enrolment(rows):
            _say("Chưa đăng ký được: xem các dòng ✗ ở trên. Not enrolled: see the lines with ✗ above.")
            return COULD_NOT
    token = _token(arguments)
    programs = _programs(arguments)
    around = ThisMachine(lambda: choose(arguments.key, arguments.tpm, token, box.path), programs)
    done = enrollment.enroll(box, order, around, lambda step: _say(f" ✓ {_STEPS[step]}"), token)
    _say(f"Hộp {done.box_id}, phòng {done.room_name} ({done.room_id}), khoá hạng {done.key_grade}: xong · ready")
    return 0


def run_attend(arguments: argparse.Namespace) -> int:
    """The caretaker's rounds, until SIGTERM. Raises NotEnrolledError."""
    box = _box(arguments)
    missing = missing_environment(box)
    if missing:  # OpenSSL reads its configuration once, when a program starts: start again with it
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **missing})  # noqa: S606 - this very program
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    around = ThisMachine(lambda: keeper_of(box.current), units.NoUnits())
    caretaker = Caretaker(box, around, SystemClock())
    if arguments.once:
        caretaker.attend()
        return COULD_NOT if caretaker.is_away else 0
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: caretaker.stop())
    caretaker.run()
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """A trust list by hand. Raises TrustListRefusedError, NoTrustListError."""
    taken = trust_store.take_file(_box(arguments), arguments.path)
    _say(f"Đã nhận danh sách tin cậy số {taken.version}. Trust list {taken.version} is in use.")
    return 0


def run_decommission(arguments: argparse.Namespace) -> int:
    """The end of a box. Raises EventsWaitingError."""
    box = _box(arguments)
    if not arguments.yes:
        raise WrongUseError(
            f"Lệnh này xoá khoá, danh sách thí sinh và bằng chứng trong {box.path}. Thêm --yes nếu chắc chắn.\n"
            f"This wipes keys, lists of candidates and evidence in {box.path}. Add --yes if you are sure."
        )
    decommission.wipe(box, decommission.Waiting.WIPED if arguments.force else decommission.Waiting.REFUSED)
    _say("Hộp đã được xoá. Nhớ thu hồi nó trên trang quản trị. The box is wiped; revoke it on the page, too.")
    return 0


def _run_batch(path: Path) -> int:
    rows = batch.read_rows(path)
    bench = Bench(FileKeys, units.NoUnits())

    def tell(result: batch.BatchResult) -> None:
        place = f"[{result.line - 1}/{len(rows)}]"
        _say(f"{place} {result.outcome:16} {result.room or '-':12} {result.box_id or '-':14} {result.box}")
        if result.why:
            _say(f"        {result.why}")

    results = batch.enroll_batch(rows, bench, tell)
    report = path.with_name(f"{path.stem}.report.csv")
    batch.write_report(report, results)
    failed = sum(result.outcome is batch.Outcome.FAILED for result in results)
    _say(f"Xong {len(results) - failed}, lỗi {failed} · done {len(results) - failed}, failed {failed}. {report}")
    return COULD_NOT if failed else 0


def _order(arguments: argparse.Namespace) -> enrollment.Order:
    room_id = parse_room_id(arguments.room) if arguments.room else None
    if arguments.code:
        if not arguments.authority:
            raise WrongUseError("Thiếu địa chỉ máy cấp chứng thư. Give --authority HOST:PORT with --code.")
        code, address = arguments.code, arguments.authority
    else:
        if arguments.scan:
            _say("Giơ mã QR trước camera. Hold the QR before the camera.")
            link = camera_code.scan(arguments.camera or "0")
        else:
            link = usb_stick.link_on_stick() if arguments.usb else read_link(arguments.link)
        code, address = link.code, arguments.authority or link.address
    return enrollment.Order(code=code, address=address, room_id=room_id, again=arguments.again)


def _programs(arguments: argparse.Namespace) -> units.Units:
    if arguments.no_units:
        return units.NoUnits()
    if not units.has_systemd():
        _say("Máy này không có systemd: không tự khởi động chương trình. No systemd here: no programs are started.")
        return units.NoUnits()
    return units.SystemdUnits()


def _token(arguments: argparse.Namespace) -> TokenKeys | None:
    named = (arguments.pkcs11_module, arguments.pkcs11_token, arguments.pkcs11_pin_file)
    return None if None in named else TokenKeys(*named)


def _box(arguments: argparse.Namespace) -> BoxFolder:
    return BoxFolder(path=arguments.box.absolute())


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
