"""Every question asked with every certificate and with none: exactly what the table says, nothing by default."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection, RemoteDisconnected
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.routing import APIRoute

from models.clock import SystemClock
from models.enrollment import (
    AuthorityRefusal,
    BoxOrders,
    CertificateRole,
    CodeKind,
    ExamCertificateRequest,
    Greeting,
    LateRenewalRequest,
    RefusalCode,
    RenewalRequest,
    RoomCertificateRequest,
)
from models.fleet import (
    BoxRecord,
    CodesRequest,
    ExamWindowsRequest,
    InstalledReport,
    KickRequest,
    RetireRoomDevicesRequest,
    RevocationRequest,
    RoomDevicesRequest,
)
from models.identifiers import BoxId, RoomId
from models.roll_outs import RollOutGroup, RollOutRequest, RollOutStep
from provisioning.authority.founding import certify_program, take_out_program
from provisioning.authority.http.application import routers
from tests.builders.enrolling_box import REPORT, EnrollingBox, certificate_request
from tests.builders.running_authority import ERRAND, NearAuthority, near_authority, room
from tests.builders.small_pki import SmallPki, self_signed
from tests.fakes.manual_clock import ManualClock

BOX, CENTRAL, KEEPER = "box", "central", "keeper"
NOW = datetime.now(UTC)


def _csr() -> bytes:
    return certificate_request(ec.generate_private_key(ec.SECP256R1()))


PUBLIC: dict[tuple[str, str], msgspec.Struct] = {
    ("POST", "/v1/greetings"): Greeting(lookup=bytes(32), nonce=bytes(32)),
    ("POST", "/v1/enrollments"): EnrollingBox("localhost:1", Path("nowhere")).request("0000-0000-0000-0000"),
    ("POST", "/v1/late-renewals"): LateRenewalRequest(certificate=b"x", csr=b"x", signature=b"x"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Who may ask, a question in order, and what it is answered: a status, with the refusal if it is one."""

    who: str
    question: msgspec.Struct | None = None
    status: int = 200
    code: RefusalCode | None = None


NOBODY = BoxId("box-nobody")
ROOM = RoomId("A-101")
TABLE: dict[tuple[str, str], Row] = {
    ("POST", "/v1/renewals"): Row(who=BOX, question=RenewalRequest(csr=_csr())),
    ("POST", "/v1/exam-certificates"): Row(
        who=BOX, question=ExamCertificateRequest(exam_id="thi", csr=_csr()), status=404, code=RefusalCode.NO_EXAM
    ),
    ("POST", "/v1/room-certificates"): Row(who=BOX, question=RoomCertificateRequest(csr=_csr())),
    ("POST", "/v1/reports"): Row(who=BOX, question=REPORT),
    ("GET", "/v1/orders"): Row(who=BOX),
    ("GET", "/v1/trust-list"): Row(who=BOX),
    ("POST", "/v1/codes"): Row(
        who=CENTRAL, question=CodesRequest(errand=ERRAND, kind=CodeKind.TYPED, rooms=(room("B-202"),))
    ),
    ("POST", "/v1/revocations"): Row(
        who=CENTRAL,
        question=RevocationRequest(errand=ERRAND, box_id=NOBODY),
        status=404,
        code=RefusalCode.BOX_UNKNOWN,
    ),
    ("PUT", "/v1/exam-windows"): Row(who=CENTRAL, question=ExamWindowsRequest(errand=ERRAND, windows=(), rooms={})),
    ("POST", "/v1/room-devices"): Row(
        who=CENTRAL, question=RoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("tablet-1",))
    ),
    ("POST", "/v1/room-devices/retire"): Row(
        who=CENTRAL, question=RetireRoomDevicesRequest(errand=ERRAND, room_id=ROOM, names=("tablet-1",))
    ),
    ("GET", "/v1/boxes"): Row(who=CENTRAL),
    ("GET", "/v1/audit"): Row(who=CENTRAL),
    ("GET", "/v1/status"): Row(who=CENTRAL),
    ("GET", "/v1/revocations"): Row(who=KEEPER),
    ("POST", "/v1/kicks"): Row(
        who=KEEPER, question=KickRequest(box_id=NOBODY, csr=_csr()), status=404, code=RefusalCode.BOX_UNKNOWN
    ),
    ("GET", "/v1/updates/{shelf}/{name}"): Row(who=BOX, status=404, code=RefusalCode.REQUEST_BROKEN),
    ("GET", "/v1/roll-outs"): Row(who=CENTRAL),
    ("POST", "/v1/roll-outs"): Row(
        who=CENTRAL,
        question=RollOutRequest(errand=ERRAND, target="none.tar", groups=(RollOutGroup(percent=100),)),
        status=422,
        code=RefusalCode.REQUEST_BROKEN,
    ),
    ("POST", "/v1/roll-outs/widen"): Row(
        who=CENTRAL, question=RollOutStep(errand=ERRAND, number=9), status=422, code=RefusalCode.REQUEST_BROKEN
    ),
    ("POST", "/v1/roll-outs/stop"): Row(
        who=CENTRAL, question=RollOutStep(errand=ERRAND, number=9), status=422, code=RefusalCode.REQUEST_BROKEN
    ),
    ("POST", "/v1/brokers/installed"): Row(
        who=KEEPER, question=InstalledReport(number=1, next_update=NOW + timedelta(days=30), kicked=())
    ),
}
QUESTIONS = {**PUBLIC, **{place: row.question for place, row in TABLE.items()}}


