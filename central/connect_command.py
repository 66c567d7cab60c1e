"""`python -m central connect-devices`: devices of one room from a TOML file, each with how its box reaches it.

For IT staff who set up many rooms alike. A device is known by maker and serial number; one that is in the register gets
the file's facts and link. Not here: the page for one device (`http`), what the box does with it (`plan_post`).
"""

import argparse
import sys
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from sqlalchemy import Connection

from central.database import Database
from central.registers import device_register, room_plans
from central.registers.device_tables import Deed, DeviceError, DeviceFacts, serial_key
from central.registers.room_plans import DeviceLink
from central.settings import add_settings_option, read_settings
from central.upgrade import upgrade_database
from models.clock import SystemClock
from models.errors import BadInputError

P = TypeVar("P", bound=argparse.ArgumentParser)


class ConnectionsFileError(BadInputError):
    """The file cannot be read as a room's devices; nothing was stored."""


class ConnectedDevice(DeviceFacts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[[device]]`: the facts of the register and a `connection.link` of `models.room_plan` (`type` says which)."""

    connection: DeviceLink = DeviceLink()


class RoomFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole file."""

    room: str
    device: Annotated[tuple[ConnectedDevice, ...], msgspec.Meta(min_length=1, max_length=200)]


def add_parser(commands: "argparse._SubParsersAction[P]") -> None:
    """Declare the command's words."""
    parser = commands.add_parser("connect-devices", help="enter a room's devices and how its box reaches each")
    parser.add_argument("file", type=Path, metavar="FILE", help="TOML: room = CODE and a [[device]] for each")
    add_settings_option(parser)
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Stores all of the file or nothing; prints each device's serial number and its name. Raises ClassroomError."""
    wanted = read_file(arguments.file)
    database = Database(read_settings(arguments.settings).database.address)
    database.start()
    try:
        upgrade_database(database)
        deed = Deed(actor="command line", at=SystemClock().now(), reason=arguments.file.name)
        with database.writing() as connection:
            names = [_store(connection, wanted.room, one, deed) for one in wanted.device]
    finally:
        database.stop()
    sys.stdout.write("".join(f"{one.serial}\t{name}\n" for one, name in zip(wanted.device, names, strict=True)))
    return 0


def read_file(path: Path) -> RoomFile:
    """The room's devices. Raises ConnectionsFileError naming what is wrong."""
    try:
        read = msgspec.toml.decode(path.read_bytes(), type=RoomFile)
    except OSError as error:
        raise ConnectionsFileError(f"{path} cannot be opened: {error.strerror}.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConnectionsFileError(f"{path} is wrong: {error}.") from None
    keys = [serial_key(one) for one in read.device]
    if None in keys or len(set(keys)) != len(keys):
        raise ConnectionsFileError(f"{path}: each device needs a maker and a serial number of its own.")
    return read


def _store(connection: Connection, room_id: str, wanted: ConnectedDevice, deed: Deed) -> str:
    facts = DeviceFacts(**{name: getattr(wanted, name) for name in DeviceFacts.__struct_fields__})
    key = str(serial_key(facts))
    known = device_register.taken_serials(connection, [key]).get(key)
    if known is None:
        known = device_register.add_devices(connection, room_id, [facts], scope=None, deed=deed)[0]
    else:
        held = device_register.find_device(connection, known, None)
        if held is None or held.room_id != room_id:
            raise DeviceError(f"The device {known} with serial number {facts.serial} stands in another room.")
        device_register.change(connection, known, facts, scope=None, deed=deed)
    if room_plans.link_of(connection, known, None) != wanted.connection:
        room_plans.set_link(connection, known, wanted.connection, scope=None, deed=deed)
    return known
