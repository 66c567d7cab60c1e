"""What a box unpacks, and what it refuses even when it is signed."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from provisioning.updates.archive import LOCK, install_package, install_weights, unpack, write_package
from provisioning.updates.refusals import BadArchiveError, NotFittingYetError
from tests.builders.releases import tiny_wheel


def test_a_package_becomes_a_folder_whose_python_runs_it(tmp_path: Path) -> None:
    tiny_wheel(tmp_path / "wheels", "1.0")
    write_package(tmp_path / "wheels", tmp_path / "classroom-1.tar")
    release = tmp_path / "release"
    release.mkdir()
    install_package(tmp_path / "classroom-1.tar", release)
    answer = subprocess.run(
        [release / "bin/python", "-I", "-c", "import tiny; print(tiny.VERSION)"], capture_output=True, check=True
    )
    assert answer.stdout == b"1.0\n"


def test_the_same_wheels_give_the_same_bytes(tmp_path: Path) -> None:
    tiny_wheel(tmp_path / "wheels", "1.0")
    for name in ("a.tar", "b.tar"):
        write_package(tmp_path / "wheels", tmp_path / name)
    assert (tmp_path / "a.tar").read_bytes() == (tmp_path / "b.tar").read_bytes()


def test_a_wheel_that_is_not_the_locked_one_is_not_installed(tmp_path: Path) -> None:
    wheel = tiny_wheel(tmp_path / "wheels", "1.0")
    with tarfile.open(tmp_path / "bad.tar", "w:") as tar:
        _add(tar, LOCK, f"tiny==1.0 --hash=sha256:{'0' * 64}\n".encode())
        _add(tar, f"wheels/{wheel.name}", wheel.read_bytes())
    (tmp_path / "release").mkdir()
    with pytest.raises(BadArchiveError, match="cannot be installed"):
        install_package(tmp_path / "bad.tar", tmp_path / "release")


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "wheels/../../outside", "a/b/c", ".hidden", "wheels/", "x" * 300, "a\nb"]
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w:") as tar:
        _add(tar, name, b"x")
    _refused(tmp_path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_links_devices_and_folders_are_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w:") as tar:
        member = tarfile.TarInfo("lock.txt")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    _refused(tmp_path)


def test_an_archive_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("lock.txt")
    member.size = 1 << 40
    (tmp_path / "bad.tar").write_bytes(member.tobuf() + bytes(1024))
    _refused(tmp_path)


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w:") as tar:
        for number in range(1001):
            _add(tar, f"file-{number}", b"")
    _refused(tmp_path)


def test_the_same_name_twice_and_no_archive_at_all_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w:") as tar:
        _add(tar, "lock.txt", b"1")
        _add(tar, "lock.txt", b"2")
    _refused(tmp_path)
    (tmp_path / "bad.tar").write_bytes(b"no archive" * 100)
    _refused(tmp_path)


def test_weights_that_are_not_of_the_manifest_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "weights.tar", "w:") as tar:
        _add(tar, "installed.toml", b'folded_from_sha256 = "00"\nfolded_sha256 = "00"\n')
    (tmp_path / "release").mkdir()
    with pytest.raises(NotFittingYetError, match="weights are not those"):
        install_weights(tmp_path / "weights.tar", tmp_path / "release")


def _refused(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "release"
    folder.mkdir(parents=True, exist_ok=True)
    with pytest.raises(BadArchiveError):
        unpack(tmp_path / "bad.tar", folder)
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "deep" / "outside").exists()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
