"""Errands of every day: run the authority, look how it is, keep a copy of its register.

Not here: the first day (`founding_errands`), and help when central is away (`emergency_errands`).
"""

import argparse
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from models.clock import SCHOOL_ZONE, SystemClock
from models.command_line import ToldToEnd
from models.enrollment import ENDS_SOON
from models.fleet import AuthorityStatus
from provisioning.authority.backup import back_up
from provisioning.authority.errand_words import say
from provisioning.authority.founding import found, need_register
from provisioning.authority.key_files import read_certificates, read_keys
from provisioning.authority.own_desk import own_desk
from provisioning.authority.restoration import restore
from provisioning.authority.settings import read_settings
from provisioning.authority.wiring import build_authority

_FOUR_MONTHS: Final = timedelta(days=120)
_AFTER_RESTORE: Final = """\
Hộp bị loại sau bản sao: trung tâm tự loại lại; nếu trung tâm vắng, hãy loại lại ngay. Hộp ghi danh sau bản sao: ghi
danh lại. Mã chưa dùng: làm mã mới.
Boxes taken out after the backup: central does it again by itself; without central take them out again, now. Boxes
enrolled after it: enrol them again. Codes that nobody used are void: make new ones."""


def _serve(arguments: argparse.Namespace) -> int:
    from provisioning.authority.http.serving import Serving  # noqa: PLC0415 the other errands start without the server

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings, clock = read_settings(arguments.settings), SystemClock()
    need_register(settings)
    read_keys(settings)  # before anything is made anew: a key that is missing must be restored
    found(settings, clock)
    serving = Serving(build_authority(settings, clock), settings)
    stop = ToldToEnd()
    stop.listen()
    serving.start()
    say(f"Trung tâm cấp chứng thư (the authority): {settings.address}")
    stop.wait()
    serving.stop()
    return 0


def _status(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.settings)
    with own_desk(settings, SystemClock()) as desk:
        status = desk.status()
    for line in status_lines(status, read_certificates(settings.server_certificate)[0].not_valid_after_utc):
        say(line)
    return 0


def status_lines(status: AuthorityStatus, server_good_until: datetime) -> list[str]:
    """How the authority is, for people; a line that begins with `!` needs somebody."""

    def until(name: str, instant: datetime | None, enough: timedelta) -> str:
        if instant is None:
            return f"! {name}: chưa có tin · no word yet"
        mark = "!" if instant - status.now < enough else " "
        return f"{mark} {name}: {instant.astimezone(SCHOOL_ZONE):%Y-%m-%d %H:%M}"

    lists = [
        until("chứng thư gốc đến · root certificate until", status.root_good_until, _FOUR_MONTHS),
        until("chứng thư cấp đến · issuing certificate until", status.issuer_good_until, _FOUR_MONTHS),
        until("chứng thư máy chủ đến · server certificate until", server_good_until, ENDS_SOON),
        until(
            f"danh sách thu hồi số {status.crl_number} đến · revocation list until", status.crl_next_update, ENDS_SOON
        ),
        until(
            f"tại broker: số {status.broker_crl_number or '—'} đến · at the broker until",
            status.broker_crl_next_update,
            ENDS_SOON,
        ),
        f"  danh sách tin cậy · trust list: {status.trust_list_version}",
    ]
    refused = (f"  từ chối · refused {code}: {count}" for code, count in sorted(status.refusals.items()))
    at_broker = (
        f"  broker từ chối · refused at the broker {reason}: {count}"
        for reason, count in sorted(status.broker_refused.items())
    )
    return [*lists, *refused, *at_broker]


def _back_up(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.settings)
    for path in back_up(settings, arguments.settings, arguments.folder):
        say(f"Đã chép (copied): {path}")
    say(f"Chưa chép khoá; cất riêng (keys are not copied; keep them apart, locked): {settings.keys}")
    return 0


def _restore(arguments: argparse.Namespace) -> int:
    kept = restore(read_settings(arguments.settings), arguments.folder, SystemClock())
    if kept is not None:
        say(f"Sổ cũ để riêng tại (the old register was set aside): {kept}")
    say(_AFTER_RESTORE)
    return 0


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "serve": _serve,
    "status": _status,
    "backup": _back_up,
    "restore": _restore,
}
