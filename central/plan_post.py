"""Which boxes hold an old plan of their room, and the new one, made and signed from what the registers say now.

A room with several boxes is followed by the one that was registered first: two boxes must not speak to one projector.
Not here: what a plan is made of (`registers.room_plans`), sending (`ingest`).
"""

import logging
from datetime import datetime, timedelta
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection

from central.registers import box_register, device_search, place_register, room_plans, roster_register
from central.registers.device_search import Wanted
from central.registers.room_plans import DeviceLink
from central.roster_post import Letter, greeting_in
from models.equipment import DeviceState
from models.identifiers import BoxId
from models.messages import PlanMessage, encode
from models.room_plan import MOST_DEVICES, PlannedDevice, RoomPlan, sign_plan
from models.wire.topics import DownLane, down_topic

log = logging.getLogger(__name__)

BEFORE_EXAM: Final = timedelta(hours=2)
AFTER_EXAM: Final = timedelta(hours=1)
"""So long around a sitting nothing in its room is switched, looked for or given new firmware."""

_AWAY: Final = (DeviceState.RETIRED, DeviceState.LOST, DeviceState.REPAIR)


class PlanPost(msgspec.Struct, frozen=True, kw_only=True):
    """Central's pen for plans."""

    signing_key: Ed25519PrivateKey

    def letters_for(
        self, connection: Connection, box_id: BoxId, room_id: str, held: int | None, now: datetime
    ) -> list[Letter]:
        """The room's plan, if the box holds an older one or none."""
        version = room_plans.version_of(connection, room_id)
        if version is None or (held is not None and held >= version):
            return []
        plan = self._plan(connection, box_id, room_id, version, now)
        message = PlanMessage(plan=sign_plan(plan, self.signing_key))
        return [(down_topic(box_id, DownLane.PLAN), encode(message))]

    def letters_after(
        self, connection: Connection, version: int, heard_since: datetime, now: datetime
    ) -> tuple[list[Letter], int]:
        """The same for boxes that were heard lately, if their plan is newer than `version`; and the newest version."""
        newest, letters = room_plans.newest_version(connection), list[Letter]()
        if newest == version:
            return [], version
        for box in box_register.boxes_in(connection, room_plans.changed_after(connection, version)):
            hello = greeting_in(box.hello)
            if hello is not None and box.last_word_at is not None and box.last_word_at >= heard_since:
                letters += self.letters_for(connection, box.box_id, box.room_id, hello.room_plan, now)
        return letters, newest

    def _plan(self, connection: Connection, box_id: BoxId, room_id: str, version: int, now: datetime) -> RoomPlan:
        room = place_register.find_room(connection, room_id, None)
        hours = room_plans.USUAL_HOURS if room is None else room_plans.hours_of(connection, room.school_id)
        follows = following_box(connection, room_id) == box_id
        return RoomPlan(
            version=version,
            box_id=box_id,
            room_id=room_id,
            room_name="" if room is None else room.room_name,
            made_at=now,
            devices=_devices(connection, room_id) if follows else (),
            lessons=hours.lessons,
            exams=windows_of(connection, room_id, now),
            rules=hours.rules if follows else (),
            limits=hours.limits,
            quiet=hours.quiet,
            announce=hours.announce,
        )


def following_box(connection: Connection, room_id: str) -> BoxId | None:
    """The box that speaks to the room's devices: of those in use the one that was registered first."""
    boxes = [one for one in box_register.boxes_in(connection, [room_id]) if one.revoked_at is None]
    follows = min(((one.registered_at, one.box_id) for one in boxes), default=None)
    return None if follows is None else follows[1]


def windows_of(connection: Connection, room_id: str, now: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """From when to when the room's sittings, those of the last day too, let nothing be switched."""
    sittings = roster_register.sittings_in_room(connection, room_id, now - timedelta(days=1))
    return tuple((one.starts_at - BEFORE_EXAM, one.ends_at + AFTER_EXAM) for one in sittings)


def _devices(connection: Connection, room_id: str) -> tuple[PlannedDevice, ...]:
    links = room_plans.links_of(connection, room_id)
    held = device_search.every_device(connection, Wanted(room_id=room_id), None)
    found = [one for one in held if one.state not in _AWAY]
    if len(found) > MOST_DEVICES:
        log.warning("Room %s holds %d devices; its box follows the first %d", room_id, len(found), MOST_DEVICES)
    planned: list[PlannedDevice] = []
    for device in found[:MOST_DEVICES]:
        how = links.get(device.device_id, DeviceLink())
        planned.append(
            PlannedDevice(
                device_id=device.device_id,
                kind=device.kind,
                maker=device.maker,
                model=device.model,
                serial=device.serial,
                place=device.place,
                link=how.link,
                commands=how.commands,
            )
        )
    return tuple(planned)
