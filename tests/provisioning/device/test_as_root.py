"""What an administrator does with sudo in the box's folder gives the box's account no right that it has not."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.enrollment import BoxState
from models.errors import ClassroomError
from models.fleet import BoxRecords
from provisioning.device import units
from provisioning.device.box_folder import BoxFolder
from provisioning.device.file_keys import FileKeys
from provisioning.device.this_machine import ThisMachine, TlsEnvironmentError, missing_environment
from provisioning.device.tpm_keys import CONFIGURATION
from tests.builders.boxs_account import ACCOUNT, box_of_account, provisioning
from tests.builders.checkout import REPOSITORY
from tests.builders.running_authority import RunningProgram

TRAP = 'import os, pathlib\npathlib.Path(os.environ["TRAP"], "ran-as").write_text(str(os.getuid()))\n'


@pytest.fixture
def folder() -> Iterator[Path]:
    with box_of_account() as box:
        yield box


@pytest.fixture
def trap(folder: Path) -> Path:
    """A folder whose `sitecustomize` writes down who ran it, as soon as it stands in PYTHONPATH."""
    made = folder.parent / "trap"
    made.mkdir()
    made.chmod(0o777)
    (made / "sitecustomize.py").write_text(TRAP)
    return made


def _enroll(authority: RunningProgram, folder: Path, room: str) -> tuple[int, str]:
    code = authority.make_code(room)
    words = ["enroll", "--code", "-", "--authority", authority.address, "--no-units", "--no-preflight", "--key", "file"]
    done = provisioning(*words, "--box", str(folder), given=f"{code.code}\n")
    assert code.code not in " ".join(words)
    return done.returncode, done.stdout + done.stderr


def test_a_whole_life_under_sudo_leaves_nothing_of_roots_in_the_folder(authority: RunningProgram, folder: Path) -> None:
    status, said = _enroll(authority, folder, "R-1")
    assert status == 0, said
    made = [folder, *folder.rglob("*")]
    assert len(made) > 20
    assert {path.lstat().st_uid for path in made} == {ACCOUNT}
    assert provisioning("attend", "--once", "--box", str(folder)).returncode == 0
    assert provisioning("trust-list", "import", str(folder), "--box", str(folder)).returncode == 0
    assert {path.lstat().st_uid for path in folder.rglob("*")} == {ACCOUNT}
    with authority.central() as central:
        (record,) = (box for box in central.get("/v1/boxes?after=0", BoxRecords).boxes if box.room_id == "R-1")
    assert record.state is BoxState.ENROLLED
    assert provisioning("decommission", "--yes", "--box", str(folder)).returncode == 0
    assert not (folder / "room.json").exists()


@pytest.mark.parametrize("name", ["enrollment", "identity", "room-broker", "state", "weights"])
def test_enrolment_does_not_write_through_a_link_into_a_folder_of_roots(
    authority: RunningProgram, folder: Path, name: str
) -> None:
    victim = folder.parent / "roots own"
    victim.mkdir(mode=0o700)
    (folder / name).symlink_to(victim)
    os.chown(folder / name, ACCOUNT, ACCOUNT, follow_symlinks=False)
    status, _ = _enroll(authority, folder, f"R-{name[:2].upper()}")
    assert list(victim.iterdir()) == []
    assert victim.stat().st_uid == 0
    assert status == 2 or name == "state"  # of `state` nothing is written at enrolment


def test_a_program_that_root_starts_takes_no_environment_from_the_box(folder: Path, trap: Path) -> None:
    (folder / "tls.env").write_text(f"PYTHONPATH={trap}\n")
    done = provisioning("attend", "--once", "--box", str(folder), TRAP=str(trap))
    assert done.returncode == 2
    assert "tls.env" in done.stderr
    assert not (trap / "ran-as").exists()


def test_the_first_word_is_said_with_the_keys_own_environment(
    folder: Path, trap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the account has written into the file meanwhile."""
    monkeypatch.setenv("TRAP", str(trap))
    (folder / "tls.env").write_text(f"PYTHONPATH={trap}\n")
    around = ThisMachine(FileKeys, units.NoUnits())
    for environment in ({}, {"PKCS11_PROVIDER_MODULE": "/usr/lib/some.so"}):
        with pytest.raises(ClassroomError):
            around.say_first_word(BoxFolder(path=folder), environment)
    assert not (trap / "ran-as").exists()


