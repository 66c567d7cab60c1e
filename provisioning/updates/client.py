"""What a box believes about releases: TUF's whole check of a source, remembered, so that nothing ever goes back.

The first root comes with the enrolment or the installation (`updates/root.json`), never from a source. Each kind of
source has a memory of its own, because sticks carry another stamp than the network; the newest list seen anywhere
bounds both. Not here: where bytes come from (`sources`), and what is done with a release (`follow`).
"""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
from tuf.api.exceptions import DownloadError, LengthOrHashMismatchError, RepositoryError
from tuf.api.metadata import Metadata, Root, TargetFile, Targets, Timestamp
from tuf.ngclient import Updater

from models.durable_files import make_folder, put_in_place, write_whole, writing
from models.roll_outs import Offer
from provisioning.updates.refusals import (
    NotOfferedError,
    NotYetError,
    RolledBackError,
    StickStampError,
    TamperedFileError,
    UpdateRefusedError,
    named,
)
from provisioning.updates.release_desk import CARRIED_MARK, offer_of
from provisioning.updates.sources import NETWORK, Source

ROOT_FILE: Final = "root.json"


class NoTrustedRootError(NotYetError):
    """The box was installed without the province's release root."""

    sentence = "This box has no release root. Put it there: python -m provisioning update trust-root FILE"


class NewestSeen(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """The newest list that this box ever believed; a new root begins a new count (recovery from a stolen key)."""

    root_version: int = 0
    targets_version: int = 0


class ReleaseClient:
    """One visit to one source. `folder` is `<box>/updates`; `now` (UTC) is never below the box's clock floor.

    Every method raises UpdateRefusedError by name, AuthorityUnreachableError, or StorageError when the card fails.
    """

    def __init__(self, folder: Path, source: Source, now: datetime) -> None:
        self._folder = folder
        self._memory = folder / source.series
        self._source = source
        self._now = now
        self._updater: Updater | None = None

    def look(self) -> None:
        """Believes the source's list, or says why not."""
        make_folder(self._memory)
        try:
            root = (self._folder / ROOT_FILE).read_bytes()
        except OSError:
            raise NoTrustedRootError from None
        try:
            with writing(self._memory):
                updater = Updater(
                    str(self._memory),
                    f"{self._source.address}metadata/",
                    target_base_url=f"{self._source.address}targets/",
                    fetcher=self._source,
                    bootstrap=root,
                )
                updater._trusted_set.reference_time = self._now  # noqa: SLF001 - TUF asks the wall clock, which may be set back
                updater.refresh()
        except (RepositoryError, DownloadError) as error:
            raise named(error) from None
        self._refuse_stick_stamp()
        with writing(self._folder):
            self._remember()
        self._updater = updater

    def offers(self) -> tuple[Offer, ...]:
        """Every release of the believed list, newest first; `look` comes before."""
        targets = Metadata[Targets].from_file(str(self._memory / "targets.json")).signed.targets.values()
        found = (offer_of(target) for target in targets)
        return tuple(sorted((offer for offer in found if offer), key=lambda offer: -offer.number))

    def find(self, target: str) -> Offer:
        """The release of this name in the believed list."""
        offer = offer_of(self._target(target))
        if offer is None:
            raise NotOfferedError
        return offer

    def fetch(self, target: str) -> Path:
        """The release's file, whole, checked and on the card; taken from an earlier visit when it is still right."""
        updater, wanted = self._looked(), self._target(target)
        file = self._folder / "downloads" / wanted.path
        draft = file.with_name(f"{file.name}.part")
        make_folder(file.parent)
        try:
            with writing(file):
                if updater.find_cached_target(wanted, str(file)):
                    return file
                updater.download_target(wanted, str(draft))
            put_in_place(draft, file)
        except LengthOrHashMismatchError:
            raise TamperedFileError from None
        except DownloadError as error:
            raise named(error) from None
        return file

    def _looked(self) -> Updater:
        if self._updater is None:
            self.look()
        if self._updater is None:
            raise NotOfferedError
        return self._updater

    def _target(self, name: str) -> TargetFile:
        wanted = None if "/" in name else self._looked().get_targetinfo(name)
        if wanted is None:
            raise NotOfferedError
        return wanted

    def _refuse_stick_stamp(self) -> None:
        stamp = Metadata[Timestamp].from_file(str(self._memory / "timestamp.json")).signed
        if self._source.series == NETWORK and CARRIED_MARK in stamp.unrecognized_fields:
            raise StickStampError

    def _remember(self) -> None:
        root = Metadata[Root].from_file(str(self._memory / "root.json")).signed.version
        targets = Metadata[Targets].from_file(str(self._memory / "targets.json")).signed.version
        seen, held = NewestSeen(root_version=root, targets_version=targets), newest_seen(self._folder)
        if seen < held:
            raise RolledBackError
        if seen > held:
            write_whole(self._folder / "newest-seen.json", msgspec.json.encode(seen))


def newest_seen(folder: Path) -> NewestSeen:
    """The newest list that the box with this `updates` folder ever believed."""
    try:
        return msgspec.json.decode((folder / "newest-seen.json").read_bytes(), type=NewestSeen)
    except (OSError, msgspec.DecodeError):
        return NewestSeen()


def trusts_root(folder: Path) -> bool:
    """Whether a root was laid down in this `updates` folder."""
    return (folder / ROOT_FILE).exists()


def trust_root(folder: Path, root: bytes) -> None:
    """Lays down the box's first root, once: at enrolment, or by hand. Raises UpdateRefusedError."""
    check_root(root)
    if (folder / ROOT_FILE).exists():
        if (folder / ROOT_FILE).read_bytes() == root:
            return
        raise UpdateRefusedError("This box trusts another release root already. Enrol it anew to change that.")
    make_folder(folder)
    write_whole(folder / ROOT_FILE, root)


def check_root(root: bytes) -> None:
    """Raises UpdateRefusedError unless these bytes are a root that its own keys have signed."""
    try:
        read = Metadata[Root].from_bytes(root)
        read.signed.verify_delegate(Root.type, read.signed_bytes, read.signatures)
    except RepositoryError as error:
        raise named(error) from None
