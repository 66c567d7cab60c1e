"""What a room holds and how each device is reached: written by IT staff at central, followed by the box.

Central signs the plan; the box keeps the newest, and bridge, watch and room broker do what it says. Not here: sending
and keeping it (`central.plan_post`, `edge.equipment_watch`), the drivers (`firmware_bridge`).
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.clock import SCHOOL_ZONE
from models.durable_files import write_whole
from models.equipment import EquipmentKind
from models.errors import BadInputError
from models.identifiers import BoxId
from models.measurements import MOST_APPS, PackageName
from models.room_messages import DeviceCommandName
from models.wire import codec
from models.wire.central_keys import SignatureCheck
from models.wire.event_chain import Count, Word

DOMAIN: Final = b"smart-classroom room plan v1\n"
FILE_NAME: Final = "room-plan.json"
"""Its name in the box's folder: the JSON of a `SignedPlan`, for the bridge and the caretaker."""

MOST_DEVICES: Final = 400
Text = Annotated[str, msgspec.Meta(max_length=200)]
Mac = Annotated[str, msgspec.Meta(pattern=r"\A(([0-9a-f]{2}:){5}[0-9a-f]{2})?\Z")]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=24 * 60)]


class PlanRefusal(StrEnum):
    """Why a box does not take a plan."""

    WRONG_SIGNATURE = "wrong signature"
    UNKNOWN_SHAPE = "unknown shape"
    OTHER_BOX = "other box"
    OLDER_THAN_HELD = "older than held"


class PlanError(BadInputError):
    """The plan's file cannot be read or is not signed by central. Ask central for it again."""


class SerialLink(msgspec.Struct, frozen=True, kw_only=True, tag="serial"):
    """A serial line: `port` is a path below /dev/serial/by-id or by-path, or `socket://host:port` of a serial server.

    `driver` is a name of `firmware_bridge.drivers` ("link-v1", "text-lines", "modbus", "firmata", "mdc", ...); `map`
    the register map of a Modbus sensor or the model table of a display, "" for the driver's own; `unit` its address on
    the line. `baud` 0 is the driver's usual one. Several devices may share one port (a Modbus bus).
    """

    port: Text
    driver: Text
    baud: Annotated[int, msgspec.Meta(ge=0, le=4_000_000)] = 0
    unit: Annotated[int, msgspec.Meta(ge=0, le=255)] = 1
    map: Text = ""


class LanLink(msgspec.Struct, frozen=True, kw_only=True, tag="lan"):
    """A display or projector over TCP: `port` 0 is the driver's usual one; `password` where its protocol has one."""

    host: Text
    driver: Text
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    unit: Annotated[int, msgspec.Meta(ge=0, le=255)] = 1
    map: Text = ""
    password: Text = ""


class MqttDialect(StrEnum):
    """How a device that speaks MQTT itself speaks."""

    OWN = "own"
    """`dev/<device>/...`, the words of `models.room_messages`."""
    FREEKIOSK = "freekiosk"
    HOME_ASSISTANT = "home assistant"
    """Discovery below `homeassistant/`, states below its own topics: Tasmota, ESPHome, Zigbee2MQTT."""


class MqttLink(msgspec.Struct, frozen=True, kw_only=True, tag="mqtt"):
    """A device with a password of its own on the room's broker.

    `name` is its own topic name there ("" is the device's id): FreeKiosk's device name, Tasmota's topic, a base topic.
    """

    dialect: MqttDialect = MqttDialect.OWN
    name: Text = ""


class CartLink(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="cart"):
    """A headset that is read over USB (ADB) while it stands in the charging cart; found by its serial number.

    `apps` are the packages whose versions are read; `mac` is its hardware address in the room's network, "" when
    nobody entered it.
    """

    serial: Text
    apps: Annotated[tuple[PackageName, ...], msgspec.Meta(max_length=MOST_APPS)] = ()
    mac: Mac = ""


Link = SerialLink | LanLink | MqttLink | CartLink


class PlannedDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device of the room. `link` None: it is known by its label alone."""

    device_id: Word
    kind: EquipmentKind
    maker: Text = ""
    model: Text = ""
    serial: Text = ""
    place: Text = ""
    link: Link | None = None
    commands: tuple[DeviceCommandName, ...] = ()
    """What may be asked of it; empty: nothing."""


class WeekHours(msgspec.Struct, frozen=True, kw_only=True):
    """On these weekdays (0 is Monday) from minute to minute of the day in Asia/Ho_Chi_Minh.

    Hours that end before they begin run over midnight and belong to the day on which they begin.
    """

    weekdays: tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...]
    from_minute: Minutes
    to_minute: Minutes


class TimedRule(msgspec.Struct, frozen=True, kw_only=True):
    """`command` for every device of `kind` that may be asked it, at this minute of these weekdays: "off at 17:30"."""

    rule_id: Word
    weekdays: tuple[Annotated[int, msgspec.Meta(ge=0, le=6)], ...]
    at_minute: Minutes
    kind: EquipmentKind
    command: DeviceCommandName
    argument: Text = ""


class AlertLimits(msgspec.Struct, frozen=True, kw_only=True):
    """From when on staff are told. `*_clear` values are where an alert ends (hysteresis)."""

    silent_minutes: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 15
    hot_celsius: float = 45.0
    hot_clear_celsius: float = 42.0
    battery_low: float = 20.0
    battery_clear: float = 30.0
    lamp_hours: float = 3_000.0
    door_open_quiet: bool = True
    """A door sensor that opens in quiet hours."""


class RoomPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Version `version` of one room's plan; instants are UTC. `announce`: bridged devices appear in Home Assistant."""

    version: Count
    box_id: Word
    room_id: Word
    room_name: Text
    made_at: datetime
    devices: Annotated[tuple[PlannedDevice, ...], msgspec.Meta(max_length=MOST_DEVICES)]
    lessons: tuple[WeekHours, ...] = ()
    exams: tuple[tuple[datetime, datetime], ...] = ()
    """No power-off, change of source, detection or firmware inside these."""
    rules: tuple[TimedRule, ...] = ()
    limits: AlertLimits = AlertLimits()
    quiet: tuple[WeekHours, ...] = ()
    announce: bool = False


