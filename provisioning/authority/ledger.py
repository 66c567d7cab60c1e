"""All registers of one open file, and the deeds that touch several of them: issue, take out, re-sign.

Callers hold the transaction and the lock (`authority`). Not here: who may ask for a deed (the desks), a register's own
statements (`registers`).
"""

from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from sqlite_utils import Database

from models.enrollment import AuthorityRefusal, CertificateRole, RefusalCode
from models.identifiers import BoxId
from provisioning.authority.certificate_office import CLOCKS_APART, CertificateOffice, RevokedSerial, Wish, to_pem
from provisioning.authority.key_checks import SoundKey, judge_request
from provisioning.authority.key_files import AuthorityKeys
from provisioning.authority.paces import Pace
from provisioning.authority.refusals import Refusals
from provisioning.authority.registers.audit_log import AuditLog
from provisioning.authority.registers.boxes import Box, Boxes
from provisioning.authority.registers.certificates import CertificateKind, Certificates, IssuedRow
from provisioning.authority.registers.chain_keys import ChainKeys
from provisioning.authority.registers.codes import Codes
from provisioning.authority.registers.counters import Counter, Counters
from provisioning.authority.registers.exams import Exams
from provisioning.authority.registers.refusal_counts import RefusalCounts
from provisioning.authority.registers.reports import Reports
from provisioning.authority.registers.revocation_lists import RevocationList, RevocationLists
from provisioning.authority.registers.room_devices import RoomDevices
from provisioning.authority.registers.trust_list_versions import TrustListVersions
from provisioning.authority.sentences import refuse
from provisioning.authority.settings import Settings
from provisioning.authority.trust_lists import TrustLists

DAY: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
ROOM_BROKER_NAME: Final = CertificateRole.ROOM_BROKER.value
"""The common name of every room's broker: the host stands in the alternative name alone, which may be longer."""

MOST_NEW_REPORTS: Final = 30
"""In an hour and of one box; what it says beyond replaces its last words without being passed on."""

LISTED_AFTER_END: Final = timedelta(days=7)
"""A revoked certificate stays on the list so long after its end: the reader's clock may be slow."""


class Ledger:
    """The open register with its rules of bookkeeping."""

    def __init__(self, database: Database, settings: Settings, keys: AuthorityKeys) -> None:
        self.database = database
        self.settings = settings
        self.keys = keys
        self.office = CertificateOffice(keys.issuing_key, keys.issuer, rehearsal=settings.rehearsal)
        self.counters = Counters(database)
        self.audit = AuditLog(database)
        self.boxes = Boxes(database, self.counters)
        self.certificates = Certificates(database)
        self.chain_keys = ChainKeys(database)
        self.codes = Codes(database)
        self.exams = Exams(database)
        self.reports = Reports(database)
        self.revocation_lists = RevocationLists(database)
        self.room_devices = RoomDevices(database)
        self.refusals = Refusals(RefusalCounts(database), self.audit)
        self.report_pace = Pace(MOST_NEW_REPORTS, HOUR)
        self.trust_list_versions = TrustListVersions(database, self.counters)
        self.trust_lists = TrustLists(
            self.boxes, self.certificates, self.exams, self.trust_list_versions, settings, keys
        )

    def open(self, now: datetime) -> None:
        """What must hold before the first question: a fresh revocation list, and lists that name today's keys."""
        known = self.trust_lists.fingerprint()
        if self.counters.last(Counter.TRUSTED_KEYS) != known:
            self.counters.put(Counter.TRUSTED_KEYS, known)
            self.trust_list_versions.raise_for_everyone()
        self.tick(now)

    def tick(self, now: datetime) -> None:
        """What a day brings."""
        newest = self.revocation_lists.newest()
        if newest is None or not timedelta(0) <= now - newest.made_at < DAY:
            self.sign_revocation_list(now)
        self.codes.wipe_over(now - timedelta(hours=self.settings.lifetimes.repeat_hours), now)
        self.refusals.flush(now)

    def judge_new_key(self, csr: bytes) -> SoundKey | AuthorityRefusal:
        """The request's key, if no certificate of anybody was ever made for it and no factory delivers it."""
        sound = judge_request(csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        known = sound.key_hash in self.keys.factory_keys or self.certificates.with_key(sound.key_hash)
        return refuse(RefusalCode.KEY_SHARED) if known else sound

    def issue_for_box(
        self,
        box: Box,
        key: SoundKey,
        kind: CertificateKind,
        now: datetime,
        span: tuple[datetime, datetime],
        exam_id: str | None = None,
    ) -> IssuedRow:
        """A certificate in the box's name, remembered. `span` is from when to when it is good."""
        made = self.office.make(
            Wish(
                name=box.box_id, role=CertificateRole.BOX, public_key=key.public_key, good_from=span[0],
                good_until=span[1], room_id=box.room_id,
            )
        )  # fmt: skip
        return self.certificates.add(made, box.box_id, kind, key.key_hash, now, exam_id)

    def issue_for_room_broker(self, box: Box, key: SoundKey, now: datetime) -> IssuedRow:
        """A server certificate in the room's name; it is taken out together with the box that holds its key."""
        host = self.settings.room_host(box.room_id)
        good_from = now - CLOCKS_APART
        good_until = now + timedelta(days=self.settings.lifetimes.room_broker_days)
        made = self.office.make(
            Wish(
                name=ROOM_BROKER_NAME, role=CertificateRole.ROOM_BROKER, public_key=key.public_key, good_from=good_from,
                good_until=good_until, room_id=box.room_id, hosts=(host,),
            )
        )  # fmt: skip
        return self.certificates.add(made, box.box_id, CertificateKind.ROOM_BROKER, key.key_hash, now, None)

    def operating_span(self, now: datetime) -> tuple[datetime, datetime]:
        """From when to when a box's everyday certificate made now is good."""
        return now - CLOCKS_APART, now + timedelta(days=self.settings.lifetimes.box_days)

    def with_issuers(self, issued: IssuedRow) -> bytes:
        """The certificate as the box gets it: PEM with the issuing certificate."""
        return to_pem(x509.load_der_x509_certificate(issued.der), self.keys.issuer)

    def take_out(self, box_id: BoxId, now: datetime) -> None:
        """Revokes a box with all its certificates and codes; lists are signed anew."""
        self.boxes.take_out(box_id, now)
        self.codes.void_unused_for(box_id, now)
        self.revoke_rest(box_id, now)

    def revoke_rest(self, box_id: BoxId, now: datetime) -> None:
        """Revokes what certificates a box has that are not revoked yet; lists are signed anew."""
        self.certificates.revoke_all_of(box_id, now)
        self.trust_list_versions.raise_for_everyone()
        self.sign_revocation_list(now)

    def sign_revocation_list(self, now: datetime) -> None:
        """A new list under the next number."""
        number = self.counters.next(Counter.REVOCATION_LIST)
        next_update = now + timedelta(days=self.settings.lifetimes.revocation_list_days)
        pem = self.office.make_revocation_list(self._revoked(now), number, now, next_update)
        self.revocation_lists.keep(RevocationList(number=number, made_at=now, next_update=next_update, pem=pem))

    def _revoked(self, now: datetime) -> list[RevokedSerial]:
        return [
            RevokedSerial(serial=row.serial, revoked_at=row.revoked_at)
            for row in self.certificates.revoked_after(now - LISTED_AFTER_END)
        ]
