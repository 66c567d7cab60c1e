"""Boxes without a certificate: a code is good once, for one holder, one room and a short time.

The first request that is in order binds the code to its keys and machine. The same holder may ask again for a day
(`repeat_hours`): a power cut after our commit must not cost a code. Not here: making codes (`staff_desk`), the code's
proofs (`models.wire.enrollment_code`).
"""

import hashlib
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding

from models.enrollment import (
    AuthorityRefusal,
    EnrollmentAnswer,
    EnrollmentRequest,
    Greeting,
    GreetingAnswer,
    RefusalCode,
)
from models.wire.enrollment_code import CodeKeys, authority_proof, proves
from models.wire.trust_list import to_file
from provisioning.authority.certificate_office import to_pem
from provisioning.authority.key_checks import SoundKey, chain_key_hash, judge_request
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.boxes import Box
from provisioning.authority.registers.certificates import CertificateKind, IssuedRow
from provisioning.authority.registers.codes import Code
from provisioning.authority.sentences import refuse
from provisioning.updates.release_desk import newest_root

NONCE_BYTES = range(16, 65)


class EnrollmentDesk:
    """Answers strangers. Callers hold the transaction and the lock."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def greet(self, greeting: Greeting, origin: str, now: datetime) -> GreetingAnswer | AuthorityRefusal:
        """The proof over the box's nonce and our TLS certificate."""
        found = self._code(greeting.lookup, origin, now)
        if isinstance(found, AuthorityRefusal):
            return found
        code, keys = found
        box = self._ledger.boxes.find(code.box_id)
        if len(greeting.nonce) not in NONCE_BYTES or box is None:
            return refuse(RefusalCode.REQUEST_BROKEN)
        if code.used_at is None and now >= code.good_until:
            return refuse(RefusalCode.CODE_LATE)
        server = self._ledger.keys.server.public_bytes(Encoding.DER)
        return GreetingAnswer(
            proof=authority_proof(keys, greeting.nonce, server),
            room_id=box.room_id,
            room_name=box.room_name,
            school_name=box.school_name,
        )

    def enroll(self, request: EnrollmentRequest, origin: str, now: datetime) -> EnrollmentAnswer | AuthorityRefusal:
        """The certificate and all that belongs to it."""
        found = self._code(request.lookup, origin, now)
        if isinstance(found, AuthorityRefusal):
            return found
        code, keys = found
        if not proves(request, keys):
            return refuse(RefusalCode.PROOF_WRONG)
        if request.room_id is not None and request.room_id != code.room_id:
            return refuse(RefusalCode.CODE_OF_OTHER_ROOM)
        if code.used_at is not None:
            return self._again(code, request, now)
        if now >= code.good_until:
            return refuse(RefusalCode.CODE_LATE)
        return self._first(code, request, now)

    def _code(self, lookup: bytes, origin: str, now: datetime) -> tuple[Code, CodeKeys] | AuthorityRefusal:
        code = self._ledger.codes.find(lookup)
        if code is None:
            too_many = self._ledger.refusals.too_many_from(origin, now)
            return refuse(RefusalCode.TOO_MANY_TRIES if too_many else RefusalCode.CODE_UNKNOWN)
        if code.used_at is not None and now >= code.used_at + self._repeat_time():
            return refuse(RefusalCode.CODE_USED)
        if code.keys is None:
            return refuse(RefusalCode.CODE_LATE)
        return code, code.keys

    def _again(self, code: Code, request: EnrollmentRequest, now: datetime) -> EnrollmentAnswer | AuthorityRefusal:
        sound = judge_request(request.csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        if _holder(request, sound) != code.holder:
            return refuse(RefusalCode.CODE_USED)
        box = self._ledger.boxes.find(code.box_id)
        issued = self._ledger.certificates.find(code.serial or "")
        if box is None or issued is None:
            return refuse(RefusalCode.CODE_USED)
        if issued.revoked_at is not None:
            return refuse(RefusalCode.BOX_REVOKED)
        return self._answer(box, issued, now)

    def _first(self, code: Code, request: EnrollmentRequest, now: datetime) -> EnrollmentAnswer | AuthorityRefusal:
        ledger = self._ledger
        box = ledger.boxes.find(code.box_id)
        sound = ledger.judge_new_key(request.csr)
        if isinstance(sound, AuthorityRefusal):
            return sound
        chain_key = chain_key_hash(request.chain_key)
        if chain_key is None or not request.machine or box is None:
            return refuse(RefusalCode.REQUEST_BROKEN)
        if chain_key in ledger.keys.factory_keys or ledger.chain_keys.holder(chain_key) is not None:
            return refuse(RefusalCode.KEY_SHARED)
        if self._machine_was_taken_out(request.machine, code.made_at):
            return refuse(RefusalCode.MACHINE_RETIRED)
        self._make_room(code, now)
        self._end_earlier_boxes_of(request.machine, code, now)
        span = ledger.operating_span(now)
        issued = ledger.issue_for_box(box, sound, CertificateKind.OPERATING, now, span)
        ledger.chain_keys.add(chain_key, box.box_id)
        ledger.boxes.certify(
            box.box_id,
            chain_key=request.chain_key,
            key_grade=request.key_grade,
            machine=request.machine,
            serial=issued.serial,
            now=now,
        )
        ledger.codes.use(code.lookup, _holder(request, sound), issued.serial, now)
        ledger.trust_list_versions.raise_for(box.school_id)
        ledger.audit.write(
            at=now,
            actor=box.box_id,
            action="box certified",
            subject=box.box_id,
            room=box.room_id,
            serial=issued.serial,
            key_grade=request.key_grade,
            software=request.software,
            replaces=code.replaces or "",
        )
        return self._answer(box, issued, now)

    def _make_room(self, code: Code, now: datetime) -> None:
        """The box that is replaced is taken out in the step that certifies its successor."""
        old = None if code.replaces is None else self._ledger.boxes.find(code.replaces)
        if old is None:
            return
        if old.revoked_at is None:
            self._ledger.take_out(old.box_id, now)
            self._ledger.audit.write(
                at=now, actor=code.box_id, action="box taken out", subject=old.box_id, reason="replaced"
            )
        self._ledger.boxes.replace(old.box_id, code.box_id)

    def _end_earlier_boxes_of(self, machine: str, code: Code, now: datetime) -> None:
        """A machine is one box: enrolling it anew (`--again`, another room) threw the earlier box's keys away."""
        for old in self._ledger.boxes.on_machine(machine):
            if old.lives and old.box_id != code.box_id:
                self._ledger.take_out(old.box_id, now)
                self._ledger.boxes.replace(old.box_id, code.box_id)
                self._ledger.audit.write(
                    at=now, actor=code.box_id, action="box taken out", subject=old.box_id, reason="enrolled anew"
                )

    def _machine_was_taken_out(self, machine: str, code_made_at: datetime) -> bool:
        """By a person, after the code was made; a box that only went on under another name does not count."""
        boxes = self._ledger.boxes.on_machine(machine)
        here = {box.box_id for box in boxes}
        return any(box.revoked_at and box.revoked_at >= code_made_at and box.replaced_by not in here for box in boxes)

    def _answer(self, box: Box, issued: IssuedRow, now: datetime) -> EnrollmentAnswer:
        settings, keys = self._ledger.settings, self._ledger.keys
        return EnrollmentAnswer(
            box_id=box.box_id,
            room_id=box.room_id,
            room_name=box.room_name,
            school_id=box.school_id,
            certificate=self._ledger.with_issuers(issued),
            authorities=to_pem(keys.issuer, keys.root),
            central_key=keys.central_keys[0],
            trust_key=keys.trust_key.public_key().public_bytes_raw(),
            broker_host=settings.broker.host,
            broker_port=settings.broker.port,
            broker_shards=settings.broker.shards,
            authority_address=settings.address,
            trust_list=to_file(self._ledger.trust_lists.of(box.school_id, now)),
            release_root=newest_root(settings.releases),
        )

    def _repeat_time(self) -> timedelta:
        return timedelta(hours=self._ledger.settings.lifetimes.repeat_hours)


def _holder(request: EnrollmentRequest, key: SoundKey) -> bytes:
    return hashlib.sha256(key.key_hash + request.chain_key + request.machine.encode()).digest()
