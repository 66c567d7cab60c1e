"""A sensor in software as a program: its options, and serving it until it is told to stop.

The first line that it prints is the path of its pseudo terminal, or `socket://host:port`. Not here: what it says, the
list of devices (`catalogue`).
"""

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from typing import Final

from provisioning.rehearsal.soft_room.sensor_line import SensorFault, SensorLine
from provisioning.rehearsal.soft_room.soft_firmata_board import SoftFirmataBoard
from provisioning.rehearsal.soft_room.soft_link_board import SoftLinkBoard
from provisioning.rehearsal.soft_room.soft_modbus_bus import SoftClassroomBus
from provisioning.rehearsal.soft_room.soft_sensor import SoftSensor
from provisioning.rehearsal.soft_room.soft_text_board import BANNER, SoftTextBoard, TextForm

TITLES: Final = {
    "link-v1": "a sensor board that speaks sensor link v1",
    "text-lines": "a student's board that prints its readings",
    "modbus": "temperature and humidity sensors on a Modbus bus (register map xy-md02)",
    "firmata": "a board with Firmata",
}


def arguments_of(name: str) -> Callable[[argparse.ArgumentParser], None]:
    """Adds the options of this sensor."""

    def add(parser: argparse.ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--pty", action="store_true", help="on a pseudo terminal (the default)")
        where.add_argument("--port", type=int, metavar="N", help="at this TCP port instead (socket://); 0: any")
        parser.add_argument(
            "--fault", type=SensorFault, default=SensorFault.NONE, choices=list(SensorFault), help="what is wrong"
        )
        if name in ("link-v1", "text-lines"):
            parser.add_argument("--period", type=int, default=1000, metavar="MS", help="default %(default)s")
        if name == "text-lines":
            parser.add_argument("--form", type=TextForm, default=TextForm.JSON, choices=list(TextForm))
            parser.add_argument("--mark", choices=("none", "crc"), default="none", help="integrity mark behind lines")
            parser.add_argument("--banner", action="store_true", help="an interpreter's greeting at first")
        if name == "modbus":
            parser.add_argument("--unit", type=int, action="append", help="default 1; may be given several times")

    return add


def runner_of(name: str) -> Callable[[argparse.Namespace], int]:
    """Serves this sensor."""

    def run(arguments: argparse.Namespace) -> int:
        line = SensorLine(_sensor(name, arguments), arguments.fault)
        if arguments.port is None:
            where = line.start_terminal()
        else:
            where = f"socket://127.0.0.1:{line.start_port(arguments.port)}"
        sys.stdout.write(f"{where}\n")
        sys.stdout.flush()
        _wait()
        line.stop()
        return 0

    return run


def _sensor(name: str, arguments: argparse.Namespace) -> SoftSensor:
    match name:
        case "link-v1":
            return SoftLinkBoard(arguments.period)
        case "text-lines":
            greeting = BANNER if arguments.banner else ()
            return SoftTextBoard(arguments.form, arguments.period, mark=arguments.mark, greeting=greeting)
        case "modbus":
            return SoftClassroomBus(tuple(arguments.unit or [1]))
        case _:
            return SoftFirmataBoard()


def _wait() -> None:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    stop.wait()
