"""Driver `firmata`: a board with StandardFirmata or a relative. Analog channels are read, and what the plan names.

The plan's `map`: `a0=light:lx:0.5` names and scales an analog channel, `d2=door` a digital input, `p2=door` one with
pull-up. Without a map every analog channel is reported raw as `a0`, `a1`, ... Pins are never made outputs, and nothing
is ever written to one. Not here: bytes (`firmata_messages`). There is no check in this protocol: integrity none.
"""

import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.drivers.columns import Column, map_of, only_device, read_columns
from firmware_bridge.drivers.driver import Booted, Counts, Done, Driver, DriverError, Said, Word
from firmware_bridge.drivers.firmata_messages import (
    ANALOG_MAP_QUESTION,
    CAPABILITY_QUESTION,
    FIRMWARE_QUESTION,
    PIN_INPUT,
    PIN_PULL_UP,
    VERSION_QUESTION,
    Analog,
    AnalogMap,
    Capabilities,
    Digital,
    Firmware,
    Message,
    MessageSplitter,
    Text,
    Version,
    report_analog,
    report_digital,
    sampling_interval,
    set_pin,
)
from firmware_bridge.drivers.readings import batches
from models.equipment import EquipmentKind
from models.errors import SettingsError
from models.measurements import Value
from models.room_messages import (
    About,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Entry,
    Integrity,
    MetricAbout,
    Reach,
    State,
)
from models.room_plan import PlannedDevice

BOOT_SECONDS: Final = 2.0
ASK_SECONDS: Final = 1.0
TIMES: Final = 3
"""So often firmware, capabilities and analog map are asked for before we go on without them."""
INTERVAL_MS: Final = 200
SHORTEST_INTERVAL: Final = 20
LONGEST_INTERVAL: Final = 16_000
QUIET_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 15.0
GUESSED_CHANNELS: Final = tuple(range(6))
"""What is asked for where a board does not say which analog channels it has."""
ANALOG_MODE: Final = 0x02
_SOURCE: Final = re.compile(r"a(?:\d|1[0-5])|[dp](?:\d{1,2}|1[01]\d|12[0-7])")


def make(devices: Sequence[PlannedDevice]) -> Driver:
    """The driver of the one board on a line. Raises SettingsError."""
    device = only_device(devices, "firmata")
    columns = read_columns(map_of(device))
    wrong = [source for source in columns.by_source if not _SOURCE.fullmatch(source)]
    if columns.by_place or wrong:
        raise SettingsError(
            f'The map of {device.device_id} must name pins, such as "a0=light:lx:0.5,d2=door,p3=motion".'
        )
    return Firmata(device.device_id, columns.by_source)


