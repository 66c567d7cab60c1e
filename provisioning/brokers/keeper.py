"""Keeps the broker's revocation list fresh, throws revoked boxes off, and says aloud when the list nears its end.

Every few seconds: ask the authority; judge the list; write it whole; SIGHUP; take over the session of each newly
revoked box (only now, because before the list is in force the box would come straight back); report. A kill at any
point is made good by the next round. Not here: judging a list (`revocation_list`), the broker's process.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from models.clock import Clock
from models.durable_files import write_whole
from models.enrollment import ENDS_SOON, Done, IssuedCertificate
from models.errors import SettingsError, StorageError
from models.fleet import InstalledReport, KickRequest, Revocations
from models.identifiers import BoxId
from models.wire.authority_line import AuthorityLine, AuthorityUnreachableError, RefusedByAuthorityError
from provisioning.brokers.alarms import Alarms
from provisioning.brokers.broker_log import LogFindings, is_full, read_on
from provisioning.brokers.central_broker import CENTRAL_NAME, BrokerFiles
from provisioning.brokers.keeper_files import STATUS_FILE, KeeperMemory, KeeperStatus, MemoryFile, Trouble
from provisioning.brokers.name_holding import NameTaker
from provisioning.brokers.revocation_list import (
    ListRefusal,
    RevocationList,
    assess_health,
    judge_list,
    read_list,
)
from provisioning.brokers.rights_word import read_word
from provisioning.brokers.running_broker import BrokerNotRunningError, RunningBroker
from provisioning.brokers.settings import check_broker_files
from provisioning.key_requests import key_pem, request_for

_log = logging.getLogger(__name__)

REPORT_EVERY: Final = timedelta(hours=1)
REPORT_COUNTS_EVERY: Final = timedelta(minutes=5)
FOREIGN_LASTS: Final = timedelta(days=1)
MOST_FOREIGN: Final = 32
MOST_FAILED_KICKS: Final = 3
"""In one round: each may take eight seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptBroker:
    """The broker that a keeper keeps: its files, whose lists it takes, how to signal it.

    `settle_seconds` is how long it may take to read its files again.
    """

    files: BrokerFiles
    issuers: tuple[x509.Certificate, ...]
    process: RunningBroker
    settle_seconds: float = 1.0
    central_name: str = CENTRAL_NAME


