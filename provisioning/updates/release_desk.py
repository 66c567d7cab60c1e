"""Where releases are made: a folder with a draft and the repository (TUF) that is served and copied to sticks as it is.

`add` puts a file into the draft, key holders `sign` it in turn, `publish` makes it the repository's newest list and
stamps it; publishing without a draft only renews the stamps (daily). Not here: keys (`release_keys`), what an archive
holds (`archive`), the box's side (`client`).
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from securesystemslib.signer import CryptoSigner, Key
from tuf.api.exceptions import RepositoryError, UnsignedMetadataError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from models.durable_files import copy_whole, sync_folder, write_whole
from models.errors import ClassroomError
from models.roll_outs import Offer, ReleaseKind
from provisioning.updates.release_keys import ROLES, THRESHOLDS, KeyHolder

ROOT_DAYS: Final = timedelta(days=365)
TARGETS_DAYS: Final = timedelta(days=90)
SNAPSHOT_DAYS: Final = timedelta(days=60)
SNAPSHOT_RENEWED_BELOW: Final = timedelta(days=45)
STAMP_DAYS: Final = timedelta(days=1)
STICK_DAYS: Final = timedelta(days=35)

CARRIED: Final = "carried-timestamp.json"
"""The stamp that only sticks use: good for 35 days, and marked, so that the network cannot use it."""
CARRIED_MARK: Final = "x-carried"

_HOLDER: Final = "x-holder"
_TARGET_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{2,119}\.tar")
_HASHES: Final = ["sha256"]

S = TypeVar("S", Root, Snapshot, Targets, Timestamp)


class ReleaseNotReadyError(ClassroomError):
    """The draft cannot be published, or there is none to sign; the sentence says what is missing."""


class SignedDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a key signed (`root` or `targets`), and how many signatures are still missing."""

    part: str
    missing: int


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What boxes see now. A stick copied now is good until `stick_good_until`."""

    targets_version: int
    targets_good_until: datetime
    root_good_until: datetime
    stick_good_until: datetime


class ReleaseDesk:
    """The folder `directory`: `draft/`, and `repository/` with `metadata/` and `targets/`."""

    def __init__(self, directory: Path) -> None:
        self.repository = directory / "repository"
        self._metadata = self.repository / "metadata"
        self._targets = self.repository / "targets"
        self._draft = directory / "draft"

    def found(self, signers: Mapping[KeyHolder, CryptoSigner], now: datetime) -> Path:
        """Writes the first root, signed by all root keys, and an empty draft; gives the root's path for the boxes."""
        for folder in (self._metadata, self._targets, self._draft):
            folder.mkdir(parents=True, exist_ok=True)
        root = Root(expires=_whole(now + ROOT_DAYS))
        for role, threshold in THRESHOLDS.items():
            root.roles[role].threshold = threshold
        for holder, roles in ROLES.items():
            for role in roles:
                _enter(root, role, holder, signers[holder].public_key)
        first = Metadata(root)
        for holder, roles in ROLES.items():
            if Root.type in roles:
                first.sign(signers[holder], append=True)
        file = self._metadata / "1.root.json"
        write_whole(file, first.to_bytes())
        self._put_draft(Metadata(Targets(version=1, expires=_whole(now + TARGETS_DAYS))))
        return file

    def add(self, file: Path, kind: ReleaseKind, now: datetime) -> Offer:
        """Puts a file into the draft with the next release number; earlier signatures of the draft fall away.

        Raises ReleaseNotReadyError when the name is taken or is none that boxes accept.
        """
        if not _TARGET_NAME.fullmatch(file.name):
            raise ReleaseNotReadyError("A release is called NAME.tar, with letters, digits, '.', '_', '+', '-' only.")
        targets = self._targets_to_change(now)
        if file.name in targets.targets:
            raise ReleaseNotReadyError(f"{file.name} is released already. A changed file needs a new name.")
        offer = Offer(
            target=file.name,
            kind=kind,
            number=1 + max((_offer(one).number for one in targets.targets.values()), default=0),
            bytes=file.stat().st_size,
        )
        target = TargetFile.from_file(file.name, str(file), _HASHES)
        target.unrecognized_fields["custom"] = {"kind": kind.value, "number": offer.number}
        targets.targets[file.name] = target
        copy_whole(file, self._targets / target.get_prefixed_paths()[0])
        self._put_draft(Metadata(targets))
        return offer

    def draft_again(self, now: datetime) -> None:
        """A draft with the same files and a new date, for the monthly signing."""
        self._put_draft(Metadata(self._targets_to_change(now)))

    def draft_root(self, now: datetime, replaced: Mapping[KeyHolder, Key]) -> None:
        """A draft of the next root, good for a year, with new keys for the holders in `replaced`."""
        root = self.root().signed
        root.version += 1
        root.expires = _whole(now + ROOT_DAYS)
        for holder, key in replaced.items():
            old = [one.keyid for one in root.keys.values() if one.unrecognized_fields.get(_HOLDER) == holder]
            for role in ROLES[holder]:
                for key_id in old:
                    root.revoke_key(key_id, role)
                _enter(root, role, holder, key)
        self._put_draft(Metadata(root))

    def sign(self, signer: CryptoSigner) -> tuple[SignedDraft, ...]:
        """Adds this key's signature to every draft that it belongs to. Raises ReleaseNotReadyError when there is none.

        A new root may be signed by keys of the present and of the new one.
        """
        done = []
        for part in (Root.type, Targets.type):
            if not (self._draft / f"{part}.json").exists():
                continue
            draft: Metadata[Root] | Metadata[Targets] = Metadata.from_file(str(self._draft / f"{part}.json"))
            judges = self._judges(draft)
            if not any(signer.public_key.keyid in judge.roles[part].keyids for judge in judges):
                continue
            draft.sign(signer, append=True)
            self._put_draft(draft)
            verdicts = [judge.get_verification_result(part, draft.signed_bytes, draft.signatures) for judge in judges]
            done.append(SignedDraft(part=part, missing=max(verdict.missing for verdict in verdicts)))
        if not done:
            raise ReleaseNotReadyError("There is no draft that this key signs.")
        return tuple(done)

    def publish(self, online: CryptoSigner, now: datetime) -> Published:
        """Makes signed drafts the newest metadata, and stamps. Raises ReleaseNotReadyError, then nothing is changed."""
        root = self._new_or_held_root()
        targets = self._new_or_held_targets(root.signed)
        if online.public_key.keyid not in root.signed.roles[Timestamp.type].keyids:
            raise ReleaseNotReadyError("This is not the online key that the root names.")
        self._put(root, f"{root.signed.version}.{Root.type}.json")
        self._put(targets, f"{targets.signed.version}.{Targets.type}.json")
        snapshot = self._snapshot_of(root.signed, targets, online, now)
        stick_good_until = min(now + STICK_DAYS, snapshot.signed.expires, targets.signed.expires, root.signed.expires)
        last = self._last_stamp_version()
        described = MetaFile.from_data(snapshot.signed.version, snapshot.to_bytes(), _HASHES)
        carried = Timestamp(
            version=last + 1,
            expires=_whole(stick_good_until),
            snapshot_meta=described,
            unrecognized_fields={CARRIED_MARK: True},
        )
        served = Timestamp(version=last + 2, expires=_whole(now + STAMP_DAYS), snapshot_meta=described)
        for name, stamp in ((CARRIED, Metadata(carried)), ("timestamp.json", Metadata(served))):
            stamp.sign(online)
            self._put(stamp, name)
        for part in (Root.type, Targets.type):
            (self._draft / f"{part}.json").unlink(missing_ok=True)
        sync_folder(self._draft)
        return Published(
            targets_version=targets.signed.version,
            targets_good_until=targets.signed.expires,
            root_good_until=root.signed.expires,
            stick_good_until=carried.expires,
        )

    def root(self) -> Metadata[Root]:
        """The newest published root. Raises ReleaseNotReadyError when the folder holds no repository."""
        newest = _newest(self._metadata, Root)
        if newest is None:
            raise ReleaseNotReadyError(f"{self.repository} holds no root. Make keys first, or name the right folder.")
        return newest

    def _targets_to_change(self, now: datetime) -> Targets:
        published = _newest(self._metadata, Targets)
        file = self._draft / f"{Targets.type}.json"
        if file.exists():
            targets: Targets = Metadata[Targets].from_file(str(file)).signed
        elif published is not None:
            targets = published.signed
        else:
            raise ReleaseNotReadyError(f"{self.repository} holds no release list. Make keys first.")
        targets.version = 1 if published is None else _newest_version(self._metadata, Targets) + 1
        targets.expires = _whole(now + TARGETS_DAYS)
        return targets

    def _judges(self, draft: Metadata[Root] | Metadata[Targets]) -> tuple[Root, ...]:
        """Whose keys must sign: the present root's, for a new root also its own."""
        held = self.root().signed
        if isinstance(draft.signed, Root):
            return (held, draft.signed)
        return (self._new_or_held_root_unchecked().signed,)

    def _new_or_held_root_unchecked(self) -> Metadata[Root]:
        file = self._draft / f"{Root.type}.json"
        return Metadata[Root].from_file(str(file)) if file.exists() else self.root()

    def _new_or_held_root(self) -> Metadata[Root]:
        root = self._new_or_held_root_unchecked()
        for judge in (self.root().signed, root.signed):
            _refuse_unsigned(judge, root)
        return root

    def _new_or_held_targets(self, root: Root) -> Metadata[Targets]:
        file = self._draft / f"{Targets.type}.json"
        targets = Metadata[Targets].from_file(str(file)) if file.exists() else _newest(self._metadata, Targets)
        if targets is None:
            raise ReleaseNotReadyError("There is nothing to publish. Add a release first.")
        _refuse_unsigned(root, targets)
        return targets

    def _snapshot_of(
        self, root: Root, targets: Metadata[Targets], online: CryptoSigner, now: datetime
    ) -> Metadata[Snapshot]:
        """The held snapshot while it describes these targets, is signed by today's key and is far from its end."""
        held = _newest(self._metadata, Snapshot)
        version = targets.signed.version
        if held is not None:
            same = held.signed.meta[f"{Targets.type}.json"].version == version
            true = root.get_verification_result(Snapshot.type, held.signed_bytes, held.signatures).verified
            if same and true and held.signed.expires - now >= SNAPSHOT_RENEWED_BELOW:
                return held
        fresh = Metadata(
            Snapshot(
                version=_newest_version(self._metadata, Snapshot) + 1,
                expires=_whole(now + SNAPSHOT_DAYS),
                meta={f"{Targets.type}.json": MetaFile.from_data(version, targets.to_bytes(), _HASHES)},
            )
        )
        fresh.sign(online)
        self._put(fresh, f"{fresh.signed.version}.{Snapshot.type}.json")
        return fresh

    def _last_stamp_version(self) -> int:
        file = self._metadata / "timestamp.json"
        return Metadata[Timestamp].from_file(str(file)).signed.version if file.exists() else 0

    def _put(self, part: Metadata[S], name: str) -> None:
        write_whole(self._metadata / name, part.to_bytes())

    def _put_draft(self, draft: Metadata[Root] | Metadata[Targets]) -> None:
        write_whole(self._draft / f"{draft.signed.type}.json", draft.to_bytes())


