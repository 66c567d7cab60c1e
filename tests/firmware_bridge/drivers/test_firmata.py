import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers import firmata
from firmware_bridge.drivers.driver import Booted, Done, Driver, DriverError, Said, Word
from firmware_bridge.drivers.firmata_messages import Analog, Capabilities, Firmware, MessageSplitter, Version
from firmware_bridge.drivers.firmata_recognition import FirmataRecogniser
from models.errors import SettingsError
from models.measurements import Value
from models.room_messages import Batch, DeviceCommand, DeviceCommandName, DeviceOutcome, Integrity
from tests.builders.planned_lines import on_a_line

VERSION = bytes.fromhex("F9 02 05")
FIRMWARE = b"\xf0\x79\x02\x05" + b"".join(bytes((letter, 0)) for letter in b"Room.ino") + b"\xf7"
CAPABILITIES = b"\xf0\x6c" + b"\x00\x01\x0b\x01\x01\x01\x7f" * 4 + b"\x00\x01\x02\x0a\x7f" * 2 + b"\xf7"
ANALOG_MAP = b"\xf0\x6a\x7f\x7f\x7f\x7f\x00\x01\xf7"
ANSWERS = {b"\xf9": VERSION, b"\xf0\x79\xf7": FIRMWARE, b"\xf0\x6b\xf7": CAPABILITIES, b"\xf0\x69\xf7": ANALOG_MAP}


def _analog(channel: int, value: int) -> bytes:
    return bytes((0xE0 | channel, value & 0x7F, value >> 7))


def _readings(words: list[Word]) -> list[tuple[str, Value, str]]:
    batches = [word.batch for word in words if isinstance(word, Said) and word.batch]
    assert all(batch.integrity is Integrity.NONE for batch in batches)
    return [(e.n, e.x, e.u) for batch in batches for e in batch.e]


def _driver(map_: str = "") -> Driver:
    driver = firmata.make([on_a_line("firmata", map_=map_)])
    driver.open(0.0)
    return driver


def _started(map_: str = "", answers: dict[bytes, bytes] = ANSWERS) -> tuple[Driver, bytes, list[Word]]:
    """A driver after the usual beginning, what it wrote at the end of it, and what it said."""
    driver = _driver(map_)
    words = list(driver.take(VERSION, 0.1))
    now = 0.1
    while now < 13:
        words += driver.due(now)
        out = driver.to_write()
        if b"\xf0\x7a" in out:
            return driver, out, words
        if out in answers:
            words += driver.take(answers[out], now)
        now += 0.1
    raise AssertionError("the driver did not come to an end of its questions")


def test_nothing_is_asked_before_the_board_has_said_its_version_or_two_seconds_are_over() -> None:
    driver = _driver()
    driver.due(1.9)
    assert driver.to_write() == b""
    driver.due(2.0)
    assert driver.to_write() == b"\xf9"
    driver.take(VERSION, 2.1)
    driver.due(2.1)
    assert driver.to_write() == b"\xf0\x79\xf7"


def test_all_analog_channels_are_reported_raw_without_a_map_and_none_before_it_spoke() -> None:
    driver, out, words = _started()
    assert out == bytes.fromhex("F0 7A 48 01 F7  C0 01 C1 01")
    (about,) = (word.about for word in words if isinstance(word, Said) and word.about)
    assert (about.firmware, about.via, sorted(about.metrics)) == ("Room.ino 2.5", "firmata 2.5", ["a0", "a1"])
    assert not _readings(words)
    assert _readings(list(driver.take(_analog(1, 0) + _analog(7, 5), 5.0))) == [("a1", 0.0, "")]
    assert driver.farewell() == bytes.fromhex("C0 00 C1 00")


def test_the_last_value_of_each_channel_in_one_read_is_one_batch() -> None:
    driver, _, _ = _started()
    words = list(driver.take(_analog(0, 1023) + _analog(1, 512) + _analog(0, 1000), 5.0))
    assert _readings(words) == [("a0", 1000.0, ""), ("a1", 512.0, "")]


