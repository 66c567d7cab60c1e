"""What pages read of commands to devices: the audit rows that boxes sent. Not here: what was asked (`box_commands`)."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, select

from central.database import read_as
from central.measuring.tables import commands_done
from models.telemetry import AskedBy

MOST: Final = 200


class AskedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One command to one device and what came of it; `asked_by` is a rule's id or a command's id at central."""

    command_id: str
    device_id: str
    name: str
    argument: str
    asked: AskedBy
    asked_by: str
    asked_at: datetime
    outcome: str
    finished_at: datetime
    sentence: str


def asked_of_device(connection: Connection, device_id: str, limit: int = MOST) -> list[AskedDevice]:
    """Of one device, newest first."""
    return _asked(connection, commands_done.c.device_id == device_id, limit)


def asked_in_room(connection: Connection, room_id: str, limit: int = MOST) -> list[AskedDevice]:
    """Of all devices of a room, newest first."""
    return _asked(connection, commands_done.c.room_id == room_id, limit)


def _asked(connection: Connection, which: ColumnElement[bool], limit: int) -> list[AskedDevice]:
    wanted = select(commands_done).where(which).order_by(commands_done.c.finished_at.desc()).limit(limit)
    return [read_as(row, AskedDevice) for row in connection.execute(wanted)]
