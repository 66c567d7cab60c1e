"""What Mosquitto's own lines are counted as, read on from where the last reading ended."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from provisioning.brokers import broker_log
from provisioning.brokers.broker_log import ForeignFilter, LogPlace, Refusal, find_in, is_full, read_on

BAD = "1795338063: OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (BAD, Refusal.BAD_CERTIFICATE),
        (
            "17: Client connection from 127.0.0.1 failed: error:0A000086:SSL routines::certificate verify failed.",
            Refusal.BAD_CERTIFICATE,
        ),
        (
            "17: OpenSSL Error[0]: error:1417C086:SSL routines:tls_process_cert:certificate verify failed",
            Refusal.BAD_CERTIFICATE,
        ),
        (
            "17: OpenSSL Error[0]: error:0A0000C7:SSL routines::peer did not return a certificate",
            Refusal.NO_CERTIFICATE,
        ),
        ("17: OpenSSL Error[0]: error:0A00009C:SSL routines::http request", Refusal.NOT_TLS_1_3),
        ("17: OpenSSL Error[0]: error:0A000102:SSL routines::unsupported protocol", Refusal.NOT_TLS_1_3),
        ("17: Client connection from 127.0.0.1 denied: max_connections exceeded.", Refusal.TOO_MANY),
        ("17: Client box-1 disconnected due to oversize packet.", Refusal.OVERSIZE),
    ],
)
def test_a_refusal_is_counted_by_its_reason(line: str, reason: Refusal) -> None:
    assert find_in([line], "central").refused == {reason: 1}


@pytest.mark.parametrize(
    "line",
    [
        "17: OpenSSL Error[0]: error:0A000126:SSL routines::unexpected eof while reading",
        "17: Client <unknown> disconnected: Protocol error.",
        "17: New client connected from 127.0.0.1:42793 as box-2 (p5, c1, k30, u'box-2').",
        "17: box-2 1 down/box-2/#",
        "17: central 1 up/#",
        "",
    ],
)
def test_daily_life_is_not_counted(line: str) -> None:
    findings = find_in([line], "central")
    assert not findings.refused
    assert not findings.foreign_filters


@pytest.mark.parametrize("wanted", ["#", "down/box-20/#", "down/+/ack", "up/#", "$SYS/#"])
def test_b10_a_filter_for_what_is_not_ones_own_is_an_alarm(wanted: str) -> None:
    (found,) = find_in([f"17: box-2 1 {wanted}"], "central").foreign_filters
    assert found == ForeignFilter(name="box-2", wanted=wanted, at=datetime.fromtimestamp(17, UTC))


def test_each_line_is_counted_once_also_when_it_is_half_written(tmp_path: Path) -> None:
    log, place, seen = tmp_path / "log", LogPlace(), 0
    for piece in (f"{BAD}\n{BAD[:20]}", f"{BAD[20:]}\n", ""):
        with log.open("a") as file:
            file.write(piece)
        findings, place = read_on(log, place, "central")
        seen += findings.refused.get(Refusal.BAD_CERTIFICATE, 0)
    assert seen == 2


def test_a_new_log_after_the_old_was_put_aside_is_read_from_its_start(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text(f"{BAD}\n")
    _, place = read_on(log, LogPlace(), "central")
    log.rename(tmp_path / "log.1")
    assert read_on(log, place, "central")[1] == LogPlace()
    log.write_text(f"{BAD}\n")
    findings, _ = read_on(log, place, "central")
    assert findings.refused == {Refusal.BAD_CERTIFICATE: 1}


def test_a_log_is_full_at_its_bound(tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert not is_full(log)
    with log.open("wb") as file:
        file.truncate(broker_log.LARGEST_LOG_BYTES + 1)
    assert is_full(log)