def test_the_plan_names_and_scales_pins_and_only_those_are_reported() -> None:
    driver, out, _ = _started("a1=dien_ap:V:0.005,d2=door,p9=motion")
    assert out == bytes.fromhex("F0 7A 48 01 F7  F4 02 00  F4 09 0B  C1 01  D0 01 D1 01")
    assert _readings(list(driver.take(_analog(1, 700), 5.0))) == [("voltage", 3.5, "V")]
    assert _readings(list(driver.take(b"\x90\x04\x00", 5.1))) == [("door", True, "")]
    assert _readings(list(driver.take(b"\x90\x04\x00\x91\x00\x00", 5.2))) == [("motion", False, "")]
    words = list(driver.take(b"\x90\x00\x00", 5.3))
    assert _readings(words) == [("door", False, "")]
    assert [word.state.values for word in words if isinstance(word, Said) and word.state] == [
        {"door": False, "motion": False}
    ]
    assert driver.farewell() == bytes.fromhex("C1 00 D0 00 D1 00")


def test_a_board_that_answers_only_its_version_is_read_all_the_same() -> None:
    _, out, _ = _started(answers={})
    assert out.endswith(bytes.fromhex("C0 01 C1 01 C2 01 C3 01 C4 01 C5 01"))


def test_a_board_that_says_its_version_again_has_begun_anew_and_is_set_up_again() -> None:
    driver, _, _ = _started()
    words = list(driver.take(VERSION + FIRMWARE, 5.0))
    assert Booted(device_id="dev-1", cause="unknown") in words
    driver.due(5.1)
    assert driver.to_write() == b"\xf0\x6b\xf7"


def test_a_quiet_board_is_asked_its_version_and_one_that_does_not_answer_is_opened_anew() -> None:
    driver, _, _ = _started("d2=door")
    driver.take(b"\x90\x00\x00", 5.0)
    driver.due(10.0)
    assert driver.to_write() == b"\xf9"
    assert not [word for word in driver.take(VERSION, 10.1) if isinstance(word, Booted)]
    with pytest.raises(DriverError):
        driver.due(25.2)


def test_the_period_is_sent_and_nothing_else_is_ever_asked() -> None:
    driver, _, _ = _started()
    asked = DeviceCommand(id="c", name=DeviceCommandName.SET_PERIOD, argument="1000", expires_at=0)
    (done,) = driver.ask("dev-1", asked, 5.0)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.SENT
    assert driver.to_write() == bytes.fromhex("F0 7A 68 07 F7")
    for name, argument in ((DeviceCommandName.SET_PERIOD, "5"), (DeviceCommandName.SWITCH_ON, "")):
        (done,) = driver.ask("dev-1", DeviceCommand(id="c", name=name, argument=argument, expires_at=0), 5.0)
        assert isinstance(done, Done)
        assert done.result.outcome is DeviceOutcome.REFUSED
        assert driver.to_write() == b""


def test_messages_in_pieces_broken_off_and_strange() -> None:
    splitter = MessageSplitter()
    heard = [splitter.take(bytes((byte,))) for byte in VERSION + b"\xe0\x01" + FIRMWARE + b"\x05\xe1\x7f\x07"]
    assert [message for found in heard for message in found] == [
        Version(2, 5),
        Firmware(2, 5, "Room.ino"),
        Analog(1, 1023),
    ]
    assert (splitter.bad, splitter.stray) == (1, 1)
    assert splitter.take(CAPABILITIES) == [Capabilities(({0: 1, 11: 1, 1: 1},) * 4 + ({0: 1, 2: 10},) * 2)]
    assert not splitter.take(b"\xf0" + b"\x01" * 5000)
    assert splitter.take(VERSION) == [Version(2, 5)]


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_hostile_bytes_never_raise(pieces: list[bytes]) -> None:
    driver, _, _ = _started("a0=light,d2=door")
    for piece in pieces:
        for word in driver.take(piece, 5.0):
            assert not isinstance(word, Said) or word.batch is None or isinstance(word.batch, Batch)
        driver.due(5.0)
        driver.to_write()
    FirmataRecogniser().hear(b"".join(pieces))


@pytest.mark.parametrize("map_", ["temp", "a16=temp", "x1=temp", "d128=door"])
def test_a_map_that_names_no_pins_is_refused(map_: str) -> None:
    with pytest.raises(SettingsError, match="must name pins"):
        _driver(map_)


def test_an_unknown_line_is_recognised() -> None:
    guess = FirmataRecogniser().hear(VERSION + FIRMWARE)
    assert guess is not None
    assert (guess.driver, guess.firmware) == ("firmata", "Room.ino 2.5")
    assert FirmataRecogniser().hear(b"temp:23.5\n" * 50) is None
