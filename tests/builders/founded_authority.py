"""An authority in the test's own process, without a network: its folder, its façade, a clock that the test moves."""

from datetime import timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_crl

from models.enrollment import (
    AuthorityRefusal,
    BoxReport,
    CodeKind,
    EnrollmentAnswer,
    ExamCertificateRequest,
    ExamWindow,
    IssuedCertificate,
    RefusalCode,
    RenewalRequest,
)
from models.enrollment import CertificateRole as Role
from models.fleet import (
    AuditEntries,
    BoxRecord,
    BoxRecords,
    CodesRequest,
    Errand,
    ExamWindowsRequest,
    MadeCodes,
    RevocationRequest,
    Revocations,
    RoomForBox,
)
from models.identifiers import BoxId, RoomId
from provisioning.authority.authority import Authority
from provisioning.authority.backup import back_up
from provisioning.authority.caller import Caller, caller_of
from provisioning.authority.founding import certify_program, found
from provisioning.authority.restoration import restore
from provisioning.authority.settings import Settings, read_settings
from provisioning.authority.wiring import build_authority
from tests.builders.enrolling_box import EnrollingBox, certificate_request
from tests.fakes.manual_clock import ManualClock

ERRAND = Errand(actor="it-staff", reason="a test")
ORIGIN = "10.1.2.0/24"
SETTINGS = """
address = "authority.test:8443"
rehearsal = true
state = "state"
root = "root"
[broker]
host = "broker.test"
[central]
receipt_keys = ["central.public.pem"]
"""