@pytest.mark.parametrize(
    "line",
    [
        "LD_PRELOAD=/tmp/x.so",
        "PYTHONPATH=/tmp",
        "TPM2OPENSSL_TCTI=/var/lib/classroom-box/evil.so",
        "TPM2OPENSSL_TCTI=device:/dev/sda",
        "PKCS11_PROVIDER_MODULE=/var/lib/classroom-box/evil.so",
        "PKCS11_PROVIDER_MODULE=/usr/lib/../../tmp/evil.so",
        "OPENSSL_CONF=/var/lib/classroom-box/other.cnf",
        "no name",
    ],
)
def test_a_line_that_no_enrolment_writes_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "tls.env").write_text(f"{line}\n")
    with pytest.raises(TlsEnvironmentError):
        missing_environment(BoxFolder(path=tmp_path))


def test_the_tpms_environment_is_taken_with_the_configuration_of_the_running_release(tmp_path: Path) -> None:
    lines = [
        f"OPENSSL_CONF=/var/lib/classroom-box/releases/old/{CONFIGURATION.name}",
        "TPM2OPENSSL_TCTI=device:/dev/tpmrm0",
        "PKCS11_PROVIDER_MODULE=/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    ]
    (tmp_path / "tls.env").write_text("\n".join(lines) + "\n")
    assert missing_environment(BoxFolder(path=tmp_path)) == {
        "OPENSSL_CONF": str(CONFIGURATION),
        "TPM2OPENSSL_TCTI": "device:/dev/tpmrm0",
        "PKCS11_PROVIDER_MODULE": "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    }


def test_wiping_under_sudo_reaches_no_file_of_roots(folder: Path) -> None:
    """A hard link stands for what an exchanged folder would lead to."""
    (folder.parent / "shadow").write_text("of the machine")
    (folder.parent / "shadow").chmod(0o600)
    (folder / "rosters.db").hardlink_to(folder.parent / "shadow")
    done = provisioning("decommission", "--yes", "--box", str(folder))
    assert done.returncode == 2
    assert (folder.parent / "shadow").read_text() == "of the machine"


def test_an_update_under_sudo_is_the_accounts_work(folder: Path) -> None:
    stick = folder.parent / "desktop/stick"
    stick.mkdir(parents=True)
    (folder.parent / "desktop").chmod(0o700)
    (folder.parent / "root.json").symlink_to("/dev/zero")
    assert provisioning("update", "trust-root", str(folder.parent / "root.json"), "--box", str(folder)).returncode == 2
    (folder.parent / "root.json").unlink()
    (folder.parent / "root.json").write_bytes(b"{}")
    provisioning("update", "trust-root", str(folder.parent / "root.json"), "--box", str(folder))
    done = provisioning("update", "adopt", str(folder.parent), "--box", str(folder))
    assert done.returncode == 0, done.stderr
    done = provisioning("update", "from-stick", str(stick), "--box", str(folder))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert {path.lstat().st_uid for path in folder.rglob("*")} == {ACCOUNT}


def test_a_code_that_is_typed_is_not_shown(tmp_path: Path) -> None:
    ours, terminal = pty.openpty()
    words = ["enroll", "--authority", "127.0.0.1:1", "--no-units", "--no-preflight", "--box", str(tmp_path / "box")]
    with subprocess.Popen(
        [sys.executable, "-m", "provisioning", *words],
        cwd=REPOSITORY,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,
    ) as program:
        os.close(terminal)
        said = _until(ours, b"page: ")
        os.write(ours, b"7KQM-4XPD-9RTW-2H6C\n")
        said += _until(ours, None)
        assert program.wait(60) == 2
    os.close(ours)
    assert b"7KQM" not in said
    assert b"The code from the page" in said


def _until(terminal: int, words: bytes | None) -> bytes:
    """What is shown up to these words, or up to the end."""
    shown = b""
    while words is None or words not in shown:
        try:
            piece = os.read(terminal, 1000)
        except OSError:  # nobody holds the other end any more
            break
        if not piece:
            break
        shown += piece
    return shown
