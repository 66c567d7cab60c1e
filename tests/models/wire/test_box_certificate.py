"""A box learns from its own certificate who it is and whether it only plays school."""

import subprocess
from pathlib import Path

import pytest

from models.identifiers import BoxId
from models.wire.box_certificate import CertificateError, box_id_of, plays_school
from tests.builders.transport_pki import prepare


def test_a_rehearsal_certificate_says_so(tmp_path: Path) -> None:
    pki = prepare(tmp_path, (BoxId("box-101"),))
    pem = pki.boxes[BoxId("box-101")].certificate.read_bytes()
    assert box_id_of(pem) == "box-101"
    assert plays_school(pem)


def test_a_certificate_without_the_unit_is_a_real_one(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/O=rehearsal/CN=box-9", "-days", "1",
         "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "c")],
        check=True, capture_output=True,
    )  # fmt: skip
    pem = (tmp_path / "c").read_bytes()
    assert box_id_of(pem) == "box-9"
    assert not plays_school(pem)


def test_a_file_that_is_no_certificate_is_refused() -> None:
    with pytest.raises(CertificateError):
        box_id_of(b"-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
