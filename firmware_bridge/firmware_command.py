"""`firmware`: which firmware boards carry, the only way to give them another, and the release people's desk.

Status 0: done; 1: refused, or nothing there; 2: could not be done; 3: wrong use. Here are the options only.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.settings import settings_of_box
from firmware_bridge.updating import errands
from firmware_bridge.updating.allowed_moment import judge_by_itself
from firmware_bridge.updating.boards import BOARDS
from firmware_bridge.updating.exam_calendar import NEVER, latest_known, read_calendar
from firmware_bridge.updating.flash_journal import LEFT_ALONE, Deed
from firmware_bridge.updating.flash_refusals import FlashRefusal
from firmware_bridge.updating.manifest import Manifest
from firmware_bridge.updating.next_steps import Step, next_steps
from firmware_bridge.wiring import (
    borrower_of,
    build_update,
    firmware_folder,
    journal_of,
    link_v1_ports,
    plan_file_of,
    shelf_of,
)
from models.board_firmware import held_release
from models.errors import BadInputError

BOX = Path("/var/lib/classroom-box")
_USUAL_BOARD = next(iter(BOARDS))


def add_parsers(commands: Any) -> None:
    """`commands`: argparse's subparsers."""
    steps = commands.add_parser("firmware", help="sensor boards' firmware: what they carry, and another one")
    steps = steps.add_subparsers(required=True, metavar="STEP")
    _on_a_box(steps)
    _at_the_release_desk(steps)


def _on_a_box(steps: Any) -> None:
    step = _step(steps, "inventory", "ask boards what they carry", _inventory)
    step.add_argument("--port", help="only this port (default: every link-v1 board of the room's plan)")
    _step(steps, "check", "judge every image on this box", _check)
    step = _step(steps, "install", "give a board another firmware", _install)
    step.add_argument("--port", required=True, help="below /dev/serial/by-id or by-path, as in the room's plan")
    step.add_argument("--version", required=True, help="of the image on this box")
    _step(steps, "follow", "the timer's: recover, then give boards the newest release when nobody needs them", _follow)
    _step(steps, "recover", "end what a power cut interrupted; before the bridge starts", _recover)


def _step(steps: Any, name: str, words: str, does: Any) -> Any:
    step = steps.add_parser(name, help=words)
    step.add_argument("--box", type=Path, default=BOX, help=f"the box's folder (default: {BOX})")
    step.add_argument("--board", default=_USUAL_BOARD, help=f"kind of board (default: {_USUAL_BOARD})")
    step.set_defaults(func=does)
    return step


def _at_the_release_desk(steps: Any) -> None:
    step = steps.add_parser("make-key", help="release people: a key that signs firmware; never on a box")
    step.add_argument("folder", type=Path)
    step.set_defaults(func=lambda arguments: errands.make_key(arguments.folder))
    step = steps.add_parser("sign", help="release people: sign an image")
    step.add_argument("--key", type=Path, required=True, help="firmware.key.pem")
    step.add_argument("--hex", type=Path, required=True, help="the image that avr-objcopy made")
    step.add_argument("--board", default=_USUAL_BOARD, help=f"kind of board (default: {_USUAL_BOARD})")
    step.add_argument("--version", required=True, help="three numbers with dots, as the board says it")
    step.add_argument("--min-version", default="0.0.0", help="oldest installed version that it may follow")
    step.add_argument("--into", type=Path, required=True, help="the folder that goes to the boxes")
    step.set_defaults(func=_sign)
    step = steps.add_parser("approve", help="administrator: allow boards to step back to this image for some days")
    step.add_argument("--key", type=Path, required=True, help="firmware.key.pem")
    step.add_argument("--manifest", type=Path, required=True, help="the image's manifest; the approval lies beside it")
    step.add_argument("--by", required=True, help="the administrator's account")
    step.add_argument("--reason", required=True)
    step.add_argument("--days", type=int, default=7)
    step.set_defaults(func=_approve)


def _inventory(arguments: argparse.Namespace) -> int:
    settings = settings_of_box(arguments.box)
    ports = [arguments.port] if arguments.port else link_v1_ports(settings)
    return errands.look(build_update(settings), [(port, arguments.board) for port in ports])


def _check(arguments: argparse.Namespace) -> int:
    return errands.check(shelf_of(settings_of_box(arguments.box)))


def _install(arguments: argparse.Namespace) -> int:
    update = build_update(settings_of_box(arguments.box))
    return errands.install(update, arguments.port, arguments.board, arguments.version)


def _recover(arguments: argparse.Namespace) -> int:
    settings = settings_of_box(arguments.box)
    return errands.recover(build_update(settings), journal_of(settings))


def _follow(arguments: argparse.Namespace) -> int:
    settings = settings_of_box(arguments.box)
    update, journal = build_update(settings), journal_of(settings)
    status = errands.recover(update, journal) if journal.unfinished() else 0
    boards, release = borrower_of(settings).boards(), held_release(firmware_folder(settings))
    if not boards or release is None:
        return status

    def moment() -> FlashRefusal | None:
        newest = max(latest_known(arguments.box), journal.newest() or NEVER)
        plan, calendar = plan_file_of(settings).changed(), read_calendar(arguments.box)
        return judge_by_itself(plan, datetime.now(UTC), calendar, newest)

    def leave_alone(step: Step, reason: str) -> None:
        journal.record(
            Deed(
                at=datetime.now(UTC),
                port=step.port,
                board=step.board,
                had_version="",
                new_version=step.version,
                outcome=LEFT_ALONE,
                reason=reason,
                release=release.number,
            )
        )

    steps = next_steps(boards, release, shelf_of(settings), journal, datetime.now(UTC))
    return max(status, errands.follow(update, steps, moment, leave_alone))


def _sign(arguments: argparse.Namespace) -> int:
    words = {
        "board": arguments.board,
        "version": arguments.version,
        "min_version": arguments.min_version,
        "sha256": bytes(32),
        "built_at": datetime.now(UTC),
    }
    try:
        manifest = msgspec.convert(words, Manifest)
    except msgspec.ValidationError as error:
        raise BadInputError(f"This cannot be signed: {error}.") from None
    return errands.sign(arguments.key, arguments.hex, manifest, arguments.into)


def _approve(arguments: argparse.Namespace) -> int:
    words = (arguments.by, arguments.reason)
    return errands.approve(arguments.key, arguments.manifest, words, datetime.now(UTC), arguments.days)
