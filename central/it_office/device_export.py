"""The device register as a table to take away; what it writes, `device_plan` reads again."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from central.it_office import device_plan
from central.pages.place_words import DEVICE_STATES, EQUIPMENT, FACTS
from central.registers.device_tables import Device
from central.registers.place_register import Room
from models.clock import SCHOOL_ZONE

HEADER: Final = (
    device_plan.DEVICE_ID,
    "Trường",
    "Tên phòng",
    device_plan.ROOM_ID,
    device_plan.KIND,
    device_plan.MAKER,
    device_plan.MODEL,
    device_plan.SERIAL,
    device_plan.INVENTORY,
    device_plan.OWNER,
    device_plan.PLACE,
    device_plan.BOUGHT_ON,
    device_plan.WARRANTY,
    device_plan.STATE,
    "Ghi sổ ngày",
    "Còn thiếu",
)


def device_rows(devices: Iterable[Device], rooms: Mapping[str, Room]) -> Iterator[tuple[str, ...]]:
    """One row for each device, in the order of `HEADER`; `rooms` holds the names by room code."""
    for device in devices:
        room = rooms.get(device.room_id)
        yield (
            device.device_id,
            room.school_name if room else "",
            room.room_name if room else "",
            device.room_id,
            EQUIPMENT[device.kind],
            device.maker,
            device.model,
            device.serial,
            device.inventory_number,
            device.owner,
            device.place,
            _day(device.bought_on),
            _day(device.warranty_until),
            DEVICE_STATES[device.state],
            _day(device.recorded_at.astimezone(SCHOOL_ZONE).date()),
            ", ".join(FACTS[name] for name in device.missing),
        )


def _day(day: date | None) -> str:
    return "" if day is None else f"{day:%d/%m/%Y}"
