"""This morning of one school: rooms ready or not and why, who is silent, what is open, which exams are on.

Pure but for reading: the caller gives both stores and the instant. Whether a room is ready is judged by
`models.room_readiness` alone. Not here: the whole province (`province_morning`), how it looks (`pages`).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.exam_day import BoxWord, DaySummary, box_word, summarise
from central.measuring import views
from central.measuring.views import StoredAlert, StoredWord
from central.registers import box_register, brief_devices, place_register, room_plans, roster_register
from central.registers.brief_devices import BriefDevice
from central.registers.place_register import Room, School, Scope
from central.registers.roster_register import Sitting
from models.clock import SCHOOL_ZONE
from models.equipment import DeviceState, EquipmentKind, speaks
from models.room_plan import AlertLimits
from models.room_readiness import (
    DeviceCondition,
    DeviceWordNow,
    RoomJudgement,
    RoomReadiness,
    judge_device,
    judge_room,
)

_WORST_FIRST: Final = (RoomReadiness.NOT_READY, RoomReadiness.UNKNOWN, RoomReadiness.READY)


class RoomMorning(msgspec.Struct, frozen=True, kw_only=True):
    """One room: the judgement with its reasons, and how its box is heard."""

    room: Room
    judgement: RoomJudgement
    box: BoxWord
    in_repair: int

    @property
    def readiness(self) -> RoomReadiness:
        """Ready, not ready or unknown."""
        return self.judgement.readiness


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one kind in one room that say nothing. `since`: the last word of the one that is silent longest.

    `never`: so many of them never spoke at all; `since` is None when that is all of them.
    """

    room: Room
    kind: EquipmentKind
    count: int
    never: int
    since: datetime | None


class NamedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with the names that people know; `device` None when the register does not know it any more."""

    alert: StoredAlert
    device: BriefDevice | None
    room: Room | None


class SittingToday(msgspec.Struct, frozen=True, kw_only=True):
    """A sitting of today and its figures over the school's rooms."""

    sitting: Sitting
    day: DaySummary


