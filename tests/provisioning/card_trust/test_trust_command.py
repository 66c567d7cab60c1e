"""IT staff at the terminal: what would change, signing it, looking at it, asking after a card."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.wire.card_trust import CardTrust
from provisioning.__main__ import main
from provisioning.authority.key_files import write_private
from provisioning.card_trust.bundle_file import read_bundle
from tests.builders.chip_evidence import make_evidence, make_issuer
from tests.builders.country_lists import country_certificate, master_list, revocation_list

KEY = ec.generate_private_key(ec.BrainpoolP256R1())
NEW_KEY = ec.generate_private_key(ec.BrainpoolP256R1())
VIETNAM, LAOS = country_certificate(KEY, KEY), country_certificate(KEY, KEY, "LA")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


class Desk:
    """One folder with files, the bundle and its key."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.bundle = folder / "signed" / "card-trust"
        self.bundle.parent.mkdir()
        self._capsys = capsys
        write_private(folder / "trust.key", Ed25519PrivateKey.generate())

    def file(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return str(self.folder / name)

    def run(self, *words: str) -> tuple[int, str]:
        """Exit status and everything that was said."""
        key = ["--key", str(self.folder / "trust.key")] if words[0] == "add" else []
        status = main(["trust", *words, "--bundle", str(self.bundle), *key])
        said = self._capsys.readouterr()
        return status, said.out + said.err

    def held(self) -> CardTrust:
        trust = read_bundle(self.bundle)
        assert trust is not None
        return trust

    def certificates(self) -> set[bytes]:
        return {one.encoded for one in self.held().certificates}


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_nothing_is_written_before_somebody_asks_for_the_signature(desk: Desk) -> None:
    status, said = desk.run("add", desk.file("vn.der", VIETNAM))
    assert (status, desk.bundle.exists()) == (0, False)
    assert "VNM  mới · new" in said
    assert "--sign" in said


def test_a_signed_bundle_holds_what_was_shown_and_its_version_rises_with_each_change(desk: Desk) -> None:
    assert desk.run("add", desk.file("vn.der", VIETNAM), "--sign")[0] == 0
    assert (desk.held().version, desk.certificates()) == (1, {VIETNAM})
    assert "đã có · already there: 1" in desk.run("add", desk.file("vn.der", VIETNAM), "--sign")[1]
    assert desk.held().version == 1
    desk.run("add", desk.file("la.der", LAOS), "--sign")
    assert (desk.held().version, desk.certificates()) == (2, {VIETNAM, LAOS})


def test_a_folder_and_a_master_list_are_taken_and_other_states_left_aside(desk: Desk) -> None:
    (desk.folder / "files").mkdir()
    desk.file("files/list.ml", master_list([VIETNAM, LAOS]))
    _, said = desk.run("add", str(desk.folder / "files"), "--country", "vnm", "--sign")
    assert desk.certificates() == {VIETNAM}
    assert "left aside: 1" in said
    assert "master list of DEU" in said
    assert "list.ml (DEU)" in desk.held().sources


def test_what_is_refused_is_named_with_its_reason_and_not_taken(desk: Desk) -> None:
    link = country_certificate(NEW_KEY, KEY, "LA")
    _, said = desk.run("add", desk.file("a.der", VIETNAM), desk.file("b.der", link), desk.file("c", b"x"), "--sign")
    assert "không nhận · refused: It is a link certificate" in said
    assert "not read: c: Piece 1" in said
    assert desk.certificates() == {VIETNAM}


def test_of_a_countrys_revocation_lists_the_newest_is_kept_and_no_forged_one_displaces_it(desk: Desk) -> None:
    old = revocation_list(KEY, issued_at=NOW - 9 * DAY, next_due_at=NOW + DAY)
    new = revocation_list(KEY, issued_at=NOW - DAY, next_due_at=NOW + 9 * DAY)
    forged = revocation_list(NEW_KEY, issued_at=NOW, next_due_at=NOW + 99 * DAY)
    desk.run("add", desk.file("vn.der", VIETNAM), desk.file("new.crl", new), "--sign")
    _, said = desk.run("add", desk.file("old.crl", old), desk.file("forged.crl", forged), "--sign")
    assert "A newer list of the same issuer is there." in said
    assert "No installed anchor of its country signed it." in said
    assert [one.encoded for one in desk.held().revocation_lists] == [new]
    assert desk.held().version == 1


def test_a_certificate_is_taken_out_by_its_fingerprint_and_unknown_ones_are_named(desk: Desk) -> None:
    desk.run("add", desk.file("vn.der", VIETNAM), desk.file("la.der", LAOS), "--sign")
    fingerprint = next(one.fingerprint for one in desk.held().store().anchors if one.encoded == LAOS)
    _, said = desk.run("add", "--remove", fingerprint.upper(), "--remove", "00" * 32, "--sign")
    assert "bỏ ra · taken out" in said
    assert f"not there to take out: {'00' * 32}" in said
    assert desk.certificates() == {VIETNAM}


def test_a_policy_travels_in_the_bundle(desk: Desk) -> None:
    policy = desk.file("policy.toml", b"[countries.VNM]\ndemand = true\n")
    desk.run("add", desk.file("vn.der", VIETNAM), "--policy", policy, "--sign")
    assert desk.held().policy.revocation_of("VNM").demand
    status, said = desk.run("check")
    assert (status, "THIẾU danh sách thu hồi" in said) == (1, True)


def test_the_list_shows_state_validity_fingerprint_source_and_freshness(desk: Desk) -> None:
    stale = revocation_list(KEY, issued_at=NOW - 99 * DAY, next_due_at=NOW - 30 * DAY)
    desk.run("add", desk.file("vn.der", VIETNAM), desk.file("vn.crl", stale), "--sign")
    status, said = desk.run("list")
    (anchor,) = desk.held().store().anchors
    assert status == 0
    for words in ("VNM", "CSCA Test", anchor.fingerprint, "nguồn · source: vn.der", "QUÁ HẠN · STALE"):
        assert words in said
    assert "STALE" in desk.run("check")[1]


def test_a_card_is_told_who_signed_it(desk: Desk) -> None:
    desk.run("add", desk.file("vn.der", VIETNAM), "--sign")
    good = desk.file("good.bin", make_evidence(by=make_issuer(country_key=KEY)).security_object)
    assert desk.run("check", good)[0] == 0
    other = desk.file("other.bin", make_evidence(by=make_issuer(country_key=NEW_KEY)).security_object)
    status, said = desk.run("check", other)
    assert (status, "none of the state's certificates" in said) == (1, True)
    assert desk.run("check", desk.file("broken.bin", b"x"))[0] == 1


def test_a_revoked_signer_is_told(desk: Desk) -> None:
    issuer = make_issuer(country_key=KEY)
    revoked = revocation_list(
        KEY,
        revoked={issuer.document_signer.serial_number: NOW - DAY},
        issued_at=NOW - DAY,
        next_due_at=NOW + DAY,
    )
    desk.run("add", desk.file("vn.der", VIETNAM), desk.file("vn.crl", revoked), "--sign")
    status, said = desk.run("check", desk.file("card.bin", make_evidence(by=issuer).security_object))
    assert (status, "the state has revoked the signer" in said) == (1, True)


def test_a_changed_bundle_a_missing_one_and_wrong_words_are_refused(desk: Desk) -> None:
    assert desk.run("list")[0] == 2
    assert desk.run("add", "--country", "Việt Nam")[0] == 2
    assert desk.run("add", "--remove", "12")[0] == 2
    assert desk.run("add", str(desk.folder / "nothing"))[0] == 2
    desk.run("add", desk.file("vn.der", VIETNAM), "--sign")
    content = bytearray(desk.bundle.read_bytes())
    content[len(content) // 2] ^= 1
    desk.bundle.write_bytes(content)
    for words in (("list",), ("check",), ("add",)):
        assert desk.run(*words)[0] == 2