class Keeper:
    """One broker's keeper. `make_line` opens the way to the authority anew, so that a renewed certificate is used."""

    def __init__(
        self,
        broker: KeptBroker,
        make_line: Callable[[], AuthorityLine],
        names: NameTaker,
        folder: Path,
        clock: Clock,
    ) -> None:
        self._broker = broker
        self._make_line = make_line
        self._names = names
        self._folder = folder
        self._clock = clock
        self._stopping = threading.Event()
        self._alarms = Alarms()
        self._memory_file = MemoryFile(folder)
        self._memory = KeeperMemory()
        self._held: RevocationList | None = None
        self._reload_due = True
        self._served = b""
        self._heard_at: datetime | None = None
        self._reported: tuple[InstalledReport, datetime] | None = None

    def start(self) -> None:
        """Reads what stands on the disk. Raises StorageError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._memory = self._memory_file.read()
        self._held = self._installed_list()

    def run(self, ask_every_seconds: float) -> None:
        """Rounds until `stop`. A disk that does not take or give a file is an alarm, and tried again."""
        while not self._stopping.is_set():
            try:
                self.round()
            except (StorageError, OSError) as error:
                self._alarms.add(Trouble.DISK_TROUBLE, f"{error} The keeper tries again.")
                with suppress(StorageError, OSError):
                    self._tell()
            self._stopping.wait(ask_every_seconds)
        self._names.release_all()

    def stop(self) -> None:
        """Ends `run` after the present round."""
        self._stopping.set()

    def round(self) -> KeeperStatus:
        """One look at everything. Raises StorageError when the list or the memory cannot be written."""
        self._look()
        return self._tell()

    def first_round(self) -> KeeperStatus:
        """The round before the broker's first start: that it does not run yet is no trouble. Raises StorageError."""
        self._look()
        self._alarms.drop(Trouble.BROKER_NOT_RUNNING)
        return self._tell()

    def _look(self) -> None:
        self._alarms.begin_round()
        self._notice_new_certificate()
        self._notice_changed_list()
        try:
            with self._make_line() as line:
                told = line.get("/v1/revocations", Revocations)
                self._heard_at = self._clock.now()
                self._install_if_newer(told)
                self._reload_if_due()
                self._kick_new(line, told)
                self._watch()
                self._report(line)
        except (AuthorityUnreachableError, RefusedByAuthorityError) as error:
            self._alarms.add(Trouble.AUTHORITY_SILENT, str(error))
            self._reload_if_due()
            self._watch()

    def install(self, told: RevocationList, number: int | None) -> ListRefusal | None:
        """Writes a list, if it may take the place of the present one. Raises StorageError."""
        refusal = judge_list(told, number, self._held, self._memory.highest, self._clock.now())
        if refusal is not None or (self._held is not None and told.pem == self._held.pem):
            return refusal
        write_whole(self._broker.files.revoked, told.pem)
        self._held = told
        self._reload_due = True
        self._remember(highest=told.number)
        _log.info("Revocation list %d is in place, good until %s.", told.number, told.next_update)
        return None

    def _install_if_newer(self, told: Revocations) -> None:
        offered = read_list(told.crl, self._broker.issuers)
        refusal = offered if isinstance(offered, ListRefusal) else self.install(offered, told.number)
        if refusal is not None:
            self._alarms.add(Trouble.LIST_REFUSED, f"The authority's list {told.number} was refused: {refusal}.")

    def _installed_list(self) -> RevocationList | None:
        try:
            found = read_list(self._broker.files.revoked.read_bytes(), self._broker.issuers)
        except OSError:
            return None
        return None if isinstance(found, ListRefusal) else found

    def _notice_changed_list(self) -> None:
        """A newer list (`broker install-list`) is taken over; a damaged or older one is replaced by ours.

        Mosquitto 2.0.11 goes on with no list at all when it reads a damaged one (measured).
        """
        found = self._installed_list()
        if found == self._held:
            return
        self._reload_due = True
        if found is not None and judge_list(found, None, self._held, self._memory.highest, self._clock.now()) is None:
            self._held = found
            self._remember(highest=found.number)
        elif self._held is not None:
            self._alarms.add(
                Trouble.LIST_WAS_CHANGED, f"{self._broker.files.revoked.name} was damaged; it was put right."
            )
            write_whole(self._broker.files.revoked, self._held.pem)

    def _notice_new_certificate(self) -> None:
        """What lies in the file is what the broker serves: a renewed certificate is taken into use."""
        try:
            served = self._broker.files.certificate.read_bytes()
        except OSError:
            return  # told by check_broker_files when it is to be read
        if served != self._served:
            self._served = served
            self._reload_due = True

    def _reload_if_due(self) -> None:
        if not self._reload_due or self._held is None:
            return
        try:
            check_broker_files(self._broker.files)
            self._broker.process.reload()
        except SettingsError as error:
            self._alarms.add(Trouble.BROKER_FILES_BROKEN, str(error))
        except BrokerNotRunningError as error:
            self._alarms.add(Trouble.BROKER_NOT_RUNNING, str(error))
        else:
            self._stopping.wait(self._broker.settle_seconds)
            self._reload_due = False

    def _kick_new(self, line: AuthorityLine, told: Revocations) -> None:
        stays_out = self._memory.kicked & set(told.boxes)
        if stays_out != self._memory.kicked:
            self._remember(kicked=stays_out)  # an authority put back from a backup takes boxes out a second time
        wanted = set(told.boxes) - self._memory.kicked
        if not wanted or self._reload_due or self._held is None or self._held.number < told.number:
            return
        failed = 0
        for box_id in sorted(wanted, key=lambda _: random.random()):  # one that cannot be cut off holds up no other
            failed += not self._kick(line, box_id)
            if failed >= MOST_FAILED_KICKS:
                break
        left = sorted(wanted - self._memory.kicked)
        if left:
            self._alarms.add(Trouble.BOX_NOT_CUT_OFF, f"Still to be cut off: {_some(left)}.")

    def _kick(self, line: AuthorityLine, box_id: BoxId) -> bool:
        key = ec.generate_private_key(ec.SECP256R1())
        csr = request_for(key, box_id).public_bytes(Encoding.DER)
        try:
            issued = line.post("/v1/kicks", KickRequest(box_id=box_id, csr=csr), IssuedCertificate)
        except RefusedByAuthorityError as error:
            _log.warning("The authority gives no certificate to cut off %s: %s", box_id, error)
            return False
        if not self._names.take(box_id, issued.certificate, key_pem(key)):
            return False
        self._remember(kicked=self._memory.kicked | {box_id}, to_report=self._memory.to_report | {box_id})
        _log.warning("%s is revoked and was thrown off the broker.", box_id)
        return True

    def _watch(self) -> None:
        back = self._names.came_back()
        if back:
            self._alarms.add(
                Trouble.BOX_CAME_BACK, f"Revoked, and perhaps let in again: {_some(back)}. They are cut off anew."
            )
            self._remember(kicked=self._memory.kicked - set(back))
            self._reload_due = True
        self._names.release_due()
        if self._broker.files.log is not None:
            try:
                self._read_log(self._broker.files.log)
            except OSError as error:
                self._alarms.add(Trouble.DISK_TROUBLE, f"The broker's log cannot be read ({error}).")
        self._judge_foreign()

    def _read_log(self, log: Path) -> None:
        findings, place = read_on(log, self._memory.log, self._broker.central_name)
        if place != self._memory.log:
            self._count(findings)
            self._remember(log=place)
        if is_full(log):
            log.replace(log.with_name(f"{log.name}.1"))
            self._reload_due = True

    def _count(self, findings: LogFindings) -> None:
        refused = dict(self._memory.refused)
        for reason, count in findings.refused.items():
            refused[reason] = refused.get(reason, 0) + count
        check = read_word(self._folder)
        strange = [one for one in findings.foreign_filters if not check.excuses(one.name, one.at)]
        foreign = self._memory.foreign | {one.name: one.at for one in strange}
        count = self._memory.foreign_filters + len(strange)
        self._remember(refused=refused, foreign_filters=count, foreign=foreign)
        if findings.failed_reloads:
            self._alarms.add(Trouble.RELOAD_FAILED, "The broker could not read its files again. It is asked once more.")
            self._reload_due = True

    def _judge_foreign(self) -> None:
        """One try is said for a day."""
        oldest = self._clock.now() - FOREIGN_LASTS
        newest = sorted(self._memory.foreign.items(), key=lambda one: one[1])[-MOST_FOREIGN:]
        foreign = {name: at for name, at in newest if at > oldest}
        if foreign != self._memory.foreign:
            self._remember(foreign=foreign)
        if foreign:
            who = _some(sorted(foreign))
            self._alarms.add(Trouble.FOREIGN_FILTER, f"Asked for what is not theirs (nothing was delivered): {who}.")

    def _served_good_until(self) -> datetime | None:
        try:
            return x509.load_pem_x509_certificate(self._served).not_valid_after_utc
        except ValueError:
            return None

    def _report(self, line: AuthorityLine) -> None:
        if self._held is None or self._reload_due:
            return
        check = read_word(self._folder)
        report = InstalledReport(
            number=self._held.number,
            next_update=self._held.next_update,
            kicked=tuple(sorted(self._memory.to_report)),
            refused={reason.value: count for reason, count in self._memory.refused.items()},
            served_good_until=self._served_good_until(),
            rights_checked_at=check.checked_at,
            rights_wrong=check.wrong,
            foreign_filters=self._memory.foreign,
        )
        now = self._clock.now()
        if self._reported is not None and not _is_worth_a_word(report, *self._reported, now):
            return
        line.post("/v1/brokers/installed", report, Done)
        self._remember(to_report=frozenset())
        self._reported = (msgspec.structs.replace(report, kicked=()), now)

    def _tell(self) -> KeeperStatus:
        now = self._clock.now()
        health = assess_health(self._held, now)
        self._alarms.judge_list(health, self._held, now)
        served = self._served_good_until()
        if served is not None and served - now <= ENDS_SOON:
            self._alarms.add(
                Trouble.CERTIFICATE_ENDS_SOON, f"The broker's certificate ends {served:%Y-%m-%d}: renew it."
            )
        self._alarms.say_aloud(now)
        status = KeeperStatus(
            at=now,
            health=health,
            number=self._held.number if self._held else None,
            next_update=self._held.next_update if self._held else None,
            authority_heard_at=self._heard_at,
            troubles=self._alarms.present,
            kicked=len(self._memory.kicked),
            refused=self._memory.refused,
            foreign_filters=self._memory.foreign_filters,
            served_good_until=served,
        )
        write_whole(self._folder / STATUS_FILE, msgspec.json.encode(status))
        return status

    def _remember(self, **changes: object) -> None:
        self._memory = msgspec.structs.replace(self._memory, **changes)
        self._memory_file.write(self._memory)


def _is_worth_a_word(report: InstalledReport, last: InstalledReport, told_at: datetime, now: datetime) -> bool:
    """A new list, a cut-off or a check at once, other news every few minutes, else once an hour."""
    if report.kicked or _urgent(report) != _urgent(last):
        return True
    return now - told_at >= (REPORT_COUNTS_EVERY if report != last else REPORT_EVERY)


def _urgent(report: InstalledReport) -> tuple[object, ...]:
    return report.number, report.next_update, report.rights_checked_at


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 10} more" if len(listed) > 10 else ""
    return ", ".join(listed[:10]) + more
