"""Signs a person's orders to boxes and says which are still to be sent.

Not here: keeping them (`registers.box_commands`), publishing (`ingest`), who may give one (`http`).
"""

import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from central.registers import audit_log, box_commands
from central.registers.box_commands import BoxCommand
from central.roster_post import Letter
from models.identifiers import BoxId
from models.messages import CommandMessage, encode
from models.room_messages import DeviceCommandName
from models.wire.commands import Command, CommandName, sign_command
from models.wire.topics import DownLane, down_topic

GOOD_FOR: Final = timedelta(minutes=10)
DEVICE_GOOD_FOR: Final = timedelta(minutes=2)
"""Who presses "off" means now, not when the box comes back."""


class DeviceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of one device of the box's room."""

    device_id: str
    name: DeviceCommandName
    argument: str = ""


class CommandPost(msgspec.Struct, frozen=True, kw_only=True):
    """Central's pen for orders."""

    signing_key: Ed25519PrivateKey

    def order(
        self,
        connection: Connection,
        box_id: BoxId,
        name: CommandName,
        *,
        ordered_by: str,
        reason: str,
        now: datetime,
        device: DeviceOrder | None = None,
    ) -> str:
        """Enter and sign an order at `now` (UTC) and write it into the audit log; gives its id.

        `device` belongs to `CommandName.DEVICE` alone.
        """
        command = Command(
            command_id=secrets.token_hex(16),
            box_id=box_id,
            name=name,
            issued_at=now,
            expires_at=now + (GOOD_FOR if device is None else DEVICE_GOOD_FOR),
            device=None if device is None else device.device_id,
            device_command=None if device is None else device.name,
            argument="" if device is None else device.argument,
        )
        signed = sign_command(command, self.signing_key)
        box_commands.add(connection, command, signed, ordered_by=ordered_by, reason=reason)
        audit_log.write(
            connection,
            at=now,
            actor=ordered_by,
            action="box ordered",
            subject=box_id,
            command=name.value,
            **({} if device is None else {"device": device.device_id, "asked": device.name.value}),
            reason=reason,
        )
        return command.command_id


def letters_for(connection: Connection, box_id: BoxId, now: datetime) -> list[Letter]:
    """Every order that this box has not answered and whose time runs."""
    return [_letter(order) for order in box_commands.open_orders(connection, now, box_id=box_id)]


def letters_after(connection: Connection, number: int, now: datetime) -> tuple[list[Letter], int]:
    """Orders to all boxes that are newer than a number, and the highest number."""
    orders = box_commands.open_orders(connection, now, after=number)
    return [_letter(order) for order in orders], max((order.number for order in orders), default=number)


def _letter(order: BoxCommand) -> Letter:
    return down_topic(order.box_id, DownLane.COMMAND), encode(CommandMessage(command=order.signed))
