"""The devices of all rooms: entered, changed, moved, retired, each time with who and why in history and audit log.

As in `place_register`, every question takes a `scope`. Not here: searching and counting (`device_search`), files
(`central.it_office`), the passwords of devices on the room's broker (the authority keeps their hashes).
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, case, func, select, update
from sqlalchemy.exc import IntegrityError

from central.database import AnyRow, read_as
from central.registers import audit_log, place_register, room_plans
from central.registers.device_tables import (
    FACTS,
    Deed,
    Device,
    DeviceChange,
    DeviceError,
    DeviceFacts,
    SerialTakenError,
    columns_of,
    device_changes,
    devices,
    new_device_id,
    serial_key,
)
from central.registers.place_register import Scope, find_room, in_scope
from models.equipment import DeviceState

MOST_AT_ONCE: Final = 200
LONGEST_REASON: Final = 300
WITHOUT_PASSWORD: Final = (DeviceState.LOST, DeviceState.RETIRED)
"""A device in such a state has no name on the room's broker any more."""


class UnknownDeviceError(DeviceError):
    """There is no such device in scope."""


class UnknownRoomError(DeviceError):
    """There is no such room in scope."""


def add_devices(
    connection: Connection, room_id: str, many: Sequence[DeviceFacts], *, scope: Scope, deed: Deed
) -> list[str]:
    """Enter devices of one room: one, or a set of 40. Returns their new names, in order.

    Raises `UnknownRoomError`, `SerialTakenError`, `DeviceError`; then nothing of the set may be kept.
    """
    _refuse_deed(deed)
    if not 1 <= len(many) <= MOST_AT_ONCE:
        raise DeviceError(f"Between 1 and {MOST_AT_ONCE} devices are entered at once.")
    _in_scope(connection, room_id, scope)
    names = enter(connection, [(room_id, facts) for facts in many], deed)
    audit_log.write(
        connection,
        at=deed.at,
        actor=deed.actor,
        action="devices added",
        subject=room_id,
        count=len(names),
        first=names[0],
        last=names[-1],
        reason=deed.reason,
    )
    return names


def enter(connection: Connection, placed: Sequence[tuple[str, DeviceFacts]], deed: Deed) -> list[str]:
    """Rows and histories of new devices, of rooms known to be in scope; the caller writes the audit row."""
    keys = [key for _, facts in placed if (key := serial_key(facts))]
    if len(set(keys)) != len(keys) or taken_serials(connection, keys):
        raise SerialTakenError("A device of this maker with this serial number is in the register already.")
    rows = [
        {
            "device_id": (device_id := new_device_id()),
            "state": DeviceState.IN_USE.value,
            "recorded_at": deed.at,
            "topic_name": None,
            "last_word_at": None,
        }
        | columns_of(device_id, room_id, facts)
        for room_id, facts in placed
    ]
    names = [str(row["device_id"]) for row in rows]
    try:
        connection.execute(devices.insert(), rows)
    except IntegrityError:
        raise SerialTakenError("Somebody has just entered one of these devices. Look at the list again.") from None
    connection.execute(device_changes.insert(), [_change(name, deed, "added", {}) for name in names])
    rooms_changed = {room_id for room_id, _ in placed}
    _count_again(connection, rooms_changed)
    room_plans.mark(connection, rooms_changed)
    return names


def change(connection: Connection, device_id: str, facts: DeviceFacts, *, scope: Scope, deed: Deed) -> bool:
    """Give a device new facts; False when nothing is different. Raises `UnknownDeviceError`, `SerialTakenError`."""
    _refuse_deed(deed)
    device = _device(connection, device_id, scope)
    told = _store(connection, device, facts, (device.room_id, device.state), ("changed", deed))
    return _write_down(connection, device_id, "changed", deed, told)


def move(connection: Connection, device_id: str, room_id: str, place: str, *, scope: Scope, deed: Deed) -> bool:
    """Move a device to another place, also of another room in scope. Raises `UnknownDeviceError`, `UnknownRoomError`.

    A device that spoke on the old room's broker has no name on the new one: `topic_name` becomes None.
    """
    _refuse_deed(deed)
    device = _device(connection, device_id, scope)
    _in_scope(connection, room_id, scope)
    facts = msgspec.structs.replace(device, place=place)
    told = _store(connection, device, facts, (room_id, device.state), ("moved", deed))
    return _write_down(connection, device_id, "moved", deed, told)


def set_state(connection: Connection, device_id: str, state: DeviceState, *, scope: Scope, deed: Deed) -> bool:
    """Repair, lost, retired, or in use again. Raises `UnknownDeviceError`."""
    _refuse_deed(deed)
    device = _device(connection, device_id, scope)
    told = _store(connection, device, device, (device.room_id, state), (state.value, deed))
    return _write_down(connection, device_id, state.value, deed, told)


def correct(
    connection: Connection,
    device_id: str,
    facts: DeviceFacts,
    *,
    place: tuple[str, DeviceState],
    scope: Scope,
    deed: Deed,
) -> None:
    """Facts, room and state at once, as an import knows them; the caller writes the audit row."""
    _in_scope(connection, place[0], scope)
    _store(connection, _device(connection, device_id, scope), facts, place, ("imported", deed))


