"""`python -m provisioning authority` as IT types it; the words that matter and what lies on the disk afterwards."""

import sqlite3
import stat
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.clock import SystemClock
from models.enrollment import CertificateRole, RefusalCode
from models.fleet import AuditEntries, AuthorityStatus, BoxRecords
from models.wire import enrollment_code
from models.wire.authority_line import RefusedByAuthorityError
from models.wire.box_certificate import plays_school, role_of
from provisioning.__main__ import main
from provisioning.authority.http.serving import Serving
from provisioning.authority.key_files import read_certificates, read_keys
from provisioning.authority.settings import read_settings
from provisioning.authority.wiring import build_authority
from provisioning.brokers import settings as broker_settings
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import near_authority
from tests.conftest import take_port


def _run(*words: str | Path) -> int:
    return main(["authority", *map(str, words)])


@pytest.fixture
def receipt_key(tmp_path: Path) -> Path:
    path = tmp_path / "central-signing.public.pem"
    key = Ed25519PrivateKey.generate().public_key()
    path.write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def _prepare(folder: Path, receipt_key: Path, *words: str) -> int:
    address = f"localhost:{take_port()}"
    return _run(
        "prepare", folder, "--address", address, "--broker", "broker.edu.vn:8883", "--receipt-key", receipt_key, *words
    )


