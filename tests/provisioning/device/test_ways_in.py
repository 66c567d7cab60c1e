"""The ways a code reaches a box: a QR before its camera, a USB stick, a list for a whole delivery, a terminal."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import segno

from models.enrollment import BoxState
from models.fleet import BoxRecords
from models.wire.enrollment_code import EnrollmentLink, link_of
from provisioning.__main__ import main
from provisioning.device import camera_code, units, usb_stick
from provisioning.device.batch import BatchFileError, BatchResult, Outcome, enroll_batch, read_rows, write_report
from provisioning.device.box_folder import BoxFolder
from provisioning.device.camera_code import NoCodeSeenError
from provisioning.device.file_keys import FileKeys
from provisioning.device.this_machine import Bench
from provisioning.device.usb_stick import NoStickError
from tests.builders.checkout import REPOSITORY
from tests.builders.running_authority import RunningProgram
from tests.builders.soft_tpm import soft_tpm

CODE = "7KQM4XPD9RTW2H6C"
LINK = link_of("authority.example:8443", CODE)
AROUND = Bench(FileKeys, units.NoUnits())


def test_a_qr_before_the_camera_gives_address_and_code(tmp_path: Path) -> None:
    segno.make_qr(LINK).save(str(tmp_path / "sheet.png"), scale=6, border=4)
    found = camera_code.scan(str(tmp_path / "sheet.png"))
    assert found == EnrollmentLink(address="authority.example:8443", code=CODE)


def test_another_qr_or_no_camera_ends_in_words(tmp_path: Path) -> None:
    segno.make_qr("https://school.example/menu").save(str(tmp_path / "menu.png"), scale=6)
    with pytest.raises(NoCodeSeenError, match="Hold the sheet"):
        camera_code.scan(str(tmp_path / "menu.png"))
    with pytest.raises(NoCodeSeenError):
        camera_code.scan("/dev/video97")


def test_a_stick_gives_address_and_code(tmp_path: Path) -> None:
    with pytest.raises(NoStickError):
        usb_stick.link_on_stick(tmp_path)
    stick = tmp_path / "media/it/STICK"
    stick.mkdir(parents=True)
    (stick / "enroll.txt").write_text(f"{LINK}\r\n")
    assert usb_stick.link_on_stick(tmp_path).code == CODE


def _csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["box,link,code,authority,room", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_delivery_is_enrolled_row_by_row_and_may_be_repeated(authority: RunningProgram, tmp_path: Path) -> None:
    codes = [authority.make_code(f"B-{number}") for number in range(4)]
    rows = [
        f"{tmp_path}/one,{codes[0].link},,,B-0",
        f"{tmp_path}/two,,{codes[1].code},{authority.address},",
        f"{tmp_path}/wrong,{codes[2].link},,,B-99",
        f"{tmp_path}/no card/three,{codes[3].link},,,",
    ]
    file = _csv(tmp_path / "delivery.csv", *rows)
    told: list[BatchResult] = []
    results = enroll_batch(read_rows(file), AROUND, told.append)
    assert [result.outcome for result in results] == [
        Outcome.ENROLLED, Outcome.ENROLLED, Outcome.FAILED, Outcome.FAILED,
    ]  # fmt: skip
    assert told == list(results)
    assert "B-2" in results[2].why
    assert "mounted" in results[3].why
    keys = {(tmp_path / name / "identity/current/key.pem").read_bytes() for name in ("one", "two")}
    assert len(keys) == 2
    with authority.central() as central:
        states = {str(box.room_id): box for box in central.get("/v1/boxes?after=0", BoxRecords).boxes}
    assert states["B-0"].state is BoxState.CERTIFIED
    assert str(states["B-0"].machine).startswith("bench-")

    (tmp_path / "no card").mkdir()
    again = enroll_batch(read_rows(file), AROUND, lambda _: None)
    assert [result.outcome for result in again] == [
        Outcome.ALREADY, Outcome.ALREADY, Outcome.FAILED, Outcome.ENROLLED,
    ]  # fmt: skip
    write_report(tmp_path / "report.csv", again)
    with (tmp_path / "report.csv").open(encoding="utf-8-sig", newline="") as file_again:
        report = list(csv.DictReader(file_again))
    assert [row["outcome"] for row in report] == ["already enrolled", "already enrolled", "failed", "enrolled"]
    assert report[0]["box_id"] == BoxFolder(path=tmp_path / "one").read_room().box_id


@pytest.mark.parametrize("rows", [(), ("x,,,,", "x,,,,"), (",link,,,",)])
def test_a_list_that_cannot_be_meant_is_refused_before_anything_is_done(tmp_path: Path, rows: tuple[str, ...]) -> None:
    with pytest.raises(BatchFileError):
        read_rows(_csv(tmp_path / "list.csv", *rows))


def _provisioning(*words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "provisioning", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={**os.environ, **(environment or {})},
    )


def test_the_whole_life_of_a_box_at_a_terminal(
    authority: RunningProgram, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def order(*words: str) -> tuple[int, str]:
        status = main([*words, "--box", str(tmp_path / "box")])
        said = capsys.readouterr()
        return status, said.out + said.err

    rows = {row["name"]: row["standing"] for row in json.loads(order("preflight", "--json")[1])}
    assert len(rows) == 9
    assert order("preflight", "--authority", "127.0.0.1:1")[0] == 2
    code = authority.make_code("C-1")
    status, said = order("enroll", "--link", code.link, "--room", "C-1", "--no-units", "--key", "file")
    assert status == 0, said
    assert "xong · ready" in said
    assert "card reader" in said
    status, said = order("enroll", "--link", code.link, "--no-units", "--no-preflight")
    assert status == 2
    assert "Nothing was changed" in said
    assert order("attend", "--once")[0] == 0
    status, said = order("trust-list", "import", str(tmp_path))
    assert status == 2
    assert "trust-list.json" in said
    assert order("trust-list", "import", str(tmp_path / "box"))[0] == 0
    assert order("decommission")[0] == 2
    assert order("decommission", "--yes")[0] == 0
    status, said = order("attend", "--once")
    assert status == 2
    assert "provisioning enroll" in said


@pytest.mark.parametrize("words", [["--code", CODE], ["--link", "https://school.example"], ["--batch", "missing.csv"]])
def test_what_cannot_be_meant_is_told(tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["enroll", *words, "--no-units", "--box", str(tmp_path / "box")]) == 2
    assert capsys.readouterr().err.strip()
    assert not (tmp_path / "box").exists()


def test_a_box_with_a_tpm_enrols_and_speaks_with_keys_that_cannot_be_copied(
    authority: RunningProgram, tmp_path: Path, free_ports: Callable[[], int]
) -> None:
    code = authority.make_code("T-1")
    with soft_tpm(tmp_path, free_ports) as (connection, environment):
        words = ["enroll", "--link", code.link, "--no-units", "--no-preflight", "--key", "tpm", "--tpm", connection]
        box = ["--box", str(tmp_path / "box")]
        done = _provisioning(*words, *box, environment=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "TSS2 PRIVATE KEY" in (tmp_path / "box/identity/current/key.pem").read_text()
        assert _provisioning("attend", "--once", *box, environment=environment).returncode == 0
        with authority.central() as central:
            (record,) = (box for box in central.get("/v1/boxes?after=0", BoxRecords).boxes if box.room_id == "T-1")
        assert record.state is BoxState.ENROLLED
        assert record.key_grade in ("A", "B")
