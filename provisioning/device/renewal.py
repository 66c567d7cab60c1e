"""A new certificate with a new key: in time over the present one, late with the old key's signature, never a lock-out.

The new identity counts only after it has been used: when the authority does not take a report over it, the link goes
back to the identity before. Not here: when to renew (`caretaker`), exam certificates.
"""

import logging
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from models.durable_files import make_folder, remove_folder, switch_link
from models.enrollment import (
    LATE_DOMAIN,
    ExamCertificateRequest,
    IssuedCertificate,
    LateRenewalRequest,
    RenewalRequest,
    renewal_due,
)
from models.errors import ClassroomError
from models.wire.authority_line import AuthorityLine, trusting
from provisioning.device import authority_talk, identities
from provisioning.device.box_folder import BoxFolder
from provisioning.device.key_choice import keeper_of
from provisioning.device.keys import AUTHORITIES_FILE, CERTIFICATE_FILE, KEY_FILE, KeyKeeper
from provisioning.device.token_keys import URI_FILE

log = logging.getLogger(__name__)

_DRAFT_SECONDS: Final = 86_400
_WARNINGS: Final = (7, 14, 30)


def is_due(identity: Path, now: datetime) -> bool:
    """Whether two thirds of the certificate's life are over. Raises IdentityBrokenError."""
    life = identities.validity(identity)
    return now >= renewal_due(life.begins_at, life.ends_at)


def has_expired(identity: Path, now: datetime) -> bool:
    """Whether the certificate is over. Raises IdentityBrokenError."""
    return now >= identities.validity(identity).ends_at


def days_of_warning(identity: Path, now: datetime) -> int | None:
    """30, 14 or 7 when the certificate ends within so many days (0: it is over), else None."""
    left = identities.validity(identity).ends_at - now
    if left <= timedelta(0):
        return 0
    return next((days for days in _WARNINGS if left <= timedelta(days=days)), None)


def renew(box: BoxFolder, line: AuthorityLine, old: Path) -> str:
    """Renews over the line that shows `old`; the name of the new identity, which is in use. Raises ClassroomError."""
    keeper, draft = _draft(box, old, "renewal")
    issued = line.post("/v1/renewals", RenewalRequest(csr=keeper.request(draft)), IssuedCertificate)
    return _take(box, draft, issued, old)


def renew_late(box: BoxFolder, old: Path) -> str:
    """Renews after the end of `old`, by its key. Raises ClassroomError."""
    keeper, draft = _draft(box, old, "renewal")
    csr = keeper.request(draft)
    request = LateRenewalRequest(
        certificate=(old / CERTIFICATE_FILE).read_bytes(), csr=csr, signature=keeper.sign(old, LATE_DOMAIN + csr)
    )
    with AuthorityLine(box.read_room().authority_address, lambda: trusting(old / AUTHORITIES_FILE)) as line:
        issued = line.post("/v1/late-renewals", request, IssuedCertificate)
    return _take(box, draft, issued, old)


def fetch_for_exam(box: BoxFolder, line: AuthorityLine, operating: Path, exam_id: str) -> str:
    """An identity for the days of one exam; not in use yet. Raises ClassroomError."""
    keeper, draft = _draft(box, operating, f"{identities.EXAM_PREFIX}draft")
    request = ExamCertificateRequest(exam_id=exam_id, csr=keeper.request(draft))
    issued = line.post("/v1/exam-certificates", request, IssuedCertificate)
    authorities = (operating / AUTHORITIES_FILE).read_bytes()
    name = identities.place(box, draft, issued.certificate, authorities, identities.EXAM_PREFIX)
    remove_folder(draft)
    return name


def _draft(box: BoxFolder, old: Path, name: str) -> tuple[KeyKeeper, Path]:
    """A folder with a new key; one of today is used again: the same key is given the same certificate."""
    keeper, draft = keeper_of(old), box.path / f"{name}.draft"
    if draft.exists() and time.time() - draft.stat().st_mtime > _DRAFT_SECONDS:
        remove_folder(draft)
    if not (draft / KEY_FILE).exists() and not (draft / URI_FILE).exists():
        make_folder(draft, 0o700)
        keeper.make(draft)
    return keeper, draft


def _take(box: BoxFolder, draft: Path, issued: IssuedCertificate, old: Path) -> str:
    name = identities.place(box, draft, issued.certificate, (old / AUTHORITIES_FILE).read_bytes())
    before = box.identity_name()
    try:
        with authority_talk.line_with(box, box.identities / name) as line:
            authority_talk.say(line, authority_talk.report_of(box))
    except ClassroomError:
        log.exception("The new certificate %s could not be used; the old one stays in use.", name)
        remove_folder(box.identities / name)
        raise
    remove_folder(draft)
    if before is None or not before.startswith(identities.EXAM_PREFIX):
        switch_link(box.current, name)
    exams = frozenset(kept for kept in identities.names(box) if kept.startswith(identities.EXAM_PREFIX))
    identities.forget_all_but(box, frozenset({name, old.name}) | exams)
    log.info("The certificate was renewed: %s.", name)
    return name
