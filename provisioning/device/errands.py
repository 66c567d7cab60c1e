"""What the commands of a box do when they are called: they speak to the person and call the parts.

Not here: the options (`provisioning.device_command`), and the work itself.
"""

import argparse
import getpass
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from models.clock import SystemClock
from models.command_line import ToldToEnd
from models.errors import ClassroomError
from models.identifiers import parse_room_id
from models.wire.enrollment_code import EnrollmentLink, read_link
from models.wire.trust_list import SignedTrustList
from provisioning.box_account import as_owner
from provisioning.device import batch, decommission, enrollment, preflight, trust_store, units, usb_stick
from provisioning.device.box_folder import BoxFolder
from provisioning.device.caretaker import Caretaker
from provisioning.device.file_keys import FileKeys
from provisioning.device.key_choice import choose, keeper_of
from provisioning.device.machine_look import look_at_machine
from provisioning.device.this_machine import Bench, ThisMachine, missing_environment
from provisioning.device.token_keys import TokenKeys

COULD_NOT = 2
_LONGEST_CODE: Final = 200


class WrongUseError(ClassroomError):
    """The options do not go together."""


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


def run_preflight(arguments: argparse.Namespace) -> int:
    """The table, as the box's account sees it; 2 when something stops enrolment."""
    return as_owner(arguments.box, lambda _: _preflight(arguments))


def _preflight(arguments: argparse.Namespace) -> int:
    rows = preflight.judge_machine(look_at_machine(arguments.box, arguments.authority, arguments.camera))
    _say(msgspec.json.encode(rows).decode() if arguments.json else preflight.as_text(rows).rstrip())
    return COULD_NOT if preflight.stops_enrolment(rows) else 0


def run_enroll(arguments: argparse.Namespace) -> int:
    """One box, or a batch. Raises ClassroomError."""
    if arguments.batch is not None:
        return _run_batch(arguments.batch)
    box = _box(arguments)
    # the box's account sees neither the terminal of who typed nor a stick that the desktop has mounted for them
    link = None if arguments.scan else _link(arguments)
    return as_owner(box.path, lambda ask: _enroll(arguments, box, link or _scanned(arguments), ask), _start_units)


def _enroll(arguments: argparse.Namespace, box: BoxFolder, link: EnrollmentLink, ask: Callable[[], None]) -> int:
    room_id = parse_room_id(arguments.room) if arguments.room else None
    order = enrollment.Order(code=link.code, address=link.address, room_id=room_id, again=arguments.again)
    enrollment.check_order(box, order)
    if not arguments.no_preflight:
        rows = preflight.judge_machine(look_at_machine(box.path, order.address, arguments.camera))
        _say(preflight.as_text(rows).rstrip())
        if preflight.stops_enrolment(rows):
            _say("Chưa đăng ký được: xem các dòng ✗ ở trên. Not enrolled: see the lines with ✗ above.")
            return COULD_NOT
    token = _token(arguments)
    programs = _programs(arguments, ask)
    around = ThisMachine(lambda: choose(arguments.key, arguments.tpm, token, box.path), programs)
    done = enrollment.enroll(box, order, around, lambda step: _say(f" ✓ {_STEPS[step]}"), token)
    _say(f"Hộp {done.box_id}, phòng {done.room_name} ({done.room_id}), khoá hạng {done.key_grade}: xong · ready")
    return 0


def run_attend(arguments: argparse.Namespace) -> int:
    """The caretaker's rounds, until SIGTERM. Raises NotEnrolledError."""
    box = _box(arguments)
    return as_owner(box.path, lambda _: _attend(arguments, box))


def _attend(arguments: argparse.Namespace, box: BoxFolder) -> int:
    missing = missing_environment(box)
    if missing:  # OpenSSL reads its configuration once, when a program starts: start again with it
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **missing})  # noqa: S606 - this very program
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    around = ThisMachine(lambda: keeper_of(box.current), units.NoUnits())
    caretaker = Caretaker(box, around, SystemClock())
    if arguments.once:
        caretaker.attend()
        return COULD_NOT if caretaker.is_away or not caretaker.is_well else 0
    ToldToEnd().listen(caretaker.stop)
    caretaker.run()
    return 0


def run_import(arguments: argparse.Namespace) -> int:
    """A trust list by hand. Raises TrustListRefusedError, NoTrustListError."""
    box, signed = _box(arguments), trust_store.read_file(arguments.path)
    return as_owner(box.path, lambda _: _import(box, signed))


def _import(box: BoxFolder, signed: SignedTrustList) -> int:
    taken = trust_store.take(box, signed)
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
    waiting = decommission.Waiting.WIPED if arguments.force else decommission.Waiting.REFUSED
    return as_owner(box.path, lambda _: _wipe(box, waiting))


def _wipe(box: BoxFolder, waiting: decommission.Waiting) -> int:
    decommission.wipe(box, waiting)
    if units.has_systemd():
        units.wish_restart(box)
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


def _link(arguments: argparse.Namespace) -> EnrollmentLink:
    if arguments.usb or arguments.link is not None:
        link = usb_stick.link_on_stick() if arguments.usb else read_link(arguments.link)
        return EnrollmentLink(code=link.code, address=arguments.authority or link.address)
    if not arguments.authority:
        raise WrongUseError("Thiếu địa chỉ máy cấp chứng thư. Give --authority HOST:PORT with a code.")
    code = _typed_code() if arguments.code in (None, "-") else arguments.code
    return EnrollmentLink(code=code, address=arguments.authority)


def _typed_code() -> str:
    """Typed without an echo, or one line of another program: in neither case do other accounts see it in `ps`."""
    if sys.stdin.isatty():
        return getpass.getpass("Mã trên trang quản trị · The code from the page: ").strip()
    return sys.stdin.readline(_LONGEST_CODE).strip()


def _scanned(arguments: argparse.Namespace) -> EnrollmentLink:
    from provisioning.device import camera_code  # noqa: PLC0415 - OpenCV is loaded only where a QR is read

    _say("Giơ mã QR trước camera. Hold the QR before the camera.")
    link = camera_code.scan(arguments.camera or "0")
    return EnrollmentLink(code=link.code, address=arguments.authority or link.address)


def _start_units() -> None:
    units.SystemdUnits().start()


def _programs(arguments: argparse.Namespace, ask: Callable[[], None]) -> units.Units:
    if arguments.no_units:
        return units.NoUnits()
    if not units.has_systemd():
        _say("Máy này không có systemd: không tự khởi động chương trình. No systemd here: no programs are started.")
        return units.NoUnits()
    return units.UnitsByRoot(ask)


def _token(arguments: argparse.Namespace) -> TokenKeys | None:
    named = (arguments.pkcs11_module, arguments.pkcs11_token, arguments.pkcs11_pin_file)
    return None if None in named else TokenKeys(*named)


def _box(arguments: argparse.Namespace) -> BoxFolder:
    return BoxFolder(path=arguments.box.absolute())


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "preflight": run_preflight,
    "enroll": run_enroll,
    "attend": run_attend,
    "import": run_import,
    "decommission": run_decommission,
}
