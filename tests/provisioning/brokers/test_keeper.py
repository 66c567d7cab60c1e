"""The keeper with a small authority and no broker: what it refuses, remembers and says. B09 with a moved clock."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from models.enrollment import CertificateRole
from models.identifiers import BoxId
from models.wire.authority_line import AuthorityLine, mutual_tls
from provisioning.brokers.central_broker import BrokerFiles
from provisioning.brokers.check_rights import Finding
from provisioning.brokers.keeper import Keeper, KeptBroker
from provisioning.brokers.keeper_files import STATUS_FILE, KeeperStatus, Trouble
from provisioning.brokers.revocation_list import ListHealth
from provisioning.brokers.rights_word import noted
from provisioning.brokers.running_broker import BrokerNotRunningError
from tests.builders.transport_authority import DAY, TransportAuthority
from tests.fakes.manual_clock import ManualClock
from tests.fakes.small_authority import SmallAuthority, small_authority

BOX = BoxId("box-1")


@dataclass(slots=True)
class CountedBroker:
    reloads: int = 0
    runs: bool = True

    def reload(self) -> None:
        if not self.runs:
            raise BrokerNotRunningError("It does not run. Start it.")
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
        self.revoked, self.log = folder / "installed.pem", folder / "mosquitto.log"
        self.folder = folder / "keeper"
        self._own = self.certificates.issue("broker-keeper", CertificateRole.BROKER_KEEPER)
        self.keeper = self.again()

    def again(self, make_line: Callable[[], AuthorityLine] | None = None) -> Keeper:
        papers = self.certificates
        files = BrokerFiles(
            authority=papers.authority,
            certificate=papers.server.certificate,
            key=papers.server.key,
            revoked=self.revoked,
            log=self.log,
        )
        kept = KeptBroker(files=files, issuers=(papers.certificate,), process=self.broker, settle_seconds=0.0)
        keeper = Keeper(kept, make_line or self.line, self.names, self.folder, self.clock)
        keeper.start()
        return keeper

    def line(self) -> AuthorityLine:
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


def test_a_box_that_is_taken_out_again_after_a_restore_is_kicked_again(bench: Bench) -> None:
    bench.authority.revoke(BOX, bench.certificates.issue(BOX))
    bench.keeper.round()
    bench.authority.boxes.clear()
    bench.keeper.round()
    bench.authority.boxes.append(BOX)
    bench.keeper.round()
    assert bench.names.taken == [BOX, BOX]


def test_a_log_that_cannot_be_read_is_an_alarm_and_the_rest_goes_on(bench: Bench) -> None:
    bench.log.mkdir()
    assert Trouble.DISK_TROUBLE in bench.keeper.round().troubles
    assert [report.number for report in bench.authority.reports] == [1]
    bench.log.rmdir()
    assert not bench.keeper.round().troubles


def test_a_disk_that_fails_ends_no_keeper_and_is_said_once_when_it_goes_and_once_when_it_returns(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    rounds: list[set[Trouble]] = []

    def line() -> AuthorityLine:
        status = bench.folder / STATUS_FILE
        if status.exists():
            rounds.append(set(msgspec.json.decode(status.read_bytes(), type=KeeperStatus).troubles))
        if len(rounds) < 3:
            raise OSError("No space left on device")
        if len(rounds) == 5:
            keeper.stop()
        return bench.line()

    keeper = bench.again(line)
    keeper.run(0.001)
    assert rounds == [{Trouble.DISK_TROUBLE, Trouble.LIST_MISSING}] * 3 + [set()] * 2
    said = [record.getMessage() for record in caplog.records if "disk trouble" in record.getMessage()]
    assert [words.split(":")[0] for words in said] == ["ALARM disk trouble", "No longer"]


def test_before_the_brokers_first_start_no_alarm_is_said(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.broker.runs = False
    assert bench.keeper.first_round().number == 1
    assert "ALARM" not in caplog.text
    assert Trouble.BROKER_NOT_RUNNING in bench.keeper.round().troubles


def test_a_renewed_certificate_of_the_broker_is_taken_into_use_and_its_end_is_told(bench: Bench) -> None:
    bench.keeper.round()
    ends = bench.authority.reports[-1].served_good_until
    assert ends is not None
    served = bench.certificates.server
    renewed = bench.certificates.issue("localhost", CertificateRole.SERVER, (-DAY, 13 * DAY), "renewed")
    served.key.write_bytes(renewed.key.read_bytes())
    served.certificate.write_bytes(renewed.certificate.read_bytes())
    assert Trouble.CERTIFICATE_ENDS_SOON in bench.keeper.round().troubles
    assert bench.broker.reloads == 2
    bench.clock.advance(minutes=6)
    bench.keeper.round()
    told = bench.authority.reports[-1].served_good_until
    assert told is not None
    assert ends - told == 384 * DAY


def test_the_last_check_of_the_rights_is_reported_at_once(bench: Bench) -> None:
    bench.keeper.round()
    holds = Finding(role="box", deed="enters", topic="", expected="let in", found="let in")
    with noted(bench.folder, {"box-7"}, bench.clock) as findings:
        findings += [holds, msgspec.structs.replace(holds, found="refused")]
    bench.keeper.round()
    report = bench.authority.reports[-1]
    assert (report.rights_checked_at, report.rights_wrong) == (bench.clock.now(), 1)


def test_a_check_that_was_broken_off_leaves_the_last_result(bench: Bench) -> None:
    bench.keeper.round()
    before = bench.clock.now()
    holds = Finding(role="box", deed="enters", topic="", expected="let in", found="let in")
    with noted(bench.folder, {"box-7"}, bench.clock) as findings:
        findings.append(holds)
    bench.clock.advance(hours=2)
    with pytest.raises(BrokerNotRunningError), noted(bench.folder, {"box-7"}, bench.clock):
        raise BrokerNotRunningError("It does not run. Start it.")
    bench.keeper.round()
    assert bench.authority.reports[-1].rights_checked_at == before


def test_b10_a_foreign_filter_is_said_for_a_day_but_not_what_the_check_tried(bench: Bench) -> None:
    bench.keeper.round()
    with noted(bench.folder, {"box-7"}, bench.clock):
        at = int(bench.clock.now().timestamp())
        bench.log.write_text(f"{at}: box-7 1 #\n{at}: box-8 1 up/#\n")
    assert set(bench.keeper.round().troubles) == {Trouble.FOREIGN_FILTER}
    bench.clock.advance(hours=23)
    bench.keeper.round()
    assert set(bench.authority.reports[-1].foreign_filters) == {"box-8"}
    again = bench.again().round()
    assert again.foreign_filters == 1
    assert "box-8" in again.troubles[Trouble.FOREIGN_FILTER]
    bench.clock.advance(hours=2)
    assert not bench.keeper.round().troubles
    with bench.log.open("a") as log:
        log.write(f"{int(bench.clock.now().timestamp())}: box-7 1 #\n")
    assert "box-7" in bench.keeper.round().troubles[Trouble.FOREIGN_FILTER], "long after its check"
