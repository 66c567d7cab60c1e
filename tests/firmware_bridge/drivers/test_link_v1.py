from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers import link_v1
from firmware_bridge.drivers.driver import Booted, Done, Driver, DriverError, Said, Word
from firmware_bridge.drivers.frames import to_frame
from models.errors import SettingsError
from models.room_messages import (
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    Integrity,
    Reach,
    State,
    decode_room,
    encode_room,
)
from tests.builders.planned_lines import on_a_line


def _data(seq: int, t_ms: int, *values: int) -> bytes:
    return to_frame(pack(f"<BHIB{len(values)}h", 0x64, seq, t_ms, len(values), *values))


def _head(kind: bytes, seq: int, t_ms: int, more: bytes = b"") -> bytes:
    return to_frame(kind + pack("<HI", seq, t_ms) + more)


def _field(tag: int, text: str) -> bytes:
    return bytes((tag, len(text.encode()))) + text.encode()


BOOT = _head(b"b", 0, 0, b"\x02")
IDENT = _head(b"i", 1, 5, _field(1, "kit") + _field(0x10, "temp|Cel|0.1"))


def _driver(map_: str = "") -> Driver:
    driver = link_v1.make([on_a_line("link-v1", map_=map_)])
    driver.open(0.0)
    return driver


def _batches(words: list[Word]) -> list[Batch]:
    return [word.batch for word in words if isinstance(word, Said) and word.batch]


def _states(words: list[Word]) -> list[State]:
    return [word.state for word in words if isinstance(word, Said) and word.state]


def test_readings_of_one_read_are_one_batch_with_times_before_its_arrival() -> None:
    driver = _driver()
    stream = BOOT + IDENT + b"".join(_data(2 + n, 1000 + 100 * n, 200 + n) for n in range(3))
    (batch,) = _batches(list(driver.take(stream, 1.0)))
    assert [(e.n, e.x, e.u, e.t) for e in batch.e] == [
        ("temperature", 20.0, "Cel", -200),
        ("temperature", 20.1, "Cel", -100),
        ("temperature", 20.2, "Cel", 0),
    ]
    assert batch.integrity is Integrity.CRC
    assert driver.counts.lost == 0


@given(st.integers(0, 65535), st.sets(st.integers(1, 200), max_size=40))
def test_a_gap_in_the_numbers_is_what_was_lost(first: int, missing: set[int]) -> None:
    driver = _driver("x")
    for n in range(202):
        if n not in missing:
            driver.take(_data((first + n) & 0xFFFF, n, 1), 1.0)
    assert driver.counts.lost == len(missing)


def test_answers_between_readings_are_no_loss_whether_they_use_numbers_or_not() -> None:
    driver = _driver("x")
    driver.take(_data(5, 10, 1) + _head(b"p", 6, 11) + _data(7, 20, 1) + _head(b"p", 7, 21) + _data(8, 30, 1), 1.0)
    assert driver.counts.lost == 0


def test_a_clock_that_goes_back_without_a_boot_frame_is_a_start_with_an_unknown_cause() -> None:
    driver = _driver("x")
    words = list(driver.take(_data(900, 50_000, 1) + _data(3, 40, 1), 1.0))
    assert [word.cause for word in words if isinstance(word, Booted)] == ["unknown"]
    assert driver.counts.lost == 0


def test_a_clock_that_wraps_after_fifty_days_is_no_start() -> None:
    driver = _driver("x")
    words = list(driver.take(_data(65535, 0xFFFFFFF0, 1) + _data(0, 4, 1), 1.0))
    assert not [word for word in words if isinstance(word, Booted)]
    assert [e.t for e in _batches(words)[0].e] == [-20, 0]


def test_readings_wait_for_the_ident_that_names_them_but_not_for_ever() -> None:
    driver = _driver()
    assert not _batches(list(driver.take(BOOT + _data(1, 10, 231), 1.0)))
    (batch,) = _batches(list(driver.take(IDENT, 1.1)))
    assert batch.e[0].n == "temperature"
    silent = _driver()
    assert not _batches(list(silent.take(_data(1, 10, 231), 3.0)))
    (batch,) = _batches(list(silent.take(_data(2, 20, 231), 8.5)))
    assert [e.n for e in batch.e] == ["ch0", "ch0"]


def test_the_plan_names_channels_of_a_board_that_does_not() -> None:
    driver = _driver("temp:C:0.01,-,2=lux")
    (batch,) = _batches(list(driver.take(_data(1, 10, 2315, 7, 300), 1.0)))
    assert [(e.n, e.x, e.u) for e in batch.e] == [
        ("temperature", 23.15, "Cel"),
        ("ch1", 7.0, ""),
        ("light", 300.0, "lx"),
    ]


