"""The equipment of the rehearsal's room: devices in software that speak the real protocols, entered at central.

Each is a program of its own (`soft_room`), reached as a real one would be; nothing about them is written into the box
by hand. Not here: starting programs (`school`), the devices themselves.
"""

from typing import Final

import msgspec

from provisioning.rehearsal.room_speakers import SPEAKERS, device_entry
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts
from provisioning.rehearsal.school_preparation import central_command

_SHOWN_TO_PROJECTOR: Final = "dien-tap"
"""Its password. Only this machine reaches the projector in software."""


class SoftDevice(msgspec.Struct, frozen=True, kw_only=True):
    """One device: the words of `soft-device` that start it, and its `[[device]]` for `central connect-devices`."""

    name: str
    serial: str
    words: tuple[str, ...]
    entry: str


def soft_devices(ports: SchoolPorts) -> tuple[SoftDevice, ...]:
    """A board, a projector, three kinds of sensors, and headsets in their charging cart."""
    return (
        SoftDevice(
            name="board",
            serial="DT-BANG-01",
            words=("mdc", "--port", str(ports.board), "--hours", "5120", "--celsius", "38"),
            entry=device_entry(
                ("interactive board", "Samsung", "Flip Pro WM85B", "DT-BANG-01", "bảng chính"),
                f'{{type = "lan", host = "127.0.0.1", port = {ports.board}, driver = "mdc"}}',
                ("power on", "power off", "select source", "set volume", "mute", "unmute"),
            ),
        ),
        SoftDevice(
            name="projector",
            serial="DT-MAYCHIEU-01",
            words=("pjlink", "--port", str(ports.projector), "--password", _SHOWN_TO_PROJECTOR, "--lamp", "2985"),
            entry=device_entry(
                ("projector", "Epson", "EB-L260F", "DT-MAYCHIEU-01", "trần"),
                f'{{type = "lan", host = "127.0.0.1", port = {ports.projector}, driver = "pjlink", '
                f'password = "{_SHOWN_TO_PROJECTOR}"}}',
                ("power on", "power off", "select source", "blank", "unblank"),
            ),
        ),
        SoftDevice(
            name="sensor-board",
            serial="DT-CAMBIEN-01",
            words=("link-v1", "--port", str(ports.sensor_board)),
            entry=device_entry(
                ("sensor board", "Trường", "link v1", "DT-CAMBIEN-01", "bàn thí nghiệm"),
                f'{{type = "serial", port = "socket://127.0.0.1:{ports.sensor_board}", driver = "link-v1"}}',
                ("set period",),
            ),
        ),
        SoftDevice(
            name="growing-kit",
            serial="DT-VUONRAU-01",
            words=("modbus", "--port", str(ports.growing_kit)),
            entry=device_entry(
                ("growing kit", "Trường", "XY-MD02", "DT-VUONRAU-01", "cửa sổ"),
                f'{{type = "serial", port = "socket://127.0.0.1:{ports.growing_kit}", driver = "modbus", '
                'map = "xy-md02"}',
                (),
            ),
        ),
        SoftDevice(
            name="student-board",
            serial="DT-HOCSINH-01",
            words=("text-lines", "--port", str(ports.student_board), "--mark", "crc"),
            entry=device_entry(
                ("sensor board", "Arduino", "Uno R3", "DT-HOCSINH-01", "bàn 4"),
                f'{{type = "serial", port = "socket://127.0.0.1:{ports.student_board}", driver = "text-lines"}}',
                (),
            ),
        ),
        *(_headset(serial, port) for serial, port in ports.headsets.items()),
    )


def enter_devices(files: SchoolFiles, ports: SchoolPorts, room_id: str) -> dict[str, str]:
    """Enters them into central's register, with how the box reaches each; gives names by serial number.

    Central's database must be there. Entering them again changes nothing. Raises ClassroomError.
    """
    listed = "".join(device.entry for device in soft_devices(ports)) + "".join(group.entries for group in SPEAKERS)
    files.devices.write_text(f'room = "{room_id}"\n{listed}', encoding="utf-8")
    printed = central_command(files, "connect-devices", str(files.devices))
    return dict(line.split("\t") for line in printed.splitlines() if "\t" in line)


def _headset(serial: str, port: int) -> SoftDevice:
    return SoftDevice(
        name=f"headset-{serial[-1]}",
        serial=serial,
        words=("headset", "--serial", serial, "--port", str(port), "--wearer-agrees"),
        entry=device_entry(
            ("VR headset", "Meta", "Quest 3", serial, f"tủ kính {serial[-1]}"),
            f'{{type = "cart", serial = "{serial}"}}',
            (),
        ),
    )
