"""The tools for a terminal: a device is read, asked and recognised without plan, broker or box."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware_bridge.__main__ import main
from firmware_bridge.drivers.catalogue import DRIVERS
from models.room_plan import LanLink, RoomPlan, sign_plan
from provisioning.rehearsal.soft_room.soft_pjlink_search import PjlinkSearchAnswer
from tests.builders.pluggable_board import PluggableBoard
from tests.builders.transport_authority import TransportAuthority

PING_ANSWER = bytes.fromhex("06640201E8030102040102010106 02FF03325E00")
"""PROTOCOL.md's readings frame."""


class Chatter:
    """Something says the same on a port until the end."""

    def __init__(self, board: PluggableBoard, text: bytes) -> None:
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(board, text), daemon=True)
        self._thread.start()

    def _run(self, board: PluggableBoard, text: bytes) -> None:
        while not self._ending.wait(0.02):
            try:
                board.say(text)
            except BlockingIOError:
                continue

    def stop(self) -> None:
        self._ending.set()
        self._thread.join()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[PluggableBoard]:
    board = PluggableBoard(tmp_path / "board").plug()
    yield board
    board.unplug()


def test_a_students_board_is_read_as_json_lines(board: PluggableBoard, capsys: pytest.CaptureFixture[str]) -> None:
    chatter = Chatter(board, b"temperature:21.5\r\n")
    assert main(["read", "--port", str(board.path), "--driver", "text-lines", "--seconds", "1.5"]) == 0
    chatter.stop()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    values = [entry for line in lines for entry in line.get("batch", {}).get("e", ())]
    assert values
    assert {(entry["n"], entry["x"]) for entry in values} == {("temperature", 21.5)}


def test_or_in_words(board: PluggableBoard, capsys: pytest.CaptureFixture[str]) -> None:
    chatter = Chatter(board, b"temperature:21.5\n")
    assert main(["read", "--port", str(board.path), "--driver", "text-lines", "--seconds", "1.5", "--plain"]) == 0
    chatter.stop()
    assert "temperature = 21.5" in capsys.readouterr().out


def test_silence_a_missing_port_and_a_wrong_use_have_each_their_status(board: PluggableBoard, tmp_path: Path) -> None:
    silent = ["--driver", "text-lines", "--seconds", "0.3"]
    assert main(["read", "--port", str(board.path), *silent]) == 1
    assert main(["read", "--port", str(tmp_path / "nothing"), *silent]) == 2
    assert main(["read", "--port", str(board.path), "--driver", "abacus"]) == 2
    assert main(["read", "--driver", "text-lines"]) == 3
    assert main(["ask", "--port", str(board.path), "--driver", "text-lines", "sing"]) == 3


def test_a_projector_that_wants_a_password_is_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "password").write_text("JBMIAProjectorLink\n")
    with socket.create_server(("127.0.0.1", 0)) as projector:
        projector.settimeout(20)
        heard: list[bytes] = []

        def answer() -> None:
            line, _ = projector.accept()
            with line:
                line.sendall(b"PJLINK 1 85196e3e\r")
                heard.append(line.recv(200))

        there = threading.Thread(target=answer)
        there.start()
        where = f"127.0.0.1:{projector.getsockname()[1]}"
        words = ["read", "--host", where, "--driver", "pjlink", "--password-file", str(tmp_path / "password")]
        main([*words, "--seconds", "1.5"])
        there.join()
    assert heard[0].startswith(b"d1845b39ca4c01355cfc4f9580b5d20a%1")
    assert "JBMIA" not in capsys.readouterr().out


def test_drivers_are_listed_with_how_far_each_is_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drivers"]) == 0
    out = capsys.readouterr().out
    assert all(name in out and row.documents in out for name, row in DRIVERS.items())


def test_a_board_that_speaks_link_v1_is_recognised_by_listening(
    board: PluggableBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chatter = Chatter(board, PING_ANSWER)
    status = main(["discover", "--port", str(board.path), "--json", "--seconds", "1", "--box", str(tmp_path)])
    chatter.stop()
    found = json.loads(capsys.readouterr().out)
    assert status == 0
    assert json.loads(found["link"])["driver"] == "link-v1"
    assert found["confidence"] >= 0.9


def test_projectors_on_the_lan_are_searched_on_request(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    projector = PjlinkSearchAnswer()
    port = str(projector.start())
    asking = ["discover", "--search", "127.0.0.1", "--search-port", port, "--seconds", "1", "--box", str(tmp_path)]
    assert main([*asking, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    link = LanLink(host="127.0.0.1", driver="pjlink", port=4352)
    assert msgspec.json.decode(found["link"], type=LanLink) == link
    assert "00:26:ab:00:00:01" in found["what"]
    projector.stop()
    assert main(asking) == 1
    assert "No projector answers" in capsys.readouterr().err
    assert main([*asking[:2], "not an address", *asking[3:]]) == 2


def test_a_silent_port_is_nothing_and_a_missing_one_an_error(board: PluggableBoard, tmp_path: Path) -> None:
    listening = ["--seconds", "0.1", "--box", str(tmp_path)]
    assert main(["discover", "--port", str(board.path), *listening]) == 1
    assert main(["discover", "--port", str(tmp_path / "nothing"), *listening]) == 2


def test_nothing_is_asked_of_unknown_devices_while_an_exam_runs(
    board: PluggableBoard, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    identity = TransportAuthority(folder=tmp_path / "pki").issue("box-1")
    plan = RoomPlan(
        version=1,
        box_id="box-1",
        room_id="room-1",
        room_name="9A",
        made_at=now,
        devices=(),
        exams=((now - timedelta(hours=1), now + timedelta(hours=1)),),
    )
    (tmp_path / "bridge.toml").write_text(f'certificate = "{identity.certificate}"\n')
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "central.public.pem").write_bytes(public)
    (tmp_path / "room-plan.json").write_bytes(msgspec.json.encode(sign_plan(plan, key)))
    assert main(["discover", "--port", str(board.path), "--ask", "--box", str(tmp_path)]) == 2
    assert "exam" in capsys.readouterr().err
    assert main(["discover", "--search", "127.0.0.1", "--seconds", "0.1", "--box", str(tmp_path)]) == 2
    assert "exam" in capsys.readouterr().err
    (tmp_path / "room-plan.json").write_bytes(b"rubbish")
    assert main(["discover", "--port", str(board.path), "--ask", "--box", str(tmp_path)]) == 2
