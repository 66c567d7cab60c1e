"""The authority as its callers see it: each question is one method, one transaction, and one answer or refusal.

Every refusal is counted and audited here, in one place. Any thread may call. Not here: the rules (the desks), who may
ask (`gate`), HTTP (`http`).
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import msgspec

from models.clock import Clock
from models.durable_database import immediate, open_durably
from models.enrollment import (
    AuthorityRefusal,
    BoxOrders,
    BoxReport,
    Done,
    EnrollmentAnswer,
    EnrollmentRequest,
    ExamCertificateRequest,
    Greeting,
    GreetingAnswer,
    IssuedCertificate,
    LateRenewalRequest,
    RenewalRequest,
    RoomCertificateRequest,
)
from models.fleet import (
    AuditEntries,
    AuthorityStatus,
    BoxRecord,
    BoxRecords,
    CodesRequest,
    DeviceCredentials,
    ExamDays,
    ExamWindowsRequest,
    InstalledReport,
    KickRequest,
    MadeCodes,
    RetireRoomDevicesRequest,
    RevocationRequest,
    Revocations,
    RoomDevicesRequest,
)
from models.roll_outs import RollOut, RollOutRequest, RollOuts, RollOutStep
from models.wire.trust_list import SignedTrustList
from provisioning.authority.box_desk import BoxDesk, ReleasePlan
from provisioning.authority.caller import Caller
from provisioning.authority.database import bring_up_to_date
from provisioning.authority.enrollment_desk import EnrollmentDesk
from provisioning.authority.founding import renew_server
from provisioning.authority.keeper_desk import KeeperDesk
from provisioning.authority.key_files import AuthorityKeys, read_certificates
from provisioning.authority.ledger import Ledger
from provisioning.authority.roll_outs import RollOutDesk
from provisioning.authority.settings import Settings
from provisioning.authority.staff_desk import StaffDesk

T = TypeVar("T")


class Authority:
    """One province's authority. `start` opens its register, `stop` closes it, `tick` is called at least every hour."""

    def __init__(
        self, settings: Settings, keys: AuthorityKeys, clock: Clock, releases: ReleasePlan | None = None
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._clock = clock
        self._releases = releases
        self._lock = threading.RLock()
        self._open: Ledger | None = None

    def start(self) -> None:
        """Opens the register and brings it up to date. Raises StorageError."""
        database = open_durably(self._settings.database)
        try:
            bring_up_to_date(database)
            ledger = Ledger(database, self._settings, self._keys)
            with immediate(database):
                ledger.open(self._clock.now())
        except BaseException:
            database.close()
            raise
        self._open = ledger

    def stop(self) -> None:
        """Writes what was only counted, and closes the register."""
        with self._lock:
            if self._open is None:
                return
            with self._transaction() as ledger:
                ledger.refusals.flush(self._clock.now())
            ledger.database.close()
            self._open = None

    def tick(self) -> None:
        """What a day brings: lists re-signed, old codes' keys wiped, counted refusals written. Cheap; call it often."""
        with self._transaction() as ledger:
            ledger.tick(self._clock.now())

    def renew_server(self) -> None:
        """Renews the server's certificate 30 days before its end, under its key, and proves over it from now on.

        Whoever serves it takes it from its file afterwards. Raises SettingsError.
        """
        renew_server(self._settings, self._clock)
        certificate = read_certificates(self._settings.server_certificate)[0]
        with self._lock:
            self._ledger.keys = msgspec.structs.replace(self._ledger.keys, server=certificate)

    # ---- Boxes without a certificate. `origin` is the network (/24 or /64) that the question came from ------------

    def greet(self, greeting: Greeting, origin: str) -> GreetingAnswer | AuthorityRefusal:
        """The authority's proof that it holds the box's code."""
        return self._stranger(origin, lambda: self._enrollment.greet(greeting, origin, self._clock.now()))

    def enroll(self, request: EnrollmentRequest, origin: str) -> EnrollmentAnswer | AuthorityRefusal:
        """A certificate for the box; the same holder asking again is given the same one for a day."""
        return self._stranger(origin, lambda: self._enrollment.enroll(request, origin, self._clock.now()))

    def renew_late(self, request: LateRenewalRequest, origin: str) -> IssuedCertificate | AuthorityRefusal:
        """A new certificate after the old one expired, by the old key's signature."""
        return self._stranger(origin, lambda: self._boxes.renew_late(request, self._clock.now()))

    # ---- Boxes ----------------------------------------------------------------------------------------------------

    def renew(self, caller: Caller, request: RenewalRequest) -> IssuedCertificate | AuthorityRefusal:
        """A certificate for a new key; the same key again is given the same certificate."""
        return self._known(caller, lambda: self._boxes.renew(caller, request, self._clock.now()))

    def issue_for_exam(self, caller: Caller, request: ExamCertificateRequest) -> IssuedCertificate | AuthorityRefusal:
        """A certificate for the days of one exam."""
        return self._known(caller, lambda: self._boxes.issue_for_exam(caller, request, self._clock.now()))

    def certify_room_broker(
        self, caller: Caller, request: RoomCertificateRequest
    ) -> IssuedCertificate | AuthorityRefusal:
        """A server certificate for the room's own broker."""
        return self._known(caller, lambda: self._boxes.certify_room_broker(caller, request, self._clock.now()))

    def orders(self, caller: Caller) -> BoxOrders | AuthorityRefusal:
        """What the box should be by now. A revoked box is told that it is decommissioned, and nothing else."""
        return self._known(caller, lambda: self._boxes.orders(caller, self._clock.now()))

    def trust_list(self, caller: Caller) -> SignedTrustList | AuthorityRefusal:
        """The trust list of the box's school."""
        return self._known(caller, lambda: self._boxes.trust_list(caller, self._clock.now()))

    def report(self, caller: Caller, report: BoxReport) -> Done | AuthorityRefusal:
        """What the box did."""
        return self._known(caller, lambda: self._boxes.report(caller, report, self._clock.now()))

    # ---- Central, for people --------------------------------------------------------------------------------------

    def make_codes(self, caller: Caller, request: CodesRequest) -> MadeCodes | AuthorityRefusal:
        """One code for each room; what a room was refused for stands in the answer."""
        return self._known(caller, lambda: self._staff.make_codes(caller, request, self._clock.now()))

    def revoke(self, caller: Caller, request: RevocationRequest) -> BoxRecord | AuthorityRefusal:
        """Takes a box out for good."""
        return self._known(caller, lambda: self._staff.revoke(caller, request, self._clock.now()))

    def set_exam_windows(self, caller: Caller, request: ExamWindowsRequest) -> ExamDays | AuthorityRefusal:
        """All exams still to come or running; what is not named is no exam any more. Which ones cannot be."""
        return self._known(caller, lambda: self._staff.set_exam_windows(caller, request, self._clock.now()))

    def make_device_credentials(
        self, caller: Caller, request: RoomDevicesRequest
    ) -> DeviceCredentials | AuthorityRefusal:
        """Passwords for devices of one room, told once."""
        return self._known(caller, lambda: self._staff.make_device_credentials(caller, request, self._clock.now()))

    def retire_devices(self, caller: Caller, request: RetireRoomDevicesRequest) -> Done | AuthorityRefusal:
        """Takes devices off the room's broker."""
        return self._known(caller, lambda: self._staff.retire_devices(caller, request, self._clock.now()))

    def boxes_after(self, caller: Caller, change: int) -> BoxRecords | AuthorityRefusal:
        """Boxes that changed after `change`, in order, at most 1000."""
        return self._known(caller, lambda: self._staff.boxes_after(caller, change, self._clock.now()))

    def audit_after(self, caller: Caller, number: int) -> AuditEntries | AuthorityRefusal:
        """Audit rows after `number`, in order, at most 1000."""
        return self._known(caller, lambda: self._staff.audit_after(caller, number, self._clock.now()))

    def status(self, caller: Caller) -> AuthorityStatus | AuthorityRefusal:
        """How the authority itself is."""
        return self._known(caller, lambda: self._staff.status(caller, self._clock.now()))

    # ---- Releases ---------------------------------------------------------------------------------------------------

    def update_file(self, caller: Caller, shelf: str, name: str) -> Path | AuthorityRefusal:
        """Where a file of the published releases lies, for a box that may ask."""
        return self._known(caller, lambda: self._roll_outs.file(caller, shelf, name, self._clock.now()))

    def roll_outs(self, caller: Caller) -> RollOuts | AuthorityRefusal:
        """What runs where, what is offered, and what an exam holds up."""
        return self._known(caller, lambda: self._roll_outs.overview(caller, self._clock.now()))

    def start_roll_out(self, caller: Caller, request: RollOutRequest) -> RollOut | AuthorityRefusal:
        """A release to its first group."""
        return self._known(caller, lambda: self._roll_outs.start(caller, request, self._clock.now()))

    def widen_roll_out(self, caller: Caller, request: RollOutStep) -> RollOut | AuthorityRefusal:
        """A release to its next group."""
        return self._known(caller, lambda: self._roll_outs.widen(caller, request, self._clock.now()))

    def stop_roll_out(self, caller: Caller, request: RollOutStep) -> RollOut | AuthorityRefusal:
        """A release to nobody else."""
        return self._known(caller, lambda: self._roll_outs.stop(caller, request, self._clock.now()))

    # ---- The broker's keeper --------------------------------------------------------------------------------------

    def revocations(self, caller: Caller) -> Revocations | AuthorityRefusal:
        """The newest revocation list."""
        return self._known(caller, lambda: self._keepers.revocations(caller, self._clock.now()))

    def kick(self, caller: Caller, request: KickRequest) -> IssuedCertificate | AuthorityRefusal:
        """A two-minute certificate in the name of a revoked box."""
        return self._known(caller, lambda: self._keepers.kick(caller, request, self._clock.now()))

    def note_installed(self, caller: Caller, report: InstalledReport) -> Done | AuthorityRefusal:
        """The broker works with this revocation list now."""
        return self._known(caller, lambda: self._keepers.note_installed(caller, report, self._clock.now()))

    # ---------------------------------------------------------------------------------------------------------------

    @property
    def _ledger(self) -> Ledger:
        if self._open is None:
            raise RuntimeError("start() comes first")
        return self._open

    @property
    def _enrollment(self) -> EnrollmentDesk:
        return EnrollmentDesk(self._ledger)

    @property
    def _boxes(self) -> BoxDesk:
        return BoxDesk(self._ledger, self._releases or self._roll_outs)

    @property
    def _roll_outs(self) -> RollOutDesk:
        return RollOutDesk(self._ledger, self._settings.releases)

    @property
    def _staff(self) -> StaffDesk:
        return StaffDesk(self._ledger)

    @property
    def _keepers(self) -> KeeperDesk:
        return KeeperDesk(self._ledger)

    def _stranger(self, origin: str, work: Callable[[], T | AuthorityRefusal]) -> T | AuthorityRefusal:
        with self._transaction() as ledger:
            answer = work()
            if isinstance(answer, AuthorityRefusal):
                ledger.refusals.note_stranger(origin, answer, self._clock.now())
            return answer

    def _known(self, caller: Caller, work: Callable[[], T | AuthorityRefusal]) -> T | AuthorityRefusal:
        with self._transaction() as ledger:
            answer = work()
            if isinstance(answer, AuthorityRefusal):
                ledger.refusals.note_caller(caller.name, answer, self._clock.now())
            return answer

    @contextmanager
    def _transaction(self) -> Iterator[Ledger]:
        with self._lock:
            ledger = self._ledger
            try:
                with immediate(ledger.database):
                    yield ledger
            except BaseException:
                ledger.trust_lists.forget_signed()
                raise
