"""This morning of every school that a visitor sees, added up in the stores: who to look at first.

Not here: one school's rooms one by one (`morning`), which is a page of its own.
"""

from collections import Counter, defaultdict
from datetime import datetime, timedelta
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.measuring import views
from central.measuring.views import RoomVoices
from central.registers import brief_devices, place_register, room_plans
from central.registers.place_register import School, Scope
from models.room_readiness import USUAL_LIMITS

SCHOOLS_ON_A_PAGE: Final = 100
_USUALLY: Final = timedelta(minutes=USUAL_LIMITS.silent_minutes)


class SchoolMorning(msgspec.Struct, frozen=True, kw_only=True):
    """One school: devices in use that should speak, those of them that are silent now (as `morning` counts them)."""

    school: School
    rooms: int
    speaking: int
    silent: int
    alerts: int
    newest_at: datetime | None


class ProvinceMorning(msgspec.Struct, frozen=True, kw_only=True):
    """Every school that was asked for, those with most silent devices and alerts first; `skipped`: before the page."""

    as_of: datetime
    schools: tuple[SchoolMorning, ...]
    skipped: int = 0

    @property
    def shown(self) -> tuple[SchoolMorning, ...]:
        """The schools of this page."""
        return self.schools[self.skipped : self.skipped + SCHOOLS_ON_A_PAGE]

    def total(self, figure: str) -> int:
        """The sum of a figure over all schools."""
        return sum(getattr(one, figure) for one in self.schools)


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Schools in scope that were asked for, the school of every room, how many devices of each room should speak."""

    schools: tuple[School, ...]
    school_of_rooms: dict[str, str]
    expected: dict[str, int]
    not_expected: list[str]
    silent_after: dict[str, timedelta]
    """By school that wrote limits of its own."""


def read_places(connection: Connection, scope: Scope, words: str = "") -> Places:
    """The registers' half; `words` narrows to schools whose names hold each word."""
    return Places(
        schools=tuple(place_register.list_schools(connection, scope, words)),
        school_of_rooms=place_register.school_of_rooms(connection, scope),
        expected=brief_devices.count_expected_voices(connection, scope),
        not_expected=brief_devices.not_expected(connection, scope),
        silent_after={
            school_id: timedelta(minutes=minutes)
            for school_id, minutes in room_plans.silent_minutes(connection).items()
        },
    )


def open_province(places: Places, measurements: Connection, now: datetime) -> ProvinceMorning:
    """The page, from its first school on; its sums are of every school that was asked for."""
    alerts = views.count_open_alerts(measurements, None)
    voices = _voices(places, measurements, now)
    uncounted = Counter(
        room_id
        for room_id, heard_at in views.heard_of(measurements, places.not_expected)
        if now - heard_at <= _silent_after(places, room_id)
    )
    rooms, speaking, silent, open_alerts = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    newest: dict[str, datetime] = {}
    for room_id, school_id in places.school_of_rooms.items():
        rooms[school_id] += 1
        open_alerts[school_id] += alerts.get(room_id, 0)
        expected, voice = places.expected.get(room_id, 0), voices.get(room_id)
        lately = 0 if voice is None else voice.lately - uncounted[room_id]
        speaking[school_id] += expected
        silent[school_id] += max(0, expected - lately)
        if voice is not None and voice.newest_at is not None:
            newest[school_id] = max(newest.get(school_id, voice.newest_at), voice.newest_at)
    found = [
        SchoolMorning(
            school=school,
            rooms=rooms[school.school_id],
            speaking=speaking[school.school_id],
            silent=silent[school.school_id],
            alerts=open_alerts[school.school_id],
            newest_at=newest.get(school.school_id),
        )
        for school in places.schools
    ]
    found.sort(key=lambda one: (-one.silent, -one.alerts, one.school.school_name))
    return ProvinceMorning(as_of=now, schools=tuple(found))


def _silent_after(places: Places, room_id: str) -> timedelta:
    return places.silent_after.get(places.school_of_rooms.get(room_id, ""), _USUALLY)


def _voices(places: Places, measurements: Connection, now: datetime) -> dict[str, RoomVoices]:
    """By room: who spoke lately by the limits of its school; most schools have the usual ones."""
    others: dict[timedelta, list[str]] = defaultdict(list)
    for room_id in places.school_of_rooms:
        after = _silent_after(places, room_id)
        if after != _USUALLY:
            others[after].append(room_id)
    voices = views.count_voices(measurements, now - _USUALLY)
    for after, room_ids in others.items():
        voices |= views.count_voices(measurements, now - after, room_ids)
    return voices
