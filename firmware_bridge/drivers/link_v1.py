"""Driver `link-v1`: our own sensor boards (firmware_bridge/PROTOCOL.md). One board to a line.

Not here: frames and check (`frames`), the ident's fields (`link_ident`). Instants in words are 0: the bridge, which
has a clock, puts its own.
"""

from collections.abc import Sequence
from struct import Struct
from typing import Final

from firmware_bridge.drivers.columns import Column, map_of, only_device, read_columns
from firmware_bridge.drivers.driver import Booted, Counts, Done, Driver, DriverError, Said, Word
from firmware_bridge.drivers.frames import FrameSplitter, to_frame
from firmware_bridge.drivers.link_ident import Ident, read_ident
from firmware_bridge.drivers.readings import batches
from models.equipment import EquipmentKind
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
"""Nothing is written for so long after opening, unless the boot frame comes before."""
ASK_SECONDS: Final = 2.0
IDENT_WAIT_SECONDS: Final = 6.0
"""For so long readings wait for the ident that names them."""
UNREACHABLE_SECONDS: Final = 6.0
SILENT_SECONDS: Final = 10.0
COMMAND_SECONDS: Final = 2.0
SHORTEST_PERIOD: Final = 20
LONGEST_PERIOD: Final = 60_000
NO_VALUE: Final = -32_768
MOST_WAITING: Final = 2_000
_HALF: Final = 1 << 31

_DATA = Struct("<BHIB")
_HEAD = Struct("<BHI")
_VALUES: Final = tuple(Struct(f"<{n}h") for n in range(121))
_CAUSES: Final = ((0x01, "power-on"), (0x08, "watchdog"), (0x04, "brown-out"), (0x02, "external"))


def make(devices: Sequence[PlannedDevice]) -> Driver:
    """The driver of the one board on a line; its `map` may name channels. Raises SettingsError."""
    device = only_device(devices, "link-v1")
    columns = read_columns(map_of(device))
    planned = {place: column for place, column in enumerate(columns.by_place) if column is not None}
    planned |= {int(source): column for source, column in columns.by_source.items() if source.isdecimal()}
    return LinkV1(device.device_id, planned)


