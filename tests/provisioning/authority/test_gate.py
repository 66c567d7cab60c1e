"""Every question × every caller: only the named role may ask, with a certificate that counts."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from cryptography import x509

from models.enrollment import (
    BoxReport,
    CertificateRole,
    CodeKind,
    ExamCertificateRequest,
    RefusalCode,
    RenewalRequest,
    RoomCertificateRequest,
)
from models.fleet import (
    CodesRequest,
    ExamWindowsRequest,
    InstalledReport,
    KickRequest,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from models.identifiers import BoxId, RoomId
from provisioning.authority.authority import Authority
from provisioning.authority.caller import Caller, caller_of
from provisioning.authority.founding import take_out_program
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import ERRAND, FoundedAuthority, code_of, granted, new_key, room

Question = Callable[[Authority, Caller], object]
ROOM, BOX = RoomId("A-101"), BoxId("box-none")

QUESTIONS: dict[CertificateRole, dict[str, Question]] = {
    CertificateRole.BOX: {
        "renew": lambda a, c: a.renew(c, RenewalRequest(csr=b"")),
        "issue_for_exam": lambda a, c: a.issue_for_exam(c, ExamCertificateRequest(exam_id="x", csr=b"")),
        "certify_room_broker": lambda a, c: a.certify_room_broker(c, RoomCertificateRequest(csr=b"")),
        "orders": lambda a, c: a.orders(c),
        "trust_list": lambda a, c: a.trust_list(c),
        "report": lambda a, c: a.report(
            c, BoxReport(software="", weights="", trust_list_version=0, room_devices_version=0)
        ),
    },
    CertificateRole.CENTRAL: {
        "make_codes": lambda a, c: a.make_codes(
            c, CodesRequest(errand=ERRAND, kind=CodeKind.TYPED, rooms=(room("Z-9"),))
        ),
        "revoke": lambda a, c: a.revoke(c, RevocationRequest(errand=ERRAND, box_id=BOX)),
        "set_exam_windows": lambda a, c: a.set_exam_windows(c, ExamWindowsRequest(errand=ERRAND, windows=(), rooms={})),
        "make_device_credentials": lambda a, c: a.make_device_credentials(
            c, RoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("t",))
        ),
        "retire_devices": lambda a, c: a.retire_devices(
            c, RetireRoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("t",))
        ),
        "boxes_after": lambda a, c: a.boxes_after(c, 0),
        "audit_after": lambda a, c: a.audit_after(c, 0),
        "status": lambda a, c: a.status(c),
    },
    CertificateRole.BROKER_KEEPER: {
        "revocations": lambda a, c: a.revocations(c),
        "kick": lambda a, c: a.kick(c, KickRequest(box_id=BOX, csr=b"")),
        "note_installed": lambda a, c: a.note_installed(
            c, InstalledReport(number=1, next_update=datetime(2026, 8, 1, tzinfo=UTC), kicked=())
        ),
    },
}
CASES = [(role, name) for role, questions in QUESTIONS.items() for name in questions]
NO_ENTRY = {RefusalCode.NOT_ALLOWED, RefusalCode.CERTIFICATE_UNKNOWN, RefusalCode.BOX_REVOKED, RefusalCode.BOX_UNKNOWN}


def callers(house: FoundedAuthority) -> dict[CertificateRole, Caller]:
    return {
        CertificateRole.BOX: house.enrolled("A-101").caller,
        CertificateRole.CENTRAL: house.central,
        CertificateRole.BROKER_KEEPER: house.keeper,
        CertificateRole.SERVER: Caller(role=CertificateRole.SERVER, name="broker", serial_hex="1"),
    }


@pytest.mark.parametrize(("role", "name"), CASES)
def test_only_its_own_role_may_ask(house: FoundedAuthority, role: CertificateRole, name: str) -> None:
    ask = QUESTIONS[role][name]
    known = callers(house)
    assert code_of(ask(house.authority, known[role])) not in {
        RefusalCode.NOT_ALLOWED,
        RefusalCode.CERTIFICATE_UNKNOWN,
        RefusalCode.BOX_REVOKED,
    }
    for other, caller in known.items():
        if other is not role:
            assert code_of(ask(house.authority, caller)) is RefusalCode.NOT_ALLOWED, other


@pytest.mark.parametrize(("role", "name"), CASES)
def test_a_certificate_that_does_not_stand_in_the_register_opens_nothing(
    house: FoundedAuthority, role: CertificateRole, name: str
) -> None:
    ask = QUESTIONS[role][name]
    known = callers(house)
    elses = house.enrolled("A-102").caller.serial_hex
    for changed in ({"serial_hex": "abc"}, {"serial_hex": elses}, {"name": "somebody"}):
        caller = msgspec.structs.replace(known[role], **changed)
        assert code_of(ask(house.authority, caller)) in NO_ENTRY, changed


@pytest.mark.parametrize("name", sorted(QUESTIONS[CertificateRole.CENTRAL]))
def test_a_program_whose_key_got_out_is_taken_out(house: FoundedAuthority, name: str) -> None:
    assert take_out_program(house.settings, house.clock, "central", "its disk was stolen") == 1
    assert code_of(QUESTIONS[CertificateRole.CENTRAL][name](house.authority, house.central)) is RefusalCode.NOT_ALLOWED


@pytest.mark.parametrize(("role", "name"), CASES)
def test_a_certificate_that_is_over_opens_nothing(house: FoundedAuthority, role: CertificateRole, name: str) -> None:
    known = callers(house)
    house.clock.advance(days=400)
    assert code_of(QUESTIONS[role][name](house.authority, known[role])) is RefusalCode.CERTIFICATE_UNKNOWN


def test_a_kick_certificate_says_nothing_to_the_authority(house: FoundedAuthority) -> None:
    box = house.enrolled()
    house.revoke(box.box_id)
    asked = KickRequest(box_id=box.box_id, csr=certificate_request(new_key()))
    kick = granted(house.authority.kick(house.keeper, asked))
    caller = caller_of(x509.load_pem_x509_certificate(kick))
    assert caller.name == box.box_id
    for name, ask in QUESTIONS[CertificateRole.BOX].items():
        assert code_of(ask(house.authority, caller)) is RefusalCode.NOT_ALLOWED, name
