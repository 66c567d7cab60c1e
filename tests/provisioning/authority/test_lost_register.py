"""An authority whose register is gone does not begin an empty one: every box that was taken out would live again."""

from pathlib import Path

import pytest

from provisioning.__main__ import main
from provisioning.authority.founding import need_register
from tests.builders.founded_authority import FoundedAuthority


@pytest.mark.parametrize(
    "errand",
    [
        ("serve",),
        ("status",),
        ("make-code", "--room", "A-101", "--school", "T1", "--reason", "a test"),
        ("issue-central", "FOLDER"),
        ("revoke-program", "central", "--reason", "a test"),
        ("export-lists", "FOLDER"),
    ],
)
def test_no_errand_begins_an_empty_register_and_each_names_the_way_back(
    house: FoundedAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str], errand: tuple[str, ...]
) -> None:
    copy = house.back_up()
    house.stop()
    for path in house.settings.database.parent.glob("authority.db*"):
        path.unlink()
    where = ("--settings", str(house.folder / "authority.toml"))
    words = [str(tmp_path / "new") if word == "FOLDER" else word for word in errand[1:]]
    assert main(["authority", errand[0], *where, *words]) == 2
    assert "authority restore" in capsys.readouterr().err
    assert not house.settings.database.exists()
    house.restored(copy)
    need_register(house.settings)
