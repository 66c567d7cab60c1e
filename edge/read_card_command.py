"""`python -m edge read-card`: read whatever card lies on a reader, and say what it is worth and what it cost.

Prints no personal values; the portrait is written only when asked for. Exit status: 0 genuine, 1 another verdict,
2 could not be read, 3 wrong use.
"""

import argparse
import json
import math
import os
import queue
import stat
import sys
from pathlib import Path

from edge.cards.access_key import AccessKey, CardAccessNumber, MrzKey
from edge.cards.card_reader import CardReaders, ConnectedCardReader, ReaderState
from edge.cards.card_watch import (
    CardLaid,
    CardNotRead,
    CardRead,
    CardTaken,
    CardWatch,
    Notice,
    ReaderGone,
    ReaderReady,
    ReadingAdvanced,
)
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_identity_card import CardReading, ReadPolicy
from edge.cards.trust_directory import read_trust_directory
from edge.settings import ReaderSettings, read_public_key
from models.chip.passive_authentication import judge_chip
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipJudgement, ChipVerdict
from models.clock import SystemClock
from models.errors import ClassroomError
from models.evidence import CardTrouble
from models.wire.card_trust import CardTrustRefusal, open_card_trust

GENUINE, OTHER_VERDICT, NOT_READ, WRONG_USE = 0, 1, 2, 3
_LONGEST_WAIT_SECONDS = 3600


class PortraitFileError(ClassroomError):
    """The portrait cannot be written to the file that `--portrait-out` names."""


class TrustBundleError(ClassroomError):
    """The bundle of card trust that `--trust` names cannot be taken."""


class _OneReader:
    """All readers but the named one are out of sight; without a name all are in sight."""

    def __init__(self, readers: CardReaders, name: str | None) -> None:
        self._readers = readers
        self._name = name

    def wait(self, seconds: float) -> tuple[ReaderState, ...]:
        return tuple(state for state in self._readers.wait(seconds) if self._name in {None, state.name})

    def interrupt(self) -> None:
        self._readers.interrupt()

    def connect(self, name: str) -> ConnectedCardReader:
        return self._readers.connect(name)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to `python -m edge`; `func` takes the parsed arguments and gives the exit status."""
    parser = subparsers.add_parser("read-card", help="read the card on a reader and judge it")
    parser.add_argument("--can", help="card access number: the last 6 digits of the citizen number")
    parser.add_argument("--mrz", help="the whole machine readable zone, instead of --can")
    parser.add_argument("--document-number", help="with --birth-date and --expiry-date, instead of --can")
    parser.add_argument("--birth-date", metavar="YYMMDD")
    parser.add_argument("--expiry-date", metavar="YYMMDD")
    parser.add_argument("--reader", metavar="NAME", help="only this reader, by its PC/SC name")
    parser.add_argument(
        "--trust",
        type=Path,
        metavar="PATH",
        help="directory of country signing certificates, or a signed bundle of them",
    )
    parser.add_argument("--trust-key", type=Path, metavar="PEM", help="the authority's public key, for a bundle")
    parser.add_argument("--allow-bac", action="store_true", help="read a card without PACE the older way")
    parser.add_argument("--wait", type=_seconds, default=5.0, metavar="SECONDS", help="for a card to be laid down")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.add_argument("--portrait-out", type=Path, metavar="FILE", help="write the chip's portrait, mode 0600")
    parser.add_argument("--rehearsal", action="store_true", help="admit virtual readers")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Read one card and print what was found; the exit status."""
    try:
        key = _key(args)
        trust = _trust(args)
        if args.portrait_out:
            _empty_private_file(args.portrait_out)
    except ClassroomError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_USE
    # This tool admits nobody: a virtual driver beside an allowed reader, as after `make run`, does not stop it.
    settings = PcscSettings(allowed_models=ReaderSettings().allowed, rehearsal=args.rehearsal, driver_folders=())
    readers = PcscReaders(settings)
    outcome = _read(_OneReader(readers, args.reader), key, ReadPolicy(allow_bac=args.allow_bac), args.wait)
    for name, reason in readers.refused.items():
        sys.stderr.write(f"{name} is not used. {reason}\n")
    if isinstance(outcome, CardNotRead):
        if args.portrait_out and args.portrait_out.is_file():
            args.portrait_out.unlink()
        _print_trouble(outcome, as_json=args.json)
        return NOT_READ
    reading = outcome.reading
    judgement = judge_chip(reading.evidence, trust, reading.evidence.read_at)
    if args.portrait_out:
        try:
            args.portrait_out.write_bytes(reading.portrait)
        except OSError as error:
            sys.stderr.write(f"The portrait cannot be written to {args.portrait_out}: {error.strerror}.\n")
            return WRONG_USE
    sys.stdout.write(_as_json(reading, judgement, trust) if args.json else _as_text(reading, judgement, trust))
    return GENUINE if judgement.verdict is ChipVerdict.GENUINE else OTHER_VERDICT


