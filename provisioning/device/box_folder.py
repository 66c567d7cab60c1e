"""Where everything of a box lies, and how it is written: whole, on the card, or not at all.

A file is written beside its place, synced and renamed; an identity is a folder of its own that becomes valid when the
link `identity/current` is switched. Not here: what stands in the files.
"""

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from models.errors import SettingsError, StorageError
from models.identifiers import BoxId, RoomId

DEFAULT_BOX: Final = Path("/var/lib/classroom-box")
PRIVATE: Final = 0o600
READABLE: Final = 0o644


class BoxFolderError(StorageError):
    """The box's folder cannot be written. Look at the card and at who owns the folder."""


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


def write_whole(path: Path, content: bytes, mode: int = READABLE) -> None:
    """Writes a file so that a power cut leaves the old or the new one. Raises BoxFolderError."""
    half = path.with_name(path.name + ".half")
    try:
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            _give_to_owner_of(path.parent, file.fileno())
            os.fsync(file.fileno())
        half.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _cannot(path, error) from None


def make_folder(path: Path, mode: int = 0o755) -> None:
    """Makes a folder (and those above it) that belongs to the owner of the folder above. Raises BoxFolderError."""
    try:
        if not path.is_dir():
            if not path.parent.is_dir():
                make_folder(path.parent)
            path.mkdir(mode)
            _give_folder_to_owner_of(path.parent, path)
            sync_folder(path.parent)
    except OSError as error:
        raise _cannot(path, error) from None


def place_folder(half: Path, whole: Path) -> None:
    """Gives a folder that was written and synced its name. One that stands there already is replaced.

    Raises BoxFolderError.
    """
    try:
        sync_folder(half)
        if whole.exists():
            remove_folder(whole)
        half.rename(whole)
        sync_folder(whole.parent)
    except OSError as error:
        raise _cannot(whole, error) from None


def switch_link(link: Path, target_name: str) -> None:
    """Points a link at a neighbour, at once: whoever reads sees the old or the new. Raises BoxFolderError."""
    half = link.with_name(link.name + ".half")
    try:
        half.unlink(missing_ok=True)
        half.symlink_to(target_name)
        half.rename(link)
        sync_folder(link.parent)
    except OSError as error:
        raise _cannot(link, error) from None


def remove_folder(path: Path) -> None:
    """Takes a folder away: its name first, so that nobody finds half of it. Raises BoxFolderError."""
    leaving = path.with_name(path.name + ".leaving")
    try:
        if leaving.exists():
            shutil.rmtree(leaving)
        if path.exists():
            path.rename(leaving)
            shutil.rmtree(leaving)
            sync_folder(path.parent)
    except OSError as error:
        raise _cannot(path, error) from None


def sync_folder(path: Path) -> None:
    """The names in this folder are on the card. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _give_folder_to_owner_of(folder: Path, made: Path) -> None:
    """A link that was put in its place meanwhile is not followed. Raises OSError."""
    descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _give_to_owner_of(folder, descriptor)
    finally:
        os.close(descriptor)


def _give_to_owner_of(folder: Path, made: int) -> None:
    """A bench writes cards as root, but the box is not root: what root makes belongs to the folder's owner."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid)


def _cannot(path: Path, error: OSError) -> BoxFolderError:
    return BoxFolderError(f"{path} cannot be written ({error.strerror}). Look at the card and at who owns the folder.")
