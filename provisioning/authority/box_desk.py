"""Boxes with a certificate: renewal, exam certificates, orders, trust list, reports.

Not here: a box's first certificate (`enrollment_desk`), what a release is (`ReleasePlan`'s maker).
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from models.enrollment import (
    LATE_DOMAIN,
    AuthorityRefusal,
    BoxOrders,
    BoxReport,
    Done,
    ExamCertificateRequest,
    IssuedCertificate,
    LateRenewalRequest,
    RefusalCode,
    RenewalRequest,
    RoomCertificateRequest,
    WantedRelease,
    renewal_due,
)
from models.machine_identity import BENCH_PREFIX
from models.wire.trust_list import SignedTrustList
from provisioning.authority.adoption import adopt
from provisioning.authority.caller import Caller, CallerError, caller_of
from provisioning.authority.gate import SUCCEEDED, admit_box, is_decommissioned
from provisioning.authority.key_checks import judge_request
from provisioning.authority.ledger import DAY, Ledger
from provisioning.authority.registers.boxes import Box
from provisioning.authority.registers.certificates import CertificateKind, IssuedRow
from provisioning.authority.roll_outs import OUTCOMES
from provisioning.authority.sentences import refuse

EXAM_CERTIFICATE_BEFORE: Final = timedelta(days=30)
MOST_RENEWALS_A_DAY: Final = 10
REPORT_KEPT_EVERY: Final = timedelta(hours=1)
"""The same words are written down again after this time, so that the instant stays true."""


class ReleasePlan(Protocol):
    """What runs where. Called within the authority's transaction: answer from what is at hand, do not wait."""

    def wanted(self, box: Box, now: datetime) -> WantedRelease:
        """What the box should run now."""

    def heard(self, box: Box, report: BoxReport, now: datetime) -> None:
        """What the box said that it runs, and how its last update went."""


