"""What central asks for people: codes, revocations, exam days, room devices, and what there is to see.

Central vouches for the person and the right; here each deed is written down with actor and reason. Not here: the pages.
"""

from datetime import datetime, timedelta
from typing import Final

from models.enrollment import (
    AuthorityRefusal,
    BoxState,
    CertificateRole,
    CodeKind,
    Done,
    ExamWindow,
    RefusalCode,
    RoomDevice,
)
from models.errors import BadInputError
from models.fleet import (
    AuditEntries,
    AuthorityStatus,
    BoxRecord,
    BoxRecords,
    CodesRequest,
    DeviceCredential,
    DeviceCredentials,
    Errand,
    ExamDays,
    ExamWindowsRequest,
    MadeCode,
    MadeCodes,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
    RoomForBox,
)
from models.identifiers import BoxId, parse_box_id, parse_room_id
from models.wire.enrollment_code import keys_of, link_of, make_code
from provisioning.authority.adoption import was_restored
from provisioning.authority.box_names import new_box_id
from provisioning.authority.caller import Caller
from provisioning.authority.gate import admit_program
from provisioning.authority.key_checks import chain_key_hash
from provisioning.authority.ledger import Ledger
from provisioning.authority.registers.boxes import Box
from provisioning.authority.registers.codes import Code
from provisioning.authority.registers.counters import Counter
from provisioning.authority.sentences import refuse
from provisioning.mosquitto_passwords import make_password, mosquitto_hash

MOST_ROWS: Final = 1000
MOST_EXAMS: Final = 2000
RESERVED: Final = ("central", "edge", "bridge", "caretaker", "viewer", "authority", "broker")
"""Names with rights of their own at a broker."""

LONGEST_EXAM: Final = timedelta(days=31)
LONGEST_LIFE: Final = timedelta(days=120)
"""No certificate of a box is good for longer (`box_days` in README.md)."""


