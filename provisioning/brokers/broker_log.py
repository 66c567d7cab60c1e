"""Reads what the broker wrote about strangers: refused connections by reason, and filters that nobody may have.

A log line of Mosquitto 2.0 in, a count out. Mosquitto says nothing of a refused message unless it logs every message,
so that alarm is the client's own (MQTT 5 reason "Not authorized"). Not here: telling anybody.
"""

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from provisioning.brokers.central_broker import MEASURED_FILTERS, MEASURING_NAME

LARGEST_LOG_BYTES: Final = 32 * 1024 * 1024
_LARGEST_STEP: Final = 8 * 1024 * 1024
_TLS_FAULT = re.compile(r"error:[0-9A-F]{8}:SSL routines:[^:]*:([a-z0-9 ./]+?)\.?$")
_SUBSCRIBED = re.compile(r"^(\d{1,11}): (\S+) [012] (\S.*)$")
_HARMLESS = ("unexpected eof while reading", "shutdown while in init")


class Refusal(StrEnum):
    """Why the broker let a connection go no further."""

    BAD_CERTIFICATE = "bad certificate"
    """Expired, revoked, self-signed or another authority's; also all of them after the list has ended."""
    NO_CERTIFICATE = "no certificate"
    NOT_TLS_1_3 = "not TLS 1.3"
    TOO_MANY = "too many connections"
    OVERSIZE = "oversize message"


class ForeignFilter(msgspec.Struct, frozen=True, kw_only=True):
    """`name` asked for what is not its own: `wanted`, a topic filter."""

    name: str
    wanted: str
    at: datetime


class LogFindings(msgspec.Struct, frozen=True, kw_only=True):
    """What one reading of the log added. `failed_reloads` are the broker's."""

    refused: dict[Refusal, int]
    foreign_filters: tuple[ForeignFilter, ...]
    failed_reloads: int


class LogPlace(msgspec.Struct, frozen=True, kw_only=True):
    """How far a log was read; `file` is its inode."""

    file: int = 0
    offset: int = 0


def read_on(log: Path, place: LogPlace, central_name: str) -> tuple[LogFindings, LogPlace]:
    """What whole lines after `place` say (at most 8 MB at a time), and the new place. A missing log is empty."""
    try:
        with log.open("rb") as file:
            state = os.fstat(file.fileno())
            begun = place.offset if place.file == state.st_ino and place.offset <= state.st_size else 0
            file.seek(begun)
            piece = file.read(_LARGEST_STEP)
    except FileNotFoundError:
        return find_in([], central_name), LogPlace()
    whole = piece[: piece.rfind(b"\n") + 1]
    if not whole and len(piece) == _LARGEST_STEP:
        whole = piece
    findings = find_in(whole.decode("utf-8", "replace").splitlines(), central_name)
    return findings, LogPlace(file=state.st_ino, offset=begun + len(whole))


def is_full(log: Path) -> bool:
    """Whether the log should be put aside: rename it, then the broker opens a new one at SIGHUP."""
    return log.exists() and log.stat().st_size > LARGEST_LOG_BYTES


def find_in(lines: list[str], central_name: str) -> LogFindings:
    """What these lines say."""
    refused: dict[Refusal, int] = {}
    for reason in _refusals(lines):
        refused[reason] = refused.get(reason, 0) + 1
    return LogFindings(
        refused=refused,
        foreign_filters=tuple(_foreign_filters(lines, central_name)),
        failed_reloads=sum("Error when reloading certificate" in line for line in lines),
    )


def _refusals(lines: list[str]) -> Iterator[Refusal]:
    for line in lines:
        fault = _TLS_FAULT.search(line)
        if fault and fault[1] not in _HARMLESS:
            yield _reason_of(fault[1])
        elif line.endswith("max_connections exceeded."):
            yield Refusal.TOO_MANY
        elif "disconnected due to oversize" in line:
            yield Refusal.OVERSIZE


def _reason_of(fault: str) -> Refusal:
    match fault:
        case "peer did not return a certificate":
            return Refusal.NO_CERTIFICATE
        case "certificate verify failed":
            return Refusal.BAD_CERTIFICATE
        case _:
            return Refusal.NOT_TLS_1_3


def _foreign_filters(lines: list[str], central_name: str) -> Iterator[ForeignFilter]:
    for line in lines:
        subscribed = _SUBSCRIBED.match(line)
        if subscribed is None:
            continue
        second, name, wanted = subscribed.groups()
        own = name == MEASURING_NAME and wanted in MEASURED_FILTERS
        if not own and name != central_name and not wanted.startswith(f"down/{name}/"):
            yield ForeignFilter(name=name, wanted=wanted, at=datetime.fromtimestamp(int(second), UTC))
