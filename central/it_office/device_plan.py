"""A file of devices, judged row by row, against the register. Pure besides `store_devices`.

A row is known by its device's name, else by maker and serial, else by room and inventory number; then it changes that
device. Any other row is a new device. Not here: the page, exports (`device_export`).
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from central.exam_office.roster_columns import fold
from central.exam_office.roster_rows import Why
from central.exam_office.table_file import read_tables
from central.it_office.headed_table import NamedRow, RejectedRow, read_day, read_headed
from central.pages.place_words import DEVICE_STATES, EQUIPMENT
from central.registers import audit_log, device_register, device_search
from central.registers.device_search import Wanted
from central.registers.device_tables import LONGEST, Deed, Device, DeviceFacts, facts_of, serial_key
from central.registers.place_register import Scope
from models.equipment import DeviceState, EquipmentKind

DEVICE_ID: Final = "Mã thiết bị"
ROOM_ID: Final = "Mã phòng"
KIND: Final = "Loại"
MAKER: Final = "Hãng"
MODEL: Final = "Kiểu máy"
SERIAL: Final = "Số sê-ri"
INVENTORY: Final = "Mã tài sản"
OWNER: Final = "Chủ sở hữu"
PLACE: Final = "Vị trí"
BOUGHT_ON: Final = "Ngày mua"
WARRANTY: Final = "Bảo hành đến"
STATE: Final = "Tình trạng"
_SPELLINGS = {
    DEVICE_ID: frozenset({"device", "device id"}),
    ROOM_ID: frozenset({"phong", "room", "room id"}),
    KIND: frozenset({"loai thiet bi", "kind", "ten thiet bi"}),
    MAKER: frozenset({"hang san xuat", "nha san xuat", "nhan hieu", "maker", "brand"}),
    MODEL: frozenset({"model", "kieu", "ky hieu"}),
    SERIAL: frozenset({"serial", "so serial", "s/n", "sn", "so seri", "seri", "so may"}),
    INVENTORY: frozenset({"so tai san", "ma ts", "so kiem ke", "inventory number", "asset tag"}),
    OWNER: frozenset({"don vi quan ly", "so huu", "owner"}),
    PLACE: frozenset({"cho dat", "noi dat", "place"}),
    BOUGHT_ON: frozenset({"ngay nhan", "ngay nhap", "bought on"}),
    WARRANTY: frozenset({"han bao hanh", "bao hanh", "het bao hanh", "warranty", "warranty until"}),
    STATE: frozenset({"trang thai", "state"}),
}
_KINDS = {fold(word): kind for kind, word in EQUIPMENT.items()} | {fold(kind.value): kind for kind in EquipmentKind}
_STATES = {fold(word): state for state, word in DEVICE_STATES.items()} | {state.value: state for state in DeviceState}


class DeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A usable row. `known` is the device that it changes, None for a new one."""

    number: int
    room_id: str
    facts: DeviceFacts
    state: DeviceState
    known: Device | None

    @property
    def changes(self) -> bool:
        """Whether a known device would become different."""
        known = self.known
        return known is not None and (known.room_id, known.state, facts_of(known)) != (
            self.room_id,
            self.state,
            self.facts,
        )


class DevicePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do."""

    rows: tuple[DeviceRow, ...]
    rejected: tuple[RejectedRow, ...]
    notes: tuple[str, ...]

    @property
    def new(self) -> list[DeviceRow]:
        """Rows of devices that the register does not know."""
        return [row for row in self.rows if row.known is None]

    @property
    def changed(self) -> list[DeviceRow]:
        """Rows that change a known device."""
        return [row for row in self.rows if row.changes]


class _Known(msgspec.Struct, frozen=True, kw_only=True):
    by_name: Mapping[str, Device]
    by_serial: Mapping[str, Device]
    by_inventory: Mapping[tuple[str, str], Device]

    def find(self, device_id: str, room_id: str, facts: DeviceFacts) -> Device | None:
        if device_id:
            return self.by_name.get(device_id)
        key = serial_key(facts)
        if key is not None:
            return self.by_serial.get(key)
        return self.by_inventory.get((room_id, fold(facts.inventory_number))) if facts.inventory_number else None


def plan_devices(content: bytes, rooms: Sequence[str], stored: Sequence[Device]) -> DevicePlan:
    """Read a file; `rooms` and `stored` are what is in scope. Raises a `RosterFileError` when it cannot be used."""
    headed = read_headed(read_tables(content), _SPELLINGS, (ROOM_ID, KIND))
    places = {fold(room_id): room_id for room_id in rooms}
    known = _Known(
        by_name={device.device_id: device for device in stored},
        by_serial={key: device for device in stored if (key := serial_key(device))},
        by_inventory={
            (device.room_id, fold(device.inventory_number)): device for device in stored if device.inventory_number
        },
    )
    rows: list[DeviceRow] = []
    rejected: list[RejectedRow] = []
    claimed: dict[str, int] = {}
    for row in headed.rows:
        read = _read(row, places, known)
        if isinstance(read, DeviceRow):
            claims = [name for name in (serial_key(read.facts), read.known and read.known.device_id) if name]
            repeated = [claimed[name] for name in claims if name in claimed]
            if not repeated:
                claimed.update(dict.fromkeys(claims, row.number))
                rows.append(read)
                continue
            read = [f"Trùng thiết bị ở dòng {repeated[0]} (the same device as in that row)"]
        rejected.append(RejectedRow(sheet=row.sheet, number=row.number, reasons=tuple(read)))
    nameless = sum(
        row.known is None and serial_key(row.facts) is None and not row.facts.inventory_number for row in rows
    )
    notes = [f"Cột không dùng: {heading} (unknown column)" for heading in headed.unknown]
    if nameless:
        notes.append(
            f"{nameless} thiết bị không có số sê-ri hay mã tài sản: nhập lại tệp sẽ thêm lần nữa "
            "(no number: importing again adds them again)"
        )
    return DevicePlan(rows=tuple(rows), rejected=tuple(rejected), notes=tuple(notes))


def store_devices(connection: Connection, plan: DevicePlan, *, scope: Scope, deed: Deed) -> None:
    """Enter and change what the plan says, in the caller's transaction, with history and one audit row."""
    for row in plan.changed:
        if row.known is not None:
            device_register.correct(
                connection, row.known.device_id, row.facts, place=(row.room_id, row.state), scope=scope, deed=deed
            )
    if plan.new:
        names = device_register.enter(connection, [(row.room_id, row.facts) for row in plan.new], deed)
        for name, row in zip(names, plan.new, strict=True):
            if row.state is not DeviceState.IN_USE:
                device_register.correct(
                    connection, name, row.facts, place=(row.room_id, row.state), scope=scope, deed=deed
                )
    audit_log.write(
        connection,
        at=deed.at,
        actor=deed.actor,
        action="devices imported",
        subject=f"{len(plan.rows)} rows",
        added=len(plan.new),
        changed=len(plan.changed),
        rejected=len(plan.rejected),
        reason=deed.reason,
    )


def stored_devices(connection: Connection, scope: Scope) -> list[Device]:
    """Everything in scope that a row could mean."""
    return list(device_search.every_device(connection, Wanted(), scope))


def _read(row: NamedRow, places: Mapping[str, str], known: _Known) -> DeviceRow | list[str]:
    room_id = places.get(fold(row.text(ROOM_ID)))
    kind = _KINDS.get(fold(row.text(KIND)))
    state = _STATES.get(fold(row.text(STATE) or DeviceState.IN_USE.value))
    bought_on, warranty = read_day(row, BOUGHT_ON), read_day(row, WARRANTY)
    reasons = [
        reason
        for reason, is_so in {
            "Ô là công thức, không phải chữ (a cell is a formula)": row.holds_formula(),
            "Không có phòng này, hoặc phòng của trường khác (no such room)": room_id is None,
            "Không rõ loại thiết bị (unknown kind)": kind is None,
            "Không rõ tình trạng (unknown state)": state is None,
            f"Một ô dài hơn {LONGEST} chữ (a cell is too long)": any(
                len(row.text(column)) > LONGEST for column in _SPELLINGS
            ),
            "Không có thiết bị mã này (no device of that name)": bool(row.text(DEVICE_ID))
            and row.text(DEVICE_ID) not in known.by_name,
        }.items()
        if is_so
    ]
    reasons += [str(day) for day in (bought_on, warranty) if isinstance(day, Why)]
    if reasons or isinstance(bought_on, Why) or isinstance(warranty, Why) or not (room_id and kind and state):
        return reasons
    if bought_on and warranty and warranty < bought_on:
        return ["Bảo hành hết trước ngày mua (warranty ends before the purchase)"]
    facts = DeviceFacts(
        kind=kind,
        maker=row.text(MAKER),
        model=row.text(MODEL),
        serial=row.text(SERIAL),
        inventory_number=row.text(INVENTORY),
        owner=row.text(OWNER),
        place=row.text(PLACE),
        bought_on=bought_on,
        warranty_until=warranty,
    )
    found = known.find(row.text(DEVICE_ID), room_id, facts)
    return DeviceRow(number=row.number, room_id=room_id, facts=facts, state=state, known=found)