def name_on_broker(connection: Connection, device_ids: Sequence[str], *, named: Sequence[str], deed: Deed) -> None:
    """The authority made passwords for `device_ids`; those of them in `named` had one before, which is void now."""
    for device_id in device_ids:
        mine = devices.c.device_id == device_id
        connection.execute(update(devices).where(mine).values(topic_name=device_id))
    actions = ["new password" if one in named else "password made" for one in device_ids]
    rows = [_change(one, deed, action, {}) for one, action in zip(device_ids, actions, strict=True)]
    connection.execute(device_changes.insert(), rows)


def find_device(connection: Connection, device_id: str, scope: Scope) -> Device | None:
    """The device of that name, if its room is in scope."""
    wanted = select(devices).where(devices.c.device_id == device_id, in_scope(devices.c.room_id, scope))
    row = connection.execute(wanted).one_or_none()
    return None if row is None else read_as(row, Device)


def history_of(connection: Connection, device_id: str, scope: Scope) -> list[DeviceChange]:
    """What was done to a device, the newest first; nothing when it is out of scope."""
    if find_device(connection, device_id, scope) is None:
        return []
    wanted = select(device_changes).where(device_changes.c.device_id == device_id)
    rows = connection.execute(wanted.order_by(device_changes.c.id.desc()))
    return [_read_change(row) for row in rows]


def taken_serials(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Which of these makers' serial numbers are in the register, with the device that has each."""
    taken: dict[str, str] = {}
    for start in range(0, len(keys), 500):
        wanted = select(devices.c.serial_key, devices.c.device_id)
        rows = connection.execute(wanted.where(devices.c.serial_key.in_(keys[start : start + 500])))
        taken.update((key, device_id) for key, device_id in rows)
    return taken


def _store(
    connection: Connection,
    device: Device,
    facts: DeviceFacts,
    where: tuple[str, DeviceState],
    what: tuple[str, Deed],
) -> list[str]:
    """The names of the fields that are different now; the history has a row if there are any."""
    room_id, state = where
    values = columns_of(device.device_id, room_id, facts) | {"state": state.value}
    if room_id != device.room_id or state in WITHOUT_PASSWORD:
        values["topic_name"] = None
    before = msgspec.structs.asdict(device)
    told = {
        name: (_told(before[name]), _told(values[name]))
        for name in (*FACTS, "room_id", "state", "topic_name")
        if name in values and _told(before[name]) != _told(values[name])
    }
    if not told:
        return []
    key = values["serial_key"]
    if key is not None and taken_serials(connection, [str(key)]).get(str(key), device.device_id) != device.device_id:
        raise SerialTakenError("A device of this maker with this serial number is in the register already.")
    connection.execute(update(devices).where(devices.c.device_id == device.device_id).values(values))
    if {"room_id", "kind", "state"} & told.keys() or device.complete != facts.complete:
        _count_again(connection, {device.room_id, room_id})
    room_plans.mark(connection, {device.room_id, room_id})
    action, deed = what
    connection.execute(device_changes.insert().values(_change(device.device_id, deed, action, told)))
    return sorted(told)


def _count_again(connection: Connection, room_ids: set[str]) -> None:
    place_register.hold_for_counting(connection, room_ids)
    full = func.sum(case((devices.c.complete, 1), else_=0))
    for room_id in sorted(room_ids):
        here = (devices.c.room_id == room_id) & (devices.c.state != DeviceState.RETIRED.value)
        counted = select(devices.c.kind, func.count(), full).where(here).group_by(devices.c.kind)
        held = {kind: (int(count), int(complete)) for kind, count, complete in connection.execute(counted)}
        place_register.note_held(connection, room_id, held)


def _write_down(connection: Connection, device_id: str, action: str, deed: Deed, told: list[str]) -> bool:
    if told:
        audit_log.write(
            connection,
            at=deed.at,
            actor=deed.actor,
            action=f"device {action}",
            subject=device_id,
            fields=told,
            reason=deed.reason,
        )
    return bool(told)


def _change(device_id: str, deed: Deed, action: str, told: dict[str, tuple[str, str]]) -> dict[str, Any]:
    words = msgspec.json.encode(told).decode()
    row = {"device_id": device_id, "at": deed.at, "actor": deed.actor, "action": action}
    return row | {"reason": deed.reason, "changes": words}


def _read_change(row: AnyRow) -> DeviceChange:
    named = {str(name): value for name, value in row._asdict().items()}
    return msgspec.convert(named | {"changes": msgspec.json.decode(named["changes"])}, DeviceChange)


def _told(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else "" if value is None else str(value)


def _device(connection: Connection, device_id: str, scope: Scope) -> Device:
    device = find_device(connection, device_id, scope)
    if device is None:
        raise UnknownDeviceError("There is no such device.")
    return device


def _in_scope(connection: Connection, room_id: str, scope: Scope) -> None:
    if find_room(connection, room_id, scope) is None:
        raise UnknownRoomError("There is no such room.")


def _refuse_deed(deed: Deed) -> None:
    if not 1 <= len(deed.reason.strip()) <= LONGEST_REASON:
        raise DeviceError(f"Say why, in at most {LONGEST_REASON} letters.")
