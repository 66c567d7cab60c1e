"""The password hashes in a room's broker are those that Mosquitto itself checks."""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from provisioning.mosquitto_passwords import make_password, mosquitto_hash
from tests.fakes.running_mosquitto import mosquitto_program


def test_passwords_have_128_bits_and_never_come_twice() -> None:
    passwords = {make_password() for _ in range(1000)}
    assert len(passwords) == 1000
    assert {len(password) for password in passwords} == {22}


def test_a_hash_has_the_form_and_a_salt_of_its_own() -> None:
    kind, rounds, salt, digest = mosquitto_hash("word").split("$")[1:]
    assert (kind, rounds, len(salt), len(digest)) == ("7", "101", 16, 88)
    assert mosquitto_hash("word") != mosquitto_hash("word")


def test_mosquitto_takes_the_password_and_no_other(tmp_path: Path, free_port: int) -> None:
    program, publish = mosquitto_program(), shutil.which("mosquitto_pub")
    if program is None or publish is None:
        pytest.skip("mosquitto and mosquitto-clients are not installed")
    password = make_password()
    (tmp_path / "passwords").write_text(f"tab-01:{mosquitto_hash(password)}\n", "ascii")
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {free_port} 127.0.0.1\nallow_anonymous false\npassword_file {tmp_path / 'passwords'}\nuser root\n"
    )
    broker = subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)
    try:
        _wait_for(free_port)
        outcomes = [
            subprocess.run(
                [publish, "-p", str(free_port), "-u", "tab-01", "-P", word, "-t", "x", "-m", "y"],
                capture_output=True, check=False, timeout=20,
            ).returncode
            for word in (password, "wrong")
        ]  # fmt: skip
    finally:
        broker.kill()
        broker.wait()
    assert outcomes[0] == 0
    assert outcomes[1] != 0


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("mosquitto did not start")
