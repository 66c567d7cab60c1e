"""`python -m edge read-card` as a program of its own, on a card that lies on a virtual reader."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip import SoftChip
from tests.builders.card_trust import signed_trust
from tests.builders.cards import make_card
from tests.builders.needed_programs import need
from tests.builders.private_pcscd import CLIENT_VARIABLE, PrivatePcscd, pcscd_is_installed
from tests.builders.virtual_card import VirtualCard
from tests.conftest import REPOSITORY, take_port_pair


@pytest.fixture
def pcscd() -> Iterator[PrivatePcscd]:
    need("pcscd with vsmartcard-vpcd", pcscd_is_installed())
    pcscd = PrivatePcscd(take_port_pair())
    pcscd.start()
    yield pcscd
    pcscd.stop()


def read_card(*words: str, pcscd: PrivatePcscd | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({CLIENT_VARIABLE: pcscd.socket_path} if pcscd else {})
    command = [sys.executable, "-m", "edge", "read-card", *words]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, cwd=REPOSITORY, env=environment
    )


def laid(card: Card, pcscd: PrivatePcscd) -> VirtualCard:
    chip = SoftChip(card)
    virtual = VirtualCard(pcscd.port, chip.respond, chip.reset)
    virtual.lay()
    return virtual


def test_a_genuine_card_gives_0_and_all_figures(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    card = make_card(tmp_path)
    virtual = laid(card, pcscd)
    (tmp_path / "portrait").touch(0o644)
    words = ("--rehearsal", "--trust", str(tmp_path / "trust"), "--json", "--portrait-out", str(tmp_path / "portrait"))
    done = read_card("--mrz", card.mrz, *words, pcscd=pcscd)
    assert (done.returncode, done.stderr) == (0, "")
    said = json.loads(done.stdout)
    assert (said["verdict"], said["access"]) == ("GENUINE", "PACE-MRZ")
    assert said["apdus"] == said["minimum_apdus"]
    assert {"name", "result", "detail"} == said["checks"][0].keys()
    assert (tmp_path / "portrait").stat().st_size == said["portrait_bytes"]
    assert (tmp_path / "portrait").stat().st_mode & 0o777 == 0o600
    assert card.mrz[5:14] not in done.stdout
    virtual.take()


def test_a_signed_bundle_of_card_trust_counts_with_its_key_alone(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    card = make_card(tmp_path)
    virtual = laid(card, pcscd)
    authority = Ed25519PrivateKey.generate()
    anchors = tuple(file.read_bytes() for file in (tmp_path / "trust").iterdir())
    bundle = kept(tmp_path / "bundle", signed_trust(authority, certificates=anchors))
    key = kept(tmp_path / "key.pem", pem(authority))
    words = ("--can", card.access_number, "--rehearsal", "--json", "--trust", bundle, "--trust-key")
    done = read_card(*words, key, pcscd=pcscd)
    assert (done.returncode, json.loads(done.stdout)["verdict"]) == (0, "GENUINE")
    virtual.take()
    refused = read_card(*words, kept(tmp_path / "other.pem", pem(Ed25519PrivateKey.generate())), pcscd=pcscd)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "wrong signature" in refused.stderr


def kept(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def pem(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_another_verdict_gives_1_and_names_it(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    card = make_card(tmp_path)
    virtual = laid(card, pcscd)
    done = read_card("--can", card.access_number, "--rehearsal", "--reader", "Virtual PCD 00 00", pcscd=pcscd)
    assert done.returncode == 1
    assert done.stdout.startswith("NO_ANCHOR_INSTALLED")
    for word in ("data group hashes", "chip authentication", "DG14", "APDUs", "ms"):
        assert word in done.stdout
    assert list(tmp_path.glob("*.jpg")) == []
    virtual.take()


def test_a_wrong_number_or_a_damaged_card_gives_2(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    card = make_card(tmp_path, CardVariant.DAMAGED)
    virtual = laid(card, pcscd)
    wrong = read_card("--can", "000000", "--rehearsal", pcscd=pcscd)
    assert (wrong.returncode, "wrong key" in wrong.stderr) == (2, True)
    damaged = read_card("--can", card.access_number, "--rehearsal", "--json", pcscd=pcscd)
    assert (damaged.returncode, json.loads(damaged.stdout)["trouble"]) == (2, "unreadable")
    virtual.take()


def test_a_portrait_that_does_not_fit_gives_3_and_a_sentence(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    card = make_card(tmp_path)
    virtual = laid(card, pcscd)
    done = read_card("--can", card.access_number, "--rehearsal", "--portrait-out", "/dev/full", pcscd=pcscd)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "The portrait cannot be written to /dev/full: No space left on device.\n"
    virtual.take()


def test_no_portrait_is_left_when_nothing_was_read(pcscd: PrivatePcscd, tmp_path: Path) -> None:
    portrait = tmp_path / "portrait"
    done = read_card("--can", "012345", "--wait", "0", "--portrait-out", str(portrait), pcscd=pcscd)
    assert done.returncode == 2
    assert not portrait.exists()


def test_without_rehearsal_the_virtual_reader_is_refused_aloud(pcscd: PrivatePcscd) -> None:
    done = read_card("--can", "012345", "--wait", "1", pcscd=pcscd)
    assert done.returncode == 2
    assert "virtual reader" in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--can", "12345"),
        ("--can", "012345", "--mrz", "x"),
        ("--mrz", "IDVNM"),
        ("--document-number", "208012345"),
        ("--document-number", "208012345", "--birth-date", "8", "--expiry-date", "330903"),
        ("--can", "012345", "--trust", "/nowhere"),
        ("--can", "012345", "--trust-key", "/nowhere"),
        ("--can", "012345", "--trust", "/nowhere", "--trust-key", "/nowhere"),
        ("--can", "012345", "--wait", "soon"),
        ("--can", "012345", "--wait=-1"),
        ("--can", "012345", "--wait", "inf"),
        ("--can", "012345", "--wait", "nan"),
        ("--can", "012345", "--portrait-out", "/nowhere/portrait"),
        ("--can", "012345", "--portrait-out", "/"),
        ("--unknown",),
    ],
)
def test_wrong_use_gives_3(words: tuple[str, ...]) -> None:
    done = read_card(*words)
    assert done.returncode == 3
    assert done.stderr
    assert done.stdout == ""
