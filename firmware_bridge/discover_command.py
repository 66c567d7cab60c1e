"""`discover`: what is on the serial ports of this machine, or on one line. Listens; writes only with `--ask`.

`--search` asks the whole LAN for projectors (PJLink class 2), which changes nothing on them.

Status 0: something was recognised; 1: nothing was; 2: no port could be used; 3: wrong use.
"""

import argparse
from pathlib import Path
from typing import Any

import msgspec

from firmware_bridge.discovery import LISTEN_SECONDS, ask, found_at, listen, try_port
from firmware_bridge.displays.pjlink_search import EVERYONE, PORT, found_projector, search_projectors
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.serial_ports import serial_ports
from firmware_bridge.settings import settings_of_box
from firmware_bridge.terminal import remark, say
from firmware_bridge.wake import Wake
from firmware_bridge.wiring import link_to, plan_file_of
from models.clock import SystemClock
from models.room_plan import in_exam, in_lesson
from models.telemetry import Found

BOX = Path("/var/lib/classroom-box")


def add_parsers(commands: Any) -> None:
    """`commands`: argparse's subparsers."""
    discover = commands.add_parser("discover", help="say what is on a port, with how much confidence")
    where = discover.add_mutually_exclusive_group()
    where.add_argument("--port", help="a serial port, socket://HOST:PORT, or HOST:PORT of a display")
    where.add_argument("--all", action="store_true", help="every serial port of this machine (the default)")
    where.add_argument(
        "--search",
        nargs="?",
        const=EVERYONE,
        metavar="BROADCAST",
        help="projectors on the LAN instead: asks everyone (or one network); never in a lesson or exam",
    )
    discover.add_argument("--search-port", type=int, default=PORT, help=argparse.SUPPRESS)
    discover.add_argument(
        "--ask", action="store_true", help="also ask: writes to the device; never in a lesson or exam"
    )
    discover.add_argument("--seconds", type=float, default=LISTEN_SECONDS, help="how long to listen at each speed")
    discover.add_argument("--box", type=Path, default=BOX, help=f"whose plan says when a lesson is (default: {BOX})")
    discover.add_argument("--json", action="store_true", help="JSON lines")
    discover.set_defaults(func=_discover)


def _discover(arguments: argparse.Namespace) -> int:
    if (arguments.ask or arguments.search) and (why := _not_now(arguments.box)):
        remark(why)
        return 2
    if arguments.search:
        return _search(arguments)
    ports = [arguments.port] if arguments.port else serial_ports()
    if not ports:
        remark("This machine has no serial port.")
        return 1
    wake, refused, recognised = Wake(), 0, 0
    for port in ports:
        found = _look(port, arguments, wake)
        if isinstance(found, str):
            refused += 1
            remark(found)
            continue
        recognised += bool(found.link)
        say(msgspec.json.encode(found).decode() if arguments.json else _words(found))
    wake.close()
    if recognised:
        return 0
    return 2 if refused == len(ports) else 1


def _search(arguments: argparse.Namespace) -> int:
    try:
        projectors = search_projectors(arguments.seconds, arguments.search, arguments.search_port)
    except OSError as error:
        remark(f"Nothing can be asked at {arguments.search} ({error.strerror}). Look at this machine's network.")
        return 2
    for projector in projectors:
        found = found_projector(projector, SystemClock().now())
        say(msgspec.json.encode(found).decode() if arguments.json else f"{found.where}: {found.what}")
    if not projectors:
        remark("No projector answers: none speaks PJLink class 2, or the network keeps the question from them.")
    return 0 if projectors else 1


def _look(port: str, arguments: argparse.Namespace, wake: Wake) -> Found | str:
    heard = try_port(lambda: listen(link_to(port), DRIVERS, wake, arguments.seconds))
    if heard is None and arguments.ask:
        over_tcp = not port.startswith(("/", "socket://"))
        heard = try_port(lambda: ask(link_to(port), DRIVERS, wake, over_tcp=over_tcp))
    return heard if isinstance(heard, str) else found_at(port, heard, SystemClock().now())


def _not_now(box: Path) -> str:
    """Why nothing may be written to an unknown device now; empty when it may, or when this machine is no box."""
    settings, now = settings_of_box(box), SystemClock().now()
    if not settings.room_plan.exists():
        return ""
    known = plan_file_of(settings).changed()
    if known is None:
        return "The room's plan cannot be read, so nobody knows whether a lesson runs. Nothing is asked."
    if in_exam(known, now) or in_lesson(known, now):
        return "A lesson or an exam runs in this room. Nothing is asked of unknown devices now."
    return ""


def _words(found: Found) -> str:
    if not found.link:
        return f"{found.where}: nothing recognised"
    device = " ".join(part for part in (found.maker, found.model, found.serial, found.firmware) if part)
    return f"{found.where}: {found.what} ({found.confidence:.0%}) {device}".rstrip()
