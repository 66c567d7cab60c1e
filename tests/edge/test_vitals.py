"""The machine as hellos describe it, read from a folder that stands for a kernel."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from edge.time_sources import is_nts
from edge.vitals import VitalPlaces, VitalSigns, gather


def places(folder: Path) -> VitalPlaces:
    return VitalPlaces(
        state=folder, certificate=folder / "certificate.pem", weights=folder / "weights", root=folder / "root"
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def certify(path: Path, days: int) -> datetime:
    key, start = ec.generate_private_key(ec.SECP256R1()), datetime(2026, 6, 1, tzinfo=UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box-101")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(Encoding.PEM))
    return start + timedelta(days=days)


def test_a_pi_tells_temperature_memory_uptime_and_its_board(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write(root / "proc/uptime", "4711.53 9000.00\n")
    write(root / "proc/meminfo", "MemTotal: 4000000 kB\nMemAvailable: 2000000 kB\n")
    write(root / "sys/class/thermal/thermal_zone0/temp", "61250\n")
    vitals = gather(places(tmp_path))
    assert (vitals.uptime_seconds, vitals.temperature_celsius, vitals.memory_free_megabytes) == (4711, 61.2, 2048)
    assert vitals.disk_free_megabytes is not None
    assert len(vitals.machine) == 64


def test_what_cannot_be_found_out_is_none_and_nothing_fails(tmp_path: Path) -> None:
    vitals = gather(places(tmp_path))
    assert vitals.temperature_celsius is None
    assert vitals.memory_free_megabytes is None
    assert vitals.certificate_good_until is None
    assert vitals.weights == ""


@pytest.mark.parametrize(("days", "for_exam"), [(90, False), (5, True)])
def test_the_certificate_tells_its_end_and_whether_it_is_for_an_exam(
    tmp_path: Path, days: int, *, for_exam: bool
) -> None:
    good_until = certify(tmp_path / "certificate.pem", days)
    vitals = gather(places(tmp_path))
    assert (vitals.certificate_good_until, vitals.certificate_is_for_exam) == (good_until, for_exam)


def test_a_hello_never_waits_for_the_first_look(tmp_path: Path) -> None:
    looked: list[int] = []
    signs = VitalSigns(places(tmp_path), lambda: looked.append(1))
    assert signs.latest is None
    signs.start()
    signs.stop()
    assert len(looked) <= 1


TRACKING = "C0000201,{name},2,1781136000.0,0.0001,0.0001,0.0001,1,0,0,0.01,0.001,64.0,{leap}"


@pytest.mark.parametrize(
    ("name", "leap", "authentication", "authenticated"),
    [
        ("time.example", "Normal", "time.example,NTS,1,15,256,33,0,0,8,100", True),
        ("time.example", "Normal", "time.example,-,0,0,0,4294967295,0,0,0,0", False),
        ("time.example", "Normal", "other.example,NTS,1,15,256,33,0,0,8,100", False),
        ("time.example", "Normal", "time.example,NTS,0,0,0,4294967295,3,0,0,0", False),
        ("time.example", "Not synchronised", "time.example,NTS,1,15,256,33,0,0,8,100", False),
        ("time.example", "Normal", "", False),
    ],
)
def test_only_a_source_reached_by_nts_vouches_for_the_clock(
    name: str, leap: str, authentication: str, *, authenticated: bool
) -> None:
    assert is_nts(TRACKING.format(name=name, leap=leap), authentication) is authenticated


@pytest.mark.parametrize("nonsense", ["", ",,,", "506 Cannot talk to daemon", "a,b,c,d,e,f,g,h,i,j,k,l,m,Normal"])
def test_nonsense_of_a_time_service_vouches_for_nothing(nonsense: str) -> None:
    assert not is_nts(nonsense, "b,NTS,1,15,256,33,0,0,8,100")