class FoundedAuthority:
    """Founded below a folder and started. `central` and `keeper` are callers whose certificates it issued."""

    def __init__(self, folder: Path, clock: ManualClock | None = None) -> None:
        self.folder = folder
        self.clock = clock or ManualClock()
        folder.mkdir(parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate().public_key()
        (folder / "central.public.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        (folder / "authority.toml").write_text(SETTINGS, "utf-8")
        self.settings: Settings = read_settings(folder / "authority.toml")
        found(self.settings, self.clock)
        self.central = self.program(Role.CENTRAL, "central")
        self.keeper = self.program(Role.BROKER_KEEPER, "broker-keeper")
        self.program(Role.SERVER, "broker", ("broker.test",))
        self.authority: Authority = build_authority(self.settings, self.clock)
        self.authority.start()

    def program(self, role: Role, name: str, hosts: tuple[str, ...] = ()) -> Caller:
        """Its certificate, as the authority sees it."""
        certify_program(self.settings, self.clock, role, name, self.folder / name, hosts)
        return caller_of(load_pem_x509_certificate((self.folder / name / "certificate.pem").read_bytes()))

    def stop(self) -> None:
        self.authority.stop()

    def again(self) -> None:
        """The program ends and starts."""
        self.authority.stop()
        self.authority = build_authority(self.settings, self.clock)
        self.authority.start()

    def back_up(self) -> Path:
        """A backup of the register as it is now."""
        back_up(self.settings, self.folder / "authority.toml", self.folder / "copy")
        return self.folder / "copy"

    def restored(self, copy: Path) -> None:
        """The program ends, a backup is put back, the program starts."""
        self.authority.stop()
        restore(self.settings, copy, self.clock)
        self.authority = build_authority(self.settings, self.clock)
        self.authority.start()

    def revoked_serials(self) -> set[str]:
        """What stands on the revocation list that a broker is given."""
        told = self.authority.revocations(self.keeper)
        assert isinstance(told, Revocations), told
        return {format(row.serial_number, "x") for row in load_pem_x509_crl(told.crl)}

    def make_codes(self, *rooms: RoomForBox, kind: CodeKind = CodeKind.TYPED) -> MadeCodes:
        made = self.authority.make_codes(self.central, CodesRequest(errand=ERRAND, kind=kind, rooms=rooms))
        assert isinstance(made, MadeCodes), made
        return made

    def code(self, room_id: str = "A-101", replaces: BoxId | None = None, kind: CodeKind = CodeKind.TYPED) -> str:
        made = self.make_codes(room(room_id, replaces), kind=kind)
        assert not made.refused, made.refused
        return made.codes[0].code

    def board(self, machine: str = "") -> EnrollingBox:
        """A box that has keys and nothing else."""
        return EnrollingBox(self.settings.address, self.folder / "unused", machine)

    def ask(self, board: EnrollingBox, code: str, room_id: str | None = None) -> EnrollmentAnswer | AuthorityRefusal:
        request = board.request(code, None if room_id is None else RoomId(room_id))
        return self.authority.enroll(request, ORIGIN)

    def enrolled(self, room_id: str = "A-101", replaces: BoxId | None = None, machine: str = "") -> "EnrolledBox":
        """A box with its certificate; it has not spoken over it yet."""
        board = self.board(machine)
        answer = self.ask(board, self.code(room_id, replaces))
        assert isinstance(answer, EnrollmentAnswer), answer
        return EnrolledBox(self, board, answer)

    def revoke(self, box_id: BoxId) -> BoxRecord:
        record = self.authority.revoke(self.central, RevocationRequest(errand=ERRAND, box_id=box_id))
        assert isinstance(record, BoxRecord), record
        return record

    def set_exam(self, exam_id: str, starts_in_days: float, days: float, *rooms: str) -> ExamWindow:
        start = self.clock.now()
        window = ExamWindow(
            exam_id=exam_id,
            starts_at=start + timedelta(days=starts_in_days),
            ends_at=start + timedelta(days=starts_in_days + days),
        )
        words = ExamWindowsRequest(
            errand=ERRAND, windows=(window,), rooms={exam_id: tuple(RoomId(room_id) for room_id in rooms)}
        )
        answer = self.authority.set_exam_windows(self.central, words)
        assert not isinstance(answer, AuthorityRefusal), answer
        return window

    def record(self, box_id: BoxId) -> BoxRecord:
        answer = self.authority.boxes_after(self.central, 0)
        assert isinstance(answer, BoxRecords)
        return next(box for box in answer.boxes if box.box_id == box_id)

    def deeds(self) -> list[tuple[str, str, str]]:
        """(actor, action, subject) of all audit rows."""
        answer = self.authority.audit_after(self.central, 0)
        assert isinstance(answer, AuditEntries)
        return [(entry.actor, entry.action, entry.subject) for entry in answer.entries]


class EnrolledBox:
    """A box of that authority with its present key and certificate."""

    def __init__(self, house: FoundedAuthority, board: EnrollingBox, answer: EnrollmentAnswer) -> None:
        self.house = house
        self.board = board
        self.answer = answer
        self.key = board.key
        self.certificate = answer.certificate

    @property
    def box_id(self) -> BoxId:
        return self.answer.box_id

    @property
    def caller(self) -> Caller:
        return caller_of(load_pem_x509_certificate(self.certificate))

    def report(self, words: BoxReport | None = None) -> object:
        said = words or BoxReport(software="1.0", weights="w1", trust_list_version=1, room_devices_version=0)
        return self.house.authority.report(self.caller, said)

    def ask_renewal(self, key: ec.EllipticCurvePrivateKey) -> IssuedCertificate | AuthorityRefusal:
        return self.house.authority.renew(self.caller, RenewalRequest(csr=certificate_request(key)))

    def ask_for_exam(self, exam_id: str, key: ec.EllipticCurvePrivateKey) -> IssuedCertificate | AuthorityRefusal:
        request = ExamCertificateRequest(exam_id=exam_id, csr=certificate_request(key))
        return self.house.authority.issue_for_exam(self.caller, request)


def room(
    room_id: str, replaces: BoxId | None = None, box_id: BoxId | None = None, *, beside: bool = False
) -> RoomForBox:
    return RoomForBox(
        room_id=RoomId(room_id),
        room_name=f"Phòng {room_id}",
        school_id="TRUONG-1",
        school_name="Trường THPT Số Một",
        replaces=replaces,
        box_id=box_id,
        beside=beside,
    )


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def code_of(answer: object) -> RefusalCode | None:
    """Why it was refused; None when it was not."""
    return answer.code if isinstance(answer, AuthorityRefusal) else None


def granted(answer: IssuedCertificate | AuthorityRefusal) -> bytes:
    """The certificate (PEM)."""
    assert isinstance(answer, IssuedCertificate), answer
    return answer.certificate
