"""Where everything of a rehearsal school lies, and on which ports it listens.

Not here: making these files (`school_preparation`) and running the school (`school`).
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from models.identifiers import BoxId

BOX = BoxId("box-101")


class SchoolPorts(msgspec.Struct, frozen=True, kw_only=True):
    """TCP ports on the loopback address. `reader` is the virtual reader's own (vpcd)."""

    proctor: int = 8600
    panel: int = 8700
    central: int = 8500
    broker: int = 18883
    camera: int = 8701
    scanner: int = 8702
    reader: int = 35963


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolFiles:
    """The files of one rehearsal below `state`, and the `faces` that all rehearsals of this checkout share."""

    state: Path
    faces: Path = Path("var/faces")

    @property
    def transport(self) -> Path:
        """Certificates and keys of the connections."""
        return self.state / "transport"

    @property
    def cards(self) -> Path:
        """The issuers of the rehearsal's cards."""
        return self.state / "cards"

    @property
    def broker(self) -> Path:
        """The broker's generated configuration."""
        return self.state / "broker"

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
        """The box's durable store and settings."""
        return self.state / "box"

    @property
    def box_settings(self) -> Path:
        """What `python -m edge run` reads."""
        return self.box / "settings.toml"

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