class LinkV1:
    """One board's conversation; `planned` are channels that the plan names, by their number."""

    def __init__(self, device_id: str, planned: dict[int, Column]) -> None:
        self.counts = Counts()
        self._device_id = device_id
        self._planned = planned
        self._cause = ""
        self._begin(0.0)

    def _begin(self, now: float) -> None:
        self._splitter = FrameSplitter()
        self._out = b""
        self._pending: tuple[str, float] | None = None
        self._ident: Ident | None = None
        self._rows: list[tuple[int, tuple[int, ...]]] = []
        self._ready_at = now + BOOT_SECONDS
        self._name_by = now + BOOT_SECONDS + IDENT_WAIT_SECONDS
        self._heard_at = now + BOOT_SECONDS
        self._ident_asked_at = self._ping_at = now
        self._seq: int | None = None
        self._between: list[int] = []
        self._t_ms: int | None = None
        self._reach: Reach | None = None
        self._told_lost = 0
        self._told_lost_at = now

    def open(self, now: float) -> None:
        """Wait for a boot frame; a command of the last conversation is forgotten."""
        self.counts = Counts()
        self._begin(now)

    # ---- from the board ----

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        """All readings of one read are one batch; their times are those of the board, before the last of them."""
        words: list[Word] = []
        counts = self.counts
        good = counts.good
        for payload in self._splitter.take(data):
            if payload[0] == 0x64:
                self._data(payload, words)
            else:
                self._other(payload, words, now)
        counts.bad += self._splitter.bad
        self._splitter.bad = 0
        if counts.good > good:
            counts.last_good_at = self._heard_at = now
            if self._reach is not Reach.OK:
                self._reach = Reach.OK
                words.append(self._state())
        if self._ident or self._planned or now >= self._name_by or len(self._rows) >= MOST_WAITING:
            self._say_rows(words)
        return words

    def _data(self, payload: bytes, words: list[Word]) -> None:
        if len(payload) < 8 or payload[7] > 120 or len(payload) != 8 + 2 * payload[7]:
            self.counts.bad += 1
            return
        _, seq, t_ms, n = _DATA.unpack_from(payload)
        if self._t_ms is not None and (t_ms - self._t_ms) & 0xFFFFFFFF >= _HALF:
            self._begun_anew("unknown", words)
        self._t_ms = t_ms
        if self._seq is not None and seq != self._seq + 1:
            self._gap(seq, self._seq)
        self._seq = seq
        self._between.clear()
        self.counts.good += 1
        self._rows.append((t_ms, _VALUES[n].unpack_from(payload, 8)))

    def _gap(self, seq: int, last: int) -> None:
        """Frames of other kinds may use numbers between (our firmware) or not (boards that count data only)."""
        step = (seq - last) & 0xFFFF
        if 0 < step < 0x8000:
            self.counts.lost += step - 1 - sum(0 < (other - last) & 0xFFFF < step for other in set(self._between))

    def _other(self, payload: bytes, words: list[Word], now: float) -> None:
        if len(payload) < _HEAD.size:
            self.counts.bad += 1
            return
        kind, seq, t_ms = _HEAD.unpack_from(payload)
        match kind:
            case 0x62 if len(payload) >= 8:
                self._booted(payload[7], words, now)
                self._seq, self._t_ms = seq, t_ms
            case 0x69:
                ident = read_ident(payload)
                if ident is None:
                    self.counts.bad += 1
                    return
                self._named(ident, words)
            case 0x70:
                pass
            case 0x72 if len(payload) >= 9:
                self._period_taken(payload[7] | payload[8] << 8, words)
            case _:
                self.counts.skipped += 1
                return
        self.counts.good += 1
        if kind != 0x62:
            self._answer_at(seq, t_ms, words)

    def _answer_at(self, seq: int, t_ms: int, words: list[Word]) -> None:
        if self._t_ms is not None and (t_ms - self._t_ms) & 0xFFFFFFFF >= _HALF:
            self._begun_anew("unknown", words)
        self._t_ms = t_ms
        if len(self._between) < 64:
            self._between.append(seq)

    def _booted(self, bits: int, words: list[Word], now: float) -> None:
        cause = next((name for bit, name in _CAUSES if bits & bit), "unknown")
        self._begun_anew(cause, words)
        self._ident = None
        self._ready_at = min(self._ready_at, now)
        self._name_by = now + IDENT_WAIT_SECONDS
        self._ident_asked_at = now

    def _begun_anew(self, cause: str, words: list[Word]) -> None:
        self._say_rows(words)
        self._seq = self._t_ms = None
        self._between.clear()
        self._cause = cause
        self._reach = Reach.OK
        words += [Booted(device_id=self._device_id, cause=cause), self._state()]

    def _named(self, ident: Ident, words: list[Word]) -> None:
        if self._ident is not None:
            ident = self._ident.with_more(ident)
            if ident == self._ident:
                return
            self._say_rows(words)
        self._ident = ident
        channels = {**ident.channels, **self._planned}
        about = About(
            kind=EquipmentKind.SENSOR_BOARD,
            model=ident.board,
            serial=ident.serial,
            firmware=ident.firmware[:120],
            via="link v1",
            metrics={column.name: MetricAbout(unit=column.unit) for column in list(channels.values())[:64]},
            commands=(DeviceCommandName.SET_PERIOD,),
        )
        words.append(Said(device_id=self._device_id, about=about))

    def _say_rows(self, words: list[Word]) -> None:
        if not self._rows:
            return
        described = self._ident.channels if self._ident else {}
        widest = max(len(values) for _, values in self._rows)
        columns = [self._planned.get(place) or described.get(place) or Column(f"ch{place}") for place in range(widest)]
        known = {place for place in range(widest) if place in self._planned or place in described}
        flat = [(one.name, one.unit, *one.scale) for one in columns]
        newest = self._rows[-1][0]
        entries: list[Entry] = []
        for t_ms, values in self._rows:
            t = -((newest - t_ms) & 0xFFFFFFFF)
            said = [
                Entry(n=name, x=(raw * multiply + add) / divide, u=unit, t=t)
                for (name, unit, multiply, add, divide), raw in zip(flat, values, strict=False)
            ]
            if NO_VALUE in values:
                said = [one for place, one in enumerate(said) if values[place] != NO_VALUE or place not in known]
            entries += said
        self._rows.clear()
        words += batches(self._device_id, entries, Integrity.CRC)

    def _state(self) -> Said:
        values: dict[str, float | str | bool] = {"lost_frames": float(self.counts.lost)}
        if self._cause:
            values["reset_cause"] = self._cause
        self._told_lost = self.counts.lost
        return Said(device_id=self._device_id, state=State(at=0, reach=self._reach or Reach.OK, values=values))

    # ---- to the board ----

    def due(self, now: float) -> Sequence[Word]:
        """Ask for ident and life. Raises DriverError after ten seconds of silence."""
        words: list[Word] = []
        if self._pending is not None and now >= self._pending[1]:
            words.append(self._done(self._pending[0], DeviceOutcome.FAILED, "The board did not answer."))
            self._pending = None
        silent = now - self._heard_at
        if silent >= SILENT_SECONDS and not words:
            raise DriverError("The board has been silent for ten seconds.")
        if silent >= UNREACHABLE_SECONDS and self._reach is not Reach.UNREACHABLE:
            self._reach = Reach.UNREACHABLE
            words.append(self._state())
        if self.counts.lost != self._told_lost and now - self._told_lost_at >= 60:
            self._told_lost_at = now
            words.append(self._state())
        if now >= self._ready_at:
            self._ask_what_is_due(now, silent)
        return words

    def _ask_what_is_due(self, now: float, silent: float) -> None:
        if self._ident is None and now - self._ident_asked_at >= ASK_SECONDS:
            self._ident_asked_at = self._ping_at = now
            self._out += to_frame(b"I")
        elif silent >= ASK_SECONDS and now - self._ping_at >= ASK_SECONDS:
            self._ping_at = now
            self._out += to_frame(b"P")

    def to_write(self) -> bytes:
        """Questions, and the one command there is."""
        out, self._out = self._out, b""
        return out

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        """Only "set period", one at a time."""
        del device_id
        period = int(command.argument) if command.argument.isascii() and command.argument.isdecimal() else 0
        sentence = ""
        if command.name is not DeviceCommandName.SET_PERIOD:
            sentence = "A sensor board knows only the command to set its period."
        elif not SHORTEST_PERIOD <= period <= LONGEST_PERIOD:
            sentence = f"The period must be {SHORTEST_PERIOD} to {LONGEST_PERIOD} milliseconds."
        elif self._pending is not None:
            sentence = "An earlier command is not answered yet."
        if sentence:
            return [self._done(command.id, DeviceOutcome.REFUSED, sentence)]
        self._out += to_frame(b"R" + period.to_bytes(2, "little"))
        self._pending = (command.id, max(now, self._ready_at) + COMMAND_SECONDS)
        return []

    def _period_taken(self, period: int, words: list[Word]) -> None:
        if self._pending is not None:
            sentence = f"The board now measures every {period} ms."
            words.append(self._done(self._pending[0], DeviceOutcome.DONE, sentence))
            self._pending = None

    def _done(self, command_id: str, outcome: DeviceOutcome, sentence: str) -> Done:
        result = DeviceResult(id=command_id, outcome=outcome, sentence=sentence, at=0)
        return Done(device_id=self._device_id, result=result)

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        """Nothing waits: a command is written at once or refused."""
        del device_id, result, now
        return ()

    def farewell(self) -> bytes:
        """Nothing: a board may go on talking."""
        return b""