class StaffDesk:
    """Answers central. Callers hold the transaction and the lock."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def make_codes(self, caller: Caller, request: CodesRequest, now: datetime) -> MadeCodes | AuthorityRefusal:
        """One code for each room; earlier unused ones of these rooms are void."""
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        if len({room.room_id for room in request.rooms}) != len(request.rooms):
            return refuse(RefusalCode.REQUEST_BROKEN, "A room stands twice in the list. Name each room once.")
        made: list[MadeCode] = []
        refusals: dict[str, AuthorityRefusal] = {}
        for room in request.rooms:
            answer = self._make_code(room, request.kind, request.errand, now)
            if isinstance(answer, AuthorityRefusal):
                refusals[room.room_id] = answer
                self._ledger.refusals.note_caller(caller.name, answer, now)
            else:
                made.append(answer)
        return MadeCodes(codes=tuple(made), refused=refusals)

    def revoke(self, caller: Caller, request: RevocationRequest, now: datetime) -> BoxRecord | AuthorityRefusal:
        """Takes a box out for good; asking twice is one revocation."""
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        box = self._ledger.boxes.find(request.box_id) or self._remember(request)
        if box is None:
            return refuse(RefusalCode.BOX_UNKNOWN)
        serials = self._unseen(request)
        if serials is None:
            return refuse(RefusalCode.REQUEST_BROKEN)
        if box.state is not BoxState.REVOKED:
            self._ledger.take_out(box.box_id, now)
            self._write(request.errand, "box taken out", box.box_id, now, room=box.room_id)
        for serial in serials:
            self._ledger.certificates.add_unseen(serial, box.box_id, now + LONGEST_LIFE, now)
            self._write(request.errand, "lost certificate taken out", box.box_id, now, serial=serial)
        if serials:
            self._ledger.revoke_rest(box.box_id, now)
        return self._ledger.boxes.record(box.box_id)

    def _remember(self, request: RevocationRequest) -> Box | None:
        """The box by central's word, when it was lost with an older register."""
        known = request.known
        if known is None or known.box_id != request.box_id or not was_restored(self._ledger):
            return None
        self._ledger.boxes.remember(known)
        key = None if known.chain_key is None else chain_key_hash(known.chain_key)
        if key is not None and self._ledger.chain_keys.holder(key) is None:
            self._ledger.chain_keys.add(key, known.box_id)
        return self._ledger.boxes.find(known.box_id)

    def _unseen(self, request: RevocationRequest) -> list[str] | None:
        """Those of the serials that the register does not know, as it writes them; None when one is no serial."""
        if not was_restored(self._ledger):
            return []
        try:
            serials = {format(int(serial, 16), "x") for serial in request.serials}
        except ValueError:
            return None
        return sorted(serial for serial in serials if self._ledger.certificates.find(serial) is None)

    def set_exam_windows(
        self, caller: Caller, request: ExamWindowsRequest, now: datetime
    ) -> ExamDays | AuthorityRefusal:
        """All exams still to come or running. The same again changes nothing; one that cannot be stops no other."""
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        rooms = {exam_id: frozenset[str](rooms) for exam_id, rooms in request.rooms.items()}
        names = [window.exam_id for window in request.windows]
        if len(set(names)) != len(names) or len(names) > MOST_EXAMS or not set(rooms) <= set(names):
            return refuse(RefusalCode.REQUEST_BROKEN)
        refusals = {window.exam_id: _EXAM_CANNOT_BE for window in request.windows if not _can_be(window)}
        sound = [window for window in request.windows if window.exam_id not in refusals]
        windows = tuple(sorted(sound, key=lambda window: (window.starts_at, window.exam_id)))
        rooms = {window.exam_id: rooms.get(window.exam_id, frozenset()) for window in windows}
        if windows == self._ledger.exams.all() and rooms == self._ledger.exams.rooms():
            return ExamDays(refused=refusals)
        self._ledger.exams.set(windows, rooms)
        self._ledger.trust_list_versions.raise_for_everyone()
        words = {"refused": " ".join(sorted(refusals))} if refusals else {}
        self._write(request.errand, "exam days set", "exams", now, exams=str(len(windows)), **words)
        return ExamDays(refused=refusals)

    def make_device_credentials(
        self, caller: Caller, request: RoomDevicesRequest, now: datetime
    ) -> DeviceCredentials | AuthorityRefusal:
        """New passwords; only their hashes are kept."""
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        try:
            room_id = parse_room_id(request.room_id)
            names = tuple(dict.fromkeys(str(parse_box_id(name)) for name in request.names))
        except BadInputError:
            return refuse(RefusalCode.REQUEST_BROKEN, "Device names use letters, digits, '-' and '_', at most 63.")
        taken = [name for name in names if name in RESERVED or self._ledger.certificates.of(name)]
        if taken:
            return refuse(RefusalCode.NOT_ALLOWED, f"No device may have the name {taken[0]}. Choose another one.")
        credentials = tuple(DeviceCredential(name=name, password=make_password()) for name in names)
        self._ledger.room_devices.put(
            room_id,
            tuple(RoomDevice(name=one.name, password_hash=mosquitto_hash(one.password)) for one in credentials),
        )
        self._write(request.errand, "room devices added", room_id, now, names=" ".join(names))
        broker = self._ledger.settings.room_broker
        return DeviceCredentials(
            credentials=credentials,
            broker_host=self._ledger.settings.room_host(room_id),
            broker_port=broker.port,
            guest_port=broker.guest_port,
        )

    def retire_devices(
        self, caller: Caller, request: RetireRoomDevicesRequest, now: datetime
    ) -> Done | AuthorityRefusal:
        """Takes names off the room's broker; one that is not there is gone already."""
        refused = self._admit(caller, request.errand, now)
        if refused is not None:
            return refused
        if self._ledger.room_devices.retire(request.room_id, request.names):
            self._write(request.errand, "room devices retired", request.room_id, now, names=" ".join(request.names))
        return Done()

    def boxes_after(self, caller: Caller, change: int, now: datetime) -> BoxRecords | AuthorityRefusal:
        """What changed since central asked last."""
        refused = admit_program(self._ledger, caller, CertificateRole.CENTRAL, now)
        if refused is not None:
            return refused
        records = self._ledger.boxes.records_after(change, MOST_ROWS)
        return BoxRecords(boxes=records, last=self._ledger.counters.last(Counter.CHANGE))

    def audit_after(self, caller: Caller, number: int, now: datetime) -> AuditEntries | AuthorityRefusal:
        """The audit log, row by row."""
        refused = admit_program(self._ledger, caller, CertificateRole.CENTRAL, now)
        if refused is not None:
            return refused
        return AuditEntries(entries=self._ledger.audit.after(number, MOST_ROWS), last=self._ledger.audit.last())

    def status(self, caller: Caller, now: datetime) -> AuthorityStatus | AuthorityRefusal:
        """What an alarm needs to know; judging it is central's."""
        refused = admit_program(self._ledger, caller, CertificateRole.CENTRAL, now)
        if refused is not None:
            return refused
        newest = self._ledger.revocation_lists.newest()
        installed = self._ledger.revocation_lists.oldest_installed()
        hosts = self._ledger.revocation_lists.hosts()
        checked = [host.rights_checked_at for host in hosts.values()]
        ends = {caller.name: self._ledger.certificates.good_until(caller.serial_hex)}
        for keeper, host in hosts.items():
            ends |= {keeper: host.keeper_good_until, f"{keeper}: broker": host.served_good_until}
        return AuthorityStatus(
            now=now,
            root_good_until=self._ledger.keys.root.not_valid_after_utc,
            issuer_good_until=self._ledger.keys.issuer.not_valid_after_utc,
            crl_number=0 if newest is None else newest.number,
            crl_next_update=now if newest is None else newest.next_update,
            broker_crl_number=None if installed is None else installed.number,
            broker_crl_installed_at=None if installed is None else installed.installed_at,
            broker_crl_next_update=None if installed is None else installed.next_update,
            trust_list_version=self._ledger.counters.last(Counter.TRUST_LIST),
            refusals=self._ledger.refusals.counts(),
            server_good_until=self._ledger.keys.server.not_valid_after_utc,
            broker_refused=self._ledger.revocation_lists.refused(),
            ends={name: end for name, end in ends.items() if end is not None},
            broker_rights_checked_at=None if None in checked else min((one for one in checked if one), default=None),
            broker_rights_wrong=sum(host.rights_wrong for host in hosts.values()),
            broker_foreign_filters={who: at for host in hosts.values() for who, at in host.foreign_filters.items()},
        )

    def _make_code(
        self, room: RoomForBox, kind: CodeKind, errand: Errand, now: datetime
    ) -> MadeCode | AuthorityRefusal:
        box_id = self._box_for(room)
        if isinstance(box_id, AuthorityRefusal):
            return box_id
        ledger, lifetimes = self._ledger, self._ledger.settings.lifetimes
        ledger.codes.void_unused_of(room.room_id, now)
        ledger.boxes.expect(box_id, room)
        letters = make_code(kind)
        keys = keys_of(letters)
        typed, printed = timedelta(minutes=lifetimes.typed_code_minutes), timedelta(days=lifetimes.printed_code_days)
        good_until = now + (typed if kind is CodeKind.TYPED else printed)
        code = Code(
            lookup=keys.lookup, keys=keys, kind=kind, room_id=room.room_id, box_id=box_id, replaces=room.replaces,
            made_at=now, good_until=good_until, holder=None, used_at=None, serial=None, voided_at=None,
        )  # fmt: skip
        ledger.codes.add(code, keys)
        self._write(errand, "code made", box_id, now, room=room.room_id, kind=kind, replaces=room.replaces or "")
        return MadeCode(
            room_id=room.room_id,
            room_name=room.room_name,
            school_name=room.school_name,
            code=letters,
            link=link_of(ledger.settings.address, letters),
            good_until=good_until,
        )

    def _box_for(self, room: RoomForBox) -> BoxId | AuthorityRefusal:
        """The name for the room's next box: the one that is expected already, else the wish, else a new one."""
        try:
            parse_room_id(room.room_id)
            wish = None if room.box_id is None else parse_box_id(room.box_id)
        except BadInputError as error:
            return refuse(RefusalCode.REQUEST_BROKEN, str(error))
        there = self._ledger.boxes.in_room(room.room_id)
        if room.replaces is not None and room.replaces not in {box.box_id for box in there if box.certified_at}:
            return refuse(RefusalCode.BOX_UNKNOWN, "The box to be replaced was never in this room.")
        others = [box for box in there if box.lives and box.box_id != room.replaces]
        if others and not room.beside:
            return refuse(RefusalCode.ROOM_HAS_BOX)
        expected = [box.box_id for box in there if box.state is BoxState.EXPECTED]
        if wish is None:
            return expected[0] if expected else new_box_id(lambda name: self._ledger.boxes.find(name) is not None)
        taken = self._ledger.boxes.find(wish) is not None or self._ledger.certificates.of(wish)
        if wish not in expected and (taken or wish in RESERVED):
            return refuse(
                RefusalCode.NOT_ALLOWED, "A box of this name exists already. Leave the name to the authority."
            )
        return wish

    def _admit(self, caller: Caller, errand: Errand, now: datetime) -> AuthorityRefusal | None:
        refused = admit_program(self._ledger, caller, CertificateRole.CENTRAL, now)
        if refused is not None:
            return refused
        if not errand.actor.strip():
            return refuse(RefusalCode.REQUEST_BROKEN, "Nobody is named who wants this. Sign in again.")
        if not errand.reason.strip():
            return refuse(RefusalCode.REQUEST_BROKEN, "This needs a reason. Write one sentence.")
        return None

    def _write(self, errand: Errand, action: str, subject: str, now: datetime, **details: str) -> None:
        self._ledger.audit.write(
            at=now, actor=errand.actor, action=action, subject=subject, reason=errand.reason, **details
        )


_EXAM_CANNOT_BE: Final = refuse(
    RefusalCode.REQUEST_BROKEN, "An exam must end after its start, within 31 days, in UTC. Correct its sittings."
)


def _can_be(window: ExamWindow) -> bool:
    if window.starts_at.tzinfo is None or window.ends_at.tzinfo is None or not window.exam_id.strip():
        return False
    return timedelta(0) < window.ends_at - window.starts_at <= LONGEST_EXAM
