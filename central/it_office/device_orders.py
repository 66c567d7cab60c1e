"""Whether a room's devices may be asked something now, what exactly, and what came of what was asked.

An exam's window refuses everything; inside lesson hours a person must say why. The box looks at both again. Not here:
signing (`central.command_post`), the form (`central.http.device_order_pages`).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.measuring.asked import AskedDevice
from central.plan_post import following_box, windows_of
from central.registers import box_commands, box_register, place_register, room_plans
from central.registers.box_commands import BoxCommand
from central.registers.device_tables import Device
from central.registers.place_register import Scope
from central.registers.room_plans import DeviceLink
from models.equipment import DeviceState
from models.equipment_drivers import EQUIPMENT_DRIVERS
from models.errors import BadInputError
from models.identifiers import BoxId
from models.room_messages import DeviceCommandName
from models.room_plan import LanLink, Link, SerialLink, is_within
from models.telemetry import AskedBy
from models.wire import codec
from models.wire.commands import Command, CommandName

SOURCES: Final = tuple(sorted({source for one in EQUIPMENT_DRIVERS.values() for source in one.sources}))
"""Every source of any family: rules are for kinds of devices; whether a display has one it says itself."""

OFF: Final = (DeviceCommandName.POWER_OFF, DeviceCommandName.SWITCH_OFF)
LONGEST_VOLUME: Final = 100
PERIODS: Final = (100, 3_600_000)
"""Milliseconds between two readings of a board, from and to."""

_NEWEST_ORDERS: Final = 400

Given = tuple[BoxCommand, Command]
"""An order as central keeps it, and what it says."""


class ArgumentError(BadInputError):
    """What is asked does not fit: a source of the list, a volume from 0 to 100, a period in milliseconds."""


class RoomMoment(msgspec.Struct, frozen=True, kw_only=True):
    """A room at one instant: the box that carries orders out (None: there is none), and what goes on."""

    at: datetime
    box_id: BoxId | None
    in_exam: bool
    in_lesson: bool


class DeviceDeed(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was asked of a device. `who` is a person's login or a rule's id.

    `state` is "waiting", "unanswered", or the outcome at the device, else at the box.
    """

    device_id: str
    name: str
    argument: str
    asked: AskedBy
    who: str
    reason: str
    asked_at: datetime
    state: str
    finished_at: datetime | None
    sentence: str


def moment_of(connection: Connection, room_id: str, scope: Scope, now: datetime) -> RoomMoment:
    """The room now. The box is the one that follows the room's plan (`plan_post`)."""
    room = place_register.find_room(connection, room_id, scope)
    hours = room_plans.USUAL_HOURS if room is None else room_plans.hours_of(connection, room.school_id)
    return RoomMoment(
        at=now,
        box_id=following_box(connection, room_id),
        in_exam=any(begins <= now < ends for begins, ends in windows_of(connection, room_id, now)),
        in_lesson=is_within(hours.lessons, now),
    )


def sources_of(link: Link | None) -> tuple[str, ...]:
    """What a device's page offers: the sources of its family."""
    driver = EQUIPMENT_DRIVERS.get(link.driver) if isinstance(link, SerialLink | LanLink) else None
    return SOURCES if driver is None else driver.sources


def argument_of(name: DeviceCommandName, written: str) -> str:
    """The argument as it travels. Raises ArgumentError."""
    match name:
        case DeviceCommandName.SELECT_SOURCE:
            if written in SOURCES:
                return written
        case DeviceCommandName.SET_VOLUME:
            if written.isascii() and written.isdigit() and int(written) <= LONGEST_VOLUME:
                return str(int(written))
        case DeviceCommandName.SET_PERIOD:
            if written.isascii() and written.isdigit() and PERIODS[0] <= int(written) <= PERIODS[1]:
                return str(int(written))
        case _:
            if not written:
                return ""
    raise ArgumentError("Choose a source of the list, a volume from 0 to 100, or a period from 100 ms to one hour.")


def to_switch_off(devices: Sequence[Device], links: Mapping[str, DeviceLink]) -> list[tuple[str, DeviceCommandName]]:
    """Every device in use that may be asked to go off, with how: for "the whole room off"."""
    found: list[tuple[str, DeviceCommandName]] = []
    for device in devices:
        allowed = links.get(device.device_id, DeviceLink()).commands
        how = next((one for one in OFF if one in allowed), None)
        if how is not None and device.state is DeviceState.IN_USE:
            found.append((device.device_id, how))
    return found


def given_orders(connection: Connection, room_id: str) -> list[Given]:
    """Orders of the last thirty days to devices through the room's boxes, newest first, with what they say."""
    found: list[Given] = []
    for box in box_register.boxes_in(connection, [room_id]):
        rows = box_commands.of_box(connection, box.box_id, _NEWEST_ORDERS)
        found += [(row, codec.decode(row.body, Command)) for row in rows if row.name == CommandName.DEVICE.value]
    return sorted(found, key=lambda one: one[0].issued_at, reverse=True)


def device_deeds(
    given: Sequence[Given],
    done: Sequence[AskedDevice],
    now: datetime,
    of: Collection[str],
) -> list[DeviceDeed]:
    """What was asked of these devices, newest first: orders joined with the box's audit rows, and what rules did.

    A box that came from another room brings that room's orders along; those of other devices are left out.
    """
    answers = {(one.command_id, one.device_id): one for one in done}
    deeds: list[DeviceDeed] = []
    for row, command in given:
        target, name = command.device, command.device_command
        if target is None or name is None or target not in of:
            continue
        answer = answers.pop((row.command_id, target), None)
        deeds.append(
            DeviceDeed(
                device_id=target,
                name=name.value,
                argument=command.argument,
                asked=AskedBy.PERSON,
                who=row.ordered_by,
                reason=row.reason,
                asked_at=row.issued_at,
                state=row.state(now) if answer is None else answer.outcome,
                finished_at=row.answered_at if answer is None else answer.finished_at,
                sentence=(row.sentence or "") if answer is None else answer.sentence,
            )
        )
    deeds += [_by_itself(one) for one in answers.values() if one.device_id in of]
    return sorted(deeds, key=lambda one: one.asked_at, reverse=True)


def _by_itself(row: AskedDevice) -> DeviceDeed:
    """A rule's deed, or a person's whose order is older than central keeps."""
    return DeviceDeed(
        device_id=row.device_id,
        name=row.name,
        argument=row.argument,
        asked=row.asked,
        who=row.asked_by if row.asked is AskedBy.RULE else "",
        reason="",
        asked_at=row.asked_at,
        state=row.outcome,
        finished_at=row.finished_at,
        sentence=row.sentence,
    )
