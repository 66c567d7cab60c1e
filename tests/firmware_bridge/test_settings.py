"""What the bridge is told: by a file, or as enrolment laid the box's folder out."""

from pathlib import Path

import pytest

from firmware_bridge.baud_memory import BaudMemory
from firmware_bridge.settings import read_central_keys, read_password, read_settings, settings_of_box
from models.errors import ClassroomError, SettingsError


def test_an_enrolled_box_needs_no_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('[scanner]\nsource = "/dev/ttyACM0"\n')
    settings = settings_of_box(tmp_path)
    assert settings.room_plan == tmp_path / "room-plan.json"
    assert settings.broker.password_file == tmp_path / "room-broker" / "bridge.password"
    assert settings.finding.leave_alone == ("/dev/ttyACM0",)


def test_what_a_file_says_counts_and_its_paths_are_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text(
        'state = "there"\ncertificate = "/elsewhere.pem"\n[broker]\nport = 18830\n[finding]\nlook = false\n'
    )
    for settings in (read_settings(file), settings_of_box(tmp_path)):
        assert (settings.state, settings.certificate) == (tmp_path / "there", Path("/elsewhere.pem"))
        assert (settings.broker.port, settings.finding.look) == (18830, False)


def test_a_word_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bridge.toml").write_text("colour = 1\n")
    with pytest.raises(SettingsError):
        settings_of_box(tmp_path)


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="central"):
        read_central_keys(tmp_path / "central.pem")
    (tmp_path / "central.pem").write_bytes(b"-----BEGIN rubbish")
    with pytest.raises(ClassroomError, match="broken"):
        read_central_keys(tmp_path / "central.pem")
    with pytest.raises(SettingsError):
        read_password(tmp_path / "password")


def test_a_password_is_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("mật khẩu\r\nremark\n", "utf-8")
    assert read_password(tmp_path / "password") == "mật khẩu"


def test_speeds_are_remembered_over_a_restart_and_a_broken_file_costs_only_a_search(tmp_path: Path) -> None:
    path = tmp_path / "speeds.json"
    BaudMemory(path).keep("/dev/x", "modbus", 4800)
    assert BaudMemory(path).last("/dev/x", "modbus") == 4800
    assert BaudMemory(path).last("/dev/x", "mdc") == 0
    path.write_bytes(b"{")
    assert BaudMemory(path).last("/dev/x", "modbus") == 0
    BaudMemory(tmp_path / "no" / "folder").keep("/dev/x", "modbus", 4800)