def test_prepare_makes_everything_and_says_what_to_do_with_the_root_key(
    tmp_path: Path, receipt_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "authority"
    assert _prepare(folder, receipt_key) == 0
    said = capsys.readouterr().out
    assert "Khoá gốc" in said
    assert "delete it" in said
    settings = read_settings(folder / "authority.toml")
    read_keys(settings)
    assert read_certificates(folder / "broker" / "certificate.pem")[0].extensions.get_extension_for_class(
        x509.SubjectAlternativeName
    ).value.get_values_for_type(x509.DNSName) == ["broker.edu.vn"]
    for name, role in (
        ("central", CertificateRole.CENTRAL),
        ("broker-keeper", CertificateRole.BROKER_KEEPER),
        ("central-measurements", CertificateRole.MEASUREMENTS),
    ):
        held = read_certificates(folder / name / "certificate.pem")[0]
        assert role_of(held) is role
        assert not plays_school((folder / name / "certificate.pem").read_bytes())
    for key in (*folder.rglob("*.key"), *folder.rglob("key.pem")):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600, key
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_prepare_leaves_settings_with_which_the_broker_can_be_written_at_once(
    tmp_path: Path, receipt_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "authority"
    assert _prepare(folder, receipt_key) == 0
    path = folder / "broker.toml"
    assert str(path) in capsys.readouterr().out
    settings = broker_settings.read_settings(path)
    assert (settings.broker.host, settings.broker.port) == ("broker.edu.vn", 8883)
    broker_settings.check_broker_files(settings.broker_files)
    keeper = read_certificates(settings.authority.certificate)[0]
    assert role_of(keeper) is CertificateRole.BROKER_KEEPER
    assert main(["broker", "write", "--settings", str(path)]) == 0
    assert (folder / "broker-run/mosquitto.conf").exists()
    path.write_text(path.read_text() + "ask_every_seconds = 2\n")
    before = path.read_text()
    assert _prepare(folder, receipt_key) == 0
    assert path.read_text() == before


def test_prepare_again_changes_nothing(tmp_path: Path, receipt_key: Path) -> None:
    folder = tmp_path / "authority"
    assert _prepare(folder, receipt_key) == 0
    before = {path: path.read_bytes() for path in folder.rglob("*.pem")} | {
        path: path.read_bytes() for path in folder.rglob("*.key")
    }
    assert _prepare(folder, receipt_key) == 0
    assert {path: path.read_bytes() for path in before} == before


def test_a_rehearsal_is_written_in_every_certificate(tmp_path: Path, receipt_key: Path) -> None:
    assert _prepare(tmp_path / "authority", receipt_key, "--rehearsal") == 0
    certificates = [*(tmp_path / "authority").rglob("certificate.pem"), *(tmp_path / "authority").rglob("server.pem")]
    assert len(certificates) == 5
    assert all(plays_school(path.read_bytes()) for path in certificates)


def _settings_without_root(tmp_path: Path, receipt_key: Path) -> Path:
    path = tmp_path / "online" / "authority.toml"
    path.parent.mkdir()
    path.write_text(
        f"""address = "localhost:8443"
name = "Sở thử"
state = "state"
[broker]
host = "broker.edu.vn"
[central]
receipt_keys = ["{receipt_key}"]
""",
        encoding="utf-8",
    )
    return path


def test_the_root_key_never_leaves_its_machine(tmp_path: Path, receipt_key: Path) -> None:
    offline, usb, online = tmp_path / "offline", tmp_path / "usb", _settings_without_root(tmp_path, receipt_key)
    usb.mkdir()
    assert _run("make-root", offline, "--name", "Sở thử") == 0
    assert _run("request-issuer", "--settings", online, usb / "request.csr") == 0
    assert _run("sign-issuer", offline, usb / "request.csr", usb / "issuer.pem") == 0
    assert _run("install-issuer", "--settings", online, usb / "issuer.pem") == 0
    assert b"PRIVATE" not in (usb / "request.csr").read_bytes() + (usb / "issuer.pem").read_bytes()
    assert not list(online.parent.rglob("root.key"))
    keys = read_keys(read_settings(online))
    keys.issuer.verify_directly_issued_by(keys.root)
    keys.server.verify_directly_issued_by(keys.issuer)
    assert keys.root == read_certificates(offline / "root.pem")[0]
    assert keys.issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    assert _run("issue-central", "--settings", online, tmp_path / "central") == 0
    assert _run("issue-keeper", "--settings", online, tmp_path / "keeper", "--name", "keeper-2") == 0
    assert _run("issue-server", "--settings", online, tmp_path / "web", "--name", "web", "--host", "10.1.2.3") == 0
    assert read_certificates(tmp_path / "web" / "certificate.pem")[0].issuer == keys.issuer.subject


def test_a_second_root_is_not_written_over_the_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("make-root", tmp_path / "root") == 0
    before = (tmp_path / "root" / "root.key").read_bytes()
    assert _run("make-root", tmp_path / "root") == 2
    assert "already" in capsys.readouterr().err
    assert (tmp_path / "root" / "root.key").read_bytes() == before


def test_a_certificate_for_another_key_or_of_no_root_is_not_installed(
    tmp_path: Path, receipt_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    online = _settings_without_root(tmp_path, receipt_key)
    request, issuer = tmp_path / "request.csr", tmp_path / "issuer.pem"
    _run("make-root", tmp_path / "root")
    _run("request-issuer", "--settings", online, request)
    _run("sign-issuer", tmp_path / "root", request, issuer)
    good = issuer.read_bytes()
    (online.parent / "state" / "keys" / "issuing.key").unlink()
    _run("request-issuer", "--settings", online, request)
    assert _run("install-issuer", "--settings", online, issuer) == 2
    assert "another authority's key" in capsys.readouterr().err
    for broken in (b"", b"x", good[: len(good) // 2], good + good):
        issuer.write_bytes(broken)
        assert _run("install-issuer", "--settings", online, issuer) == 2
    request.write_bytes(b"no request")
    assert _run("sign-issuer", tmp_path / "root", request, issuer) == 2
    assert not (online.parent / "state" / "authorities.pem").exists()


def test_a_working_authority_is_not_given_another_root(
    tmp_path: Path, receipt_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "authority"
    _prepare(folder, receipt_key)
    before = (folder / "state" / "authorities.pem").read_bytes()
    _run("make-root", tmp_path / "second")
    _run("request-issuer", "--settings", folder / "authority.toml", tmp_path / "request.csr")
    _run("sign-issuer", tmp_path / "second", tmp_path / "request.csr", tmp_path / "issuer.pem")
    assert _run("install-issuer", "--settings", folder / "authority.toml", tmp_path / "issuer.pem") == 2
    assert "It stays" in capsys.readouterr().err
    assert (folder / "state" / "authorities.pem").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("prepare",),
        ("prepare", "x", "--address", "nowhere", "--broker", "b:1", "--receipt-key", "/dev/null"),
        ("serve",),
        ("serve", "--settings", "/nowhere/authority.toml"),
        ("revoke", "--settings", "/nowhere/authority.toml", "box-1"),
    ],
)
def test_wrong_use_is_told_apart(words: tuple[str, ...]) -> None:
    assert _run(*words) == 3


def test_settings_that_are_wrong_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = tmp_path / "authority.toml"
    settings.write_text("nonsense = 1\n")
    assert _run("status", "--settings", settings) == 2
    assert "authority.toml" in capsys.readouterr().err


def test_an_authority_whose_key_is_missing_makes_no_other_one(
    tmp_path: Path, receipt_key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "authority"
    _prepare(folder, receipt_key)
    for key in ("trust.key", "issuing.key"):
        held = folder / "state" / "keys" / key
        held.rename(tmp_path / key)
        assert _run("serve", "--settings", folder / "authority.toml") == 2
        assert key in capsys.readouterr().err
        assert not held.exists()
        (tmp_path / key).rename(held)


# ---- Help at the terminal, while the program runs ----------------------------------------------------------------


def test_a_code_made_at_the_terminal_enrols_a_box_and_its_successor(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with near_authority(tmp_path / "house", SystemClock()) as house:
        where = ("--settings", house.folder / "authority.toml", "--reason", "central is away")
        assert _run("make-code", *where, "--room", "A-101", "--school", "TRUONG-1") == 0
        said = capsys.readouterr().out
        link = enrollment_code.read_link(next(word for word in said.split() if word.startswith("classroom+")))
        assert link.address == house.address
        old = EnrollingBox(house.address, tmp_path / "old").enroll(link.code)
        assert old.room_id == "A-101"
        assert _run("make-code", *where, "--replaces", old.box_id, "--printed") == 0
        said = capsys.readouterr().out
        link = enrollment_code.read_link(next(word for word in said.split() if word.startswith("classroom+")))
        assert EnrollingBox(house.address, tmp_path / "new").enroll(link.code).room_id == "A-101"


def test_words_that_name_no_room_make_no_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with near_authority(tmp_path / "house", SystemClock()) as house:
        where = ("--settings", house.folder / "authority.toml", "--reason", "central is away")
        assert _run("make-code", *where, "--room", "A-101") == 2
        assert _run("make-code", *where, "--replaces", "box-nobody") == 2
        assert _run("make-code", *where, "--room", "no room!", "--school", "T") == 2
        assert "classroom+" not in capsys.readouterr().out


def test_a_box_is_taken_out_at_the_terminal_and_the_log_knows_who_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with near_authority(tmp_path / "house", SystemClock()) as house:
        box = EnrollingBox(house.address, tmp_path / "box")
        box_id = box.enroll(house.make_code().code).box_id
        where = ("--settings", house.folder / "authority.toml", "--reason", "stolen at night")
        assert _run("revoke", *where, box_id) == 0
        assert box_id in capsys.readouterr().out
        assert _run("revoke", *where, "box-nobody") == 2
        assert "BOX_UNKNOWN" in capsys.readouterr().err
        with sqlite3.connect(house.settings.database) as register:
            rows = register.execute("SELECT actor, reason FROM audit_log WHERE subject = ? AND reason != ''", [box_id])
            actor, reason = rows.fetchall()[-1]
        register.close()
        assert "command line" in actor
        assert reason == "stolen at night"


def test_a_program_whose_key_leaked_is_taken_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with near_authority(tmp_path / "house", SystemClock()) as house:
        where = ("--settings", house.folder / "authority.toml", "--reason", "its laptop was stolen")
        assert _run("revoke-program", *where, "central") == 0
        assert "central" in capsys.readouterr().out
        assert _run("revoke-program", *where, "nobody") == 2


def test_status_marks_what_needs_somebody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with near_authority(tmp_path / "house", SystemClock()) as house:
        assert _run("status", "--settings", house.folder / "authority.toml") == 0
    marked = [line for line in capsys.readouterr().out.splitlines() if line.startswith("!")]
    assert len(marked) == 1
    assert "at the broker" in marked[0]


# ---- Copies ------------------------------------------------------------------------------------------------------


def _boxes_in(register: Path) -> list[str]:
    connection = sqlite3.connect(register)
    try:
        return [row[0] for row in connection.execute("SELECT box_id FROM boxes WHERE serial IS NOT NULL")]
    finally:
        connection.close()


def test_a_backup_of_the_running_authority_is_whole_and_holds_no_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    with near_authority(tmp_path / "house", SystemClock()) as house:
        box_id = EnrollingBox(house.address, tmp_path / "box").enroll(house.make_code().code).box_id
        assert _run("backup", "--settings", house.folder / "authority.toml", copy) == 0
        assert _run("backup", "--settings", house.folder / "authority.toml", copy) == 0
        keys = house.settings.keys
    assert str(keys) in capsys.readouterr().out
    assert _boxes_in(copy / "authority.db") == [box_id]
    assert stat.S_IMODE((copy / "authority.db").stat().st_mode) == 0o600
    assert not [path for path in copy.iterdir() if b"PRIVATE KEY" in path.read_bytes()]


def test_an_authority_goes_on_from_its_backup_and_nobody_takes_its_numbers_for_old_news(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ("--settings", tmp_path / "house" / "authority.toml")
    box, late = EnrollingBox("", tmp_path / "box"), EnrollingBox("", tmp_path / "late")
    with near_authority(tmp_path / "house", SystemClock()) as house:
        box.address = late.address = house.address
        box_id = box.enroll(house.make_code("A-101").code).box_id
        assert _run("backup", *where, tmp_path / "copy") == 0
        assert _run("restore", *where, tmp_path / "copy") == 2
        late.enroll(house.make_code("B-202").code)
        box.report()
        with house.central() as central:
            known = central.get("/v1/boxes", BoxRecords).last
            heard = central.get("/v1/audit", AuditEntries).last
            version = central.get("/v1/status", AuthorityStatus).trust_list_version
    assert _run("restore", *where, tmp_path / "copy") == 0
    assert "take them out again" in capsys.readouterr().out
    authority = build_authority(read_settings(where[1]), SystemClock())
    serving = Serving(authority, read_settings(where[1]))
    serving.start()
    try:
        box.report()
        with pytest.raises(RefusedByAuthorityError) as refused:
            late.report()
        with house.central() as central:
            told = central.get(f"/v1/boxes?after={known}", BoxRecords).boxes
            written = central.get(f"/v1/audit?after={heard}", AuditEntries).entries
            newer = central.get("/v1/status", AuthorityStatus).trust_list_version
    finally:
        serving.stop()
    assert refused.value.refusal.code is RefusalCode.BOX_UNKNOWN
    assert [one.box_id for one in told if one.serial] == [box_id]
    assert "register restored" in [entry.action for entry in written]
    assert newer > version
    assert list((tmp_path / "house" / "state").glob("authority.db.damaged-*"))


def test_what_is_no_backup_is_not_put_back(tmp_path: Path, receipt_key: Path) -> None:
    folder, copy = tmp_path / "authority", tmp_path / "copy"
    _prepare(folder, receipt_key)
    before = (folder / "state" / "authority.db").read_bytes()
    copy.mkdir()
    assert _run("restore", "--settings", folder / "authority.toml", copy) == 2
    (copy / "authority.db").write_bytes(b"not a register" * 100)
    assert _run("restore", "--settings", folder / "authority.toml", copy) == 2
    assert (folder / "state" / "authority.db").read_bytes() == before


def test_a_backup_that_cannot_be_written_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with near_authority(tmp_path / "house", SystemClock()) as house:
        in_the_way = tmp_path / "copy"
        in_the_way.write_bytes(msgspec.json.encode("a file"))
        assert _run("backup", "--settings", house.folder / "authority.toml", in_the_way) == 2
    assert "backup" in capsys.readouterr().err
