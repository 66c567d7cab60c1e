"""A room's devices come from one file, each with how it is reached: all of them or none."""

from pathlib import Path

import pytest

from central.__main__ import main
from central.connect_command import ConnectionsFileError, read_file
from central.database import Database
from central.registers import room_plans
from central.upgrade import upgrade_database
from models.room_messages import DeviceCommandName
from models.room_plan import CartLink, LanLink, SerialLink
from tests.builders.places import build_places

FILE = """
room = "DK-101"
[[device]]
kind = "projector"
maker = "Epson"
model = "EB-L260F"
serial = "X1"
[device.connection]
commands = ["power on", "power off"]
link = {type = "lan", host = "10.0.0.7", driver = "pjlink"}
[[device]]
kind = "sensor board"
maker = "Trường"
serial = "B1"
[device.connection]
link = {type = "serial", port = "/dev/serial/by-id/usb-1a86", driver = "link-v1"}
[[device]]
kind = "VR headset"
maker = "Pico"
serial = "V1"
connection = {link = {type = "cart", serial = "V1"}}
[[device]]
kind = "3D glasses"
maker = "XPAND"
serial = "G1"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    assert main(["make-keys", str(tmp_path / "keys")]) == 0
    path = tmp_path / "central.toml"
    path.write_text(
        '[keys]\nsigning = "keys/central-signing.key"\nevidence = "keys/central-evidence.key"\n'
        '[broker]\nhost = "localhost"\nauthority = "a"\ncertificate = "b"\nkey = "c"\n'
    )
    database = _store(tmp_path)
    upgrade_database(database)
    with database.writing() as connection:
        build_places(connection)
    database.stop()
    return path


def _store(folder: Path) -> Database:
    database = Database(f"sqlite:///{folder / 'central.db'}")
    database.start()
    return database


def _connect(settings: Path, content: str) -> int:
    path = settings.parent / "room.toml"
    path.write_text(content)
    return main(["connect-devices", str(path), "--settings", str(settings)])


def test_a_room_is_entered_and_entering_it_again_changes_nothing(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _connect(settings, FILE) == 0
    names = dict(line.split("\t") for line in capsys.readouterr().out.splitlines()[-4:])
    database = _store(settings.parent)
    with database.reading() as connection:
        links = room_plans.links_of(connection, "DK-101")
        version = room_plans.version_of(connection, "DK-101")
    assert isinstance(links[names["X1"]].link, LanLink)
    assert links[names["X1"]].commands == (DeviceCommandName.POWER_ON, DeviceCommandName.POWER_OFF)
    assert isinstance(links[names["B1"]].link, SerialLink)
    assert isinstance(links[names["V1"]].link, CartLink)
    assert names["G1"] not in links
    assert _connect(settings, FILE) == 0
    assert dict(line.split("\t") for line in capsys.readouterr().out.splitlines()[-4:]) == names
    with database.reading() as connection:
        assert room_plans.version_of(connection, "DK-101") == version
    database.stop()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"DK-101"', '"nowhere"'),
        ('kind = "3D glasses"', 'kind = "spaceship"'),
        ('driver = "pjlink"', 'drivr = "pjlink"'),
        ('serial = "G1"', 'serial = ""'),
        ('serial = "G1"', 'serial = "B1"\nmodel = "x"'),
        ('commands = ["power on", "power off"]', 'commands = ["explode"]'),
    ],
)
def test_a_wrong_file_stores_nothing(settings: Path, capsys: pytest.CaptureFixture[str], old: str, new: str) -> None:
    wrong = FILE.replace(old, new)
    if 'serial = "B1"\nmodel' in new:
        wrong = wrong.replace('maker = "XPAND"', 'maker = "Trường"')
    assert _connect(settings, wrong) == 2
    assert capsys.readouterr().err
    database = _store(settings.parent)
    with database.reading() as connection:
        assert room_plans.links_of(connection, "DK-101") == {}
    database.stop()


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectionsFileError, match="cannot be opened"):
        read_file(tmp_path / "none.toml")
    (tmp_path / "room.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConnectionsFileError, match="is wrong"):
        read_file(tmp_path / "room.toml")
