"""What the keeper beside a broker asks: the revocation list, a way to end a revoked box's session, and its reports.

Not here: installing a list and taking a session over (`provisioning.brokers`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from models.enrollment import AuthorityRefusal, BoxState, CertificateRole, Done, IssuedCertificate, RefusalCode
from models.fleet import InstalledReport, KickRequest, Revocations
from provisioning.authority.caller import Caller
from provisioning.authority.certificate_office import CLOCKS_APART, KICK_LIFE
from provisioning.authority.gate import admit_program
from provisioning.authority.ledger import HOUR, Ledger
from provisioning.authority.registers.certificates import CertificateKind
from provisioning.authority.registers.revocation_lists import BrokerHost, InstalledList
from provisioning.authority.sentences import refuse

MOST_REASONS: Final = 32
LONGEST_REASON: Final = 64
MOST_REFUSED: Final = 2**53
MOST_KICKS_AN_HOUR: Final = 12
"""For one box, by all keepers together: each certificate stays in the register."""


class KeeperDesk:
    """Answers keepers. Callers hold the transaction and the lock."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def revocations(self, caller: Caller, now: datetime) -> Revocations | AuthorityRefusal:
        """The newest list and all boxes that are revoked."""
        refused = admit_program(self._ledger, caller, CertificateRole.BROKER_KEEPER, now)
        if refused is not None:
            return refused
        newest = self._ledger.revocation_lists.newest()
        if newest is None:
            return refuse(RefusalCode.REQUEST_BROKEN, "There is no revocation list yet. Start the authority again.")
        return Revocations(
            crl=newest.pem, number=newest.number, next_update=newest.next_update, boxes=self._ledger.boxes.revoked()
        )

    def kick(self, caller: Caller, request: KickRequest, now: datetime) -> IssuedCertificate | AuthorityRefusal:
        """Two minutes in the name of a box that was taken out, never of another."""
        refused = admit_program(self._ledger, caller, CertificateRole.BROKER_KEEPER, now)
        if refused is not None:
            return refused
        box = self._ledger.boxes.find(request.box_id)
        if box is None:
            return refuse(RefusalCode.BOX_UNKNOWN)
        if box.state is not BoxState.REVOKED:
            return refuse(RefusalCode.NOT_ALLOWED, "Only a box that was taken out is thrown off the broker.")
        if self._ledger.certificates.count_since(box.box_id, CertificateKind.KICK, now - HOUR) >= MOST_KICKS_AN_HOUR:
            return refuse(RefusalCode.TOO_MANY_TRIES, "This box was thrown off too often. Look at the broker's log.")
        sound = self._ledger.judge_new_key(request.csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        span = (now - CLOCKS_APART, now + KICK_LIFE)
        issued = self._ledger.issue_for_box(box, sound, CertificateKind.KICK, now, span)
        self._ledger.audit.write(
            at=now, actor=caller.name, action="kick certificate issued", subject=box.box_id, serial=issued.serial
        )
        return IssuedCertificate(certificate=self._ledger.with_issuers(issued))

    def note_installed(self, caller: Caller, report: InstalledReport, now: datetime) -> Done | AuthorityRefusal:
        """What the broker works with, and whom it threw off."""
        refused = admit_program(self._ledger, caller, CertificateRole.BROKER_KEEPER, now)
        if refused is not None:
            return refused
        if not (_can_be(report.refused) and _are_instants(report)):
            return refuse(RefusalCode.REQUEST_BROKEN)
        before = self._ledger.revocation_lists.installed_by(caller.name)
        changed = before is None or before.number != report.number
        since = now if before is None or changed else before.installed_at
        self._ledger.revocation_lists.note_installed(
            caller.name, InstalledList(number=report.number, next_update=report.next_update, installed_at=since)
        )
        self._ledger.revocation_lists.note_refused(caller.name, report.refused)
        self._ledger.revocation_lists.note_host(
            caller.name,
            BrokerHost(
                keeper_good_until=self._ledger.certificates.good_until(caller.serial_hex),
                served_good_until=report.served_good_until,
                rights_checked_at=report.rights_checked_at,
                rights_wrong=report.rights_wrong,
                foreign_filters=report.foreign_filters,
            ),
        )
        for box_id in sorted({*report.kicked} & {*self._ledger.boxes.revoked()}):
            if self._ledger.revocation_lists.is_first_end(caller.name, box_id):
                self._ledger.audit.write(at=now, actor=caller.name, action="session ended", subject=box_id)
        if changed:
            self._ledger.audit.write(
                at=now, actor=caller.name, action="revocation list installed", subject=str(report.number)
            )
        return Done()


def _can_be(refused: Mapping[str, int]) -> bool:
    return len(refused) <= MOST_REASONS and all(
        len(reason) <= LONGEST_REASON and 0 <= count < MOST_REFUSED for reason, count in refused.items()
    )


def _are_instants(report: InstalledReport) -> bool:
    told = (report.next_update, report.served_good_until, report.rights_checked_at, *report.foreign_filters.values())
    return len(report.foreign_filters) <= MOST_REASONS and all(one is None or one.tzinfo is not None for one in told)
