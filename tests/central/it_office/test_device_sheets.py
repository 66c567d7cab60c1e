"""What a device's label tells it: its own password, and the port of the broker that takes its way of speaking."""

from datetime import UTC, datetime

import pytest

from central.it_office.device_sheets import make_labels, wants_password
from central.registers.device_tables import Device
from central.registers.room_plans import DeviceLink
from models.equipment import DeviceState, EquipmentKind
from models.fleet import DeviceCredential, DeviceCredentials
from models.identifiers import RoomId
from models.room_plan import LanLink, Link, MqttDialect, MqttLink, SerialLink

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
LAN = LanLink(driver="pjlink", host="projector.local")
SERIAL = SerialLink(driver="link-v1", port="/dev/serial/by-id/board")


def _device(name: str) -> Device:
    return Device(
        device_id=name, room_id=RoomId("R1"), kind=EquipmentKind.SENSOR_BOARD, state=DeviceState.IN_USE,
        topic_name=None, last_word_at=None, recorded_at=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("link", "port"),
    [
        (None, 8883),
        (MqttLink(), 8883),
        (MqttLink(dialect=MqttDialect.FREEKIOSK), 8883),
        (MqttLink(dialect=MqttDialect.HOME_ASSISTANT), 9885),
    ],
)
def test_a_device_that_announces_itself_is_sent_to_the_guests_broker(link: Link | None, port: int) -> None:
    made = DeviceCredentials(
        credentials=(DeviceCredential(name="dev-1", password="p"),), broker_host="room.local", broker_port=8883,
        guest_port=9885,
    )  # fmt: skip
    labels = make_labels([_device("dev-1"), _device("dev-2")], made, "f", {"dev-1": DeviceLink(link=link)})
    assert [(label.letter.user, label.letter.port) for label in labels] == [("dev-1", port)]


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (None, True),
        (DeviceLink(), True),
        (DeviceLink(link=MqttLink()), True),
        (DeviceLink(link=LAN), False),
        (DeviceLink(link=SERIAL), False),
    ],
)
def test_only_what_speaks_on_a_broker_itself_wants_a_password(held: DeviceLink | None, *, wanted: bool) -> None:
    assert wants_password(held) is wanted