def _enter(root: Root, role: str, holder: KeyHolder, key: Key) -> None:
    key.unrecognized_fields[_HOLDER] = holder.value
    root.add_key(key, role)


def offers_in(repository: Path) -> tuple[Offer, ...]:
    """What the newest list of a repository names, newest release first; nothing where there is no repository.

    For showing to people only: signatures are the boxes' to check.
    """
    try:
        newest = _newest(repository / "metadata", Targets)
    except (OSError, RepositoryError):
        return ()
    found = () if newest is None else tuple(_offer(target) for target in newest.signed.targets.values())
    return tuple(sorted(found, key=lambda offer: -offer.number))


def newest_root(repository: Path) -> bytes:
    """The newest published root, as new boxes are given it; empty where there is none that holds together."""
    try:
        root = _newest(repository / "metadata", Root)
        if root is None:
            return b""
        root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
        return (repository / "metadata" / f"{root.signed.version}.root.json").read_bytes()
    except (OSError, RepositoryError):
        return b""


def offer_of(target: TargetFile) -> Offer | None:
    """The release behind a signed target; None when it is none of ours."""
    try:
        return _offer(target)
    except (KeyError, TypeError, ValueError):
        return None


def _offer(target: TargetFile) -> Offer:
    custom = target.unrecognized_fields["custom"]
    return Offer(
        target=target.path, kind=ReleaseKind(custom["kind"]), number=int(custom["number"]), bytes=target.length
    )


def _refuse_unsigned(judge: Root, part: Metadata[Root] | Metadata[Targets]) -> None:
    try:
        judge.verify_delegate(part.signed.type, part.signed_bytes, part.signatures)
    except UnsignedMetadataError:
        raise ReleaseNotReadyError(
            f"The draft of {part.signed.type} lacks signatures. Each key holder runs: update sign"
        ) from None


def _newest_version(metadata: Path, kind: type[S]) -> int:
    ending = f".{kind.type}.json"
    versions = [file.name.removesuffix(ending) for file in metadata.glob(f"*{ending}")]
    return max((int(version) for version in versions if version.isdecimal()), default=0)


def _newest(metadata: Path, kind: type[S]) -> Metadata[S] | None:
    version = _newest_version(metadata, kind)
    return Metadata.from_file(str(metadata / f"{version}.{kind.type}.json")) if version else None


def _whole(instant: datetime) -> datetime:
    """TUF writes whole seconds."""
    return instant.replace(microsecond=0)
