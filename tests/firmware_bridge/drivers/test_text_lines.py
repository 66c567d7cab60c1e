import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers import text_lines
from firmware_bridge.drivers.driver import Done, Driver, Said, Word
from firmware_bridge.drivers.frames import crc16
from firmware_bridge.drivers.text_recognition import TextRecogniser
from models.measurements import Value
from models.room_messages import (
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    Integrity,
    decode_room,
    encode_room,
)
from tests.builders.planned_lines import on_a_line


def _driver(map_: str = "") -> Driver:
    driver = text_lines.make([on_a_line("text-lines", map_=map_)])
    driver.open(0.0)
    return driver


def _batches(words: list[Word]) -> list[Batch]:
    return [word.batch for word in words if isinstance(word, Said) and word.batch]


def _read(*lines: str, map_: str = "") -> list[tuple[str, Value, str]]:
    """What is read of whole lines."""
    words = list(_driver(map_).take(("\n" + "\n".join(lines) + "\n").encode(), 1.0))
    return [(e.n, e.x, e.u) for batch in _batches(words) for e in batch.e]


def _marked(text: str) -> bytes:
    return f"{text}*{crc16(text.encode()):04X}\n".encode()


T = ("temperature", 23.5, "Cel")
H = ("humidity", 40.0, "%RH")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"temp":23.5,"hum":40}', [T, H]),
        ('{"nhiệt độ": "23.5", "do_am": 40}', [T, H]),
        ('{"DHT11":{"Temperature":23.5,"Humidity":40},"Time":"2026-01-01T00:00:00"}', [T, H]),
        ('{"sensor":"temp","value":23.5,"unit":"C"}', [T]),
        ('{"a":{"temp":1},"door":true,"n":null}', [("a_temp", 1.0, ""), ("door", True, "")]),
        ('{"sensors":[{"name":"temp","value":23.5,"unit":"C"},{"name":"hum","value":40}]}', [T, H]),
        ('[{"n":"temp","u":"Cel","v":23.5},{"n":"hum","v":40}]', [T, H]),
        ('{"temp":{"value":23.5,"unit":"C"},"hum":{"val":40}}', [T, H]),
        ('Data: {"temp":23.5}', [T]),
        ("Temperature 23.5 C, Humidity 40 %", [T, H]),
        ("temp:23.5", [T]),
        ("temp:23.5,hum:40", [T, H]),
        ("temp=23.5 hum=40", [T, H]),
        ("DHT11 temp=23.5 hum=40", [T, H]),
        ("[INFO] temp: 23.5", [T]),
        ("Data: temp=23.5, hum=40", [T, H]),
        (">temp:23.5", [T]),
        ("t:23.5|h:40", [T, H]),
        ("Humidity: 40.00%  Temperature: 23.50°C 74.30°F  Heat index: 23.01°C 73.42°F",
         [H, T, ("heat_index", 23.01, "Cel")]),
        ("Nhiet do: 23.50 *C", [T]),
        ("Nhiệt độ: 23,5 °C; Độ ẩm: 40 %", [T, H]),
        ("temp:74.3F", [T]),
        ("Temperature: 23.5C  Dew point: 9.1C", [T, ("dew_point", 9.1, "Cel")]),
        ("room 1 temp: 20, room 2 temp: 21", [("room_1_temp", 20.0, "Cel"), ("room_2_temp", 21.0, "Cel")]),
        ("temp,23.5,hum,40", [T, H]),
        ("temp 23.5 hum 40", [T, H]),
        ("co2: 812 ppm; ec: 1.4 mS/cm; ph: 7", [("co2", 812.0, "ppm"), ("ec", 1400.0, "uS/cm"), ("ph", 7.0, "pH")]),
        ("door:open", [("door", True, "")]),
        ("23.5", [("value", 23.5, "")]),
        ("23.5C", [T]),
        ("23,5 °C", [T]),
        ("-4e-1", [("value", -0.4, "")]),
        ("23.5,40", [("c0", 23.5, ""), ("c1", 40.0, "")]),
        ("23,5;40,0", [("c0", 23.5, ""), ("c1", 40.0, "")]),
        ("23.5\t40", [("c0", 23.5, ""), ("c1", 40.0, "")]),
        ("23.5 40", [("c0", 23.5, ""), ("c1", 40.0, "")]),
        ("[23.5, 40]", [("c0", 23.5, ""), ("c1", 40.0, "")]),
        ("12:30:05,23.5", [("c1", 23.5, "")]),
        ("power: 5", [("board_power", 5.0, "")]),
    ],
)  # fmt: skip
def test_what_boards_print_is_read(line: str, expected: list[tuple[str, Value, str]]) -> None:
    assert _read(line) == expected


