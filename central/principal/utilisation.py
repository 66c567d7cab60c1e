"""Utilisation of a school's or the province's equipment in a month, and the share under digital record.

Hours of use of a kind are divided by its working devices (in use, by the register) and by its synced devices (heard on
each room's best day, summed), over the month's school days: Monday to Friday, at most 22. Not here: reports and forms.
"""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.it_office.digital_record import DigitalRecord, digital_record
from central.measuring import history, views
from central.measuring.history import KindUse
from central.principal.periods import Period
from central.registers import device_counts, equipment_counts, place_register
from central.registers.device_counts import StateCount
from central.registers.place_register import School, Scope
from models.equipment import DeviceState, EquipmentKind


class KindUtilisation(msgspec.Struct, frozen=True, kw_only=True):
    """One kind. Hours a day are None where there is no device to divide by."""

    kind: EquipmentKind
    held: int
    working: int
    synced: int
    used: int
    minutes_in_use: int
    faults: int
    school_days: int

    @property
    def hours(self) -> float:
        """Hours of use in the month, of all devices together."""
        return self.minutes_in_use / 60

    @property
    def hours_per_working(self) -> float | None:
        """Hours a school day of a working device."""
        return self.hours / self.working / self.school_days if self.working else None

    @property
    def hours_per_synced(self) -> float | None:
        """Hours a school day of a synced device."""
        return self.hours / self.synced / self.school_days if self.synced else None


class Utilisation(msgspec.Struct, frozen=True, kw_only=True):
    """The page. `school` None: the whole province. `newest_word_at`: figures of use are true up to then."""

    as_of: datetime
    period: Period
    school: School | None
    kinds: tuple[KindUtilisation, ...]
    record: DigitalRecord
    newest_word_at: datetime | None

    def total(self, figure: str) -> int:
        """The sum of a whole-number figure over all kinds."""
        return sum(getattr(one, figure) for one in self.kinds)


class UtilisationHalf(msgspec.Struct, frozen=True, kw_only=True):
    """The registers' half; `room_ids` None for the whole province."""

    school: School | None
    room_ids: tuple[str, ...] | None
    counts: tuple[StateCount, ...]
    record: DigitalRecord


def read_equipment(connection: Connection, school: School | None) -> UtilisationHalf:
    """What the registers hold, of one school or of all."""
    scope: Scope = None if school is None else school.school_id
    rooms = None if scope is None else tuple(place_register.school_of_rooms(connection, scope))
    return UtilisationHalf(
        school=school,
        room_ids=rooms,
        counts=tuple(device_counts.count_states(connection, scope)),
        record=digital_record(equipment_counts.count_kinds(connection, scope)),
    )


def open_utilisation(half: UtilisationHalf, measurements: Connection, period: Period, now: datetime) -> Utilisation:
    """The whole page."""
    found = history.use_by_kind(measurements, half.room_ids, period.first_day, period.last_day)
    use = {one.kind: one for one in found}
    kinds = [_kind(kind, half.counts, use.get(kind.value), period) for kind in EquipmentKind]
    return Utilisation(
        as_of=now,
        period=period,
        school=half.school,
        kinds=tuple(one for one in kinds if one.held or one.minutes_in_use),
        record=half.record,
        newest_word_at=views.newest_word_at(measurements, half.room_ids),
    )


def _kind(kind: EquipmentKind, counts: tuple[StateCount, ...], use: KindUse | None, period: Period) -> KindUtilisation:
    here = [one for one in counts if one.kind is kind]
    return KindUtilisation(
        kind=kind,
        held=sum(one.count for one in here if one.state is not DeviceState.RETIRED),
        working=sum(one.count for one in here if one.state is DeviceState.IN_USE),
        synced=0 if use is None else use.heard,
        used=0 if use is None else use.used,
        minutes_in_use=0 if use is None else use.minutes_in_use,
        faults=0 if use is None else use.faults_begun,
        school_days=period.school_days,
    )
