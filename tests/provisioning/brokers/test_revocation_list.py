"""Which list a broker may get: signed, never older, good now. B09: the alarm 14 days before its end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.brokers.revocation_list import (
    ListHealth,
    ListRefusal,
    RevocationList,
    assess_health,
    judge_list,
    read_list,
)
from tests.builders.transport_authority import DAY, TransportAuthority
from tests.fakes.manual_clock import ManualClock

NOW = datetime(2026, 6, 11, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> TransportAuthority:
    return TransportAuthority(folder=tmp_path_factory.mktemp("pki"), at=NOW)


def a_list(number: int = 5, good: tuple[timedelta, timedelta] = (-DAY, 40 * DAY), serials: int = 0) -> RevocationList:
    return RevocationList(
        pem=b"", number=number, this_update=NOW + good[0], next_update=NOW + good[1], serials=frozenset(range(serials))
    )


def test_a_signed_list_is_read(certificates: TransportAuthority) -> None:
    pem = certificates.sign_list(7)
    found = read_list(pem, [certificates.certificate])
    assert found == RevocationList(
        pem=pem, number=7, this_update=NOW - DAY, next_update=NOW + 40 * DAY, serials=frozenset()
    )


def test_a_list_of_another_authority_with_the_same_name_is_refused(
    certificates: TransportAuthority, tmp_path: Path
) -> None:
    pem = TransportAuthority(folder=tmp_path, at=NOW).sign_list(7)
    assert read_list(pem, [certificates.certificate]) is ListRefusal.WRONG_SIGNATURE


@given(st.binary(max_size=200))
def test_other_bytes_are_no_list(content: bytes) -> None:
    assert read_list(content, []) is ListRefusal.NOT_A_LIST


@pytest.mark.parametrize(
    ("offered", "told", "held", "lowest", "expected"),
    [
        (a_list(6), 6, a_list(5), 5, None),
        (a_list(5), 5, None, 0, None),
        (a_list(5, (-DAY, 41 * DAY)), 5, a_list(5), 5, None),
        (a_list(6), None, a_list(5), 5, None),
        (a_list(6), 7, a_list(5), 5, ListRefusal.OTHER_NUMBER),
        (a_list(4), 4, a_list(5), 5, ListRefusal.OLDER_THAN_HELD),
        (a_list(4), 4, None, 5, ListRefusal.OLDER_THAN_HELD),
        (a_list(5, serials=1), 5, a_list(5), 5, ListRefusal.SAME_NUMBER_OTHER_LIST),
        (a_list(6, (-40 * DAY, timedelta(0))), 6, a_list(5), 5, ListRefusal.PAST_NEXT_UPDATE),
        (a_list(6, (timedelta(seconds=1), DAY)), 6, a_list(5), 5, ListRefusal.NOT_YET_GOOD),
    ],
)
def test_a_list_only_ever_gets_newer(
    offered: RevocationList,
    told: int | None,
    held: RevocationList | None,
    lowest: int,
    expected: ListRefusal | None,
) -> None:
    assert judge_list(offered, told, held, lowest, NOW) is expected


def test_b09_the_alarm_comes_fourteen_days_before_the_end() -> None:
    clock, held = ManualClock(NOW), a_list(good=(-DAY, 30 * DAY))
    seen = []
    for _ in range(32):
        seen.append(assess_health(held, clock.now()))
        clock.advance(days=1)
    assert seen == [ListHealth.GOOD] * 16 + [ListHealth.ENDS_SOON] * 14 + [ListHealth.ENDED] * 2
    assert assess_health(None, NOW) is ListHealth.MISSING
