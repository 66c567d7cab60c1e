"""A plan's devices become lines: those that share a port share a driver."""

from firmware_bridge.line import lines_of
from models.equipment import EquipmentKind
from models.room_plan import CartLink, LanLink, Link, MqttLink, PlannedDevice, SerialLink
from tests.fakes.chattering_driver import CHATTERING

CATALOGUE = {"chat": CHATTERING, "other": CHATTERING}


def device(device_id: str, link: Link | None) -> PlannedDevice:
    return PlannedDevice(device_id=device_id, kind=EquipmentKind.SENSOR_BOARD, link=link)


def test_sensors_of_a_bus_share_a_line() -> None:
    bus = [device(f"dev-{unit}", SerialLink(port="/dev/x", driver="chat", unit=unit)) for unit in (1, 2)]
    (line,) = lines_of(bus, CATALOGUE).lines
    assert (line.port, line.is_serial, [one.device_id for one in line.devices]) == ("/dev/x", True, ["dev-1", "dev-2"])


def test_displays_and_serial_servers_have_an_address() -> None:
    lan = device("dev-1", LanLink(host="192.0.2.7", driver="chat"))
    server = device("dev-2", SerialLink(port="socket://192.0.2.8:2001", driver="chat"))
    six = device("dev-3", LanLink(host="[2001:db8::1]", driver="chat", port=9))
    found = lines_of([lan, server, six], CATALOGUE)
    assert [line.address for line in found.lines] == [("192.0.2.7", 4000), ("192.0.2.8", 2001), ("2001:db8::1", 9)]
    assert not any(line.is_serial for line in found.lines)


def test_what_needs_no_line_has_none() -> None:
    others = [device("a", MqttLink()), device("b", None), device("c", CartLink(serial="x"))]
    found = lines_of(others, CATALOGUE)
    assert not found.lines
    assert not found.troubles


def test_a_wrong_plan_is_a_sentence_for_the_device_and_no_other() -> None:
    found = lines_of(
        [
            device("good", SerialLink(port="/dev/x", driver="chat")),
            device("two drivers", SerialLink(port="/dev/x", driver="other")),
            device("unknown", SerialLink(port="/dev/y", driver="nobody knows")),
            device("no port", SerialLink(port="socket://here", driver="chat")),
        ],
        CATALOGUE,
    )
    assert [line.port for line in found.lines] == ["/dev/x"]
    assert sorted(found.troubles) == ["no port", "two drivers", "unknown"]
