from collections.abc import Callable
from pathlib import Path
from struct import pack
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.drivers import modbus
from firmware_bridge.drivers.driver import Done, DriverError, Said, Word
from firmware_bridge.drivers.modbus import ModbusBus
from firmware_bridge.drivers.modbus_frames import Question, Refusal, Registers, crc_modbus, find_answer, with_crc
from firmware_bridge.drivers.modbus_recognition import ModbusRecogniser
from firmware_bridge.drivers.modbus_units import ModbusUnit
from firmware_bridge.drivers.register_map import read_register_map
from models.errors import SettingsError
from models.room_messages import Batch, DeviceCommand, DeviceCommandName, DeviceOutcome, Reach, State
from tests.builders.planned_lines import on_a_line

T = TypeVar("T", Batch, State)
TWO_BLOCKS = """
model = "two blocks"
source = "this test"
verified = false
every_seconds = 1
[[register]]
metric = "temperature"
address = 0
scale = 0.1
[[register]]
metric = "humidity"
address = 9
"""


def _answer(unit: int, function: int, *registers: int) -> bytes:
    return with_crc(bytes((unit, function, 2 * len(registers))) + b"".join(pack(">H", one) for one in registers))


class Line:
    """A bus and what its sensors do; `now` only moves when told."""

    def __init__(self, *units: tuple[int, str], sensors: Callable[[bytes], bytes] = lambda _: b"") -> None:
        self.bus = ModbusBus(
            [ModbusUnit(f"dev-{unit}", unit, read_register_map(text, "test")) for unit, text in units], 9600
        )
        self.bus.open(0.0)
        self.sensors = sensors
        self.now = 0.0
        self.asked: list[bytes] = []
        self.words: list[Word] = []

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += 0.05
            self.words += self.bus.due(self.now)
            out = self.bus.to_write()
            if out:
                self.asked.append(out)
                heard = self.sensors(out)
                if heard:
                    self.words += self.bus.take(heard, self.now + 0.01)

    def readings(self, device_id: str) -> list[tuple[str, object]]:
        return [(e.n, e.x) for batch in self._of(device_id, Batch) for e in batch.e]

    def states(self, device_id: str) -> list[State]:
        return self._of(device_id, State)

    def _of(self, device_id: str, kind: type[T]) -> list[T]:
        said = [word for word in self.words if isinstance(word, Said) and word.device_id == device_id]
        return [part for word in said for part in (word.batch, word.state) if isinstance(part, kind)]


def test_the_vectors() -> None:
    assert crc_modbus(b"123456789") == 0x4B37
    assert Question(1, 3, 0, 7).frame == bytes.fromhex("01 03 00 00 00 07 04 08")
    assert find_answer(Question(1, 3, 0, 7), bytes.fromhex("01 83 02 C0 F1")) == Refusal(2)


def test_the_soil_sensor_is_asked_as_its_document_says_and_its_values_are_scaled() -> None:
    bus = modbus.make([on_a_line("modbus", map_="womaster-es107")])
    bus.open(0.0)
    bus.due(0.1)
    assert bus.to_write() == bytes.fromhex("01 03 00 00 00 07 04 08")
    words = bus.take(_answer(1, 3, 41, 0x10000 - 105, 1413, 68, 12, 7, 30), 0.2)
    about, state, batch = (word for word in words if isinstance(word, Said))
    assert about.about is not None
    assert (about.about.maker, about.about.model) == ("Womaster", "ES107")
    assert state.state is not None
    assert state.state.reach is Reach.OK
    assert batch.batch is not None
    assert [(e.n, e.x, e.u) for e in batch.batch.e] == [
        ("moisture", 41.0, "%"), ("temperature", -10.5, "Cel"), ("ec", 1413.0, "uS/cm"), ("ph", 6.8, "pH"),
        ("nitrogen", 12.0, "mg/kg"), ("phosphorus", 7.0, "mg/kg"), ("potassium", 30.0, "mg/kg"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "order", "content", "value"),
    [
        ("float32", "high first", "41BC 0000", 23.5),
        ("float32", "low first", "0000 41BC", 23.5),
        ("u32", "high first", "0001 0002", 6553.8),
        ("u32", "low first", "0002 0001", 6553.8),
        ("i32", "high first", "FFFF FFFE", -0.2),
        ("i16", "high first", "FF33", -20.5),
        ("u16", "high first", "0131", 30.5),
        ("float32", "high first", "7FC0 0000", None),
    ],
)
def test_every_type_and_word_order(kind: str, order: str, content: str, value: float | None) -> None:
    scale = "" if kind == "float32" else "scale = 0.1"
    text = f"""
model = "m"
source = "s"
verified = false
[[register]]
metric = "level"
address = 4
function = 4
type = "{kind}"
word_order = "{order}"
{scale}
"""
    raw = bytes.fromhex(content)
    (register,) = read_register_map(text, "test").registers
    assert register.value(raw) == value


