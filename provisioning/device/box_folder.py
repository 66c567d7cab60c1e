"""Where everything of a box lies.

An identity is a folder of its own that becomes valid when the link `identity/current` is switched. Not here: what
stands in the files, and how they are written (`models.durable_files`).
"""

from pathlib import Path
from typing import Final

import msgspec

from models.durable_files import write_whole
from models.errors import SettingsError
from models.identifiers import BoxId, RoomId
from models.room_plan import FILE_NAME

DEFAULT_BOX: Final = Path("/var/lib/classroom-box")
PRIVATE: Final = 0o600


class NotEnrolledError(SettingsError):
    """This box has no identity yet. Run `python -m provisioning enroll` first."""


class RoomRecord(msgspec.Struct, frozen=True, kw_only=True):
    """`room.json`: where the box stands and where its authority is.

    `room_devices_version` is what the room's broker admits, None before the authority was asked.
    """

    box_id: BoxId
    room_id: RoomId
    room_name: str
    school_id: str
    authority_address: str
    broker_host: str
    broker_port: int
    chain_key: bytes
    room_devices_version: int | None = None


class BoxFolder(msgspec.Struct, frozen=True, kw_only=True):
    """Names of the files below `path`."""

    path: Path

    @property
    def identities(self) -> Path:
        """One folder for each certificate, and the link to the one in use."""
        return self.path / "identity"

    @property
    def current(self) -> Path:
        """The identity in use (a link)."""
        return self.identities / "current"

    @property
    def unfinished(self) -> Path:
        """What an enrolment has made so far; gone when it is done."""
        return self.path / "enrollment"

    @property
    def chain_key(self) -> Path:
        """The Ed25519 key of the box's events."""
        return self.path / "chain.key"

    @property
    def central_key(self) -> Path:
        """Central's public key of receipts and rosters."""
        return self.path / "central.public.pem"

    @property
    def trust_key(self) -> Path:
        """The authority's public key of trust lists."""
        return self.path / "trust.public.pem"

    @property
    def trust_list(self) -> Path:
        """The newest trust list that was taken."""
        return self.path / "trust-list.json"

    @property
    def settings(self) -> Path:
        """What `python -m edge run` reads."""
        return self.path / "settings.toml"

    @property
    def room(self) -> Path:
        """The `RoomRecord`."""
        return self.path / "room.json"

    @property
    def state(self) -> Path:
        """The room agent's own stores."""
        return self.path / "state"

    @property
    def room_plan(self) -> Path:
        """What the room holds, as central signed it; written by the room agent."""
        return self.path / FILE_NAME

    @property
    def news(self) -> Path:
        """Touched by the room agent when central says that there is news."""
        return self.path / "news"

    @property
    def room_broker(self) -> Path:
        """The room's Mosquitto: configuration, passwords."""
        return self.path / "room-broker"

    @property
    def weights(self) -> Path:
        """The face weights in use (a link on the shelf of releases)."""
        return self.path / "weights" / "current"

    @property
    def is_enrolled(self) -> bool:
        """Whether an identity is in use."""
        return (self.current / "certificate.pem").is_file()

    def read_room(self) -> RoomRecord:
        """Where the box stands. Raises NotEnrolledError."""
        try:
            return msgspec.json.decode(self.room.read_bytes(), type=RoomRecord)
        except (OSError, msgspec.DecodeError):
            raise NotEnrolledError(
                f"{self.path} holds no enrolled box. Run: python -m provisioning enroll --code CODE --authority "
                "HOST:PORT"
            ) from None

    def write_room(self, room: RoomRecord) -> None:
        """Keeps where the box stands."""
        write_whole(self.room, msgspec.json.encode(room))

    def identity_name(self) -> str | None:
        """The name of the identity in use, None before enrolment."""
        try:
            return self.current.readlink().name
        except OSError:
            return None
