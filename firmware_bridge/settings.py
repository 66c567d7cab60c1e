"""What the bridge is told: read from files and environment here and nowhere else."""

from pathlib import Path

from models.errors import SettingsError


def read_password(path: Path) -> str:
    """The first line of a password file. Raises SettingsError."""
    try:
        return path.read_text("utf-8").partition("\n")[0].strip("\r")
    except (OSError, UnicodeDecodeError):
        raise SettingsError(f"The password file {path} cannot be read.") from None
