"""A program's settings: one TOML file, whose paths are relative to itself. Not here: what each program is told."""

from pathlib import Path
from typing import TypeVar

import msgspec

from models.errors import SettingsError

T = TypeVar("T")


def read_settings_file(path: Path, kind: type[T]) -> T:
    """The settings in a TOML file. Raises SettingsError that names what is wrong."""

    def beside(wanted: type, value: object) -> Path:
        if wanted is Path and isinstance(value, str):
            return path.parent / value
        raise TypeError("a path is written as text")

    try:
        return msgspec.toml.decode(path.read_bytes(), type=kind, dec_hook=beside)
    except OSError as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error.strerror}.") from None
    except msgspec.DecodeError as error:
        raise SettingsError(f"The settings file {path} is wrong: {error}.") from None
