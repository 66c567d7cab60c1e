"""Every byte example of firmware_bridge/PROTOCOL.md, run through our side."""

import re
from pathlib import Path

import pytest

from firmware_bridge.drivers import link_v1
from firmware_bridge.drivers.driver import Booted, Done, Said, Word
from firmware_bridge.drivers.frames import FrameSplitter, crc16, from_frame, to_frame
from firmware_bridge.drivers.link_ident import read_ident
from models.room_messages import DeviceCommand, DeviceCommandName, DeviceOutcome
from tests.builders import checkout
from tests.builders.planned_lines import on_a_line

PAGE = checkout.text(Path("firmware_bridge/PROTOCOL.md"))
ROW = re.compile(r"^\| (to|from) board \| (.+) \| `([0-9A-F ]+)` \| `([0-9A-F ]+)` \|$", re.MULTILINE)
EXAMPLES = {
    (direction, meaning): (bytes.fromhex(payload), bytes.fromhex(wire))
    for direction, meaning, payload, wire in ROW.findall(PAGE)
}


def _wire(meaning: str) -> bytes:
    return next(wire for (_, name), (_, wire) in EXAMPLES.items() if name.startswith(meaning))


def _heard(*meanings: str) -> list[Word]:
    driver = link_v1.make([on_a_line("link-v1")])
    driver.open(0.0)
    return list(driver.take(b"".join(map(_wire, meanings)), 10.0))


def _readings(words: list[Word]) -> list[tuple[str, object, int]]:
    return [(e.n, e.x, e.t) for word in words if isinstance(word, Said) and word.batch for e in word.batch.e]


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 12


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=[" ".join(key) for key in EXAMPLES])
def test_payload_and_wire_turn_into_each_other(example: tuple[bytes, bytes]) -> None:
    payload, wire = example
    assert to_frame(payload) == wire
    assert from_frame(wire[:-1]) == payload
    assert FrameSplitter().take(wire) == [payload]


def test_the_check_value() -> None:
    assert f"`{crc16(b'123456789'):X}`" in PAGE


def test_what_we_write() -> None:
    driver = link_v1.make([on_a_line("link-v1")])
    driver.open(0.0)
    driver.due(1.9)
    assert driver.to_write() == b""
    driver.due(2.0)
    assert driver.to_write() == _wire("ident question")
    driver.due(4.0)
    driver.to_write()
    driver.take(_wire("ident room-board"), 4.1)
    driver.due(6.2)
    assert driver.to_write() == _wire("ping")
    command = DeviceCommand(id="c1", name=DeviceCommandName.SET_PERIOD, argument="250", expires_at=0)
    assert driver.ask("dev-1", command, 6.3) == []
    assert driver.to_write() == _wire("period 250 ms")
    (done,) = driver.take(_wire("period 250 ms taken"), 6.4)
    assert isinstance(done, Done)
    assert (done.result.id, done.result.outcome) == ("c1", DeviceOutcome.DONE)


@pytest.mark.parametrize(("meaning", "cause"), [("boot, power-on", "power-on"), ("boot, watchdog", "watchdog")])
def test_a_boot_frame_tells_its_cause(meaning: str, cause: str) -> None:
    assert Booted(device_id="dev-1", cause=cause) in _heard(meaning)


def test_readings_without_channel_fields_are_raw() -> None:
    words = _heard("ident room-board", "data 258")
    assert _readings(words) == [("ch0", 0.0, 0), ("ch1", 1.0, 0), ("ch2", 512.0, 0), ("ch3", 1023.0, 0)]


def test_channel_fields_give_name_unit_and_scale_and_no_value_is_not_said() -> None:
    words = _heard("ident with channels", "data 259", "pong")
    assert _readings(words) == [("temperature", -43.2, 0)]
    (about,) = (word.about for word in words if isinstance(word, Said) and word.about)
    assert {name: metric.unit for name, metric in about.metrics.items()} == {"temperature": "Cel", "light": "lx"}


def test_the_ident_s_fields() -> None:
    payload, _ = EXAMPLES["from", "ident room-board 1.0.0 0a1b2c3 uno"]
    ident = read_ident(payload)
    assert ident is not None
    assert (ident.name, ident.version, ident.git, ident.board) == ("room-board", "1.0.0", "0a1b2c3", "uno")
