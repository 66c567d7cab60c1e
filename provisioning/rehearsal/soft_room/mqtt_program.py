"""Devices in software that speak MQTT, as a program: their options, and speaking until it is told to stop.

The first line that it prints is `connected`, when all of them are in. Not here: what they say, the list of devices
(`catalogue`).
"""

import argparse
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from models.enrollment import CertificateRole
from models.errors import SettingsError
from models.wire.mqtt_session import BrokerAddress
from provisioning.rehearsal.soft_room.mqtt_line import MqttFault, MqttLine, SoftMqttDevice
from provisioning.rehearsal.soft_room.soft_own_sensor import SoftOwnSensor
from provisioning.rehearsal.soft_room.soft_plug import SoftPlug
from provisioning.rehearsal.soft_room.soft_tablet import SoftTablet

TITLES: Final = {
    "freekiosk": "tablets with FreeKiosk on the room's broker",
    "tasmota-plug": "metering plugs with Tasmota on the guests' broker",
    "own-sensor": "sensors that speak the room's own words on its broker",
}
_PORTS: Final = {"freekiosk": 8883, "tasmota-plug": 8885, "own-sensor": 8883}
_PERIODS: Final = {"freekiosk": 30.0, "tasmota-plug": 10.0, "own-sensor": 5.0}


class AccountsError(SettingsError):
    """Each device needs its user name and its password file: as many --password-file as --user."""


def arguments_of(name: str) -> Callable[[argparse.ArgumentParser], None]:
    """Adds the options of these devices."""

    def add(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="default %(default)s")
        parser.add_argument("--port", type=int, default=_PORTS[name], help="default %(default)s")
        parser.add_argument("--server-name", default="", metavar="NAME", help="in the broker's certificate; the host")
        parser.add_argument("--authority", type=Path, required=True, metavar="FILE.pem", help="whom to trust")
        parser.add_argument(
            "--user", action="append", required=True, metavar="DEVICE", help="its name; once for each device"
        )
        parser.add_argument("--password-file", action="append", type=Path, required=True, help="as often as --user")
        parser.add_argument("--name", action="append", default=[], help="its own topic name; default: the user")
        parser.add_argument("--period", type=float, default=_PERIODS[name], metavar="S", help="default %(default)s")
        if name == "tasmota-plug":
            parser.add_argument("--announce", choices=("tasmota", "home-assistant"), default="tasmota", help="its form")
        parser.add_argument("--fault", type=MqttFault, default=MqttFault.NONE, choices=list(MqttFault))

    return add


def runner_of(kind: str) -> Callable[[argparse.Namespace], int]:
    """Speaks for these devices."""

    def run(arguments: argparse.Namespace) -> int:
        lines = _lines(kind, arguments)
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: stop.set())
        for line in lines:
            line.start()
        while any(line.inside.empty() for line in lines) and not stop.wait(0.05):
            pass
        sys.stdout.write("connected\n")
        sys.stdout.flush()
        while True:
            for line in lines:
                line.pulse()
            if stop.wait(arguments.period):
                break
        for line in lines:
            line.stop()
        return 0

    return run


def _lines(kind: str, arguments: argparse.Namespace) -> list[MqttLine]:
    """Raises AccountsError."""
    users, files, names = arguments.user, arguments.password_file, arguments.name
    if len(users) != len(files) or len(names) not in (0, len(users)):
        raise AccountsError(
            "Each device needs its user name and its password file: as many --password-file (and --name) as --user."
        )
    return [
        MqttLine(
            _device(kind, user, name, number, arguments),
            BrokerAddress(
                host=arguments.host,
                port=arguments.port,
                authority=arguments.authority,
                role=CertificateRole.ROOM_BROKER,
                name=arguments.server_name,
                user_name=user,
                password_file=file,
            ),
            user,
            arguments.fault,
        )
        for number, (user, file, name) in enumerate(zip(users, files, names or users, strict=True))
    ]


def _device(kind: str, user: str, name: str, number: int, arguments: argparse.Namespace) -> SoftMqttDevice:
    match kind:
        case "freekiosk":
            return SoftTablet(name, number)
        case "tasmota-plug":
            return SoftPlug(name, arguments.announce)
        case _:
            return SoftOwnSensor(user)