def test_the_state_tells_the_reset_cause_and_lost_frames() -> None:
    driver = _driver()
    words = list(driver.take(_head(b"b", 0, 0, b"\x08") + IDENT + _data(5, 10, 1), 1.0))
    assert _states(words)[0].values == {"lost_frames": 0.0, "reset_cause": "watchdog"}
    assert _states(list(driver.due(1.1))) == []
    driver.take(_data(6, 60_000, 1), 61.0)
    assert _states(list(driver.due(61.0)))[0].values == {"lost_frames": 3.0, "reset_cause": "watchdog"}


def test_a_board_that_falls_silent_is_pinged_then_unreachable_then_opened_anew() -> None:
    driver = _driver()
    driver.take(BOOT + IDENT, 0.5)
    asked = 0
    for tenth in range(5, 105):
        words = list(driver.due(tenth / 10))
        asked += driver.to_write() == to_frame(b"P")
        if words:
            assert tenth / 10 == pytest.approx(6.5)
            assert [state.reach for state in _states(words)] == [Reach.UNREACHABLE]
    assert asked == 4
    with pytest.raises(DriverError):
        driver.due(10.5)
    assert [state.reach for state in _states(list(driver.take(_data(3, 9, 1), 10.6)))] == [Reach.OK]


def _command(argument: str, name: DeviceCommandName = DeviceCommandName.SET_PERIOD) -> DeviceCommand:
    return DeviceCommand(id="c9", name=name, argument=argument, expires_at=0)


@pytest.mark.parametrize("argument", ["", "19", "60001", "-5", "²", "1e3"])
def test_a_period_that_no_board_has_is_refused(argument: str) -> None:
    driver = _driver()
    (done,) = driver.ask("dev-1", _command(argument), 3.0)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.REFUSED
    assert driver.to_write() == b""


def test_a_board_is_never_switched() -> None:
    (done,) = _driver().ask("dev-1", _command("", DeviceCommandName.POWER_OFF), 3.0)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.REFUSED


def test_a_command_without_an_answer_fails_once_and_is_forgotten_with_the_line() -> None:
    driver = _driver()
    driver.ask("dev-1", _command("100"), 3.0)
    assert list(driver.due(4.9)) == []
    (done,) = driver.due(5.0)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.FAILED
    driver.ask("dev-1", _command("100"), 5.1)
    driver.open(5.2)
    assert list(driver.due(7.3)) == []


def test_unknown_types_are_counted_and_wrong_shapes_are_bad() -> None:
    driver = _driver()
    driver.take(
        _head(b"z", 0, 0) + to_frame(pack("<BHIB", 0x64, 1, 1, 3)) + to_frame(b"p") + _head(b"i", 1, 1, b"\x01\x09x"),
        1.0,
    )
    assert (driver.counts.good, driver.counts.skipped, driver.counts.bad) == (0, 1, 3)


def test_what_was_heard_fits_the_room_s_broker() -> None:
    driver = _driver()
    driver.take(BOOT, 0.4)
    for n in range(120):
        driver.take(_head(b"i", 1 + n, 1, _field(0x10 + n, f"{'kênh' * 20}_{n:03}|mg/kg|0.001|-7")), 0.5)
    stream = b"".join(_data(2 + n, 10 * n, *([-32767] * 120)) for n in range(30))
    batches = _batches(list(driver.take(stream, 1.0)))
    assert sum(len(batch.e) for batch in batches) == 30 * 120
    for batch in batches:
        assert decode_room(encode_room(batch), Batch) == batch


@given(st.lists(st.binary(max_size=400), max_size=8), st.data())
def test_hostile_bytes_never_raise(pieces: list[bytes], data: st.DataObject) -> None:
    driver = _driver()
    for n, piece in enumerate(pieces):
        framed = data.draw(st.booleans())
        driver.take(to_frame(piece[:200]) if framed else piece, float(n))
    driver.to_write()


def test_two_devices_cannot_share_a_board_s_line() -> None:
    with pytest.raises(SettingsError, match="dev-1, dev-2"):
        link_v1.make([on_a_line("link-v1"), on_a_line("link-v1", "dev-2")])
    with pytest.raises(SettingsError, match="look at"):
        link_v1.make([on_a_line("link-v1", map_="temp:C:1:2:3")])
