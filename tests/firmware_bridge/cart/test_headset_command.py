"""`headsets`: IT staff read one by hand, and its wearer accepts the key."""

import json
from pathlib import Path

import pytest

from firmware_bridge.__main__ import main
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell
from provisioning.rehearsal.soft_room.soft_headset import HeadsetFault, SoftHeadset
from tests.builders.soft_cart import soft_cart


def words(box: Path, port: int, *more: str) -> list[str]:
    return ["headsets", "--box", str(box), "--read", "A1", "--soft-port", str(port), *more]


def test_one_is_read_and_the_wearer_is_asked_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    headset = SoftHeadset(HeadsetShell(serial="A1", model="Pico 4"), set(), wearer_agrees=True)
    with soft_cart([headset]) as cart:
        assert main(words(tmp_path, cart.soft.ports[0])) == 0
        assert main(words(tmp_path, cart.soft.ports[0])) == 0
    about, state, *_ = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (about["model"], state["values"]["battery"]) == ("Pico 4", 83.0)
    assert headset.offers == 1
    assert (tmp_path / "state" / "headset-key.pem").stat().st_mode & 0o777 == 0o600


def test_whoever_does_not_agree_is_waited_for_and_then_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    headset = SoftHeadset(HeadsetShell(serial="A1"), set(), HeadsetFault.REFUSES_KEY)
    with soft_cart([headset]) as cart:
        assert main(words(tmp_path, cart.soft.ports[0], "--wait", "0")) == 2
    assert "Always allow" in capsys.readouterr().err
    assert headset.asked == []


def test_an_empty_cart_and_a_headset_that_is_not_there(tmp_path: Path) -> None:
    assert main(["headsets"]) in (0, 1)
    assert main(["headsets", "--box", str(tmp_path), "--read", "NOT-THERE"]) == 1
