"""A box judges by the newest signed bundle that it ever saw; no roster takes it back to an older one."""

from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.card_trust_keeper import CardTrustKeeper
from models.exams import RosterBundle
from tests.builders import exams
from tests.builders.card_trust import signed_trust
from tests.builders.chip_evidence import der, issuer, make_issuer

KEY = Ed25519PrivateKey.generate()
PLAIN = der(issuer().country_signer)
TWO = (PLAIN, der(make_issuer().country_signer))


def roster(card_trust: bytes = b"", anchors: tuple[bytes, ...] = ()) -> RosterBundle:
    return msgspec.structs.replace(exams.bundle(), card_trust=card_trust, trust_anchors=anchors)


def keeper(folder: Path) -> CardTrustKeeper:
    made = CardTrustKeeper(folder / "card-trust", KEY.public_key())
    made.start()
    return made


def test_without_a_bundle_the_rosters_plain_anchors_count(tmp_path: Path) -> None:
    box = keeper(tmp_path)
    assert box.trust(None).anchors == ()
    assert len(box.trust(roster(anchors=(PLAIN,))).anchors) == box.installed(roster(anchors=(PLAIN,))) == 1


def test_a_rosters_bundle_counts_at_once_and_after_a_restart_too(tmp_path: Path) -> None:
    assert len(keeper(tmp_path).trust(roster(signed_trust(KEY, 1, TWO))).anchors) == 2
    again = keeper(tmp_path)
    assert len(again.trust(None).anchors) == again.installed(None) == 2


def test_once_a_bundle_was_held_plain_anchors_count_no_more(tmp_path: Path) -> None:
    box = keeper(tmp_path)
    box.trust(roster(signed_trust(KEY, 1, ())))
    assert box.trust(roster(anchors=(PLAIN,))).anchors == ()


def test_an_older_bundle_changes_nothing_also_after_a_restart(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keeper(tmp_path).trust(roster(signed_trust(KEY, 2, TWO)))
    box = keeper(tmp_path)
    assert len(box.trust(roster(signed_trust(KEY, 1, (PLAIN,)))).anchors) == 2
    assert "older than held" in caplog.text
    assert len(keeper(tmp_path).trust(None).anchors) == 2


def test_a_strangers_bundle_is_refused_and_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    box, foreign = keeper(tmp_path), signed_trust(Ed25519PrivateKey.generate(), 9, TWO)
    for _ in range(3):
        assert box.trust(roster(foreign)).anchors == ()
    assert caplog.text.count("wrong signature") == 1
    assert not (tmp_path / "card-trust").exists()


def test_a_box_that_knows_no_authority_takes_no_bundle(tmp_path: Path) -> None:
    box = CardTrustKeeper(tmp_path / "card-trust", None)
    box.start()
    assert box.trust(roster(signed_trust(KEY, 1, TWO))).anchors == ()


def test_a_file_that_a_power_cut_spoilt_is_replaced_by_the_next_roster(tmp_path: Path) -> None:
    (tmp_path / "card-trust").write_bytes(b"spoilt")
    box = keeper(tmp_path)
    assert len(box.trust(roster(signed_trust(KEY, 1, TWO))).anchors) == 2
    assert len(keeper(tmp_path).trust(None).anchors) == 2
