"""A driver and a sensor in software on one line, in simulated time: nothing waits, every millisecond is the test's."""

from collections.abc import Callable

from firmware_bridge.drivers.driver import Driver, Said, Word
from models.measurements import Value
from models.room_messages import About, Batch, State
from provisioning.rehearsal.soft_room.soft_sensor import SoftSensor


class DrivenLine:
    """`spoil` is what the line does to what the sensor says."""

    def __init__(self, driver: Driver, sensor: SoftSensor, spoil: Callable[[bytes], bytes] = lambda said: said) -> None:
        self.driver = driver
        self.sensor = sensor
        self.now = 0.0
        self.words: list[Word] = []
        self.written = b""
        self._spoil = spoil
        driver.open(0.0)
        self._pass_on(sensor.opened(0.0))

    def run(self, seconds: float, step: float = 0.02) -> "DrivenLine":
        """Let so much time pass."""
        for _ in range(round(seconds / step)):
            self.now += step
            self.words += self.driver.due(self.now)
            asked = self.driver.to_write()
            self.written += asked
            self._pass_on((self.sensor.take(asked, self.now) if asked else b"") + self.sensor.tick(self.now))
        return self

    def _pass_on(self, said: bytes) -> None:
        heard = self._spoil(said)
        if heard:
            self.words += self.driver.take(heard, self.now)

    def _said(self, device_id: str) -> list[Said]:
        return [
            word
            for word in self.words
            if isinstance(word, Said) and word.device_id in (device_id, device_id or word.device_id)
        ]

    def batches(self, device_id: str = "") -> list[Batch]:
        """In order."""
        return [word.batch for word in self._said(device_id) if word.batch]

    def states(self, device_id: str = "") -> list[State]:
        """In order."""
        return [word.state for word in self._said(device_id) if word.state]

    def abouts(self, device_id: str = "") -> list[About]:
        """In order."""
        return [word.about for word in self._said(device_id) if word.about]

    def readings(self, device_id: str = "") -> list[tuple[str, Value]]:
        """Of all batches."""
        return [(e.n, e.x) for batch in self.batches(device_id) for e in batch.e]
