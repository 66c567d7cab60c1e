"""The trust list's version and day, believed only with the authority's signature."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.trust_word import TrustWord, read_trust_word
from models.wire.trust_list import TrustList, sign_trust_list, to_file

KEY = Ed25519PrivateKey.generate()
ISSUED = datetime(2026, 6, 10, tzinfo=UTC)


def written(folder: Path, key: Ed25519PrivateKey = KEY) -> Path:
    said = TrustList(
        version=7,
        school_id="A",
        issued_at=ISSUED,
        good_until=ISSUED + timedelta(days=30),
        authorities=(),
        central_keys=(),
        boxes=(),
        revoked=(),
        exams=(),
    )
    path = folder / "trust-list.json"
    path.write_bytes(to_file(sign_trust_list(said, key)))
    return path


def test_version_and_day_are_read(tmp_path: Path) -> None:
    assert read_trust_word(written(tmp_path), KEY.public_key()) == TrustWord(version=7, issued_at=ISSUED)


def test_a_list_of_somebody_else_a_broken_one_and_none_say_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, Ed25519PrivateKey.generate())
    assert read_trust_word(path, KEY.public_key()) is None
    path.write_bytes(b"{")
    assert read_trust_word(path, KEY.public_key()) is None
    assert read_trust_word(tmp_path / "absent", KEY.public_key()) is None