def is_within(hours: Iterable[WeekHours], instant: datetime) -> bool:
    """Whether an aware instant lies in any of these; one whose end lies before its beginning runs over midnight."""
    there = instant.astimezone(SCHOOL_ZONE)
    minute, today = there.hour * 60 + there.minute, there.weekday()
    return any(
        (today in one.weekdays and one.from_minute <= minute < one.to_minute)
        if one.from_minute <= one.to_minute
        else (today in one.weekdays and minute >= one.from_minute)
        or ((today - 1) % 7 in one.weekdays and minute < one.to_minute)
        for one in hours
    )


def in_exam(plan: RoomPlan, instant: datetime) -> bool:
    """Whether an aware instant lies in an exam window."""
    return any(begins <= instant < ends for begins, ends in plan.exams)


def in_lesson(plan: RoomPlan, instant: datetime) -> bool:
    """Whether an aware instant lies in lesson hours (Asia/Ho_Chi_Minh) that somebody entered."""
    return is_within(plan.lessons, instant)


def may_be_lesson(plan: RoomPlan, instant: datetime) -> bool:
    """Whether a lesson runs, or nobody entered when lessons are: then one may run at any time.

    For what happens by itself (a silent device is told, unknown devices are asked). What a person asks for, and a rule
    whose minute a person chose, follow `in_lesson`.
    """
    return not plan.lessons or in_lesson(plan, instant)


class SignedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan's deterministic CBOR and central's Ed25519 signature over `DOMAIN` and these bytes."""

    body: bytes
    signature: bytes


def sign_plan(plan: RoomPlan, key: Ed25519PrivateKey) -> SignedPlan:
    """A plan as central sends it."""
    body = codec.encode(plan)
    return SignedPlan(body=body, signature=key.sign(DOMAIN + body))


def open_plan(
    signed: SignedPlan, key: SignatureCheck, box_id: BoxId, held: int | None = None
) -> RoomPlan | PlanRefusal:
    """The plan, or why this box must not follow it. `held` is the version that the box has (None: none)."""
    try:
        key.verify(signed.signature, DOMAIN + signed.body)
        plan = codec.decode(signed.body, RoomPlan)
    except InvalidSignature:
        return PlanRefusal.WRONG_SIGNATURE
    except codec.CodecError:
        return PlanRefusal.UNKNOWN_SHAPE
    if plan.box_id != box_id:
        return PlanRefusal.OTHER_BOX
    return PlanRefusal.OLDER_THAN_HELD if held is not None and plan.version < held else plan


def plan_from_file(content: bytes, key: SignatureCheck, box_id: BoxId, held: int | None = None) -> RoomPlan:
    """The plan that the box keeps in `FILE_NAME`; `held` is the highest version that was followed. Raises PlanError."""
    try:
        signed = msgspec.json.decode(content, type=SignedPlan)
    except msgspec.DecodeError:
        raise PlanError("The room's plan cannot be read. Central sends it again with the next hello.") from None
    opened = open_plan(signed, key, box_id, held)
    if opened is PlanRefusal.OLDER_THAN_HELD:
        raise PlanError(f"The room's plan is set aside: version {held} was followed before. Central sends that again.")
    if isinstance(opened, PlanRefusal):
        raise PlanError(f"The room's plan is not for this box ({opened}). Central sends it again with the next hello.")
    return opened


class _Followed(msgspec.Struct, frozen=True, kw_only=True):
    box_id: Word
    version: Count


def followed_version(mark: Path, box_id: BoxId) -> int | None:
    """The highest version that this box followed, as the file `mark` remembers it; None when that is not known."""
    try:
        followed = msgspec.json.decode(mark.read_bytes(), type=_Followed)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None
    return followed.version if followed.box_id == box_id else None


def remember_version(mark: Path, box_id: BoxId, version: int) -> None:
    """Remembers it, so that an older plan with a good signature is not followed. Raises DurableFileError."""
    if version > (followed_version(mark, box_id) or -1):
        write_whole(mark, msgspec.json.encode(_Followed(box_id=box_id, version=version)))
