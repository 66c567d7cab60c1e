"""Where a sensor in software can be reached: a pseudo terminal or a TCP port of this machine; and what is wrong there.

One connection at a time, as on a cable. What nobody reads is lost, as on a cable. Not here: what is said.
"""

import os
import random
import select
import socket
import threading
import time
import tty
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final

from models.errors import SettingsError
from provisioning.rehearsal.soft_room.soft_sensor import SoftSensor

TICK_SECONDS: Final = 0.01
LATE_SECONDS: Final = 0.8
NOISE: Final = 0.002
_GARBAGE: Final = bytes(range(0x80, 0xA0))


class SensorFault(StrEnum):
    """What goes wrong between a sensor and its reader."""

    NONE = "none"
    SILENCE = "silence"
    GARBAGE = "garbage"
    LATE = "late"
    TRUNCATED = "truncated"
    DUPLICATED = "duplicated"
    NOISE = "noise"
    """Two bytes of a thousand are changed, lost or new."""


class SensorLine:
    """Serves one sensor on a thread of its own. `fault` may be changed at any time."""

    def __init__(self, sensor: SoftSensor, fault: SensorFault = SensorFault.NONE) -> None:
        self._sensor = sensor
        self.fault = fault
        self._stopping = threading.Event()
        self._late: list[tuple[float, bytes]] = []
        self._noise = random.Random(1)
        self._listening: socket.socket | None = None
        self._ends: tuple[int, ...] = ()

    def start_terminal(self) -> str:
        """On a pseudo terminal; gives its path."""
        self._ends = os.openpty()
        tty.setraw(self._ends[1])
        self._begin(self._serve_terminal)
        return os.ttyname(self._ends[1])

    def start_port(self, port: int = 0) -> int:
        """At a TCP port of this machine (0: any); gives it. Raises SettingsError when it is taken."""
        try:
            self._listening = socket.create_server(("127.0.0.1", port))
        except OSError as error:
            raise SettingsError(f"TCP port {port}: {error.strerror}. Choose another with --port.") from None
        self._begin(self._serve_port)
        return int(self._listening.getsockname()[1])

    def stop(self) -> None:
        """Pull the cable."""
        self._stopping.set()
        self._thread.join()
        for end in self._ends:
            os.close(end)
        if self._listening is not None:
            self._listening.close()

    def _begin(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="soft sensor", daemon=True)
        self._thread.start()

    def _serve_terminal(self) -> None:
        self._converse(self._ends[0])

    def _serve_port(self) -> None:
        listening = self._listening
        while listening is not None and not self._stopping.is_set():
            if not select.select([listening], [], [], 0.1)[0]:
                continue
            line, _ = listening.accept()
            with line:
                self._converse(line.fileno())

    def _converse(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._late.clear()
        self._write(descriptor, self._sensor.opened(time.monotonic()))
        while not self._stopping.is_set():
            ready = select.select([descriptor], [], [], TICK_SECONDS)[0]
            now = time.monotonic()
            try:
                heard = os.read(descriptor, 4096) if ready else b""
                if ready and not heard:
                    return
                said = self._sensor.take(heard, now) if heard else b""
                self._write(descriptor, said + self._sensor.tick(now))
            except OSError:
                return

    def _write(self, descriptor: int, said: bytes) -> None:
        now = time.monotonic()
        if said and self.fault is SensorFault.LATE:
            self._late.append((now + LATE_SECONDS, said))
            said = b""
        while self._late and self._late[0][0] <= now:
            said += self._late.pop(0)[1]
        with suppress(BlockingIOError):  # nobody reads: lost, as on a cable
            if said:
                os.write(descriptor, self._spoiled(said))

    def _spoiled(self, said: bytes) -> bytes:
        match self.fault:
            case SensorFault.NONE | SensorFault.LATE:
                return said
            case SensorFault.SILENCE:
                return b""
            case SensorFault.GARBAGE:
                return _GARBAGE
            case SensorFault.TRUNCATED:
                return said[: len(said) // 2]
            case SensorFault.DUPLICATED:
                return said * 2
            case SensorFault.NOISE:
                return b"".join(self._one_byte(byte) for byte in said)

    def _one_byte(self, byte: int) -> bytes:
        if self._noise.random() >= NOISE:
            return bytes((byte,))
        new = self._noise.randrange(256)
        return self._noise.choice(
            (b"", bytes((byte, new)), bytes((byte ^ 1 << new % 8,)), bytes((byte ^ 1 << new % 8,)))
        )
