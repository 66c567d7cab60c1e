"""What reading a card costs above reader and card, beside the goals.

`python -m benchmarks.chip_read` reads a rehearsal card, first in this process, then (where pcscd and vpcd are
installed) through a pcscd of its own, with the card in a process of its own. Exit status 1 when a goal is missed.
Not here: radio and chip time, which no bench of ours has; the way from tap to colour (`benchmarks.tap_to_verdict`).
"""

import multiprocessing
import os
import statistics
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_reader import CardReader, CardReadError
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_identity_card import CardReading, ReadPolicy, read_identity_card
from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from provisioning.rehearsal.soft_chip.card import Card, save_card
from provisioning.rehearsal.soft_chip.chip import SoftChip
from tests.builders.cards import make_card
from tests.builders.private_pcscd import CLIENT_VARIABLE, PrivatePcscd, pcscd_is_installed
from tests.builders.virtual_card import VirtualCard
from tests.conftest import take_port

_ROUNDS = 20
_FIRST_PROTECTED = 6  # EF.CardAccess and five commands of PACE come before


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Between two exchanges: wall and CPU milliseconds of our own work."""

    wall_ms: float
    cpu_ms: float


class TimingCardReader:
    """Takes the time between exchanges."""

    def __init__(self, reader: CardReader) -> None:
        self._reader = reader
        self._wall, self._cpu = time.perf_counter(), time.thread_time()
        self.gaps: list[Gap] = []

    def transmit(self, command: bytes) -> bytes:
        """Send one command; what passed since the last answer was our own work."""
        self.note()
        answer = self._reader.transmit(command)
        self._wall, self._cpu = time.perf_counter(), time.thread_time()
        return answer

    def note(self) -> None:
        """Count what passed since the last answer."""
        wall, cpu = time.perf_counter(), time.thread_time()
        self.gaps.append(Gap(wall_ms=(wall - self._wall) * 1000, cpu_ms=(cpu - self._cpu) * 1000))


class _InProcess:
    def __init__(self, card: Card) -> None:
        self._chip = SoftChip(card)

    def transmit(self, command: bytes) -> bytes:
        return self._chip.respond(command)


def _measure(reader: CardReader, key: CardAccessNumber) -> tuple[CardReading, list[Gap]]:
    timing = TimingCardReader(reader)
    reading = read_identity_card(timing, key, ReadPolicy(), lambda _: None)
    timing.note()
    return reading, timing.gaps


def _report(title: str, readings: list[tuple[CardReading, list[Gap]]], trust: TrustStore) -> bool:
    """Print one bench; whether all goals were met."""
    traces = [reading.trace for reading, _ in readings]
    per_apdu = [gap.wall_ms for _, gaps in readings for gap in gaps[_FIRST_PROTECTED + 1 : -1]]
    pace_cpu = [sum(gap.cpu_ms for gap in gaps[1 : _FIRST_PROTECTED + 1]) for _, gaps in readings]
    judged = []
    for reading, _ in readings:
        began = time.perf_counter()
        verdict = judge_chip(reading.evidence, trust, reading.evidence.read_at).verdict
        judged.append((time.perf_counter() - began) * 1000)
        if verdict is not ChipVerdict.GENUINE:
            raise CardReadError(f"The rehearsal card was judged {verdict}; the figures would mean nothing.")
    rows = [
        ("host time per APDU above the transport, p50", statistics.median(per_apdu), 0.25, "ms"),
        ("APDUs / least possible", max(trace.apdus / trace.minimum_apdus for trace in traces), 1.03, ""),
        ("PACE host CPU, p50", statistics.median(pace_cpu), 15.0, "ms"),
        (
            "reading and judging, wall, p50",
            statistics.median(trace.milliseconds + judge for trace, judge in zip(traces, judged, strict=True)),
            300.0,
            "ms",
        ),
    ]
    print(f"\n{title}: {len(readings)} readings of {traces[0].apdus} APDUs, {traces[0].bytes_received} bytes received")
    for name, measured, goal, unit in rows:
        mark = "ok" if measured <= goal else "MISSED"
        print(f"  {name:46} {measured:9.3f} {unit:3} goal <= {goal:g} {unit}  {mark}")
    print(f"  {'host time per APDU, p95':46} {statistics.quantiles(per_apdu, n=20)[-1]:9.3f} ms")
    print(f"  {'judging the chip, p50':46} {statistics.median(judged):9.3f} ms")
    return all(measured <= goal for _, measured, goal, _ in rows)


def _serve_card(port: int, path: str) -> None:
    """The card's own process."""
    from provisioning.rehearsal.soft_chip.card import load_card  # noqa: PLC0415 - only the card's process loads a card

    chip = SoftChip(load_card(Path(path)))
    VirtualCard(port, chip.respond, chip.reset).lay()
    time.sleep(600)


def _through_pcscd(card: Card, key: CardAccessNumber, directory: Path) -> list[tuple[CardReading, list[Gap]]]:
    save_card(card, directory / "card.json")
    pcscd = PrivatePcscd(take_port())
    os.environ[CLIENT_VARIABLE] = pcscd.socket_path
    pcscd.start()
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_serve_card, args=(pcscd.port, str(directory / "card.json")), daemon=True)
    process.start()
    try:
        readers = PcscReaders(PcscSettings(allowed_models=(), rehearsal=True))
        name = _first_card(readers)
        readings = []
        for _ in range(_ROUNDS):
            reader = readers.connect(name)
            readings.append(_measure(reader, key))
            reader.disconnect()
        return readings
    finally:
        process.terminate()
        process.join()
        pcscd.stop()


def _first_card(readers: PcscReaders) -> str:
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        for state in readers.wait(0.5):
            if state.atr is not None:
                return state.name
    raise CardReadError("The virtual card never appeared. Is port 35963 and up free for vpcd?")


def main() -> int:
    """Run both benches; 1 when a goal is missed."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        card = make_card(directory)
        key = CardAccessNumber(digits=card.access_number)
        trust = TrustStore.of(path.read_bytes() for path in (directory / "trust").iterdir())
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        _measure(_InProcess(card), key)  # the library loads its algorithms at first use
        met = _report("In this process", [_measure(_InProcess(card), key) for _ in range(_ROUNDS)], trust)
        if pcscd_is_installed():
            met &= _report("Through pcscd and vpcd", _through_pcscd(card, key, directory), trust)
        else:
            print("\npcscd or vsmartcard-vpcd is not installed: that bench was left out.")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
