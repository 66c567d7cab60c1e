"""A board in software that speaks Firmata 2.5 as StandardFirmata does, written from firmata/protocol `protocol.md`.

Twenty pins as on an Uno: 14 digital, 6 of them analog channels 0 to 5. Outputs do nothing.
"""

from collections.abc import Callable

INPUT, OUTPUT, ANALOG, PWM, SERVO, PULL_UP = 0x00, 0x01, 0x02, 0x03, 0x04, 0x0B
PINS = 20
FIRST_ANALOG_PIN = 14
NAME = "SoftFirmata.ino"


def _sevens(number: int) -> bytes:
    return bytes((number & 0x7F, number >> 7 & 0x7F))


class SoftFirmataBoard:
    """One board; `analog` gives a channel's raw reading at an instant, `inputs` are the digital pins that are high."""

    def __init__(self, analog: Callable[[int, float], int] = lambda channel, _now: 100 * channel + 23) -> None:
        self.inputs: set[int] = set()
        self.modes: dict[int, int] = {}
        self.reporting: set[int] = set()
        self.ports: set[int] = set()
        self.interval = 0.019
        self._analog = analog
        self._last_ports: dict[int, int] = {}
        self._message = bytearray()
        self._next = 0.0

    def opened(self, now: float) -> bytes:
        """A reset: version and firmware, and no report is on."""
        self.modes.clear()
        self.reporting.clear()
        self.ports.clear()
        self._last_ports.clear()
        self._message.clear()
        self.interval = 0.019
        self._next = now
        return self._version() + self._firmware()

    def _version(self) -> bytes:
        return bytes((0xF9, 2, 5))

    def _firmware(self) -> bytes:
        return b"\xf0\x79\x02\x05" + b"".join(_sevens(letter) for letter in NAME.encode()) + b"\xf7"

    def take(self, data: bytes, now: float) -> bytes:
        """Answers to whole messages."""
        said = b""
        for byte in data:
            if byte >= 0x80 and byte != 0xF7:
                self._message = bytearray()
            self._message.append(byte)
            if self._is_whole():
                said += self._obey(list(self._message), now)
                self._message.clear()
        return said

    def _is_whole(self) -> bool:
        first = self._message[0]
        if first == 0xF0:
            return self._message[-1] == 0xF7
        lengths = {0xC0: 2, 0xD0: 2, 0xE0: 3, 0x90: 3}
        return len(self._message) >= {0xF4: 3, 0xF5: 3, 0xF9: 1, 0xFF: 1}.get(first, lengths.get(first & 0xF0, 1))

    def _obey(self, message: list[int], now: float) -> bytes:
        first = message[0]
        match first & 0xF0, message:
            case 0xC0, [_, on]:
                self.reporting = self.reporting | {first & 15} if on else self.reporting - {first & 15}
            case 0xD0, [_, on]:
                self.ports = self.ports | {first & 15} if on else self.ports - {first & 15}
                self._last_ports.pop(first & 15, None)
            case _, [0xF4, pin, mode]:
                self.modes[pin] = mode
            case _, [0xF9]:
                return self._version()
            case _, [0xFF]:
                return self.opened(now)
            case _, [0xF0, 0x79, 0xF7]:
                return self._firmware()
            case _, [0xF0, 0x6B, 0xF7]:
                return self._capabilities()
            case _, [0xF0, 0x69, 0xF7]:
                channels = [pin - FIRST_ANALOG_PIN if pin >= FIRST_ANALOG_PIN else 0x7F for pin in range(PINS)]
                return b"\xf0\x6a" + bytes(channels) + b"\xf7"
            case _, [0xF0, 0x7A, low, high, 0xF7]:
                self.interval = max(low | high << 7, 1) / 1000
        return b""

    def _capabilities(self) -> bytes:
        said = bytearray(b"\xf0\x6c")
        for pin in range(PINS):
            if pin >= 2:
                said += bytes((INPUT, 1, PULL_UP, 1, OUTPUT, 1, SERVO, 14))
            if pin in (3, 5, 6, 9, 10, 11):
                said += bytes((PWM, 8))
            if pin >= FIRST_ANALOG_PIN:
                said += bytes((ANALOG, 10))
            said.append(0x7F)
        return bytes(said) + b"\xf7"

    def tick(self, now: float) -> bytes:
        """Changed ports at once, analog channels at each interval."""
        said = b""
        for port in sorted(self.ports):
            bits = sum(1 << (pin & 7) for pin in self.inputs if pin >> 3 == port)
            if self._last_ports.get(port) != bits:
                self._last_ports[port] = bits
                said += bytes((0x90 | port,)) + _sevens(bits)
        if now >= self._next:
            self._next = now + self.interval
            said += b"".join(bytes((0xE0 | one,)) + _sevens(self._analog(one, now)) for one in sorted(self.reporting))
        return said