@pytest.mark.parametrize(
    ("lines", "map_", "expected"),
    [
        (("temp,hum", "23.5,40"), "", [T, H]),
        (("Time;Temp (°C);Hum (%)", "1000;23,5;40"), "", [("time", 1000.0, ""), T, H]),
        (("# temp, hum", "23.5, 40"), "", [T, H]),
        (('"temp","hum"', '"23.5","40"'), "", [T, H]),
        (("23.5,40",), "temp,hum", [T, H]),
        (("9,2350,40",), "-,temp:C:0.01,hum", [T, H]),
        (("raw:470",), "raw=temp::0.05", [T]),
        (("23.5", "24.5"), "temp", [T, ("temperature", 24.5, "Cel")]),
    ],
)
def test_headers_and_plans_name_columns(
    lines: tuple[str, ...], map_: str, expected: list[tuple[str, Value, str]]
) -> None:
    assert _read(*lines, map_=map_) == expected


@pytest.mark.parametrize(
    "line",
    ["Reading 5 of 10, wait",
     "temp:23.", "temp:23.5temp:24", "temp:2hum:40", '{"temp":23', '{"a":1,"a":2}', "temp:1,temp:2", '{"t":1e999}',
     "temp:23.5}", "=5", ",,", "temp:23.5 \x01", "temp:2 3.5", "[1,[2]]", "a:1" * 200],
)  # fmt: skip
def test_what_may_be_cut_off_or_merged_is_bad(line: str) -> None:
    driver = _driver()
    assert not driver.take(f"\n{line}\n".encode(), 1.0)
    assert (driver.counts.good, driver.counts.bad) == (0, 1)