class BoxDesk:
    """Answers boxes. Callers hold the transaction and the lock."""

    def __init__(self, ledger: Ledger, releases: ReleasePlan) -> None:
        self._ledger = ledger
        self._releases = releases

    def renew(self, caller: Caller, request: RenewalRequest, now: datetime) -> IssuedCertificate | AuthorityRefusal:
        """A certificate for a new key. An exam certificate renews nothing."""
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        if visit.shown.kind is not CertificateKind.OPERATING:
            return refuse(RefusalCode.NOT_ALLOWED)
        return self._renew(visit.box, visit.shown, request.csr, "certificate renewed", now)

    def renew_late(self, request: LateRenewalRequest, now: datetime) -> IssuedCertificate | AuthorityRefusal:
        """The same by the signature of a key whose certificate is over, until the box has used a newer one."""
        old = self._old_certificate(request.certificate, now)
        if isinstance(old, AuthorityRefusal):
            return old
        try:
            _key_of(old).verify(request.signature, LATE_DOMAIN + request.csr, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return refuse(RefusalCode.PROOF_WRONG)
        box = self._ledger.boxes.find(old.holder)
        if box is None or not box.lives:
            return refuse(RefusalCode.BOX_REVOKED)
        if old.revoked_at is not None:
            return refuse(RefusalCode.CERTIFICATE_UNKNOWN, SUCCEEDED)
        if now >= old.good_until + timedelta(days=self._ledger.settings.lifetimes.late_days):
            return refuse(RefusalCode.RENEWAL_TOO_LATE)
        return self._renew(box, old, request.csr, "certificate renewed late", now)

    def issue_for_exam(
        self, caller: Caller, request: ExamCertificateRequest, now: datetime
    ) -> IssuedCertificate | AuthorityRefusal:
        """From a day before the exam to a day after, for a room that takes part, at most 30 days ahead."""
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        box = visit.box
        windows = {window.exam_id: window for window in self._ledger.exams.of_room(box.room_id, now)}
        window = windows.get(request.exam_id)
        if window is None or now < window.starts_at - EXAM_CERTIFICATE_BEFORE:
            return refuse(RefusalCode.NO_EXAM)
        span = (window.starts_at - DAY, window.ends_at + DAY)
        again = self._issued_before(box, CertificateKind.EXAM, request.csr)
        if (
            again is not None
            and again.exam_id == request.exam_id
            and (again.good_from, again.good_until) == _whole(span)
        ):
            return IssuedCertificate(certificate=self._ledger.with_issuers(again))
        if self._too_many(box, CertificateKind.EXAM, now):
            return refuse(RefusalCode.TOO_MANY_TRIES, "Too many certificates for one box today. Look at its log.")
        sound = self._ledger.judge_new_key(request.csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        issued = self._ledger.issue_for_box(box, sound, CertificateKind.EXAM, now, span, request.exam_id)
        self._ledger.boxes.mark_changed(box.box_id)
        self._write(box, "exam certificate issued", now, exam=request.exam_id, serial=issued.serial)
        return IssuedCertificate(certificate=self._ledger.with_issuers(issued))

    def certify_room_broker(
        self, caller: Caller, request: RoomCertificateRequest, now: datetime
    ) -> IssuedCertificate | AuthorityRefusal:
        """What the room's own broker shows its devices; the same key again is given the same certificate."""
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        box = visit.box
        again = self._issued_before(box, CertificateKind.ROOM_BROKER, request.csr)
        if again is not None and now < again.good_until:
            return IssuedCertificate(certificate=self._ledger.with_issuers(again))
        if self._too_many(box, CertificateKind.ROOM_BROKER, now):
            return refuse(RefusalCode.TOO_MANY_TRIES, "Too many certificates for one box today. Look at its log.")
        sound = self._ledger.judge_new_key(request.csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        issued = self._ledger.issue_for_room_broker(box, sound, now)
        self._write(box, "room broker certified", now, serial=issued.serial)
        return IssuedCertificate(certificate=self._ledger.with_issuers(issued))

    def orders(self, caller: Caller, now: datetime) -> BoxOrders | AuthorityRefusal:
        """What the box should be by now. Asking over a certificate is the end of the ones before it."""
        if is_decommissioned(self._ledger, caller, now):
            return _farewell(now)
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        box, shown = visit.box, visit.shown
        self._revoke_older(box, shown, now)
        present = shown if shown.kind is CertificateKind.OPERATING else self._present(box)
        return BoxOrders(
            now=now,
            trust_list_version=self._ledger.trust_list_versions.of(box.school_id),
            renew_certificate=present is not None and now >= renewal_due(present.issued_at, present.good_until),
            exams=self._ledger.exams.of_room(box.room_id, now),
            room_devices_version=self._ledger.room_devices.version(box.room_id),
            room_devices=self._ledger.room_devices.of(box.room_id),
            wanted=self._releases.wanted(box, now),
        )

    def trust_list(self, caller: Caller, now: datetime) -> SignedTrustList | AuthorityRefusal:
        """The list of the box's school."""
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        return self._ledger.trust_lists.of(visit.box.school_id, now)

    def report(self, caller: Caller, report: BoxReport, now: datetime) -> Done | AuthorityRefusal:
        """The box's own words; they admit nothing."""
        visit = admit_box(self._ledger, caller, now)
        if isinstance(visit, AuthorityRefusal):
            return visit
        box = visit.box
        last = self._ledger.reports.last(box.box_id)
        said_before = last is not None and last.report == report
        self._releases.heard(box, report, now)
        if last is not None and said_before and now - last.reported_at < REPORT_KEPT_EVERY:
            return Done()
        self._ledger.reports.keep(box.box_id, report, now)
        if not self._ledger.report_pace.allows(box.box_id, now):
            return Done()
        if report.machine and (box.machine or "").startswith(BENCH_PREFIX):
            self._ledger.boxes.name_machine(box.box_id, report.machine)
            self._write(box, "machine named", now, machine=report.machine)
        self._ledger.boxes.mark_changed(box.box_id)
        outcome, target = report.update_outcome, report.update_target or ""
        if outcome in OUTCOMES and self._ledger.reports.is_news(box.box_id, target, outcome, now):
            self._write(box, "update reported", now, outcome=outcome, target=target)
        return Done()

    def _revoke_older(self, box: Box, shown: IssuedRow, now: datetime) -> None:
        """A box asks for orders only over what lies switched on its disk.

        Not at the first report: when its answer is lost the box goes back to the older certificate and must renew.
        """
        if shown.kind is CertificateKind.OPERATING and self._ledger.certificates.revoke_older(shown, now):
            self._ledger.sign_revocation_list(now)
            self._write(box, "older certificate revoked", now, serial=shown.serial)

    def _renew(
        self, box: Box, old: IssuedRow, csr: bytes, deed: str, now: datetime
    ) -> IssuedCertificate | AuthorityRefusal:
        again = self._issued_before(box, CertificateKind.OPERATING, csr)
        if again is not None and again.serial == box.serial != old.serial and now < again.good_until:
            return IssuedCertificate(certificate=self._ledger.with_issuers(again))
        if self._too_many(box, CertificateKind.OPERATING, now):
            return refuse(RefusalCode.TOO_MANY_TRIES, "Too many certificates for one box today. Look at its log.")
        sound = self._ledger.judge_new_key(csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        span = self._ledger.operating_span(now)
        issued = self._ledger.issue_for_box(box, sound, CertificateKind.OPERATING, now, span)
        self._ledger.boxes.renew(box.box_id, issued.serial)
        self._ledger.trust_list_versions.raise_for(box.school_id)
        self._write(box, deed, now, old_serial=old.serial, serial=issued.serial)
        return IssuedCertificate(certificate=self._ledger.with_issuers(issued))

    def _old_certificate(self, pem: bytes, now: datetime) -> IssuedRow | AuthorityRefusal:
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            der = certificate.public_bytes(Encoding.DER)
            caller = caller_of(certificate)
        except (ValueError, CallerError):
            return refuse(RefusalCode.REQUEST_BROKEN)
        old = self._ledger.certificates.find(caller.serial_hex) or adopt(self._ledger, caller, now)
        if old is None or old.der != der or old.kind is not CertificateKind.OPERATING:
            return refuse(RefusalCode.CERTIFICATE_UNKNOWN)
        return old

    def _issued_before(self, box: Box, kind: CertificateKind, csr: bytes) -> IssuedRow | None:
        """The newest unrevoked certificate of this box for the key in the request: its answer may have been lost."""
        sound = judge_request(csr)
        if isinstance(sound, AuthorityRefusal):
            return None
        rows = self._ledger.certificates.with_key(sound.key_hash)
        own = [row for row in rows if row.holder == box.box_id and row.kind is kind and row.revoked_at is None]
        return own[-1] if own else None

    def _too_many(self, box: Box, kind: CertificateKind, now: datetime) -> bool:
        return self._ledger.certificates.count_since(box.box_id, kind, now - DAY) >= MOST_RENEWALS_A_DAY

    def _present(self, box: Box) -> IssuedRow | None:
        return None if box.serial is None else self._ledger.certificates.find(box.serial)

    def _write(self, box: Box, action: str, now: datetime, **details: str) -> None:
        self._ledger.audit.write(at=now, actor=box.box_id, action=action, subject=box.box_id, **details)


def _key_of(row: IssuedRow) -> ec.EllipticCurvePublicKey:
    key = x509.load_der_x509_certificate(row.der).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise TypeError("the authority issues for P-256 keys only")
    return key


def _whole(span: tuple[datetime, datetime]) -> tuple[datetime, datetime]:
    """Certificates know whole seconds."""
    return span[0].replace(microsecond=0), span[1].replace(microsecond=0)


def _farewell(now: datetime) -> BoxOrders:
    return BoxOrders(
        now=now, trust_list_version=0, renew_certificate=False, exams=(), room_devices_version=0, room_devices=(),
        wanted=WantedRelease(), decommissioned=True,
    )  # fmt: skip
