"""Debian's adb client reads our headsets in software: it and our reader agree on handshake, key and shell."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from firmware_bridge.cart.adb_headset_link import AdbHeadsetLink
from firmware_bridge.cart.headset_key import HeadsetKey, public_form
from firmware_bridge.cart.headset_link import ReadCommand
from firmware_bridge.cart.headset_poll import poll
from firmware_bridge.cart.local_cable import LocalCable
from provisioning.rehearsal.soft_room.headset_program import SoftCart
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell
from provisioning.rehearsal.soft_room.soft_headset import SoftHeadset, accepted_key
from tests.builders.needed_programs import need
from tests.builders.soft_cart import planned, soft_cart, word_of

CEILING = 60.0


class Adb:
    """The client with a server, a home and a key of its own; nothing of the machine's is touched."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._path = shutil.which("adb") or ""
        self.key_file = home / ".android" / "adbkey"
        self.key_file.parent.mkdir()
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ANDROID_ADB_LOG_PATH": str(home / "adb.log"),
            "TMPDIR": str(home),
            "ADB_MDNS_OPENSCREEN": "0",
        }
        self("keygen", str(self.key_file))

    def __call__(self, *words: str) -> str:
        socket = f"localfilesystem:{self._home / 'server'}"
        done = subprocess.run(
            [self._path, "-L", socket, *words],
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=CEILING,
            check=False,
        )
        return done.stdout

    @property
    def word(self) -> bytes:
        """Its public key, as it offers it."""
        return accepted_key(self.key_file.with_suffix(".pub").read_bytes())


@pytest.fixture
def adb(tmp_path: Path) -> Iterator[Adb]:
    need("adb", shutil.which("adb"))
    client = Adb(tmp_path)
    try:
        yield client
    finally:
        client("kill-server")


@contextmanager
def standing(accepted: set[bytes]) -> Iterator[tuple[SoftHeadset, str]]:
    headset = SoftHeadset(HeadsetShell(serial="1WMHHV0000001"), accepted)
    cart = SoftCart([headset])
    cart.start()
    try:
        yield headset, f"127.0.0.1:{cart.ports[0]}"
    finally:
        cart.stop()


def test_the_client_of_others_gets_in_with_its_key_and_reads(adb: Adb) -> None:
    with standing({adb.word}) as (headset, where):
        assert "connected" in adb("connect", where)
        assert f"{where}\tdevice" in adb("devices")
        assert adb("-s", where, "shell", "getprop ro.product.model").strip() == "Quest 3"
        for command in ReadCommand:
            assert adb("-s", where, "shell", command.value) == headset.shell.answer(command.value)
        adb("disconnect", where)


def test_the_client_of_others_stays_outside_with_another_key(adb: Adb) -> None:
    with standing(set()) as (headset, where):
        adb("connect", where)
        assert f"{where}\tdevice" not in adb("devices")
        assert "Quest" not in adb("-s", where, "shell", "getprop ro.product.model")
        assert headset.asked == []
        adb("disconnect", where)


def test_our_public_form_is_that_of_adb(adb: Adb) -> None:
    private = load_pem_private_key(adb.key_file.read_bytes(), None)
    assert isinstance(private, RSAPrivateKey)
    assert public_form(private.public_key()).partition(b" ")[0] == adb.word
    headset = SoftHeadset(HeadsetShell(serial="1WMHHV0000001"), {adb.word})
    with soft_cart([headset]) as cart:
        cable = LocalCable(cart.soft.ports[0])
        link = AdbHeadsetLink(cable, HeadsetKey(private), lambda: False)
        assert not poll(planned(1), cart.docked(1), link, None).trouble
        assert word_of(HeadsetKey(private)) == adb.word