class People:
    """Folders with `certificate.pem` and `key.pem` of everybody who may come."""

    def __init__(self, house: NearAuthority, folder: Path) -> None:
        self.house = house
        box = EnrollingBox(house.address, folder / "box")
        box.enroll(house.make_code(ROOM).code)
        box.report()
        revoked = EnrollingBox(house.address, folder / "revoked-box")
        gone = revoked.enroll(house.make_code("C-303").code).box_id
        with house.central() as central:
            central.post("/v1/revocations", RevocationRequest(errand=ERRAND, box_id=gone), BoxRecord)
        for name, role in (("old-central", CertificateRole.CENTRAL), ("old-keeper", CertificateRole.BROKER_KEEPER)):
            certify_program(house.settings, SystemClock(), role, name, folder / name)
            take_out_program(house.settings, SystemClock(), name, "its key leaked")
        long_ago = ManualClock(NOW - timedelta(days=500))
        certify_program(house.settings, long_ago, CertificateRole.CENTRAL, "last-years-central", folder / "expired")
        certify_program(house.settings, SystemClock(), CertificateRole.SERVER, "web", folder / "server", ("web",))
        foreign, own = SmallPki(folder / "foreign").papers(CertificateRole.CENTRAL, "central"), folder / "itself"
        self_made = self_signed(own, CertificateRole.CENTRAL, "central")
        self._folders = {
            BOX: box.folder,
            CENTRAL: house.central_folder,
            KEEPER: house.keeper_folder,
            "revoked box": revoked.folder,
            "revoked central": folder / "old-central",
            "revoked keeper": folder / "old-keeper",
            "expired": folder / "expired",
            "server": folder / "server",
        }
        self._papers = {
            "foreign": (foreign.certificate, foreign.key),
            "self-signed": (self_made.certificate, self_made.key),
        }

    def ask(self, who: str | None, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Status and body of the answer."""
        context = ssl.create_default_context(cafile=str(self.house.authorities))
        if who in self._folders:
            context.load_cert_chain(self._folders[who] / "certificate.pem", self._folders[who] / "key.pem")
        elif who is not None:
            context.load_cert_chain(*self._papers[who])
        host, _, port = self.house.address.rpartition(":")
        connection = HTTPSConnection(host, int(port), context=context, timeout=20)
        question = QUESTIONS.get((method, path))
        if body is None and question is not None:
            body = msgspec.json.encode(question)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    folder = tmp_path_factory.mktemp("authority")
    with near_authority(folder / "house", SystemClock()) as house:
        yield People(house, folder / "people")


def _refusal(body: bytes) -> RefusalCode:
    return msgspec.json.decode(body, type=AuthorityRefusal).code


def test_every_route_stands_in_the_tables_above(people: People) -> None:
    found = {
        (method, route.path)
        for router in routers(people.house.authority)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or set()
    }
    assert found == set(PUBLIC) | set(TABLE)


@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_a_stranger_gets_nothing(people: People, method: str, path: str) -> None:
    status, body = people.ask(None, method, path)
    assert (status, _refusal(body)) == (403, RefusalCode.NOT_ALLOWED)


@pytest.mark.parametrize("who", [BOX, CENTRAL, KEEPER])
@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_a_role_gets_what_the_table_gives_and_the_rest_is_refused(
    people: People, who: str, method: str, path: str
) -> None:
    row = TABLE[method, path]
    status, body = people.ask(who, method, path)
    if who != row.who:
        assert (status, _refusal(body)) == (403, RefusalCode.NOT_ALLOWED)
        return
    assert status == row.status, body
    if row.code is not None:
        assert _refusal(body) is row.code


@pytest.mark.parametrize("who", ["revoked box", "revoked central", "revoked keeper"])
@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
def test_who_was_taken_out_gets_nothing_any_more(people: People, who: str, method: str, path: str) -> None:
    status, body = people.ask(who, method, path)
    if (who, path) == ("revoked box", "/v1/orders"):
        assert msgspec.json.decode(body, type=BoxOrders).decommissioned
        return
    assert status == 403
    expected = RefusalCode.BOX_REVOKED if who == "revoked box" and TABLE[method, path].who == BOX else None
    assert _refusal(body) is (expected or RefusalCode.NOT_ALLOWED)


@pytest.mark.parametrize("who", ["expired", "foreign", "self-signed", "server"])
@pytest.mark.parametrize(("method", "path"), sorted(QUESTIONS))
def test_a_certificate_that_does_not_count_ends_the_handshake(people: People, who: str, method: str, path: str) -> None:
    with pytest.raises((ssl.SSLError, RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
        people.ask(who, method, path)


@pytest.mark.parametrize("who", [None, BOX, CENTRAL, KEEPER, "revoked box"])
@pytest.mark.parametrize(("method", "path"), sorted(PUBLIC))
def test_questions_of_new_boxes_need_no_certificate(people: People, who: str | None, method: str, path: str) -> None:
    status, body = people.ask(who, method, path)
    assert status in (403, 404, 422, 429)
    assert _refusal(body) is not RefusalCode.NOT_ALLOWED


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/docs", 404),
        ("GET", "/openapi.json", 404),
        ("GET", "/v1/boxes/", 404),
        ("GET", "/v1/../v1/status", 404),
        ("GET", "//v1/status", 404),
        ("DELETE", "/v1/boxes", 405),
        ("HEAD", "/v1/status", 405),
        ("POST", "/v1/status", 405),
        ("TRACE", "/v1/status", 405),
    ],
)
def test_nothing_else_is_there(people: People, method: str, path: str, status: int) -> None:
    found, _ = people.ask(CENTRAL, method, path, b"{}" if method == "POST" else None)
    assert found == status


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=9223372036854775808", "after=1.5", "after="])
@pytest.mark.parametrize("path", ["/v1/boxes", "/v1/audit"])
def test_a_number_that_is_none_is_refused(people: People, path: str, query: str) -> None:
    status, body = people.ask(CENTRAL, "GET", f"{path}?{query}")
    assert (status, _refusal(body)) == (422, RefusalCode.REQUEST_BROKEN)


BROKEN = [b"", b"{", b"[]", b"null", b'"x"', b"{}x", b"\xff\xfe", b'{"lookup": 1}', b"[" * 60_000, b"1" * 60_000]


@pytest.mark.parametrize("broken", BROKEN, ids=[str(body[:12]) for body in BROKEN])
@pytest.mark.parametrize(("method", "path"), sorted(place for place in QUESTIONS if place[0] != "GET"))
def test_a_body_of_another_shape_is_refused_and_not_repeated(
    people: People, method: str, path: str, broken: bytes
) -> None:
    who = TABLE[method, path].who if (method, path) in TABLE else None
    status, body = people.ask(who, method, path, broken)
    assert (status, _refusal(body)) == (422, RefusalCode.REQUEST_BROKEN)
    assert b"111111" not in body
