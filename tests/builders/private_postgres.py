"""A PostgreSQL server of our own: made in a directory, spoken to over its socket there, gone afterwards."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PLACES = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def programs() -> Path | None:
    """Where Debian keeps the server's programs, or None where it is not installed."""
    return next((place for place in _PLACES if (place / "initdb").exists()), None)


@contextmanager
def private_postgres() -> Iterator[str]:
    """The SQLAlchemy URL (without database name, ending in the socket's directory as query) of a running server.

    The server refuses to run as root; then it runs as the user "nobody".
    """
    place = programs()
    assert place is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(*words: str) -> None:
        subprocess.run(
            words,
            check=True,
            cwd=folder,
            capture_output=True,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            timeout=60,
        )

    try:
        run(str(place / "initdb"), "-D", str(folder / "data"), "-U", "school", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c max_connections=40"
        run(str(place / "pg_ctl"), "-D", str(folder / "data"), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql+psycopg://school@/{{database}}?host={folder}"
        finally:
            run(str(place / "pg_ctl"), "-D", str(folder / "data"), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
