"""Writes a file whole or not at all: a broker that reloads half a revocation list lets everybody in.

Not here: what stands in the files.
"""

import os
from pathlib import Path

from models.errors import StorageError


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Replaces `path` in one step, on the disk before it returns. Raises StorageError; then the old file stands."""
    half = path.with_name(f".{path.name}.half")
    try:
        half.unlink(missing_ok=True)
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            _keep_owner(descriptor, path)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        half.replace(path)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise StorageError(f"{path} cannot be written ({error}). Check the disk and the folder's rights.") from None


def _keep_owner(descriptor: int, path: Path) -> None:
    """A broker that reads the old file as another account must be able to read the new one."""
    owner = path.stat() if path.exists() else path.parent.stat()
    if os.geteuid() == 0:
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
