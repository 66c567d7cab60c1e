"""A room's stock-taking of one day: what was seen, what is missing, what is lent, and what belongs elsewhere.

Not here: keeping a scan (`registers.device_sightings`), the page (`central.http.inventory_pages`).
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.pages.place_words import EQUIPMENT
from central.registers import device_loans, device_register, device_search, device_sightings
from central.registers.device_loans import Loan
from central.registers.device_search import Wanted
from central.registers.device_sightings import Sighting
from central.registers.device_tables import Device
from central.registers.place_register import Scope
from models.clock import SCHOOL_ZONE
from models.equipment import DeviceState, EquipmentKind

HEADER: Final = ("Mã thiết bị", "Loại", "Hãng", "Kiểu máy", "Số sê-ri", "Mã tài sản", "Vị trí", "Kết quả", "Lúc", "Ai")
SEEN: Final = "đã thấy"
MISSING: Final = "thiếu"
LENT: Final = "đang cho mượn"
FOREIGN: Final = "của phòng khác"


class Inventory(msgspec.Struct, frozen=True, kw_only=True):
    """The room's devices of one kind (None: all) that are in use, against the day's scans."""

    as_of: datetime
    day: date
    kind: EquipmentKind | None
    seen: list[tuple[Device, Sighting]]
    missing: list[Device]
    lent: list[tuple[Device, Loan]]
    foreign: list[tuple[Device, Sighting]]

    @property
    def expected(self) -> int:
        """How many should be found here."""
        return len(self.seen) + len(self.missing) + len(self.lent)


def take_stock(
    connection: Connection, room_id: str, kind: EquipmentKind | None, scope: Scope, now: datetime
) -> Inventory:
    """Today's state of a room that is in scope."""
    day = now.astimezone(SCHOOL_ZONE).date()
    wanted = Wanted(room_id=room_id, kind=kind, state=DeviceState.IN_USE)
    here = {one.device_id: one for one in device_search.every_device(connection, wanted, scope)}
    sightings = {one.device_id: one for one in device_sightings.seen_in(connection, room_id, day)}
    loans = {one.device_id: one for one in device_loans.out_of_room(connection, room_id)}
    foreign = [
        (device, sighting)
        for name, sighting in sightings.items()
        if name not in here
        and (device := device_register.find_device(connection, name, scope)) is not None
        and device.room_id != room_id
    ]
    return Inventory(
        as_of=now,
        day=day,
        kind=kind,
        seen=[(here[name], one) for name, one in sightings.items() if name in here],
        missing=[one for name, one in here.items() if name not in sightings and name not in loans],
        lent=[(one, loans[name]) for name, one in here.items() if name not in sightings and name in loans],
        foreign=foreign,
    )


def inventory_rows(stock: Inventory) -> Iterator[tuple[str, ...]]:
    """The state as a table to take away: what is missing first."""
    for device in stock.missing:
        yield _row(device, MISSING, None, "")
    for device, loan in stock.lent:
        yield _row(device, LENT, loan.lent_at, loan.lent_by)
    for word, many in ((FOREIGN, stock.foreign), (SEEN, stock.seen)):
        for device, sighting in many:
            yield _row(device, word, sighting.seen_at, sighting.seen_by)


def _row(device: Device, result: str, at: datetime | None, who: str) -> tuple[str, ...]:
    when = "" if at is None else f"{at.astimezone(SCHOOL_ZONE):%d/%m/%Y %H:%M}"
    facts = (device.maker, device.model, device.serial, device.inventory_number, device.place)
    return (device.device_id, EQUIPMENT[device.kind], *facts, result, when, who)
