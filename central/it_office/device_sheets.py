"""Labels with a QR for devices that speak on their room's broker: what a device must know, told once, to be printed.

Not here: making the passwords (the authority), and the page (`http.device_sheet_pages`).
"""

import io
from collections.abc import Mapping

import msgspec
import segno

from central.registers.device_tables import Device
from central.registers.room_plans import DeviceLink
from models.fleet import DeviceCredential, DeviceCredentials
from models.room_plan import MqttDialect, MqttLink


class BrokerLetter(msgspec.Struct, frozen=True, kw_only=True):
    """What the QR holds, as JSON. `authorities` is SHA-256 (hex) of the PEM file that the broker's certificate needs.

    `topic` is where the device may write (everything below it); orders to it come on `topic`/cmd.
    """

    broker: str
    port: int
    user: str
    password: str
    topic: str
    authorities: str


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One label: the device, and its QR as an SVG element."""

    device: Device
    qr: str
    letter: BrokerLetter


def make_labels(
    devices: list[Device], made: DeviceCredentials, authorities: str, links: Mapping[str, DeviceLink]
) -> list[Label]:
    """A label for each device of which the authority made a password, in the order of the devices.

    `links`: how devices are reached, by device; one that announces itself is told the guests' broker.
    """
    passwords = {credential.name: credential for credential in made.credentials}
    return [
        _label(device, passwords[device.device_id], made, _port(made, links.get(device.device_id)), authorities)
        for device in devices
        if device.device_id in passwords
    ]


def wants_password(held: DeviceLink | None) -> bool:
    """Whether it speaks on a broker itself, or nobody said yet how it is reached."""
    return held is None or held.link is None or isinstance(held.link, MqttLink)


def _label(device: Device, credential: DeviceCredential, made: DeviceCredentials, port: int, authorities: str) -> Label:
    letter = BrokerLetter(
        broker=made.broker_host,
        port=port,
        user=credential.name,
        password=credential.password,
        topic=f"dev/{credential.name}",
        authorities=authorities,
    )
    return Label(device=device, qr=qr_svg(msgspec.json.encode(letter).decode()), letter=letter)


def _port(made: DeviceCredentials, held: DeviceLink | None) -> int:
    match held:
        case DeviceLink(link=MqttLink(dialect=MqttDialect.HOME_ASSISTANT)):
            return made.guest_port
        case _:
            return made.broker_port


def qr_svg(content: str) -> str:
    """An inline SVG element with attributes only, as the pages' content policy demands; 10 to 20 cm away it scans."""
    picture = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        picture, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, nl=False
    )
    return picture.getvalue().decode()
