"""Errands for a day without central or network: a code for a room, a box out, the signed lists for a USB stick.

Whoever may run this could also read the authority's keys: it opens no door that was closed, and each deed stands in
the audit log with the person and the reason. Not here: what is allowed (the same rules as for central).
"""

import argparse
import getpass
import os
from collections.abc import Callable
from typing import Final

from models.clock import SCHOOL_ZONE, SystemClock
from models.enrollment import CodeKind
from models.errors import ClassroomError
from models.fleet import CodesRequest, Errand, RevocationRequest, RoomForBox
from models.identifiers import parse_box_id, parse_room_id
from provisioning.authority.errand_words import say
from provisioning.authority.founding import take_out_program
from provisioning.authority.list_export import export_lists
from provisioning.authority.own_desk import OwnDesk, own_desk
from provisioning.authority.settings import read_settings


class NoSuchRoomError(ClassroomError):
    """The words do not say which room the code is for."""


def _make_code(arguments: argparse.Namespace) -> int:
    with own_desk(read_settings(arguments.settings), SystemClock()) as desk:
        request = CodesRequest(
            errand=_errand(arguments), kind=CodeKind(arguments.kind), rooms=(_room(desk, arguments),)
        )
        made = desk.make_codes(request)
    for room_id, refusal in made.refused.items():
        raise NoSuchRoomError(f"{room_id}: {refusal.sentence}")
    for code in made.codes:
        say(f"Phòng (room): {code.room_name} · {code.school_name}")
        say(f"Mã (code): {code.code}")
        say(f"Mã QR (what its QR holds): {code.link}")
        say(f"Dùng được đến (good until): {code.good_until.astimezone(SCHOOL_ZONE):%Y-%m-%d %H:%M}")
    return 0


def _room(desk: OwnDesk, arguments: argparse.Namespace) -> RoomForBox:
    if arguments.replaces is not None:
        old = desk.box(parse_box_id(arguments.replaces))
        if old is None:
            raise NoSuchRoomError(f"There is no box {arguments.replaces}. Compare its name with the page.")
        return RoomForBox(
            room_id=old.room_id,
            room_name=old.room_name,
            school_id=old.school_id,
            school_name=arguments.school_name or old.school_id,
            replaces=old.box_id,
        )
    if not arguments.room or not arguments.school:
        raise NoSuchRoomError("Say --room and --school, or --replaces with the old box.")
    return RoomForBox(
        room_id=parse_room_id(arguments.room),
        room_name=arguments.room_name or arguments.room,
        school_id=arguments.school,
        school_name=arguments.school_name or arguments.school,
        beside=arguments.beside,
    )


def _revoke(arguments: argparse.Namespace) -> int:
    with own_desk(read_settings(arguments.settings), SystemClock()) as desk:
        box = desk.revoke(RevocationRequest(errand=_errand(arguments), box_id=parse_box_id(arguments.box)))
    say(f"Đã loại (taken out): {box.box_id} · {box.room_name}")
    return 0


def _revoke_program(arguments: argparse.Namespace) -> int:
    count = take_out_program(read_settings(arguments.settings), SystemClock(), arguments.name, arguments.reason)
    say(f"Đã loại {count} chứng thư của (certificates taken out of): {arguments.name}")
    return 0


def _export_lists(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments.settings)
    for path in export_lists(settings, SystemClock(), arguments.folder, arguments.school):
        say(f"Đã chép (written): {path}")
    return 0


def _errand(arguments: argparse.Namespace) -> Errand:
    """Who sits at the terminal, also behind sudo."""
    return Errand(actor=f"{os.environ.get('SUDO_USER') or getpass.getuser()} (command line)", reason=arguments.reason)


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "make-code": _make_code,
    "revoke": _revoke,
    "revoke-program": _revoke_program,
    "export-lists": _export_lists,
}
