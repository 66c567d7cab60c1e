"""The authority's own certificate is renewed while it runs: nobody starts it again, and its key stays."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from models.errors import SettingsError
from models.fleet import AuthorityStatus
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import NearAuthority, near_authority
from tests.fakes.manual_clock import ManualClock

BEGUN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=390)
"""A year and more ago: TLS itself judges by the machine's clock, and the old certificate is still good by it."""


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(BEGUN)


@pytest.fixture
def house(tmp_path: Path, clock: ManualClock) -> Iterator[NearAuthority]:
    with near_authority(tmp_path / "authority", clock) as near:
        yield near


def _shown(house: NearAuthority) -> bytes:
    """What a newcomer is shown (DER)."""
    host, _, port = house.address.rpartition(":")
    return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port)), ca_certs=str(house.authorities)))


def test_it_is_renewed_thirty_days_before_its_end_under_its_key_and_a_box_enrols_over_it(
    house: NearAuthority, clock: ManualClock, tmp_path: Path
) -> None:
    first = _shown(house)
    clock.advance(days=366)
    house.serving.tick()
    assert _shown(house) == first
    clock.advance(days=24)
    with house.central() as line:
        line.get("/v1/status", AuthorityStatus)
        house.serving.tick()
        status = line.get("/v1/status", AuthorityStatus)
    second = _shown(house)
    made = x509.load_der_x509_certificate(second)
    assert second != first
    assert made.public_key() == x509.load_der_x509_certificate(first).public_key()
    assert made.not_valid_after_utc == status.server_good_until == clock.now() + timedelta(days=397)
    house.serving.tick()
    assert _shown(house) == second
    EnrollingBox(house.address, tmp_path / "box").enroll(house.make_code().code)


def test_a_file_that_cannot_be_used_leaves_the_old_certificate_in_use(house: NearAuthority, clock: ManualClock) -> None:
    first, file = _shown(house), house.settings.server_certificate
    whole = file.read_bytes()
    file.write_bytes(b"half a certi")
    with pytest.raises(SettingsError):
        house.serving.tick()
    assert _shown(house) == first
    file.write_bytes(whole)
    clock.advance(days=390)
    house.serving.tick()
    assert _shown(house) != first
