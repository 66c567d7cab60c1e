"""The devices of the rehearsal's room that speak MQTT themselves: tablets, a metering plug, a weather sensor.

Each has a password of the rehearsal's authority, as IT staff would type it in. Not here: devices on lines
(`room_devices`), starting programs (`school`).
"""

from pathlib import Path
from typing import Final, Literal

import msgspec

from models.durable_files import make_folder, write_whole
from models.fleet import DeviceCredentials, Errand, RoomDevicesRequest
from models.identifiers import parse_room_id
from provisioning.rehearsal.box_enrollment import central_line
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts


class Speakers(msgspec.Struct, frozen=True, kw_only=True):
    """Devices of one family, run by one program. `broker` is the port of `SchoolPorts` that they come to."""

    name: str
    family: str
    broker: Literal["room_broker", "guests"]
    dialect: str
    kind: str
    maker: str
    model: str
    serials: tuple[str, ...]
    commands: tuple[str, ...] = ()

    @property
    def entries(self) -> str:
        """Their `[[device]]` for `central connect-devices`."""
        link = f'{{type = "mqtt", dialect = "{self.dialect}"}}'
        return "".join(
            device_entry((self.kind, self.maker, self.model, serial, f"tủ sạc {place}"), link, self.commands)
            for place, serial in enumerate(self.serials, 1)
        )

    def words(self, files: SchoolFiles, ports: SchoolPorts, names: dict[str, str]) -> tuple[str, ...]:
        """What `soft-device` is told; `names` by serial number."""
        words = [self.family, "--port", str(getattr(ports, self.broker)), "--server-name", "localhost"]
        words += ["--authority", str(files.box / "identity" / "current" / "authorities.pem")]
        for serial in self.serials:
            words += ["--user", names[serial], "--password-file", str(_password(files, names[serial]))]
        return tuple(words)


SPEAKERS: Final = (
    Speakers(
        name="tablets",
        family="freekiosk",
        broker="room_broker",
        dialect="freekiosk",
        kind="tablet",
        maker="Lenovo",
        model="Tab M10",
        serials=tuple(f"DT-MTB-{number:02}" for number in range(1, 5)),
        commands=("screen on", "screen off"),
    ),
    Speakers(
        name="plug",
        family="tasmota-plug",
        broker="guests",
        dialect="home assistant",
        kind="sensor board",
        maker="Athom",
        model="PG05V2",
        serials=("DT-OCAM-01",),
        commands=("switch on", "switch off"),
    ),
    Speakers(
        name="weather",
        family="own-sensor",
        broker="room_broker",
        dialect="own",
        kind="sensor board",
        maker="Trường",
        model="trạm thời tiết",
        serials=("DT-THOITIET-01",),
    ),
)


def give_passwords(files: SchoolFiles, ports: SchoolPorts, room_id: str, names: dict[str, str]) -> None:
    """A password of the authority for each that has none yet. The authority must be running. Raises ClassroomError."""
    wanted = [names[serial] for group in SPEAKERS for serial in group.serials]
    missing = tuple(name for name in wanted if not _password(files, name).exists())
    if not missing:
        return
    request = RoomDevicesRequest(
        errand=Errand(actor="rehearsal", reason="devices in software"), room_id=parse_room_id(room_id), names=missing
    )
    with central_line(files, ports) as line:
        made = line.post("/v1/room-devices", request, DeviceCredentials)
    make_folder(files.device_passwords, 0o700)
    for one in made.credentials:
        write_whole(_password(files, one.name), one.password.encode("ascii"), 0o600)


def device_entry(facts: tuple[str, str, str, str, str], link: str, commands: tuple[str, ...]) -> str:
    """One `[[device]]` of the file that `central connect-devices` reads: kind, maker, model, serial, place."""
    kind, maker, model, serial, place = facts
    asked = ", ".join(f'"{one}"' for one in commands)
    return f"""
[[device]]
kind = "{kind}"
maker = "{maker}"
model = "{model}"
serial = "{serial}"
place = "{place}"
owner = "Trường diễn tập"
connection = {{link = {link}, commands = [{asked}]}}
"""


def _password(files: SchoolFiles, name: str) -> Path:
    return files.device_passwords / name
