"""`python -m provisioning soft-chip` as a program: it lays a card, keeps one, and leaves when told."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

from provisioning.rehearsal.soft_chip.card import ShortFile, load_card
from provisioning.rehearsal.soft_chip.chip import SoftChip

COMMAND = [sys.executable, "-m", "provisioning", "soft-chip"]


def test_a_card_lies_until_the_program_is_stopped(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reader:
        port = str(reader.getsockname()[1])
        arguments = [*COMMAND, "--variant", "expired", "--state", str(tmp_path), "--port", port]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as program:
            slot, _ = reader.accept()
            with slot, slot.makefile("rb") as heard:
                slot.sendall(b"\x00\x01\x04")
                assert heard.read(2 + len(SoftChip.atr))[2:] == SoftChip.atr
                assert program.stdout is not None
                told = [program.stdout.readline() for _ in range(3)]
                assert "read-card --can " in told[1]
                assert str(tmp_path / "cards" / "trust") in told[1]
                program.send_signal(signal.SIGINT)
                assert heard.read(1) == b""
            assert program.wait(60) == 0


def test_a_kept_card_can_be_laid_again(tmp_path: Path) -> None:
    kept = tmp_path / "card.json"
    making = [*COMMAND, "--place", "5", "--state", str(tmp_path), "--save", str(kept)]
    assert subprocess.run(making, check=False).returncode == 0
    card = load_card(kept)
    assert card.files[ShortFile.SOD]
    missing = subprocess.run(
        [*COMMAND, "--card", str(kept), "--port", "1"], check=False, capture_output=True, text=True
    )
    assert missing.returncode == 2
    assert "vsmartcard-vpcd" in missing.stderr


def test_files_that_cannot_be_used_are_named_in_one_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "card.json"
    broken.write_text("{}")
    for arguments in (["--card", str(broken)], ["--portrait", str(tmp_path / "none.jpg"), "--state", str(tmp_path)]):
        done = subprocess.run([*COMMAND, *arguments], check=False, capture_output=True, text=True)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


def test_wrong_use_is_status_3() -> None:
    assert subprocess.run([*COMMAND, "--variant", "golden"], check=False, capture_output=True).returncode == 3


def test_an_attack_is_kept_with_the_trust_that_belongs_to_it(tmp_path: Path) -> None:
    kept = tmp_path / "card.json"
    making = [*COMMAND, "--attack", "no-anchor", "--state", str(tmp_path), "--save", str(kept)]
    assert subprocess.run(making, check=False).returncode == 0
    assert load_card(kept).files[ShortFile.SOD]
    trust = tmp_path / "cards" / "attack-trust" / "no-anchor"
    assert [file.name for file in trust.iterdir()] == ["elsewhere-csca.der"]


def test_attacks_are_listed_and_an_unknown_one_is_said() -> None:
    listed = subprocess.run([*COMMAND, "--attack", "list"], check=False, capture_output=True, text=True)
    assert listed.returncode == 0
    assert " 1  copy " in listed.stdout
    unknown = subprocess.run([*COMMAND, "--attack", "magic"], check=False, capture_output=True, text=True)
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (2, 1)
