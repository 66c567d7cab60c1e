"""Settings come from one file: paths are beside it, and what is wrong is named before anything starts."""

from pathlib import Path

import msgspec
import pytest

from models.errors import SettingsError
from models.settings_files import read_settings_file


class Told(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: Path
    port: int = 1


def test_a_path_is_beside_the_file_unless_it_is_absolute(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_text('key = "keys/one.pem"')
    assert read_settings_file(file, Told) == Told(key=tmp_path / "keys/one.pem")
    file.write_text('key = "/etc/one.pem"\nport = 2')
    assert read_settings_file(file, Told) == Told(key=Path("/etc/one.pem"), port=2)


@pytest.mark.parametrize("text", ["key = 3", 'key = "a"\nprot = 2', "key", ""])
def test_a_wrong_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises(SettingsError, match=r"a\.toml is wrong"):
        read_settings_file(tmp_path / "a.toml", Told)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"a\.toml cannot be read: No such file"):
        read_settings_file(tmp_path / "a.toml", Told)