def test_noise_and_our_own_echo_before_an_answer_are_passed_over() -> None:
    line = Line((1, TWO_BLOCKS), sensors=lambda asked: b"\x00\xff" + asked + _answer(1, 3, 235))
    line.run(0.3)
    assert line.readings("dev-1")[0] == ("temperature", 23.5)


def test_a_dead_sensor_is_unreachable_after_three_misses_and_slows_no_other() -> None:
    line = Line((1, TWO_BLOCKS), (2, TWO_BLOCKS), sensors=lambda asked: _answer(2, 3, 1) if asked[0] == 2 else b"")
    line.run(20.0)
    assert [(state.reach, state.sentence) for state in line.states("dev-1")] == [
        (Reach.UNREACHABLE, "Unit 1 does not answer.")
    ]
    assert [state.reach for state in line.states("dev-2")] == [Reach.OK]
    assert len(line.readings("dev-2")) >= 2 * 15
    line.sensors = lambda asked: _answer(asked[0], 3, 1)
    line.run(12.0)
    assert [state.reach for state in line.states("dev-1")] == [Reach.UNREACHABLE, Reach.OK]


def test_a_silent_bus_is_opened_anew_after_a_minute() -> None:
    line = Line((1, TWO_BLOCKS))
    with pytest.raises(DriverError, match="minute"):
        line.run(61.0)


def test_an_answer_that_comes_late_is_never_taken_for_another_register() -> None:
    """Address 0 answers 1, address 9 answers 2, both in one register: only the address asked can tell them apart."""
    late: list[tuple[float, bytes]] = []
    delays = (0.1, 1.2, 0.1, 0.1, 0.7, 0.1, 1.55, 0.1, 0.1, 0.6, 1.3)
    line = Line((1, TWO_BLOCKS))

    def sensors(asked: bytes) -> bytes:
        late.append((line.now + delays[len(line.asked) % len(delays)], _answer(1, 3, 10 if asked[3] == 0 else 2)))
        return b""

    line.sensors = sensors
    for _ in range(3000):
        line.run(0.05)
        while late and min(late)[0] <= line.now:
            late.remove(first := min(late))
            line.words += line.bus.take(first[1], line.now)
    readings = line.readings("dev-1")
    assert len(readings) > 10
    assert set(readings) == {("temperature", 1.0), ("humidity", 2.0)}
    assert line.bus.counts.skipped > 0


def test_an_answer_of_another_unit_is_nobody_s() -> None:
    line = Line((1, TWO_BLOCKS), sensors=lambda _: _answer(2, 3, 235))
    line.run(5.0)
    assert not line.readings("dev-1")
    assert line.bus.counts.good == 0


def test_a_sensor_that_refuses_many_registers_at_once_is_asked_for_each() -> None:
    text = TWO_BLOCKS.replace("address = 9", "address = 1")

    def sensors(asked: bytes) -> bytes:
        return _answer(1, 3, 100 + asked[3]) if asked[5] == 1 else with_crc(b"\x01\x83\x02")

    line = Line((1, text), sensors=sensors)
    line.run(0.5)
    assert line.readings("dev-1") == [("temperature", 10.0), ("humidity", 101.0)]


