"""Sixteen card readers at once on one box, beside one alone: `python -m benchmarks.sixteen_readers`.

A pcscd of its own with sixteen virtual readers, cards in other processes. Each card takes the time that radio and
chip are expected to take, so that the figure says what sixteen readers take from each other, and not how fast one
machine can play sixteen chips. A check-in here is connecting, reading and judging the chip. Exit status 1 when the
slowest of sixteen takes more than twice as long as one alone. Not here: faces, commit, a real reader.
"""

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier

from edge.cards.access_key import CardAccessNumber
from edge.cards.card_reader import CardReadError
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from provisioning.rehearsal.soft_chip.card import load_card, save_card
from provisioning.rehearsal.soft_chip.chip import SoftChip
from tests.builders.cards import make_card
from tests.builders.private_pcscd import CLIENT_VARIABLE, PrivatePcscd, pcscd_is_installed
from tests.builders.virtual_card import VirtualCard
from tests.conftest import take_port_row

_BAR = 2.0
_ROUNDS = 5
_PROCESSES = 4
_NAMES = tuple(f"Room Reader {place}" for place in range(8))
_READERS = tuple(f"{name} 00 {slot:02}" for name in _NAMES for slot in (0, 1))

_TURN_ROUND_SECONDS = 0.005
_BYTE_SECONDS = 9 / 424_000
_CHIP_SECONDS = {0x22: 0.01, 0x86: 0.12, 0x88: 0.12}
"""By instruction: PACE's and chip authentication's five steps, and active authentication: about 0.7 s in all."""


class _PacedChip:
    """Answers no sooner than radio, reader and a slow chip would."""

    def __init__(self, chip: SoftChip) -> None:
        self._chip = chip

    def respond(self, command: bytes) -> bytes:
        due = time.monotonic() + _TURN_ROUND_SECONDS + _CHIP_SECONDS.get(command[1], 0.0)
        answer = self._chip.respond(command)
        due += (len(command) + len(answer)) * _BYTE_SECONDS
        time.sleep(max(0.0, due - time.monotonic()))
        return answer


def _serve_cards(ports: Sequence[int], path: str) -> None:
    """A process of cards."""
    card = load_card(Path(path))
    for port in ports:
        chip = SoftChip(card)
        VirtualCard(port, _PacedChip(chip).respond, chip.reset).lay()
    time.sleep(600)


def _check_in(readers: PcscReaders, name: str, key: CardAccessNumber, trust: TrustStore) -> float:
    """Seconds of one check-in."""
    began = time.perf_counter()
    reader = readers.connect(name)
    reading = read_identity_card(reader, key, ReadPolicy(), lambda _: None)
    verdict = judge_chip(reading.evidence, trust, reading.evidence.read_at).verdict
    taken = time.perf_counter() - began
    reader.disconnect()
    if verdict is not ChipVerdict.GENUINE:
        raise CardReadError(f"The rehearsal card was judged {verdict}; the figures would mean nothing.")
    return taken


def _measure(key: CardAccessNumber, trust: TrustStore) -> bool:
    readers = PcscReaders(PcscSettings(allowed_models=(), rehearsal=True))
    give_up_at = time.monotonic() + 60
    while sum(state.atr is not None for state in readers.wait(0.5)) < len(_READERS):
        if time.monotonic() > give_up_at:
            raise CardReadError("The virtual cards never appeared.")
    start = Barrier(len(_READERS))

    def at_once(name: str) -> float:
        start.wait()
        return _check_in(readers, name, key, trust)

    _check_in(readers, _READERS[0], key, trust)  # the library loads its algorithms at first use
    alone = statistics.median(_check_in(readers, name, key, trust) for name in _READERS[:_ROUNDS])
    with ThreadPoolExecutor(len(_READERS)) as desks:
        rounds = [sorted(desks.map(at_once, _READERS)) for _ in range(_ROUNDS)]
    slowest = statistics.median(taken[-1] for taken in rounds)
    middle = statistics.median(seconds for taken in rounds for seconds in taken)
    met = slowest / alone <= _BAR
    print(f"one alone, p50 {alone:.2f} s; sixteen at once: p50 {middle:.2f} s, slowest (median of {_ROUNDS} rounds)")
    print(f"{slowest:.2f} s; slowest / alone = {slowest / alone:.2f}, bar {_BAR:g}  {'ok' if met else 'MISSED'}")
    return met


def main() -> int:
    """Measure and print; 1 when the bar is missed, 2 without pcscd."""
    if not pcscd_is_installed():
        print("pcscd or vsmartcard-vpcd is not installed.")
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with TemporaryDirectory() as name:
        directory = Path(name)
        card = make_card(directory)
        save_card(card, directory / "card.json")
        trust = TrustStore.of(path.read_bytes() for path in (directory / "trust").iterdir())
        pcscd = PrivatePcscd(take_port_row(len(_READERS)), names=_NAMES)
        os.environ[CLIENT_VARIABLE] = pcscd.socket_path
        pcscd.start()
        ports = range(pcscd.port, pcscd.port + len(_READERS))
        context = multiprocessing.get_context("spawn")
        path = str(directory / "card.json")
        processes = [
            context.Process(target=_serve_cards, args=(ports[place::_PROCESSES], path), daemon=True)
            for place in range(_PROCESSES)
        ]
        for process in processes:
            process.start()
        try:
            met = _measure(CardAccessNumber(digits=card.access_number), trust)
        finally:
            for process in processes:
                process.terminate()
                process.join()
            pcscd.stop()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
