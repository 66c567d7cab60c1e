"""Who may ask at all: role, certificate in the register, not revoked, not over. Deny by default; each desk asks here.

TLS has proved that the caller holds the certificate's key. Not here: what may then be done (the desks).
"""

from datetime import datetime

import msgspec

from models.enrollment import AuthorityRefusal, BoxState, CertificateRole, RefusalCode
from provisioning.authority.adoption import adopt, was_restored
from provisioning.authority.caller import Caller
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.boxes import Box
from provisioning.authority.registers.certificates import CertificateKind, IssuedRow
from provisioning.authority.sentences import refuse

BOX_KINDS = (CertificateKind.OPERATING, CertificateKind.EXAM)
SUCCEEDED = "The box has a newer certificate and has used it. Renew with that one."


class BoxVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A box that may ask, and the certificate that it shows."""

    box: Box
    shown: IssuedRow


def admit_program(ledger: Ledger, caller: Caller, role: CertificateRole, now: datetime) -> AuthorityRefusal | None:
    """None when the caller is this program with a certificate that counts."""
    if caller.role is not role:
        return refuse(RefusalCode.NOT_ALLOWED)
    shown = _shown(ledger, caller, now)
    if isinstance(shown, AuthorityRefusal):
        return shown
    return None if shown.kind.value == role.value else refuse(RefusalCode.NOT_ALLOWED)


def admit_box(ledger: Ledger, caller: Caller, now: datetime) -> BoxVisit | AuthorityRefusal:
    """The box that asks. Its first word over its own certificate makes it `enrolled`."""
    if caller.role is not CertificateRole.BOX:
        return refuse(RefusalCode.NOT_ALLOWED)
    box = ledger.boxes.find(caller.name)
    if box is None or (box.certified_at is None and was_restored(ledger)):
        return refuse(RefusalCode.BOX_UNKNOWN, _lost(caller) if was_restored(ledger) else "")
    shown = _shown(ledger, caller, now)
    if isinstance(shown, AuthorityRefusal):
        return shown
    if shown.kind not in BOX_KINDS or not box.lives:
        return refuse(RefusalCode.NOT_ALLOWED)
    if shown.shown_at is None:
        ledger.certificates.show(shown.serial, now)
    if box.state is BoxState.CERTIFIED:
        ledger.boxes.enroll(box.box_id, now)
        ledger.audit.write(at=now, actor=box.box_id, action="box enrolled", subject=box.box_id)
    return BoxVisit(box=box, shown=shown)


def is_decommissioned(ledger: Ledger, caller: Caller, now: datetime) -> bool:
    """Whether a box asks that was taken out: all that it may still hear is that it was."""
    shown = _known(ledger, caller, now)
    box = ledger.boxes.find(caller.name)
    return (
        caller.role is CertificateRole.BOX
        and shown is not None
        and shown.holder == caller.name
        and shown.kind in BOX_KINDS
        and box is not None
        and box.state is BoxState.REVOKED
    )


def _known(ledger: Ledger, caller: Caller, now: datetime) -> IssuedRow | None:
    return ledger.certificates.find(caller.serial_hex) or adopt(ledger, caller, now)


def _lost(caller: Caller) -> str:
    return (
        f"The authority was put back from a backup that is older than {caller.name}."
        " Ask IT for a new code and enrol the box again."
    )


def _shown(ledger: Ledger, caller: Caller, now: datetime) -> IssuedRow | AuthorityRefusal:
    shown = _known(ledger, caller, now)
    if shown is None or shown.holder != caller.name:
        return refuse(RefusalCode.CERTIFICATE_UNKNOWN)
    if shown.revoked_at is not None:
        return _no_longer(ledger, shown)
    if now >= shown.good_until:
        return refuse(RefusalCode.CERTIFICATE_UNKNOWN, "This certificate is over. Renew it, or enrol again.")
    return shown


def _no_longer(ledger: Ledger, shown: IssuedRow) -> AuthorityRefusal:
    if shown.kind not in BOX_KINDS:
        return refuse(RefusalCode.NOT_ALLOWED)
    box = ledger.boxes.find(shown.holder)
    lives = box is not None and box.lives
    return refuse(RefusalCode.CERTIFICATE_UNKNOWN, SUCCEEDED) if lives else refuse(RefusalCode.BOX_REVOKED)