class Firmata:
    """One board's conversation; `planned` by pin: a0.. analog channels, d or p with a number digital pins."""

    def __init__(self, device_id: str, planned: dict[str, Column]) -> None:
        self.counts = Counts()
        self._device_id = device_id
        self._analog = {int(source[1:]): column for source, column in planned.items() if source[0] == "a"}
        self._inputs = {int(source[1:]): column for source, column in planned.items() if source[0] != "a"}
        self._pulled_up = {int(source[1:]) for source in planned if source[0] == "p"}
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        self._splitter = MessageSplitter()
        self._out = b""
        self._heard_at = now
        self._version: Version | None = None
        self._expected_version = False
        self._reach: Reach | None = None
        self._digital: dict[int, bool] = {}
        self._start_over(now + BOOT_SECONDS)

    def _start_over(self, ask_at: float) -> None:
        self._firmware: Firmware | None = None
        self._capabilities: Capabilities | None = None
        self._map: AnalogMap | None = None
        self._ask_at = ask_at
        self._asked = {"firmware": 0, "capabilities": 0, "map": 0}
        self._reported: tuple[int, ...] = ()
        self._ports: tuple[int, ...] = ()
        self._running = False

    def open(self, now: float) -> None:
        """Wait for the board to say its version, and ask after two seconds."""
        self.counts = Counts()
        self._begin(now)

    # ---- from the board ----

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        """The readings of one read are one batch: the last of each analog channel, every change of an input."""
        words: list[Word] = []
        analog: dict[int, int] = {}
        digital: list[Entry] = []
        for message in self._splitter.take(data):
            if self._version is None and not isinstance(message, Version):
                self.counts.skipped += 1
                continue
            self.counts.good += 1
            self.counts.last_good_at = self._heard_at = now
            match message:
                case Analog(channel, value):
                    if self._running and channel in self._reported:
                        analog[channel] = value
                case Digital(port, bits):
                    digital += self._changed(port, bits)
                case Version():
                    self._take_version(message, words, now)
                case _:
                    self._learn(message, now)
        self.counts.bad += self._splitter.bad
        self._splitter.bad = 0
        if digital or (self.counts.last_good_at == now and self._reach is not Reach.OK):
            self._reach = Reach.OK
            values: dict[str, Value] = {self._inputs[pin].name: on for pin, on in self._digital.items()}
            words.append(Said(device_id=self._device_id, state=State(at=0, values=values)))
        return words + batches(self._device_id, [*map(self._entry, analog.items()), *digital], Integrity.NONE)

    def _learn(self, message: Message, now: float) -> None:
        match message:
            case Firmware():
                self._firmware = message
            case Capabilities():
                self._capabilities = message
            case AnalogMap():
                self._map = message
            case _:
                self.counts.skipped += isinstance(message, Text)
                return
        if not self._running and self._version is not None:
            self._ask_at = min(self._ask_at, now)

    def _take_version(self, version: Version, words: list[Word], now: float) -> None:
        if self._running and not self._expected_version:
            words.append(Booted(device_id=self._device_id, cause="unknown"))
            self._digital.clear()
            self._start_over(now)
        self._expected_version = False
        if self._version is None:
            self._ask_at = now
        self._version = version

    def _entry(self, reading: tuple[int, int]) -> Entry:
        channel, raw = reading
        column = self._analog.get(channel) or Column(f"a{channel}")
        return Entry(n=column.name, x=column.scale.value(raw), u=column.unit)

    def _changed(self, port: int, bits: int) -> list[Entry]:
        entries = []
        for pin, column in self._inputs.items():
            if pin >> 3 == port and self._running:
                on = bool(bits >> (pin & 7) & 1)
                if self._digital.get(pin) is not on:
                    self._digital[pin] = on
                    entries.append(Entry(n=column.name, x=on, u=column.unit))
        return entries

    # ---- to the board ----

    def due(self, now: float) -> Sequence[Word]:
        """Version, firmware, capabilities, analog map, then reports. Raises DriverError when nothing is answered."""
        if now - self._heard_at >= SILENT_SECONDS:
            raise DriverError("The board does not speak Firmata, or no longer.")
        if now < self._ask_at:
            return []
        self._ask_at = now + ASK_SECONDS
        if self._version is None:
            self._expected_version = True
            self._out += VERSION_QUESTION
            return []
        if self._running:
            if now - self._heard_at >= QUIET_SECONDS:
                self._expected_version = True
                self._out += VERSION_QUESTION
            return []
        for name, known, question in (
            ("firmware", self._firmware, FIRMWARE_QUESTION),
            ("capabilities", self._capabilities, CAPABILITY_QUESTION),
            ("map", self._map, ANALOG_MAP_QUESTION),
        ):
            if known is None and self._asked[name] < TIMES:
                self._asked[name] += 1
                self._ask_at = now + (ASK_SECONDS if self._asked[name] < TIMES else 0.0)
                self._out += question
                return []
        return self._run_reports()

    def _run_reports(self) -> list[Word]:
        self._running = True
        channels = self._channels()
        self._reported = tuple(channel for channel in channels if channel in self._analog or not self._analog)
        if self._inputs and not self._analog:
            self._reported = ()
        self._ports = tuple(sorted({pin >> 3 for pin in self._inputs}))
        self._out += sampling_interval(INTERVAL_MS)
        for pin in sorted(self._inputs):
            self._out += set_pin(pin, PIN_PULL_UP if pin in self._pulled_up else PIN_INPUT)
        self._out += b"".join(report_analog(channel, 1) for channel in self._reported)
        self._out += b"".join(report_digital(port, 1) for port in self._ports)
        columns = [self._analog.get(channel) or Column(f"a{channel}") for channel in self._reported]
        metrics = {one.name: MetricAbout(unit=one.unit) for one in (*columns, *self._inputs.values())}
        firmware = self._firmware
        about = About(
            kind=EquipmentKind.SENSOR_BOARD,
            firmware=f"{firmware.name} {firmware.major}.{firmware.minor}".strip()[:120] if firmware else "",
            via=f"firmata {self._version.major}.{self._version.minor}" if self._version else "firmata",
            metrics=metrics,
            commands=(DeviceCommandName.SET_PERIOD,),
        )
        return [Said(device_id=self._device_id, about=about)]

    def _channels(self) -> tuple[int, ...]:
        """By the analog map; without one by capabilities, counted in order; without both the six of an Uno."""
        if self._map is not None:
            found = {channel for channel in self._map.channels if channel is not None and channel < 16}
            return tuple(sorted(found))
        if self._capabilities is not None:
            count = sum(ANALOG_MODE in pin for pin in self._capabilities.pins)
            return tuple(range(min(count, 16)))
        return GUESSED_CHANNELS

    def to_write(self) -> bytes:
        """Questions, input modes, reports on."""
        out, self._out = self._out, b""
        return out

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        """Only "set period": the sampling interval, which no board confirms."""
        del now
        text = command.argument
        period = int(text) if text.isascii() and text.isdecimal() else 0
        outcome, sentence = DeviceOutcome.REFUSED, "A Firmata board knows only the command to set its period."
        if command.name is DeviceCommandName.SET_PERIOD:
            sentence = f"The period must be {SHORTEST_INTERVAL} to {LONGEST_INTERVAL} milliseconds."
            if SHORTEST_INTERVAL <= period <= LONGEST_INTERVAL:
                self._out += sampling_interval(period)
                outcome, sentence = DeviceOutcome.SENT, ""
        result = DeviceResult(id=command.id, outcome=outcome, sentence=sentence, at=0)
        return [Done(device_id=device_id, result=result)]

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        """Nothing waits: a command is written at once or refused."""
        del device_id, result, now
        return ()

    def farewell(self) -> bytes:
        """Reports off: the board would talk into the next opening."""
        analog = b"".join(report_analog(channel, 0) for channel in self._reported)
        return analog + b"".join(report_digital(port, 0) for port in self._ports)


def recognised(messages: Sequence[Message]) -> tuple[Version | None, Firmware | None, int]:
    """What of a stream tells Firmata apart: version, firmware, and how many readings."""
    version = next((message for message in messages if isinstance(message, Version)), None)
    firmware = next((message for message in messages if isinstance(message, Firmware)), None)
    return version, firmware, sum(isinstance(message, Analog | Digital) for message in messages)
