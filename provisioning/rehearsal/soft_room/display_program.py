"""A display in software as a program: its options, and serving it until it is told to stop.

Not here: what it says (`soft_pjlink` and its neighbours), the list of devices (`catalogue`).
"""

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from models.errors import SettingsError
from provisioning.rehearsal.soft_room.display_line import DisplayPort, DisplayTerminal, LineFault, MakeTalk
from provisioning.rehearsal.soft_room.soft_display import ERRORS, SoftDisplay
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink
from provisioning.rehearsal.soft_room.soft_pjlink_search import PjlinkSearchAnswer


def arguments_of(usual_port: int) -> Callable[[argparse.ArgumentParser], None]:
    """The options of a display with this usual TCP port."""

    def add(parser: argparse.ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--port", type=int, default=usual_port, help="TCP, default %(default)s; 0: any")
        where.add_argument("--terminal", type=Path, metavar="LINK", help="a pseudo terminal behind this link instead")
        parser.add_argument(
            "--fault", type=LineFault, default=LineFault.NONE, choices=list(LineFault), help="what is wrong"
        )
        parser.add_argument("--unit", type=int, default=1, help="its address, default 1")
        parser.add_argument("--off", action="store_true", help="switched off at first")
        parser.add_argument("--warming", type=float, default=0.0, metavar="SECONDS", help="how long it starts up")
        parser.add_argument("--cooling", type=float, default=0.0, metavar="SECONDS", help="how long it shuts down")
        parser.add_argument("--source", default="hdmi1", help="default hdmi1")
        parser.add_argument("--hours", type=int, default=1200)
        parser.add_argument("--celsius", type=float, default=38.0)
        parser.add_argument("--error", action="append", default=[], choices=ERRORS, help="may be given several times")
        parser.add_argument("--no-signal", action="store_true")

    return add


def runner_of(talk: MakeTalk) -> Callable[[argparse.Namespace], int]:
    """Serves a display that talks so."""

    def run(arguments: argparse.Namespace) -> int:
        with ExitStack() as ending:
            _serve(arguments, _display(arguments, ""), talk, ending)
            _wait()
        return 0

    return run


def add_projector_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of a projector."""
    arguments_of(4352)(parser)
    parser.add_argument("--password", default="", help="default: none")
    parser.add_argument("--class", dest="pj_class", type=int, default=2, choices=(1, 2))
    parser.add_argument("--lamp", type=int, action="append", metavar="HOURS", help="may be given several times")
    parser.add_argument("--laser", action="store_true", help="no lamp")
    parser.add_argument("--search-port", type=int, help="also answer the search on this UDP port (4352)")


def run_projector(arguments: argparse.Namespace) -> int:
    """Serves a projector."""
    lamps = () if arguments.laser else tuple(arguments.lamp or [arguments.hours])

    def talk(display: SoftDisplay) -> SoftPjlink:
        return SoftPjlink(display, pj_class=arguments.pj_class, lamps=lamps)

    with ExitStack() as ending:
        _serve(arguments, _display(arguments, arguments.password), talk, ending)
        if arguments.search_port is not None:
            search = PjlinkSearchAnswer()
            search.start(arguments.search_port)
            ending.callback(search.stop)
        _wait()
    return 0


def _display(arguments: argparse.Namespace, password: str) -> SoftDisplay:
    return SoftDisplay(
        unit=arguments.unit,
        is_on=not arguments.off,
        warming_seconds=arguments.warming,
        cooling_seconds=arguments.cooling,
        source=arguments.source,
        hours=arguments.hours,
        celsius=arguments.celsius,
        errors=set(arguments.error),
        has_signal=not arguments.no_signal,
        password=password,
    )


def _serve(arguments: argparse.Namespace, display: SoftDisplay, talk: MakeTalk, ending: ExitStack) -> None:
    try:
        if arguments.terminal is None:
            port = DisplayPort(display, talk, arguments.fault)
            where = f"127.0.0.1:{port.start(arguments.port)}"
            ending.callback(port.stop)
        else:
            terminal = DisplayTerminal(display, talk, arguments.fault)
            terminal.start(arguments.terminal)
            ending.callback(terminal.stop)
            where = str(arguments.terminal)
    except OSError as error:
        raise SettingsError(f"The display cannot be reached there: {error.strerror}. Choose another port.") from None
    sys.stdout.write(f"Thiết bị giả chờ tại / a made-up device waits at {where}\n")
    sys.stdout.flush()


def _wait() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    stop.wait()
