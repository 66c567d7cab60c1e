"""When a device counts as used: the table, case by case."""

from datetime import timedelta

import pytest

from edge.equipment_watch.use import SeenDevice, is_used
from models.equipment import EquipmentKind
from models.measurements import Value

LATELY, LONG_AGO = timedelta(seconds=30), timedelta(minutes=5)


@pytest.mark.parametrize(
    ("kind", "values", "faults", "expected"),
    [
        (EquipmentKind.INTERACTIVE_BOARD, {"power": "on"}, (), True),
        (EquipmentKind.INTERACTIVE_BOARD, {"power": "on"}, ("signal",), False),
        (EquipmentKind.INTERACTIVE_BOARD, {"power": "on", "screen": "off"}, (), False),
        (EquipmentKind.INTERACTIVE_BOARD, {"power": "standby"}, (), False),
        (EquipmentKind.INTERACTIVE_BOARD, {}, (), False),
        (EquipmentKind.PROJECTOR, {"power": "on"}, ("lamp",), True),
        (EquipmentKind.PROJECTOR, {"power": "cooling"}, (), False),
        (EquipmentKind.TABLET, {"screen": True, "charging": True}, (), True),
        (EquipmentKind.TABLET, {"screen": False, "charging": False}, (), False),
        (EquipmentKind.TABLET, {"charging": False}, (), True),
        (EquipmentKind.TABLET, {"charging": False, "present": True}, (), False),
        (EquipmentKind.TABLET, {"charging": True}, (), False),
        (EquipmentKind.VR_HEADSET, {"worn": True}, (), True),
        (EquipmentKind.VR_HEADSET, {"worn": False, "screen": "on"}, (), False),
        (EquipmentKind.VR_HEADSET, {"screen": "awake"}, (), True),
        (EquipmentKind.VR_HEADSET, {"screen": True, "present": True}, (), False),
        (EquipmentKind.LAPTOP, {}, (), True),
        (EquipmentKind.LAPTOP, {"power": "off"}, (), False),
        (EquipmentKind.PRINTER_3D, {"power": True}, (), True),
        (EquipmentKind.CAMERA, {}, (), False),
    ],
)
def test_use_by_kind(kind: EquipmentKind, values: dict[str, Value], faults: tuple[str, ...], expected: object) -> None:
    assert is_used(kind, SeenDevice(values=values, faults=faults)) is expected


@pytest.mark.parametrize(("since", "expected"), [(LATELY, True), (LONG_AGO, False), (None, False)])
def test_a_sensor_is_used_while_it_sends(since: timedelta | None, expected: object) -> None:
    assert is_used(EquipmentKind.SENSOR_BOARD, SeenDevice(values={}, since_reading=since)) is expected
