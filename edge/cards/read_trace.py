"""What one reading cost: commands, bytes and milliseconds, per step, beside the least that it could have taken.

No content of any command is kept.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from edge.cards.card_reader import CardReader


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTrace:
    """One step of a reading. `transport_ms` is the part spent waiting for reader and card."""

    name: str
    apdus: int
    milliseconds: float
    transport_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTrace:
    """A whole reading. `minimum_apdus` is the least number of commands that can read these files.

    `slowest_apdu_ms` is the longest wait for one answer: a relay of the card over a distance shows there (refusal 26).
    """

    apdus: int
    minimum_apdus: int
    bytes_sent: int
    bytes_received: int
    milliseconds: float
    transport_ms: float
    slowest_apdu_ms: float
    steps: tuple[StepTrace, ...]


class CountingCardReader:
    """A reader that counts what passes through it."""

    def __init__(self, reader: CardReader) -> None:
        self._reader = reader
        self.apdus = 0
        self.bytes_sent = 0
        self.bytes_received = 0
        self.transport_ns = 0
        self.slowest_ns = 0

    def transmit(self, command: bytes) -> bytes:
        """Send one command and count it."""
        began = time.perf_counter_ns()
        try:
            answer = self._reader.transmit(command)
        finally:
            taken = time.perf_counter_ns() - began
            self.transport_ns += taken
            self.slowest_ns = max(self.slowest_ns, taken)
            self.apdus += 1
            self.bytes_sent += len(command)
        self.bytes_received += len(answer)
        return answer


class TraceRecorder:
    """Takes the time of steps that share one counting reader."""

    def __init__(self, counter: CountingCardReader) -> None:
        self._counter = counter
        self._steps: list[StepTrace] = []

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Whatever happens inside belongs to the step `name`."""
        began, apdus = time.perf_counter_ns(), self._counter.apdus
        transport = self._counter.transport_ns
        yield
        self._steps.append(
            StepTrace(
                name=name,
                apdus=self._counter.apdus - apdus,
                milliseconds=(time.perf_counter_ns() - began) / 1e6,
                transport_ms=(self._counter.transport_ns - transport) / 1e6,
            )
        )

    def finish(self, minimum_apdus: int) -> ReadTrace:
        """The trace of all steps so far."""
        return ReadTrace(
            apdus=self._counter.apdus,
            minimum_apdus=minimum_apdus,
            bytes_sent=self._counter.bytes_sent,
            bytes_received=self._counter.bytes_received,
            milliseconds=sum(step.milliseconds for step in self._steps),
            transport_ms=sum(step.transport_ms for step in self._steps),
            slowest_apdu_ms=self._counter.slowest_ns / 1e6,
            steps=tuple(self._steps),
        )