class Morning(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `as_of`: when it was put together; each part carries the instant of its own words.

    `alerts` are the newest of the `open_alerts` that last.
    """

    as_of: datetime
    school: School
    rooms: tuple[RoomMorning, ...]
    speaking: int
    silent: tuple[Silence, ...]
    alerts: tuple[NamedAlert, ...]
    open_alerts: int
    newest_word_at: datetime | None
    sittings: tuple[SittingToday, ...]

    def count(self, readiness: RoomReadiness) -> int:
        """How many rooms are in this state."""
        return sum(one.readiness is readiness for one in self.rooms)

    @property
    def silent_devices(self) -> int:
        """How many devices say nothing."""
        return sum(one.count for one in self.silent)

    @property
    def silent_since(self) -> datetime | None:
        """The last word of the one that is silent longest; None while none ever spoke."""
        return min((one.since for one in self.silent if one.since), default=None)


class RegisterHalf(msgspec.Struct, frozen=True, kw_only=True):
    """What the registers know of the school this morning."""

    school: School
    rooms: tuple[Room, ...]
    devices: tuple[BriefDevice, ...]
    boxes: dict[str, BoxWord]
    sittings: tuple[SittingToday, ...]
    limits: AlertLimits


def read_registers(
    connection: Connection, school_id: str, scope: Scope, now: datetime, *, with_exams: bool
) -> RegisterHalf | None:
    """The registers' half, None when the school is out of scope; exams only for those who may see exam days."""
    school = place_register.find_school(connection, school_id, scope)
    if school is None:
        return None
    rooms = place_register.rooms_of(connection, school_id, scope)
    return RegisterHalf(
        school=school,
        rooms=tuple(rooms),
        devices=tuple(brief_devices.devices_in(connection, [room.room_id for room in rooms])),
        boxes=box_words(connection, rooms, now),
        sittings=tuple(_sittings(connection, school_id, now)) if with_exams else (),
        limits=room_plans.hours_of(connection, school_id).limits,
    )


def open_morning(half: RegisterHalf, measurements: Connection, now: datetime) -> Morning:
    """The whole morning, with what devices said last."""
    room_ids = [room.room_id for room in half.rooms]
    said = views.words_of_rooms(measurements, room_ids)
    known = {device.device_id: device for device in half.devices}
    names = {str(room.room_id): room for room in half.rooms}
    alerts = [
        NamedAlert(alert=alert, device=known.get(alert.device_id), room=names.get(alert.room_id))
        for alert in views.open_alerts(measurements, room_ids)
    ]
    rooms = [_room(room, half, said, now) for room in half.rooms]
    rooms.sort(key=lambda one: (_WORST_FIRST.index(one.readiness), one.room.room_name))
    return Morning(
        as_of=now,
        school=half.school,
        rooms=tuple(rooms),
        speaking=sum(_is_expected(one) for one in half.devices),
        silent=tuple(_silent(half, names, said, now)),
        alerts=tuple(alerts),
        open_alerts=sum(views.count_open_alerts(measurements, room_ids).values()),
        newest_word_at=max((word.at for word in said.values()), default=None),
        sittings=half.sittings,
    )


def box_words(connection: Connection, rooms: Sequence[Room], now: datetime) -> dict[str, BoxWord]:
    """How the box of each room is heard."""
    found = defaultdict(list)
    for box in box_register.boxes_in(connection, [room.room_id for room in rooms]):
        found[str(box.room_id)].append(box)
    return {str(room.room_id): box_word(found[str(room.room_id)], now) for room in rooms}


def word_now(device: BriefDevice, word: StoredWord | None) -> DeviceWordNow:
    """What is known of a device, as the rule of readiness takes it."""
    if word is None:
        return DeviceWordNow(device_id=device.device_id, kind=device.kind, connected=device.connected)
    return DeviceWordNow(
        device_id=device.device_id,
        kind=device.kind,
        heard_at=word.heard_at,
        reach=word.reach,
        faults=word.faults,
        values=word.readings,
        connected=device.connected,
    )


def _is_expected(device: BriefDevice) -> bool:
    return device.connected and speaks(device.kind) and device.state is DeviceState.IN_USE


def _room(room: Room, half: RegisterHalf, said: dict[str, StoredWord], now: datetime) -> RoomMorning:
    here = [one for one in half.devices if one.room_id == room.room_id]
    judged = [word_now(one, said.get(one.device_id)) for one in here if one.state is DeviceState.IN_USE]
    box = half.boxes[str(room.room_id)]
    return RoomMorning(
        room=room,
        judgement=judge_room(judged, box.last_word_at, now, half.limits),
        box=box,
        in_repair=sum(one.state is DeviceState.REPAIR for one in here),
    )


def _silent(half: RegisterHalf, rooms: dict[str, Room], said: dict[str, StoredWord], now: datetime) -> list[Silence]:
    groups: dict[tuple[str, EquipmentKind], list[datetime | None]] = defaultdict(list)
    for device in half.devices:
        if not _is_expected(device):
            continue
        word = word_now(device, said.get(device.device_id))
        if judge_device(word, now, half.limits) is DeviceCondition.NOT_REPORTING:
            groups[device.room_id, device.kind].append(word.heard_at)
    silences = [
        Silence(
            room=rooms[room_id],
            kind=kind,
            count=len(heard),
            never=heard.count(None),
            since=min(filter(None, heard), default=None),
        )
        for (room_id, kind), heard in groups.items()
    ]
    return sorted(silences, key=lambda one: (one.since is None, one.since or now, one.room.room_name, one.kind))


def _sittings(connection: Connection, school_id: str, now: datetime) -> list[SittingToday]:
    midnight = now.astimezone(SCHOOL_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    found = roster_register.list_sittings(connection, midnight, scope=school_id)
    today = [one for one in found if one.starts_at < midnight + timedelta(days=1)]
    return [SittingToday(sitting=one, day=summarise(connection, one, now, school_id)) for one in today]
