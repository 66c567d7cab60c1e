"""Keeps the broker's revocation list fresh, throws revoked boxes off, and says aloud when the list nears its end.

Every few seconds: ask the authority; judge the list; write it whole; SIGHUP; take over the session of each newly
revoked box (only now, because before the list is in force the box would come straight back); report. A kill at any
point is made good by the next round. Not here: judging a list (`revocation_list`), the broker's process.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509

from models.clock import Clock
from models.enrollment import IssuedCertificate
from models.errors import SettingsError, StorageError
from models.fleet import InstalledReport, KickRequest, Revocations
from models.identifiers import BoxId
from models.wire.authority_line import AuthorityLine, AuthorityUnreachableError, RefusedByAuthorityError
from provisioning.brokers.alarms import Alarms
from provisioning.brokers.broker_log import LogFindings, is_full, read_on
from provisioning.brokers.central_broker import CENTRAL_NAME, BrokerFiles
from provisioning.brokers.keeper_files import STATUS_FILE, KeeperMemory, KeeperStatus, MemoryFile, Trouble
from provisioning.brokers.kick_key import make_kick_key
from provisioning.brokers.name_holding import NameTaker
from provisioning.brokers.revocation_list import (
    ListRefusal,
    RevocationList,
    assess_health,
    judge_list,
    read_list,
)
from provisioning.brokers.running_broker import BrokerNotRunningError, RunningBroker
from provisioning.brokers.settings import check_broker_files
from provisioning.brokers.whole_file import write_whole

_log = logging.getLogger(__name__)

REPORT_EVERY: Final = timedelta(hours=1)
REPORT_COUNTS_EVERY: Final = timedelta(minutes=5)
MOST_FAILED_KICKS: Final = 3
"""In one round: each may take eight seconds."""


class _Done(msgspec.Struct, frozen=True, kw_only=True):
    """The authority has noted it."""


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
        self._heard_at: datetime | None = None
        self._reported: tuple[InstalledReport, datetime] | None = None

    def start(self) -> None:
        """Reads what stands on the disk. Raises StorageError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._memory = self._memory_file.read()
        self._held = self._installed_list()

    def run(self, ask_every_seconds: float) -> None:
        """Rounds until `stop`. A disk that does not take a file is told, and tried again."""
        while not self._stopping.is_set():
            try:
                self.round()
            except StorageError:
                _log.exception("The keeper cannot write.")
            self._stopping.wait(ask_every_seconds)
        self._names.release_all()

    def stop(self) -> None:
        """Ends `run` after the present round."""
        self._stopping.set()

    def round(self) -> KeeperStatus:
        """One look at everything. Raises StorageError when the list or the memory cannot be written."""
        self._alarms.begin_round()
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
        return self._tell()

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
        key, csr = make_kick_key(box_id)
        try:
            issued = line.post("/v1/kicks", KickRequest(box_id=box_id, csr=csr), IssuedCertificate)
        except RefusedByAuthorityError as error:
            _log.warning("The authority gives no certificate to cut off %s: %s", box_id, error)
            return False
        if not self._names.take(box_id, issued.certificate, key):
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
            self._read_log(self._broker.files.log)

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
        foreign = self._memory.foreign_filters + len(findings.foreign_filters)
        self._remember(refused=refused, foreign_filters=foreign)
        if findings.foreign_filters:
            who = _some(sorted({name for name, _ in findings.foreign_filters}))
            self._alarms.add(Trouble.FOREIGN_FILTER, f"Asked for what is not theirs (nothing was delivered): {who}.")
        if findings.failed_reloads:
            self._alarms.add(Trouble.RELOAD_FAILED, "The broker could not read its files again. It is asked once more.")
            self._reload_due = True

    def _report(self, line: AuthorityLine) -> None:
        if self._held is None or self._reload_due:
            return
        report = InstalledReport(
            number=self._held.number,
            next_update=self._held.next_update,
            kicked=tuple(sorted(self._memory.to_report)),
            refused={reason.value: count for reason, count in self._memory.refused.items()},
        )
        now = self._clock.now()
        if self._reported is not None and not _is_worth_a_word(report, *self._reported, now):
            return
        line.post("/v1/brokers/installed", report, _Done)
        self._remember(to_report=frozenset())
        self._reported = (msgspec.structs.replace(report, kicked=()), now)

    def _tell(self) -> KeeperStatus:
        now = self._clock.now()
        health = assess_health(self._held, now)
        self._alarms.judge_list(health, self._held, now)
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
        )
        write_whole(self._folder / STATUS_FILE, msgspec.json.encode(status))
        return status

    def _remember(self, **changes: object) -> None:
        self._memory = msgspec.structs.replace(self._memory, **changes)
        self._memory_file.write(self._memory)


def _is_worth_a_word(report: InstalledReport, last: InstalledReport, told_at: datetime, now: datetime) -> bool:
    """A new list or a cut-off at once, new counts every few minutes, else once an hour: the authority audits each."""
    if report.kicked or (report.number, report.next_update) != (last.number, last.next_update):
        return True
    return now - told_at >= (REPORT_COUNTS_EVERY if report.refused != last.refused else REPORT_EVERY)


def _some(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 10} more" if len(listed) > 10 else ""
    return ", ".join(listed[:10]) + more
