"""Where everything of a rehearsal school lies, and on which ports it listens.

Not here: making these files (`school_preparation`) and running the school (`school`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

SCHOOL_ID: Final = "truong-dien-tap"
SCHOOL_NAME: Final = "Trường diễn tập"


class SchoolPorts(msgspec.Struct, frozen=True, kw_only=True):
    """TCP ports on the loopback address. `reader` is the virtual reader's own (vpcd)."""

    proctor: int = 8600
    panel: int = 8700
    central: int = 8500
    broker: int = 18883
    camera: int = 8701
    scanner: int = 8702
    authority: int = 18443
    room_broker: int = 18884
    room_broker_own: int = 18885
    guests: int = 18886
    guests_own: int = 18887
    board: int = 18901
    projector: int = 18902
    sensor_board: int = 18903
    growing_kit: int = 18904
    student_board: int = 18905
    headset_1: int = 18906
    headset_2: int = 18907
    reader: int = 35963

    @property
    def headsets(self) -> dict[str, int]:
        """Where the headsets of the charging cart are, by serial number: on a real box they are found on USB."""
        return {"1WMHHV0000001": self.headset_1, "1WMHHV0000002": self.headset_2}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFiles:
    """The files of one rehearsal below `state`, and the `faces` that all rehearsals of this checkout share."""

    state: Path
    faces: Path = Path("var/faces")

    @property
    def authority(self) -> Path:
        """The provisioning authority: its settings, keys and register, and the certificates of its programs."""
        return self.state / "authority"

    @property
    def authority_settings(self) -> Path:
        """What `python -m provisioning authority serve` reads."""
        return self.authority / "authority.toml"

    @property
    def cards(self) -> Path:
        """The issuers of the rehearsal's cards."""
        return self.state / "cards"

    @property
    def broker(self) -> Path:
        """The broker's generated configuration."""
        return self.state / "broker"

    @property
    def keeper_settings(self) -> Path:
        """What `python -m provisioning broker keep` reads."""
        return self.broker / "keeper.toml"

    @property
    def central(self) -> Path:
        """Central's database and settings."""
        return self.state / "central"

    @property
    def central_settings(self) -> Path:
        """What `python -m central serve` reads."""
        return self.central / "settings.toml"

    @property
    def box(self) -> Path:
        """The box's folder, as enrolment writes it."""
        return self.state / "box"

    @property
    def box_settings(self) -> Path:
        """What `python -m edge run` reads: the settings of enrolment, with the rehearsal's devices and ports."""
        return self.box / "rehearsal.toml"

    @property
    def bridge_settings(self) -> Path:
        """What `python -m firmware_bridge run` reads."""
        return self.box / "bridge.toml"

    @property
    def device_passwords(self) -> Path:
        """The passwords of the room's devices in software, each in a file of its name (0600)."""
        return self.state / "device-passwords"

    @property
    def devices(self) -> Path:
        """The room's devices as `python -m central connect-devices` reads them."""
        return self.state / "devices.toml"

    @property
    def roster(self) -> Path:
        """The roster file that is imported, as an exam office would send it."""
        return self.state / "roster.csv"

    @property
    def session(self) -> Path:
        """Which sitting was imported, when, and the proctors' code (0600)."""
        return self.state / "session.json"

    @property
    def ports(self) -> Path:
        """The ports of the latest start, for programs of the school that start later."""
        return self.state / "ports.json"

    @property
    def logs(self) -> Path:
        """What the programs wrote to their standard error."""
        return self.state / "logs"
