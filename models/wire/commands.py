"""A person's order to one box, signed by central: the broker cannot make one, and none lives longer than it says.

Not here: carrying it out (`edge`), asking for it (`central`).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.identifiers import BoxId
from models.room_messages import DeviceCommandName
from models.wire import codec
from models.wire.central_keys import SignatureCheck
from models.wire.event_chain import Word

DOMAIN: Final = b"smart-classroom command v1\n"


class CommandName(StrEnum):
    """Everything that can be ordered from afar. Nothing here admits anyone or shows a picture."""

    RESTART = "restart"
    """The room agent ends in good order and its unit starts it again. Refused while a sitting is open."""
    IDENTIFY = "identify"
    """The proctor's screen shows the box's name in large letters and beeps, for 20 seconds."""
    SUPPORT_BUNDLE = "support bundle"
    """Versions, health and log lines, without anything personal."""
    DEVICE = "device"
    """Something is asked of one device of the room; see `device`, `device_command` and `argument`."""


class CommandRefusal(StrEnum):
    """Why a box does not follow a command."""

    WRONG_SIGNATURE = "wrong signature"
    UNKNOWN_SHAPE = "unknown shape"
    OTHER_BOX = "other box"
    EXPIRED = "expired"


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One order. A command id is carried out at most once; instants are UTC."""

    command_id: Word
    box_id: Word
    name: CommandName
    issued_at: datetime
    expires_at: datetime
    device: Word | None = None
    device_command: DeviceCommandName | None = None
    argument: Annotated[str, msgspec.Meta(max_length=120)] = ""


class SignedCommand(msgspec.Struct, frozen=True, kw_only=True):
    """The command's deterministic CBOR and central's Ed25519 signature over `DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


def sign_command(command: Command, key: Ed25519PrivateKey) -> SignedCommand:
    """A command as central sends it."""
    body = codec.encode(command)
    return SignedCommand(body=body, signature=key.sign(DOMAIN + body))


def open_command(signed: SignedCommand, key: SignatureCheck, box_id: BoxId, now: datetime) -> Command | CommandRefusal:
    """The command, or why this box must not follow it at `now` (UTC)."""
    try:
        key.verify(signed.signature, DOMAIN + signed.body)
        command = codec.decode(signed.body, Command)
    except InvalidSignature:
        return CommandRefusal.WRONG_SIGNATURE
    except codec.CodecError:
        return CommandRefusal.UNKNOWN_SHAPE
    if command.box_id != box_id:
        return CommandRefusal.OTHER_BOX
    return CommandRefusal.EXPIRED if now >= command.expires_at else command
