"""Files and links that a power cut leaves old or new, never between. Not here: what stands in them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import StorageError


@contextmanager
def on_card() -> Iterator[None]:
    """What the card does not take is a StorageError: the box keeps what it has and tries again."""
    try:
        yield
    except OSError as error:
        raise card_failed(error) from None


def card_failed(error: OSError) -> StorageError:
    """The same as an exception to be raised."""
    return StorageError(f"The box's card does not take the update ({error.strerror}). Free space, or replace the card.")


def write_whole(file: Path, content: bytes, mode: int = 0o644) -> None:
    """Replaces the file in one step, on the card before this returns. What root makes is the folder owner's."""
    draft = file.with_name(f".{file.name}.part")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        give_to_owner_of(file.parent, stream.fileno())
        os.fsync(stream.fileno())
    draft.replace(file)
    sync_folder(file.parent)


def copy_whole(source: Path, file: Path) -> None:
    """As `write_whole`, with the content of another file."""
    draft = file.with_name(f".{file.name}.part")
    with source.open("rb") as there, draft.open("wb") as here:
        shutil.copyfileobj(there, here)
        here.flush()
        os.fsync(here.fileno())
    draft.replace(file)
    sync_folder(file.parent)


def give_to_owner_of(folder: Path, made: Path | int) -> None:
    """Enrolment runs as root, the box does not: what root makes belongs to the account that owns the folder."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=isinstance(made, int))


def point(link: Path, target: str) -> None:
    """Makes the symbolic link lead to `target` in one step, whatever it led to before."""
    draft = link.with_name(f".{link.name}.part")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
    sync_folder(link.parent)


def sync_folder(folder: Path) -> None:
    """The folder's names are on the card."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(root: Path) -> None:
    """Every file and folder below `root` is on the card; links are not followed."""
    for folder, _, names in os.walk(root):
        for name in names:
            file = Path(folder, name)
            if file.is_symlink():
                continue
            with file.open("rb") as stream:
                os.fsync(stream.fileno())
        sync_folder(Path(folder))
