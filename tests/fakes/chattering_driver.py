"""A driver of nothing: lines `name:number`, an echo for each command, and faults on request."""

from collections.abc import Sequence

from firmware_bridge.drivers.driver import Counts, Done, DriverError, DriverRow, Rest, Said, Word
from models.room_messages import Batch, DeviceCommand, DeviceOutcome, DeviceResult, Entry
from models.room_plan import PlannedDevice


class ChatteringDriver:
    """`crash`, `reopen`, `rest`, `hold` and `go` (for commands) are lines that make it do so.

    `ok` answers the oldest command.
    """

    def __init__(self, devices: Sequence[PlannedDevice]) -> None:
        self.counts = Counts()
        self.device_id = devices[0].device_id
        self.opened = 0
        self.due_calls = 0
        self._rest = b""
        self._out = bytearray()
        self._asked: list[str] = []
        self._reopen = False
        self._holds = False
        self.held: dict[str, bytes] = {}

    def open(self, now: float) -> None:
        del now
        self.counts = Counts()
        self.opened += 1
        self._rest, self._out, self._asked, self._reopen = b"", bytearray(), [], False
        self._holds, self.held = False, {}

    def take(self, data: bytes, now: float) -> Sequence[Word]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        entries: list[Entry] = []
        words: list[Word] = []
        for line in lines:
            match line.split(b":"):
                case [b"crash"]:
                    raise ZeroDivisionError
                case [b"hold"]:
                    self._holds = True
                case [b"go"]:
                    self._holds = False
                case [b"reopen"]:
                    self._reopen = True
                case [b"rest", seconds]:
                    words.append(Rest(seconds=float(seconds)))
                case [b"ok"]:
                    words.append(self._answer(self._asked.pop(0)))
                case [name, value]:
                    entries.append(Entry(n=name.decode("latin-1"), x=float(value)))
                    self.counts.good += 1
                    self.counts.last_good_at = now
                case _:
                    self.counts.bad += 1
        if entries:
            words.append(Said(device_id=self.device_id, batch=Batch(bn=self.device_id, e=tuple(entries))))
        return words

    def due(self, now: float) -> Sequence[Word]:
        del now
        self.due_calls += 1
        if not self._holds:
            self._out += b"".join(self.held.values())
            self.held = {}
        if self._reopen:
            raise DriverError("The board wants to be opened anew.")
        return ()

    def to_write(self) -> bytes:
        out, self._out = bytes(self._out), bytearray()
        return out

    def ask(self, device_id: str, command: DeviceCommand, now: float) -> Sequence[Word]:
        del device_id, now
        self._asked.append(command.id)
        self.held[command.id] = f"{command.name} {command.argument}".strip().encode() + b"\n"
        return ()

    def withdraw(self, device_id: str, result: DeviceResult, now: float) -> Sequence[Word]:
        del now
        if result.id not in self.held:
            return ()
        del self.held[result.id]
        return [Done(device_id=device_id, result=result)]

    def farewell(self) -> bytes:
        return b"bye\n"

    def _answer(self, command_id: str) -> Done:
        result = DeviceResult(id=command_id, outcome=DeviceOutcome.DONE, at=0)
        return Done(device_id=self.device_id, result=result)


CHATTERING = DriverRow(make=ChatteringDriver, usual_baud=115200, usual_port=4000, documents="a test's")
