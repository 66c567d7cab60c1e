import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from edge.station.server import Station, StationAddress, StationSettingsError
from models.errors import SettingsError
from tests.fakes.scripted_room import ScriptedRoom


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = tmp_path / "station.crt", tmp_path / "station.key"
    certificate_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "box-101.school.example"])  # noqa: S104 - refused, never bound
def test_other_machines_are_served_only_with_a_certificate(host: str) -> None:
    with pytest.raises(SettingsError, match="only with a certificate and key"):
        Station(StationAddress(host=host, port=0), ScriptedRoom()).start()


def test_a_certificate_without_its_key_is_refused(certificate: tuple[Path, Path]) -> None:
    with pytest.raises(StationSettingsError, match="both a certificate and its key"):
        Station(StationAddress(port=0, certificate=certificate[0]), ScriptedRoom()).start()


def test_a_certificate_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    address = StationAddress(port=0, certificate=tmp_path / "none.crt", key=tmp_path / "none.key")
    with pytest.raises(StationSettingsError, match="cannot be read"):
        Station(address, ScriptedRoom()).start()


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(StationSettingsError, match=f"port {port}"):
            Station(StationAddress(port=port), ScriptedRoom()).start()


def test_over_tls_the_browser_is_told_to_stay_with_it(certificate: tuple[Path, Path]) -> None:
    station = Station(StationAddress(port=0, certificate=certificate[0], key=certificate[1]), ScriptedRoom())
    station.start()
    try:
        trusting = ssl.create_default_context(cafile=certificate[0])
        answer = httpx.get(f"{station.url}sign-in", verify=trusting, trust_env=False)
    finally:
        station.stop()
    assert station.url.startswith("https://localhost:")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_station_that_never_started_stops_quietly() -> None:
    Station(StationAddress(port=0), ScriptedRoom()).stop()


def test_a_station_can_be_stopped_at_once() -> None:
    for _ in range(5):
        station = Station(StationAddress(port=0), ScriptedRoom())
        station.start()
        station.stop()
