"""The device register's two tables and its rows: a device as it is now, and what was changed when by whom.

Not here: how they are written (`device_register`) and searched (`device_search`).
"""

import secrets
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Table, Text, func

from central.database import ROW_NUMBER, Instant, metadata
from central.registers.place_register import rooms
from central.registers.word_search import fold
from models.equipment import DeviceState, EquipmentKind
from models.errors import BadInputError
from models.identifiers import RoomId

devices = Table(
    "devices",
    metadata,
    Column("device_id", Text, primary_key=True),
    Column("room_id", Text, ForeignKey(rooms.c.room_id), nullable=False),
    Column("kind", Text, nullable=False),
    Column("maker", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("inventory_number", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("bought_on", Date),
    Column("warranty_until", Date),
    Column("state", Text, nullable=False),
    Column("recorded_at", Instant, nullable=False),
    Column("topic_name", Text),
    Column("last_word_at", Instant),
    Column("complete", Boolean, nullable=False),
    Column("serial_key", Text, unique=True),
    Column("folded", Text, nullable=False),
)
Index("ix_devices_lower_serial", func.lower(devices.c.serial))
Index("ix_devices_lower_inventory", func.lower(devices.c.inventory_number))
Index("ix_devices_place", devices.c.room_id, devices.c.kind, devices.c.device_id, devices.c.state, devices.c.complete)

device_changes = Table(
    "device_changes",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True),
    Column("device_id", Text, ForeignKey(devices.c.device_id), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", Text, nullable=False),
)

LONGEST: Final = 120
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"


class DeviceError(BadInputError):
    """The device cannot be entered or changed so; nothing was changed."""


class SerialTakenError(DeviceError):
    """Another device of the same maker has this serial number already."""


class DeviceFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What staff write about a device; an empty text is not known. `place` is where in the room it stands."""

    kind: EquipmentKind
    maker: str = ""
    model: str = ""
    serial: str = ""
    inventory_number: str = ""
    owner: str = ""
    place: str = ""
    bought_on: date | None = None
    warranty_until: date | None = None

    @property
    def complete(self) -> bool:
        """Under digital record: told apart by a number, with model, owner, place and warranty."""
        return not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """Which of the five facts of a full record are not known."""
        known = {
            "serial": self.serial or self.inventory_number,
            "model": self.model,
            "owner": self.owner,
            "place": self.place,
            "warranty_until": self.warranty_until,
        }
        return tuple(name for name, value in known.items() if not value)


class Device(DeviceFacts, frozen=True, kw_only=True):
    """One device of a room. `topic_name` is its name on the room's broker, None while it has none."""

    device_id: str
    room_id: RoomId
    state: DeviceState
    recorded_at: datetime
    topic_name: str | None
    last_word_at: datetime | None


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Who does something, when, and why."""

    actor: str
    at: datetime
    reason: str


class DeviceChange(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a device's history. `changes` maps a field to what it was and what it became."""

    id: int
    device_id: str
    at: datetime
    actor: str
    action: str
    reason: str
    changes: dict[str, tuple[str, str]]


FACTS: Final = DeviceFacts.__struct_fields__


def facts_of(device: DeviceFacts) -> DeviceFacts:
    """The facts alone of a device."""
    return DeviceFacts(**{name: getattr(device, name) for name in FACTS})


def new_device_id() -> str:
    """`dev-` and eight letters of Crockford's alphabet: safe as a user name and a topic level."""
    return "dev-" + "".join(secrets.choice(_LETTERS) for _ in range(8))


def serial_key(facts: DeviceFacts) -> str | None:
    """What must be unique: maker and serial number, however they are written; None while one is not known."""
    maker, serial = fold(facts.maker), fold(facts.serial).replace(" ", "")
    return f"{maker}/{serial}" if maker and serial else None


def columns_of(device_id: str, room_id: str, facts: DeviceFacts) -> dict[str, object]:
    """Every column that follows from the facts. Raises `DeviceError` when a text is too long."""
    texts = {name: value.strip() for name in FACTS if isinstance(value := getattr(facts, name), str)}
    if any(len(value) > LONGEST for value in texts.values()):
        raise DeviceError(f"Each word about a device has at most {LONGEST} letters.")
    if facts.bought_on and facts.warranty_until and facts.warranty_until < facts.bought_on:
        raise DeviceError("The warranty ends before the device was bought. Look at both dates.")
    searched = ("maker", "model", "serial", "inventory_number", "owner", "place")
    return texts | {
        "kind": facts.kind.value,
        "bought_on": facts.bought_on,
        "warranty_until": facts.warranty_until,
        "room_id": room_id,
        "complete": facts.complete,
        "serial_key": serial_key(facts),
        "folded": fold(device_id, room_id, *(texts[name] for name in searched)),
    }
