"""The keeper with a small authority and no broker: what it refuses, remembers and says. B09 with a moved clock."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.enrollment import CertificateRole
from models.identifiers import BoxId
from models.wire.authority_line import AuthorityLine, mutual_tls
from provisioning.brokers.central_broker import BrokerFiles
from provisioning.brokers.keeper import Keeper, KeptBroker
from provisioning.brokers.keeper_files import Trouble
from provisioning.brokers.revocation_list import ListHealth
from tests.builders.transport_authority import DAY, TransportAuthority
from tests.fakes.manual_clock import ManualClock
from tests.fakes.small_authority import SmallAuthority, small_authority

BOX = BoxId("box-1")


@dataclass(slots=True)
class CountedBroker:
    reloads: int = 0

    def reload(self) -> None:
        self.reloads += 1


@dataclass(slots=True)
class WillingNames:
    taken: list[BoxId] = field(default_factory=list)

    def take(self, box_id: BoxId, certificate: bytes, key: bytes) -> bool:
        assert certificate.startswith(b"-----BEGIN CERTIFICATE")
        assert key.startswith(b"-----BEGIN PRIVATE KEY")
        self.taken.append(box_id)
        return True

    def came_back(self) -> tuple[BoxId, ...]:
        return ()

    def release_due(self) -> None:
        """Nothing is held."""

    def release_all(self) -> None:
        """Nothing is held."""


class Bench:
    """A keeper on a folder; `again` is the same keeper after a kill."""

    def __init__(self, folder: Path, authority: SmallAuthority) -> None:
        self.authority, self.certificates = authority, authority.certificates
        self.clock = ManualClock(datetime.now(UTC))
        self.broker, self.names = CountedBroker(), WillingNames()
        self.revoked = folder / "installed.pem"
        self._folder = folder
        self._own = self.certificates.issue("broker-keeper", CertificateRole.BROKER_KEEPER)
        self.keeper = self.again()

    def again(self) -> Keeper:
        papers = self.certificates
        files = BrokerFiles(
            authority=papers.authority,
            certificate=papers.server.certificate,
            key=papers.server.key,
            revoked=self.revoked,
        )
        kept = KeptBroker(files=files, issuers=(papers.certificate,), process=self.broker, settle_seconds=0.0)
        keeper = Keeper(kept, self._line, self.names, self._folder / "keeper", self.clock)
        keeper.start()
        return keeper

    def _line(self) -> AuthorityLine:
        papers = self.certificates
        return AuthorityLine(
            self.authority.address, lambda: mutual_tls(papers.authority, self._own.certificate, self._own.key)
        )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with small_authority(TransportAuthority(folder=tmp_path / "pki")) as authority:
        yield Bench(tmp_path, authority)


def test_the_first_list_is_installed_and_reported_once(bench: Bench) -> None:
    assert bench.keeper.round().number == 1
    bench.keeper.round()
    assert bench.revoked.read_bytes() == bench.authority.list_pem
    assert bench.broker.reloads == 1
    assert [report.number for report in bench.authority.reports] == [1]


def test_a_keeper_that_was_killed_has_the_broker_read_its_list_again(bench: Bench) -> None:
    bench.keeper.round()
    bench.again().round()
    assert bench.broker.reloads == 2


def test_an_older_list_is_refused_also_when_the_installed_one_is_lost(bench: Bench) -> None:
    newest = bench.certificates.sign_list(9)
    bench.authority.list_pem = newest
    bench.keeper.round()
    bench.authority.list_pem = bench.certificates.sign_list(8)
    assert Trouble.LIST_REFUSED in bench.keeper.round().troubles
    assert bench.revoked.read_bytes() == newest
    bench.revoked.unlink()
    status = bench.again().round()
    assert {Trouble.LIST_REFUSED, Trouble.LIST_MISSING} <= set(status.troubles)


def test_a_revoked_box_is_kicked_once_and_not_again_after_a_kill(bench: Bench) -> None:
    bench.authority.revoke(BOX, bench.certificates.issue(BOX))
    bench.keeper.round()
    bench.again().round()
    assert bench.names.taken == [BOX]
    assert [report.kicked for report in bench.authority.reports] == [(BOX,), ()]


def test_nobody_is_kicked_before_the_list_is_in_force(bench: Bench) -> None:
    bench.certificates.server.key.write_bytes(b"broken")
    bench.authority.revoke(BOX, bench.certificates.issue(BOX))
    assert Trouble.BROKER_FILES_BROKEN in bench.keeper.round().troubles
    assert not bench.names.taken
    assert not bench.broker.reloads


def test_b09_the_alarm_is_said_from_fourteen_days_before_the_end_and_each_hour(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    bench.keeper.round()
    bench.authority.silent = True
    bench.clock.advance(days=25)
    assert Trouble.LIST_ENDS_SOON not in bench.keeper.round().troubles
    bench.clock.advance(days=1, hours=1)
    for _ in range(3):
        status = bench.keeper.round()
        bench.clock.advance(minutes=31)
    assert status.health is ListHealth.ENDS_SOON
    assert "13 days" in status.troubles[Trouble.LIST_ENDS_SOON]
    said = [record.getMessage() for record in caplog.records]
    assert sum(str(Trouble.LIST_ENDS_SOON) in line for line in said) == 2, "at once, and an hour later"
    bench.clock.advance(days=14)
    assert bench.keeper.round().health is ListHealth.ENDED
    assert "broker emergency" in caplog.text


def test_b09_the_alarm_goes_when_a_fresh_list_comes(bench: Bench) -> None:
    bench.keeper.round()
    bench.clock.advance(days=30)
    assert Trouble.LIST_ENDS_SOON in bench.keeper.round().troubles
    bench.authority.list_pem = bench.certificates.sign_list(2, good=(-DAY, 80 * DAY))
    assert not bench.keeper.round().troubles
