"""The line to the authority and the real program behind it: enrol, be cut off, be lied to, be crowded out."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from models.clock import SystemClock
from models.enrollment import BoxOrders, BoxState, CertificateRole, CodeKind, EnrollmentAnswer, RefusalCode
from models.fleet import AuditEntries, AuditEntry, BoxRecord, BoxRecords, CodesRequest, MadeCodes
from models.identifiers import BoxId, RoomId
from models.wire import enrollment_code
from models.wire.authority_line import (
    AuthorityLine,
    RefusedByAuthorityError,
    WrongAuthorityError,
    only_this_server,
    trusting,
)
from models.wire.box_certificate import box_id_of, plays_school, role_of, room_of
from provisioning.authority.http.application import build_application, routers
from provisioning.authority.http.server import AuthorityServer, ServerFiles
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import (
    ERRAND,
    AuthorityHouse,
    RunningProgram,
    near_authority,
    room,
    running_authority,
)
from tests.builders.small_pki import SmallPki


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProgram]:
    with running_authority(tmp_path_factory.mktemp("program")) as running:
        yield running


def _audit_log(house: AuthorityHouse) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    with house.central() as central:
        while page := central.get(f"/v1/audit?after={entries[-1].number if entries else 0}", AuditEntries).entries:
            entries += page
    return entries


def _box(house: AuthorityHouse, box_id: BoxId) -> BoxRecord:
    with house.central() as central:
        return next(box for box in central.get("/v1/boxes", BoxRecords).boxes if box.box_id == box_id)


def test_a_box_is_of_its_room_after_one_code_and_green_after_its_first_word(
    program: RunningProgram, tmp_path: Path
) -> None:
    box = EnrollingBox(program.address, tmp_path / "box")
    answer = box.enroll(program.make_code("A-101").code, RoomId("A-101"))
    assert _box(program, answer.box_id).state is BoxState.CERTIFIED
    box.report()
    record = _box(program, answer.box_id)
    assert (record.state, record.room_id, record.room_name) == (BoxState.ENROLLED, "A-101", "Phòng A-101")
    assert record.chain_key == box.chain_key.public_key().public_bytes_raw()
    certificate = x509.load_pem_x509_certificate(answer.certificate)
    assert (box_id_of(answer.certificate), room_of(certificate)) == (answer.box_id, "A-101")
    assert role_of(certificate) is CertificateRole.BOX
    assert plays_school(answer.certificate)
    assert certificate.public_key() == box.key.public_key()


def test_a_power_cut_of_the_authority_forgets_nothing(tmp_path: Path) -> None:
    with running_authority(tmp_path / "house") as program:
        code = program.make_code("A-101").code
        program.kill()
        program.start()
        box = EnrollingBox(program.address, tmp_path / "box")
        context = box.greet(code)
        request = box.request(code)
        with AuthorityLine(program.address, lambda: context) as line:
            first = line.post("/v1/enrollments", request, EnrollmentAnswer)
        program.kill()
        program.start()
        with program.stranger() as line:
            again = line.post("/v1/enrollments", request, EnrollmentAnswer)
        assert again.certificate == first.certificate
        box.take(again)
        box.report()
        assert program.stop() == 0


def test_a_box_that_is_replaced_makes_room_in_the_same_step(program: RunningProgram, tmp_path: Path) -> None:
    old = EnrollingBox(program.address, tmp_path / "old")
    old_id = old.enroll(program.make_code("R-1").code).box_id
    old.report()
    code = program.make_code("R-1", replaces=old_id).code
    old.report()
    new_id = EnrollingBox(program.address, tmp_path / "new").enroll(code).box_id
    assert (_box(program, old_id).state, _box(program, old_id).replaced_by) == (BoxState.REVOKED, new_id)
    with pytest.raises(RefusedByAuthorityError) as refused:
        old.report()
    assert refused.value.refusal.code is RefusalCode.BOX_REVOKED


def test_central_asks_for_a_thousand_rooms_at_once(program: RunningProgram) -> None:
    rooms = tuple(room(f"K-{number}") for number in range(1000))
    made = program.make_codes(*rooms)
    assert [code.room_id for code in made.codes] == [one.room_id for one in rooms]
    assert len({code.code for code in made.codes}) == 1000


def test_a_box_cannot_send_what_only_central_may_say_at_length(program: RunningProgram, tmp_path: Path) -> None:
    box = EnrollingBox(program.address, tmp_path / "box")
    box.enroll(program.make_code("L-1").code)
    request = CodesRequest(
        errand=ERRAND, kind=CodeKind.TYPED, rooms=tuple(room(f"K-{number}") for number in range(1000))
    )
    with box.line() as line, pytest.raises(RefusedByAuthorityError, match="65536"):
        line.post("/v1/codes", request, MadeCodes)


def test_somebody_in_between_with_another_certificate_cannot_pass_the_proof_on(tmp_path: Path) -> None:
    """The impostor hands every word to the true authority, whose proof names the certificate that it serves itself."""
    impostor = SmallPki(tmp_path / "impostor").papers(CertificateRole.SERVER, "localhost")
    with near_authority(tmp_path / "house", SystemClock()) as house:
        files = ServerFiles(certificate=impostor.certificate, key=impostor.key, authorities=house.authorities)
        relay = AuthorityServer(build_application(routers(house.authority)), "127.0.0.1", 0, files)
        relay.start()
        try:
            code = house.make_code().code
            box = EnrollingBox(house.address, tmp_path / "box")
            with pytest.raises(WrongAuthorityError):
                box.greet(code, address=relay.address)
            box.enroll(code)
            with (
                AuthorityLine(relay.address, lambda: trusting(box.folder / "authorities.pem")) as line,
                pytest.raises(WrongAuthorityError),
            ):
                line.get("/v1/orders", BoxOrders)
        finally:
            relay.stop()


def test_who_answers_after_the_greeting_must_be_the_one_who_proved_it(program: RunningProgram, tmp_path: Path) -> None:
    other = SmallPki(tmp_path).papers(CertificateRole.SERVER, "localhost").certificate.read_bytes()
    context = only_this_server(x509.load_pem_x509_certificate(other).public_bytes(Encoding.DER))
    with AuthorityLine(program.address, lambda: context) as line, pytest.raises(WrongAuthorityError):
        line.get("/v1/orders", BoxOrders)


def _silent(house: AuthorityHouse) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(house.address.rpartition(":")[2])), timeout=20)


def _slow(house: AuthorityHouse) -> ssl.SSLSocket:
    line = trusting(house.authorities).wrap_socket(_silent(house), server_hostname="localhost")
    line.sendall(b"POST /v1/enrollments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
    return line


def test_a_box_enrols_while_five_hundred_handshakes_hang_and_slow_requests_wait(
    program: RunningProgram, tmp_path: Path
) -> None:
    code = program.make_code("N-1").code
    with ExitStack() as crowd:
        for _ in range(60):
            crowd.enter_context(_slow(program))
        for _ in range(500):
            crowd.enter_context(_silent(program))
        box = EnrollingBox(program.address, tmp_path / "box")
        box.enroll(code)
        box.report()


def test_neither_log_nor_audit_holds_a_code_a_key_or_a_proof(program: RunningProgram, tmp_path: Path) -> None:
    made = program.make_code("S-1")
    box = EnrollingBox(program.address, tmp_path / "box")
    box_id = box.enroll(made.code).box_id
    written = msgspec.json.encode(_audit_log(program)).decode() + program.log
    keys = enrollment_code.keys_of(made.code)
    secrets = (keys.lookup, keys.authority_key, keys.box_key)
    assert box_id in written
    assert made.code not in written
    assert enrollment_code.read_code(made.code) not in written
    assert not [secret for secret in secrets if secret.hex() in written]
