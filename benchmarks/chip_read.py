"""What reading a card costs above reader and card, beside the goals.

`python -m benchmarks.chip_read` reads a rehearsal card of 18.2 kB with PACE, passive, chip and active authentication,
in short and in extended form: first in this process, then (where pcscd and vpcd are installed) through a pcscd of its
own, with the card in a process of its own. Exit status 1 when a goal is missed.
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
from provisioning.rehearsal.card_files import CardOffice, CardVariant
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card, ShortFile, save_card
from provisioning.rehearsal.soft_chip.chip import SoftChip
from provisioning.rehearsal.test_pki import open_issuers
from tests.builders.cards import NOW, TODAY, some_person
from tests.builders.private_pcscd import CLIENT_VARIABLE, PrivatePcscd, pcscd_is_installed
from tests.builders.virtual_card import VirtualCard
from tests.conftest import take_port_pair

_ROUNDS = 20
_FIRST_PROTECTED = 6  # EF.CardAccess and five commands of PACE come before
_CARD_BYTES = 18_200
_READ = (ShortFile.CARD_ACCESS, ShortFile.SOD, ShortFile.DG1, ShortFile.DG2, ShortFile.DG14, ShortFile.DG15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How a card is read, and its goal for bytes on the wire beside bytes of the files."""

    name: str
    policy: ReadPolicy
    read_size: int
    wire_goal: float


_FORMS = (
    Form(name="short", policy=ReadPolicy(), read_size=223, wire_goal=1.23),
    Form(name="extended", policy=ReadPolicy(read_size=4000), read_size=4000, wire_goal=1.07),
)


def _card(directory: Path) -> Card:
    """A good card of `_CARD_BYTES`; what the portrait lacks is filled with JPEG comments."""
    office = CardOffice(issuers=open_issuers(directory, NOW), today=TODAY)
    portrait = silhouette()
    lacking = _CARD_BYTES - _plain_bytes(office.make(some_person(), portrait, CardVariant.GOOD, portrait))
    comment = b"\xff\xfe" + (lacking - 2).to_bytes(2) + bytes(lacking - 4)
    portrait = portrait[:2] + comment + portrait[2:]
    return office.make(some_person(), portrait, CardVariant.GOOD, portrait)


def _plain_bytes(card: Card) -> int:
    return sum(len(card.files[file]) for file in _READ)


def _fewest_apdus(card: Card, read_size: int) -> int:
    """EF.CardAccess, five of PACE, SELECT, the files, two of chip authentication, one of active authentication."""
    return 1 + 5 + 1 + sum(-(-len(card.files[file]) // read_size) for file in _READ[1:]) + 2 + 1


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


def _measure(reader: CardReader, key: CardAccessNumber, policy: ReadPolicy) -> tuple[CardReading, list[Gap]]:
    timing = TimingCardReader(reader)
    reading = read_identity_card(timing, key, policy, lambda _: None)
    timing.note()
    return reading, timing.gaps


def _report(
    title: str, card: Card, form: Form, readings: list[tuple[CardReading, list[Gap]]], trust: TrustStore
) -> bool:
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
        (
            "APDUs / least possible",
            max(trace.apdus for trace in traces) / _fewest_apdus(card, form.read_size),
            1.03,
            "",
        ),
        (
            "bytes on the wire / bytes of the files",
            max(trace.bytes_sent + trace.bytes_received for trace in traces) / _plain_bytes(card),
            form.wire_goal,
            "",
        ),
        ("PACE host CPU, p50", statistics.median(pace_cpu), 15.0, "ms"),
        (
            "reading and judging, wall, p50",
            statistics.median(trace.milliseconds + judge for trace, judge in zip(traces, judged, strict=True)),
            300.0,
            "ms",
        ),
    ]
    print(f"\n{title}, {form.name}: {len(readings)} x {traces[0].apdus} APDUs, {_plain_bytes(card)} bytes of files")
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


def _through_pcscd(
    card: Card, key: CardAccessNumber, form: Form, directory: Path
) -> list[tuple[CardReading, list[Gap]]]:
    save_card(card, directory / "card.json")
    pcscd = PrivatePcscd(take_port_pair())
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
            readings.append(_measure(reader, key, form.policy))
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
        card = _card(directory)
        key = CardAccessNumber(digits=card.access_number)
        trust = TrustStore.of(path.read_bytes() for path in (directory / "trust").iterdir())
        print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        _measure(_InProcess(card), key, ReadPolicy())  # the library loads its algorithms at first use
        met = True
        for form in _FORMS:
            readings = [_measure(_InProcess(card), key, form.policy) for _ in range(_ROUNDS)]
            met &= _report("In this process", card, form, readings, trust)
        if not pcscd_is_installed():
            print("\npcscd or vsmartcard-vpcd is not installed: that bench was left out.")
            return 0 if met else 1
        for form in _FORMS:
            met &= _report("Through pcscd and vpcd", card, form, _through_pcscd(card, key, form, directory), trust)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