@pytest.mark.parametrize(
    "line",
    [">>> ", "MicroPython v1.24.1 on 2024-11-29; Raspberry Pi Pico with RP2040", 'Type "help()" for more information.',
     "Adafruit CircuitPython 9.2.1 on 2024-11-20; board", "DHT11 test!", "ets Jun  8 2016 00:22:57", "temp,hum",
     "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", "Traceback (most recent call last):",
     "OSError: [Errno 5] EIO", "Starting sensor, please wait"],
)  # fmt: skip
def test_banners_prompts_and_headers_are_skipped(line: str) -> None:
    driver = _driver()
    assert not driver.take(f"\r\n{line}\r\n".encode(), 1.0)
    assert (driver.counts.good, driver.counts.bad, driver.counts.skipped) == (0, 0, 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\r"])
def test_every_line_end_will_do(end: str) -> None:
    driver = _driver()
    words = list(driver.take(end.join(("", "temp:23.5", "temp:23.6", "")).encode(), 1.0))
    assert [e.x for e in _batches(words)[0].e] == [23.5, 23.6]


@pytest.mark.parametrize("line", [b"temp:23.5*A2E7\n", b"temp:23.5*a2e7\r\n", b'{"s":1,"temp":23.5}*9F74\n'])
def test_a_good_mark_is_integrity(line: bytes) -> None:
    (batch,) = _batches(list(_driver().take(line, 1.0)))
    assert batch.integrity is Integrity.CRC
    assert batch.e[-1].x == 23.5


def test_after_good_marks_a_wrong_or_missing_one_is_an_error_also_when_the_line_was_opened_anew() -> None:
    driver = _driver()
    driver.take(_marked("temp:1"), 1.0)
    driver.open(2.0)
    assert not driver.take(b'\ntemp:2\ntemp:3*0000\n{"temp":4}\n5\n>>> \n', 3.0)
    assert (driver.counts.good, driver.counts.bad, driver.counts.skipped) == (0, 4, 1)


def test_a_wrong_mark_is_an_error_from_the_first_line_on() -> None:
    driver = _driver()
    assert not driver.take(b"\ntemp:23.5*A2E8\n", 1.0)
    assert driver.counts.bad == 1


def test_the_first_piece_after_opening_is_half_a_line_unless_it_proves_otherwise() -> None:
    assert not _batches(list(_driver().take(b"3.5\n", 1.0)))
    assert _batches(list(_driver().take(b'{"temp":3.5}\n', 1.0)))
    assert _batches(list(_driver().take(b"temp:23.5*A2E7\n", 1.0)))
    assert [e.n for e in _batches(list(_driver().take(b"temp,hum\n1,2\n", 1.0)))[0].e] == ["temperature", "humidity"]


def test_a_row_of_another_width_is_bad_until_it_is_the_rule() -> None:
    driver = _driver()
    words = list(driver.take(b"\n1,2,3\n1,2\n1,2,3\n1,2\n1,2\n1,2\n", 1.0))
    assert driver.counts.bad == 3
    assert len(_batches(words)[0].e) == 3 + 3 + 2


def test_a_missing_value_is_not_zero() -> None:
    driver = _driver()
    assert not _batches(list(driver.take(b'\nTemperature: nan\n{"temp":null}\n--\n', 1.0)))
    assert driver.counts.good == 3


def test_lines_over_512_bytes_are_dropped_and_memory_stays_small() -> None:
    driver = _driver()
    for _ in range(100):
        driver.take(b"temp:1," * 1000, 1.0)
    assert driver.counts.bad == 1
    assert _batches(list(driver.take(b"\ntemp:23.5\n", 1.0)))


def test_letters_that_are_not_utf8_are_an_error_but_for_the_degree_sign_of_old_boards() -> None:
    driver = _driver()
    words = list(driver.take(b"\ntemp:23.5\xb0C\ntemp:\xff24\n", 1.0))
    assert [(e.n, e.x) for e in _batches(words)[0].e] == [("temperature", 23.5)]
    assert driver.counts.bad == 1


def test_a_line_can_say_at_most_64_metrics() -> None:
    driver = _driver()
    for n in range(300):
        words = list(driver.take(f"\nmetric_{n:03}x:1\n".encode(), 1.0))
        assert bool(_batches(words)) is (n < 64)


def test_about_says_what_the_board_called_each_metric() -> None:
    words = list(_driver().take(b"\ntemp:23.5 humidity:40\n", 1.0))
    (about,) = (word.about for word in words if isinstance(word, Said) and word.about)
    assert {name: (metric.unit, metric.title) for name, metric in about.metrics.items()} == {
        "temperature": ("Cel", "temp"),
        "humidity": ("%RH", ""),
    }


def test_nothing_is_ever_written() -> None:
    driver = _driver()
    command = DeviceCommand(id="c", name=DeviceCommandName.SET_PERIOD, argument="100", expires_at=0)
    (done,) = driver.ask("dev-1", command, 1.0)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.REFUSED
    for second in range(100):
        assert not driver.due(float(second))
        assert driver.to_write() == b""
    assert driver.farewell() == b""


@given(st.lists(st.binary(max_size=80) | st.text(max_size=80).map(str.encode), max_size=20))
def test_hostile_bytes_never_raise_and_what_comes_of_them_fits(pieces: list[bytes]) -> None:
    driver = _driver()
    for piece in [b"\n", *pieces, b"\n"]:
        for batch in _batches(list(driver.take(piece, 1.0))):
            assert decode_room(encode_room(batch), Batch) == batch


@given(
    st.dictionaries(st.from_regex(r"[a-z]{3,8}", fullmatch=True), st.floats(-1e6, 1e6), min_size=1, max_size=5),
    st.data(),
)
def test_a_marked_line_that_lost_got_or_changed_a_byte_is_never_accepted(
    values: dict[str, float], data: st.DataObject
) -> None:
    line = bytearray(_marked(json.dumps(values)))
    driver = _driver()
    driver.take(bytes(line), 1.0)
    place = data.draw(st.integers(0, len(line) - 2))
    match data.draw(st.sampled_from(["lost", "inserted", "flipped"])):
        case "lost":
            del line[place]
        case "inserted":
            line.insert(place, data.draw(st.integers(0, 255)))
        case _:
            line[place] ^= 1 << data.draw(st.integers(0, 7))
    for batch in _batches(list(driver.take(bytes(line), 1.0))):
        assert batch.integrity is Integrity.CRC
        assert all(e.x in values.values() for e in batch.e)


def test_an_unknown_line_is_recognised_by_listening() -> None:
    recogniser = TextRecogniser()
    assert not recogniser.questions()
    assert recogniser.hear(b"5\ntemp:23.5*A2E7\n") is not None
    guess = recogniser.hear(b"rubbish\ntemp:1\ntemp:2\n")
    assert guess is not None
    assert guess.confidence == 0.8
    assert recogniser.hear(b"hello\nworld\nwhat is this\n") is None
    assert recogniser.hear(bytes(range(256)) * 10) is None
