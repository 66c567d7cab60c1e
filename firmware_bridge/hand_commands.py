"""`read` and `ask`: one device by hand, without plan, broker or box. This is how a device is tried out.

Status 0: it was heard (the command was done or sent); 1: it was not; 2: the line could not be used; 3: wrong use.
"""

import argparse
import queue
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.driver import Booted, Done, Said
from firmware_bridge.line import Line, lines_of
from firmware_bridge.line_words import LineWord, Lost, Returned
from firmware_bridge.settings import read_password
from firmware_bridge.supervisor import Supervisor, Surroundings
from firmware_bridge.terminal import remark, say
from firmware_bridge.wiring import links_of
from models.clock import SystemClock, to_unix_ms
from models.equipment import EquipmentKind
from models.errors import SettingsError
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome
from models.room_plan import LanLink, PlannedDevice, SerialLink

DEVICE: Final = "device"
_ANSWER_SECONDS: Final = 60.0
_TICK_SECONDS: Final = 0.1


def add_parsers(commands: Any) -> None:
    """`commands`: argparse's subparsers."""
    read = commands.add_parser("read", help="print what one device says, as JSON lines")
    _add_line(read)
    read.add_argument("--seconds", type=float, help="stop after so many (default: at Ctrl-C)")
    form = read.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="JSON lines (the default)")
    form.add_argument("--plain", action="store_true", help="one line in words for each value")
    read.set_defaults(func=_read)
    ask = commands.add_parser("ask", help="give one device one command and print what came of it")
    _add_line(ask)
    ask.add_argument("command", metavar="NAME", help=f"one of: {', '.join(DeviceCommandName)}")
    ask.add_argument("argument", nargs="?", default="", metavar="ARGUMENT", help="a source, a volume, a period")
    ask.set_defaults(func=_ask)


def _add_line(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", help="a serial port, or socket://HOST:PORT of a serial server")
    where.add_argument("--host", help="a display's address, HOST or HOST:PORT")
    parser.add_argument("--driver", required=True, help="its name in `drivers`")
    parser.add_argument("--map", default="", help="register map or model table")
    parser.add_argument("--unit", type=int, default=1, help="its address on the line (0-255)")
    parser.add_argument("--baud", type=int, default=0, help="speed of the serial port (default: the driver's)")
    parser.add_argument("--password-file", type=Path, help="its first line is the device's password")


def line_from(arguments: argparse.Namespace) -> Line:
    """The line that the command line describes. Raises SettingsError."""
    if arguments.port is not None:
        link: SerialLink | LanLink = SerialLink(
            port=arguments.port, driver=arguments.driver, baud=arguments.baud, unit=arguments.unit, map=arguments.map
        )
    else:
        host, _, port = arguments.host.rpartition(":")
        if not (host and port.isdecimal()):
            host, port = arguments.host, "0"
        password = read_password(arguments.password_file) if arguments.password_file else ""
        link = LanLink(
            host=host,
            driver=arguments.driver,
            port=int(port),
            unit=arguments.unit,
            map=arguments.map,
            password=password,
        )
    device = PlannedDevice(device_id=DEVICE, kind=EquipmentKind.OTHER, link=link, commands=tuple(DeviceCommandName))
    found = lines_of([device], DRIVERS)
    if found.troubles:
        raise SettingsError(found.troubles[DEVICE])
    DRIVERS[arguments.driver].make([device])
    return found.lines[0]


class _Bench:
    """The line's supervisor and what it tells."""

    def __init__(self, line: Line) -> None:
        self.words: queue.SimpleQueue[LineWord] = queue.SimpleQueue()
        around = Surroundings(tell=self.words.put, memory=BaudMemory(), clock=SystemClock())
        self.supervisor = Supervisor(line, DRIVERS[line.driver], links_of(line), around)

    def listen(self, until: float, take: Callable[[LineWord], bool]) -> None:
        """Hands words over until `take` has enough or the monotonic instant has come."""
        while (left := until - time.monotonic()) > 0:
            try:
                word = self.words.get(timeout=min(left, _TICK_SECONDS))
            except queue.Empty:
                continue
            if take(word):
                return


def _read(arguments: argparse.Namespace) -> int:
    bench = _Bench(line_from(arguments))
    heard, lost = 0, 0

    def take(word: LineWord) -> bool:
        nonlocal heard, lost
        if isinstance(word, Lost):
            lost += 1
            remark(word.sentence)
        heard += isinstance(word, Said | Booted)
        for text in _plain(word) if arguments.plain else _as_json(word):
            say(text)
        return False

    bench.supervisor.start()
    with suppress(KeyboardInterrupt):
        bench.listen(time.monotonic() + (arguments.seconds or float("inf")), take)
    counts = bench.supervisor.counts
    bench.supervisor.stop()
    remark(f"frames: {counts.good} good, {counts.bad} bad, {counts.lost} lost, {counts.skipped} skipped")
    if heard:
        return 0
    return 2 if lost else 1


def _ask(arguments: argparse.Namespace) -> int:
    try:
        name = DeviceCommandName(arguments.command)
    except ValueError:
        remark(f"Commands are: {', '.join(DeviceCommandName)}.")
        return 3
    bench = _Bench(line_from(arguments))
    expires_at = to_unix_ms(SystemClock().now()) + int(_ANSWER_SECONDS * 1000)
    command = DeviceCommand(id=uuid.uuid4().hex, name=name, argument=arguments.argument, expires_at=expires_at)
    results: list[Done] = []

    def take(word: LineWord) -> bool:
        if isinstance(word, Lost):
            remark(word.sentence)
        if isinstance(word, Done):
            results.append(word)
        return bool(results)

    bench.supervisor.ask(DEVICE, command)
    bench.supervisor.start()
    bench.listen(time.monotonic() + _ANSWER_SECONDS, take)
    bench.supervisor.stop()
    if not results:
        remark("The device gave no answer.")
        return 1
    result = results[0].result
    say(msgspec.json.encode({"outcome": result.outcome, "sentence": result.sentence}).decode())
    return 0 if result.outcome in (DeviceOutcome.DONE, DeviceOutcome.SENT) else 2


def _as_json(word: LineWord) -> list[str]:
    found: list[dict[str, object]] = []
    match word:
        case Said(device_id=device, about=about, state=state, batch=batch):
            dated = state and msgspec.structs.replace(state, at=to_unix_ms(SystemClock().now()))
            parts = {"about": about, "state": dated, "batch": batch}
            found = [{"device": device, name: part} for name, part in parts.items() if part is not None]
        case Booted(device_id=device, cause=cause):
            found = [{"device": device, "booted": cause}]
        case Lost(sentence=sentence):
            found = [{"lost": sentence}]
        case Returned() | Done():
            pass
    return [msgspec.json.encode(one).decode() for one in found]


def _plain(word: LineWord) -> list[str]:
    match word:
        case Said(about=about, state=state, batch=batch):
            lines = [f"about {name}: {value}" for name, value in msgspec.to_builtins(about or {}).items()]
            if state is not None:
                lines += [f"state {state.reach}", *(f"fault {fault}" for fault in state.faults)]
                lines += [f"{name} = {value}" for name, value in state.values.items()]
            return lines + [f"{entry.n} = {entry.x} {entry.u}".rstrip() for entry in (batch.e if batch else ())]
        case Booted(cause=cause):
            return [f"booted: {cause}"]
        case Lost() | Returned() | Done():
            return []
