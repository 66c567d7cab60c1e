"""Which firmware runs on how many devices of each model, and which are older than the newest among them.

What a device says of itself decides nothing here: it is a list to look at. Not here: updating (`firmware_bridge`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

import msgspec

from central.pages.place_words import EQUIPMENT
from central.registers.device_tables import Device
from models.clock import SCHOOL_ZONE
from models.equipment import DeviceState, EquipmentKind

HEADER: Final = (
    "Mã phòng",
    "Mã thiết bị",
    "Loại",
    "Hãng",
    "Kiểu máy",
    "Số sê-ri",
    "Phiên bản",
    "Mới nhất",
    "Cũ",
    "Tin cuối",
)
_PARTS: Final = re.compile(r"[0-9]+|[a-z]+")


class FirmwareRow(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one model with one version. `newest` is the newest of that model here; `at` their newest word."""

    kind: EquipmentKind
    maker: str
    model: str
    version: str
    newest: str
    at: datetime
    devices: tuple[Device, ...]

    @property
    def is_older(self) -> bool:
        """Whether another device of this model has a newer version."""
        return version_key(self.version) < version_key(self.newest)


def firmware_rows(devices: Iterable[Device], said: Mapping[str, tuple[str, datetime]]) -> list[FirmwareRow]:
    """By kind, maker and model, the newest version first; retired and lost devices do not count."""
    models: dict[tuple[EquipmentKind, str, str], dict[str, list[Device]]] = defaultdict(lambda: defaultdict(list))
    for device in devices:
        if device.device_id in said and device.state in (DeviceState.IN_USE, DeviceState.REPAIR):
            models[device.kind, device.maker, device.model][said[device.device_id][0]].append(device)
    rows: list[FirmwareRow] = []
    for (kind, maker, model), versions in sorted(models.items()):
        ordered = sorted(versions, key=version_key, reverse=True)
        for version in ordered:
            held = versions[version]
            rows.append(
                FirmwareRow(
                    kind=kind,
                    maker=maker,
                    model=model,
                    version=version,
                    newest=ordered[0],
                    at=max(said[one.device_id][1] for one in held),
                    devices=tuple(held),
                )
            )
    return rows


def export_rows(rows: Iterable[FirmwareRow], said: Mapping[str, tuple[str, datetime]]) -> Iterator[tuple[str, ...]]:
    """One row for each device, in the order of `HEADER`."""
    for row in rows:
        older = "cũ" if row.is_older else ""
        for one in row.devices:
            at = said[one.device_id][1].astimezone(SCHOOL_ZONE)
            what = (one.room_id, one.device_id, EQUIPMENT[one.kind], one.maker, one.model, one.serial)
            yield (*what, row.version, row.newest, older, f"{at:%d/%m/%Y %H:%M}")


def version_key(version: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts as people read versions: 1.10 after 1.9, 2.0 after 2.0-beta; numbers after words."""
    parts = _PARTS.findall(version.lower().removeprefix("v"))
    key = [(2, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
    return (*key, (1, 0, ""))