def _trust(args: argparse.Namespace) -> TrustStore:
    """A directory's, or with `--trust-key` that of a bundle which the key's owner signed."""
    if args.trust_key is None:
        return read_trust_directory(args.trust) if args.trust else TrustStore.of(())
    if args.trust is None:
        raise TrustBundleError("--trust-key needs --trust with the bundle that it opens.")
    key = read_public_key(args.trust_key, "The authority's")
    try:
        opened = open_card_trust(args.trust.read_bytes(), key)
    except OSError as error:
        raise TrustBundleError(f"The bundle {args.trust} cannot be read: {error.strerror}.") from None
    if isinstance(opened, CardTrustRefusal):
        raise TrustBundleError(f"The bundle {args.trust} is not taken: {opened.value}.")
    return opened.store()


def _seconds(text: str) -> float:
    seconds = float(text)
    if math.isnan(seconds) or not 0 <= seconds <= _LONGEST_WAIT_SECONDS:
        raise argparse.ArgumentTypeError(f"0 to {_LONGEST_WAIT_SECONDS} seconds can be waited, not {text}")
    return seconds


def _empty_private_file(path: Path) -> None:
    """Make sure before the card is read that its portrait can be written, and that only the owner will read it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, 0o600)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise PortraitFileError(f"The portrait cannot be written to {path}: {error.strerror}.") from None


def _key(args: argparse.Namespace) -> AccessKey:
    fields = (args.document_number, args.birth_date, args.expiry_date)
    ways = [args.can is not None, args.mrz is not None, any(field is not None for field in fields)]
    if sum(ways) != 1 or (ways[2] and None in fields):
        raise ClassroomError(
            "Give one of: --can; --mrz; or --document-number, --birth-date and --expiry-date together."
        )
    if args.can is not None:
        return CardAccessNumber(digits=args.can)
    if args.mrz is not None:
        return MrzKey.from_zone(args.mrz)
    return MrzKey(document_number=fields[0], birth_date=fields[1], expiry_date=fields[2])


def _read(readers: CardReaders, key: AccessKey, policy: ReadPolicy, wait_seconds: float) -> CardRead | CardNotRead:
    """Watch until a card lies there, then read it."""
    notices: queue.SimpleQueue[Notice] = queue.SimpleQueue()
    watch = CardWatch(readers, policy, notices.put, SystemClock())
    watch.start()
    seconds: float | None = wait_seconds
    try:
        while True:
            match notices.get(timeout=seconds):
                case CardLaid():
                    seconds = None
                    watch.read(key)
                case CardRead() | CardNotRead() as outcome:
                    return outcome
                case ReaderReady() | ReaderGone() | CardTaken() | ReadingAdvanced():
                    pass
    except queue.Empty:
        return CardNotRead(
            trouble=CardTrouble.READER_LOST, detail="No card lies on a reader that may be used. Lay one down."
        )
    finally:
        watch.stop()


def _print_trouble(outcome: CardNotRead, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"trouble": outcome.trouble.value, "detail": outcome.detail}) + "\n")
    sys.stderr.write(f"Could not read the card ({outcome.trouble.value}). {outcome.detail}\n")


def _sizes(reading: CardReading) -> dict[str, int]:
    evidence = reading.evidence
    files = {"EF.CardAccess": len(evidence.ef_card_access), "EF.SOD": len(evidence.security_object)}
    return files | {f"DG{number}": len(content) for number, content in sorted(evidence.data_groups.items())}


def _as_json(reading: CardReading, judgement: ChipJudgement, trust: TrustStore) -> str:
    trace = reading.trace
    return (
        json.dumps(
            {
                "verdict": judgement.verdict.value,
                "access": reading.evidence.access.value,
                "checks": [
                    {"name": check.name, "result": check.result.value, "detail": check.detail}
                    for check in judgement.checks
                ],
                "files": _sizes(reading),
                "portrait_bytes": len(reading.portrait),
                "anchors": len(trust.anchors),
                "anchors_passed_over": list(trust.passed_over),
                "apdus": trace.apdus,
                "minimum_apdus": trace.minimum_apdus,
                "bytes_sent": trace.bytes_sent,
                "bytes_received": trace.bytes_received,
                "milliseconds": round(trace.milliseconds, 2),
                "transport_milliseconds": round(trace.transport_ms, 2),
                "steps": [
                    {"name": step.name, "apdus": step.apdus, "milliseconds": round(step.milliseconds, 2)}
                    for step in trace.steps
                ],
            },
            indent=2,
        )
        + "\n"
    )


def _as_text(reading: CardReading, judgement: ChipJudgement, trust: TrustStore) -> str:
    trace = reading.trace
    lines = [f"{judgement.verdict.value}    opened with {reading.evidence.access.value}", ""]
    lines += [f"  {check.result.value:9} {check.name}: {check.detail}" for check in judgement.checks]
    lines += ["", f"  anchors installed: {len(trust.anchors)}"]
    lines += [f"  passed over: {sentence}" for sentence in trust.passed_over]
    lines += [""]
    lines += [f"  {name:14} {size:6} bytes" for name, size in _sizes(reading).items()]
    lines += [f"  {'portrait':14} {len(reading.portrait):6} bytes", ""]
    lines += [f"  {step.name:14} {step.apdus:4} APDUs {step.milliseconds:9.2f} ms" for step in trace.steps]
    lines += [
        f"  {'all':14} {trace.apdus:4} APDUs {trace.milliseconds:9.2f} ms, of it card {trace.transport_ms:.2f} ms",
        f"  least possible {trace.minimum_apdus} APDUs; {trace.bytes_sent} bytes sent, {trace.bytes_received} received",
    ]
    return "\n".join(lines) + "\n"
