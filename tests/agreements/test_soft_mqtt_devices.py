"""The devices in software that speak MQTT: each as a program, over TLS with its password, heard by the box."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from models.room_messages import DeviceCommandName, DeviceOutcome
from models.telemetry import DeviceWord
from tests.builders.foreign_devices import KIOSK, PLUG
from tests.builders.listening_room import SECONDS, ListeningRoom
from tests.builders.needed_programs import need
from tests.builders.room_plans import SENSOR
from tests.fakes.running_mosquitto import mosquitto_program


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[ListeningRoom]:
    need("mosquitto", mosquitto_program())
    made = ListeningRoom(tmp_path)
    made.start()
    yield made
    made.stop()


@contextmanager
def _program(watched: ListeningRoom, kind: str, port: int, user: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    password = watched.room.directory.parent / f"{user}.password"
    password.write_text(f"pass {user}\n")
    words = [sys.executable, "-m", "provisioning", "soft-device", kind, "--host", "localhost", "--port", str(port)]
    words += ["--authority", str(watched.room.authority.authority), "--user", user, "--password-file", str(password)]
    program = subprocess.Popen([*words, "--period", "0.2", *more], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    try:
        assert program.stdout.readline() == "connected\n"
        yield program
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait(SECONDS)
        program.stdout.close()


@pytest.mark.parametrize("form", ["tasmota", "home-assistant"])
def test_a_plug_announces_itself_is_read_is_switched_and_is_missed(watched: ListeningRoom, form: str) -> None:
    port, more = watched.room.places.guest_port, ("--name", "plug-1", "--announce", form)
    with _program(watched, "tasmota-plug", port, PLUG, *more) as program:
        word = watched.wait_for(DeviceWord, lambda row: row.device == PLUG and "electric_power" in row.values)
        assert word.values["power"] == "on"
        watched.ask(PLUG, DeviceCommandName.SWITCH_OFF)
        assert watched.ended.get(timeout=SECONDS).outcome is DeviceOutcome.DONE
        program.kill()
        watched.wait_for(DeviceWord, lambda row: row.device == PLUG and not row.online)


def test_a_tablet_is_read_and_its_screen_goes_dark(watched: ListeningRoom) -> None:
    with _program(watched, "freekiosk", watched.room.places.port, KIOSK, "--name", "Tablet 01"):
        word = watched.wait_for(DeviceWord, lambda row: row.device == KIOSK and row.values.get("screen") is True)
        assert set(word.values) == {"battery", "charging", "screen", "signal", "storage_free_megabytes", "kiosk"}
        watched.ask(KIOSK, DeviceCommandName.SCREEN_OFF)
        assert watched.ended.get(timeout=SECONDS).outcome is DeviceOutcome.DONE


def test_a_sensor_of_our_own_words_is_read_and_a_broken_one_is_not_believed(watched: ListeningRoom) -> None:
    port = watched.room.places.port
    with _program(watched, "own-sensor", port, SENSOR):
        word = watched.wait_for(DeviceWord, lambda row: row.device == SENSOR and "co2" in row.values)
        assert set(word.values) == {"temperature", "humidity", "co2"}
        assert word.online
    with _program(watched, "own-sensor", port, "dev-tablet", "--fault", "garbage"):
        word = watched.wait_for(DeviceWord, lambda row: row.device == "dev-tablet" and row.online)
        assert not word.values


def test_a_flooding_sensor_delays_no_other(watched: ListeningRoom) -> None:
    port = watched.room.places.port
    with (
        _program(watched, "own-sensor", port, SENSOR, "--fault", "flood", "--period", "0.05"),
        _program(watched, "freekiosk", port, KIOSK, "--name", "Tablet 01"),
    ):
        word = watched.wait_for(DeviceWord, lambda row: row.device == KIOSK and "battery" in row.values)
        assert word.online


def test_accounts_that_do_not_match_are_wrong_use() -> None:
    words = ["freekiosk", "--authority", "x.pem", "--user", "a", "--user", "b", "--password-file", "p"]
    told = subprocess.run(
        [sys.executable, "-m", "provisioning", "soft-device", *words], capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "as many --password-file" in told.stderr
