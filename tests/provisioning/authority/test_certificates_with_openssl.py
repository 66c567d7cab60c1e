"""What the authority signs, judged by OpenSSL's own command: chains, purposes, exam days, the revocation list."""

import subprocess
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from models.enrollment import CertificateRole, RoomCertificateRequest
from models.fleet import Revocations
from models.wire.box_certificate import role_of
from tests.builders.enrolling_box import certificate_request
from tests.builders.founded_authority import FoundedAuthority, granted, new_key


def verify(house: FoundedAuthority, pem: bytes, purpose: str, at: datetime, *more: str) -> str:
    """`openssl verify` at an instant; its words."""
    folder = house.folder
    issuer, root = x509.load_pem_x509_certificates(house.settings.authorities.read_bytes())
    for name, certificate in (("issuer.pem", issuer), ("root.pem", root)):
        (folder / name).write_bytes(_pem(certificate))
    (folder / "asked.pem").write_bytes(_pem(x509.load_pem_x509_certificate(pem)))
    command = ["openssl", "verify", "-x509_strict", "-CAfile", "root.pem", "-untrusted", "issuer.pem"]
    command += ["-purpose", purpose, "-attime", str(int(at.timestamp())), *more, "asked.pem"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)
    return done.stdout + done.stderr


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)


def test_a_box_certificate_is_good_for_ninety_days_as_a_client_only(house: FoundedAuthority) -> None:
    now = house.clock.now()
    pem = house.enrolled().certificate
    assert "OK" in verify(house, pem, "sslclient", now + timedelta(days=89))
    assert "certificate has expired" in verify(house, pem, "sslclient", now + timedelta(days=90, seconds=1))
    assert "not yet valid" in verify(house, pem, "sslclient", now - timedelta(hours=2))
    assert "unsuitable certificate purpose" in verify(house, pem, "sslserver", now)


def test_an_exam_certificate_is_good_from_a_day_before_to_a_day_after(house: FoundedAuthority) -> None:
    box = house.enrolled()
    window = house.set_exam("TN-2026", 10, 3, "A-101")
    pem = granted(box.ask_for_exam("TN-2026", new_key()))
    before, after = window.starts_at - timedelta(days=1), window.ends_at + timedelta(days=1)
    assert "not yet valid" in verify(house, pem, "sslclient", before - timedelta(seconds=1))
    assert "OK" in verify(house, pem, "sslclient", before)
    assert "OK" in verify(house, pem, "sslclient", after - timedelta(seconds=1))
    assert "has expired" in verify(house, pem, "sslclient", after + timedelta(seconds=1))


def test_a_rooms_broker_is_a_server_of_its_room_and_may_ask_for_nothing(house: FoundedAuthority) -> None:
    box, now = house.enrolled("a-101"), house.clock.now()
    request = RoomCertificateRequest(csr=certificate_request(new_key()))
    pem = granted(house.authority.certify_room_broker(box.caller, request))
    assert granted(house.authority.certify_room_broker(box.caller, request)) == pem
    assert "OK" in verify(house, pem, "sslserver", now, "-verify_hostname", "room-a-101.local")
    assert "hostname mismatch" in verify(house, pem, "sslserver", now, "-verify_hostname", "room-a-102.local")
    assert "unsuitable certificate purpose" in verify(house, pem, "sslclient", now)
    assert role_of(x509.load_pem_x509_certificate(pem)) is CertificateRole.ROOM_BROKER
    assert "has expired" in verify(house, pem, "sslserver", now + timedelta(days=14, seconds=1))


def test_a_rooms_broker_goes_with_the_box_that_holds_its_key(house: FoundedAuthority) -> None:
    box = house.enrolled("A-101")
    request = RoomCertificateRequest(csr=certificate_request(new_key()))
    pem = granted(house.authority.certify_room_broker(box.caller, request))
    house.revoke(box.answer.box_id)
    answer = house.authority.revocations(house.keeper)
    assert isinstance(answer, Revocations)
    listed = x509.load_pem_x509_crl(answer.crl)
    assert listed.get_revoked_certificate_by_serial_number(x509.load_pem_x509_certificate(pem).serial_number)


@pytest.mark.parametrize(
    ("folder", "purpose", "other"),
    [("central", "sslclient", "sslserver"), ("broker", "sslserver", "sslclient")],
)
def test_programs_have_their_purpose_and_no_other(
    house: FoundedAuthority, folder: str, purpose: str, other: str
) -> None:
    pem = (house.folder / folder / "certificate.pem").read_bytes()
    assert "OK" in verify(house, pem, purpose, house.clock.now())
    assert "unsuitable certificate purpose" in verify(house, pem, other, house.clock.now())


def test_the_servers_certificate_is_for_its_own_name(house: FoundedAuthority) -> None:
    pem = house.settings.server_certificate.read_bytes()
    now = house.clock.now()
    assert "OK" in verify(house, pem, "sslserver", now, "-verify_hostname", "authority.test")
    assert "hostname mismatch" in verify(house, pem, "sslserver", now, "-verify_hostname", "elsewhere.test")


def test_a_box_cannot_sign_for_another(house: FoundedAuthority) -> None:
    box = house.enrolled()
    certificate = x509.load_pem_x509_certificate(box.certificate)
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    issuer = x509.load_pem_x509_certificate(house.settings.authorities.read_bytes())
    assert issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0


def test_the_list_closes_the_door_and_a_stale_list_is_seen(house: FoundedAuthority) -> None:
    gone, stays = house.enrolled("A-101"), house.enrolled("A-102")
    house.revoke(gone.box_id)
    listed = house.authority.revocations(house.keeper)
    assert isinstance(listed, Revocations)
    (house.folder / "revoked.pem").write_bytes(listed.crl)
    now, with_list = house.clock.now(), ("-crl_check", "-CRLfile", "revoked.pem")
    assert "certificate revoked" in verify(house, gone.certificate, "sslclient", now, *with_list)
    assert "OK" in verify(house, stays.certificate, "sslclient", now, *with_list)
    stale = now + timedelta(days=45, seconds=1)
    assert "CRL has expired" in verify(house, stays.certificate, "sslclient", stale, *with_list)
    text = subprocess.run(
        ["openssl", "crl", "-in", str(house.folder / "revoked.pem"), "-noout", "-crlnumber", "-nextupdate"],
        capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    assert f"crlNumber={listed.number:#04x}" in text.replace("0X", "0x").lower().replace("crlnumber", "crlNumber")


def test_everything_of_a_rehearsal_says_so(house: FoundedAuthority) -> None:
    chain = x509.load_pem_x509_certificates(house.enrolled().certificate + house.settings.authorities.read_bytes())
    assert len(chain) == 4
    for certificate in chain:
        assert "rehearsal" in {part.value for part in certificate.subject}