def test_a_refused_register_is_a_fault_that_is_said_once() -> None:
    line = Line((1, TWO_BLOCKS), sensors=lambda asked: with_crc(b"\x01\x83\x02") if asked[3] else _answer(1, 3, 235))
    line.run(5.0)
    assert set(line.readings("dev-1")) == {("temperature", 23.5)}
    assert [(state.reach, state.sentence) for state in line.states("dev-1")] == [
        (Reach.FAULT, "It refuses register 9 by function 3 (exception 2).")
    ]


def test_a_value_outside_the_sensor_s_own_range_is_not_passed_on() -> None:
    text = TWO_BLOCKS.replace("scale = 0.1", "scale = 0.1\nrange = [-20, 80]\nmissing = [0x7FFF]")
    line = Line((1, text), sensors=lambda asked: _answer(1, 3, 801 if asked[3] == 0 else 40))
    line.run(0.5)
    assert line.readings("dev-1") == [("humidity", 40.0)]
    assert line.states("dev-1")[0].sentence == "Outside the sensor's own range: temperature."


def test_a_full_bus_is_asked_more_seldom_instead_of_late() -> None:
    many = Line(*((unit, TWO_BLOCKS) for unit in range(1, 41)))
    assert many.bus.stretch > 5
    assert Line((1, TWO_BLOCKS)).bus.stretch == 1.0


def test_a_sensor_is_only_read() -> None:
    line = Line((1, TWO_BLOCKS))
    command = DeviceCommand(id="c", name=DeviceCommandName.SET_PERIOD, argument="1", expires_at=0)
    (done,) = line.bus.ask("dev-1", command, 0.0)
    assert isinstance(done, Done)
    assert done.result.outcome is DeviceOutcome.REFUSED
    line.run(5.0)
    assert {asked[1] for asked in line.asked} == {3}


@pytest.mark.parametrize(
    ("units", "complaint"),
    [
        ([(1, "xy-md02"), (1, "xy-md02")], "same Modbus unit 1"),
        ([(0, "xy-md02")], "1 to 247"),
        ([(1, "nope")], "xy-md02"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_named(units: list[tuple[int, str]], complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        modbus.make([on_a_line("modbus", f"dev-{n}", unit, map_) for n, (unit, map_) in enumerate(units)])


def test_an_operator_s_own_map_is_a_path(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(TWO_BLOCKS, encoding="utf-8")
    bus = modbus.make([on_a_line("modbus", map_=str(own))])
    bus.due(1.0)
    assert bus.to_write() == Question(1, 3, 0, 1).frame


@given(st.binary(max_size=300), st.integers(1, 247), st.sampled_from([3, 4]), st.integers(1, 20))
def test_hostile_bytes_are_never_an_answer_by_chance_and_never_raise(
    heard: bytes, unit: int, function: int, count: int
) -> None:
    question = Question(unit, function, 0, count)
    found = find_answer(question, heard)
    match found:
        case Registers(content):
            assert with_crc(bytes((unit, function, 2 * count)) + content) in heard
        case Refusal(code):
            assert with_crc(bytes((unit, function | 0x80, code))) in heard
        case None:
            pass
    ModbusRecogniser().hear(heard)


@given(st.lists(st.integers(0, 65535), min_size=1, max_size=20), st.data())
def test_a_damaged_answer_is_no_answer(registers: list[int], data: st.DataObject) -> None:
    frame = bytearray(_answer(7, 4, *registers))
    question = Question(7, 4, 0, len(registers))
    assert find_answer(question, bytes(frame)) == Registers(bytes(frame[3:-2]))
    place = data.draw(st.integers(0, len(frame) - 1))
    frame[place] ^= 1 << data.draw(st.integers(0, 7))
    assert find_answer(question, bytes(frame)) is None


def test_an_unknown_bus_is_recognised_by_an_answer_also_by_a_refusal() -> None:
    recogniser = ModbusRecogniser()
    assert {question.ask[1] for question in recogniser.questions()} == {3, 4}
    for heard in (b"\xff" + _answer(17, 4, 5), with_crc(b"\x11\x83\x02")):
        guess = recogniser.hear(heard)
        assert guess is not None
        assert (guess.driver, guess.unit) == ("modbus", 17)
    assert recogniser.hear(Question(1, 3, 0, 1).frame) is None
