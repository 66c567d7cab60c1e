"""The commands as they are typed, in their own words and with their exit status."""

from pathlib import Path

import pytest

from central.__main__ import main
from central.database import Database
from central.registers import box_register, roster_register, staff_accounts
from central.settings import REHEARSAL_SETTINGS
from models.staff import Role
from tests.builders.roster_files import AN, HEADER, csv_file, varied, xlsx_file


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    assert main(["make-keys", str(tmp_path / "keys")]) == 0
    path = tmp_path / "central.toml"
    path.write_text(
        '[keys]\nsigning = "keys/central-signing.key"\nevidence = "keys/central-evidence.key"\n'
        '[broker]\nhost = "localhost"\nauthority = "a"\ncertificate = "b"\nkey = "c"\n'
    )
    return path


def _store(settings: Path) -> Database:
    database = Database(f"sqlite:///{settings.parent / 'central.db'}")
    database.start()
    return database


def _roster(settings: Path, content: bytes | None = None, name: str = "roster.csv") -> Path:
    path = settings.parent / name
    path.write_bytes(content if content is not None else csv_file())
    return path


def test_the_database_is_upgraded(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade-database", "--settings", str(settings)]) == 0
    assert "Schema: v" in capsys.readouterr().out


def test_a_preview_stores_nothing(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-roster", str(_roster(settings)), "--settings", str(settings)]) == 0
    said = capsys.readouterr().out
    assert "CHƯA LƯU GÌ" in said
    assert "Phòng 101 [Phong-101]: 2" in said
    assert "001208000001" not in said
    database = _store(settings)
    with database.reading() as connection:
        assert roster_register.import_mark(connection) == (0, 0)
    database.stop()


def test_a_commit_stores_and_prints_the_door_codes_once(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = settings.parent / "codes.csv"
    words = ["import-roster", str(_roster(settings, xlsx_file(), "roster.xlsx")), "--settings", str(settings)]
    words += [
        "--exam",
        "Thi thử",
        "--session",
        "Ca 2",
        "--starts-at",
        "2026-06-11T13:30",
        "--minutes",
        "120",
        "--commit",
    ]
    assert main([*words, "--codes-out", str(codes)]) == 0
    said = capsys.readouterr().out
    assert "11/06/2026 13:30-15:30" in said
    assert "MÃ PHÒNG" in said
    lines = codes.read_text().splitlines()
    assert lines[0] == "session_id,room_id,room_name,door_code"
    assert len(lines) == 3
    assert codes.stat().st_mode & 0o077 == 0
    assert main(words) == 0
    assert "MÃ PHÒNG" not in capsys.readouterr().out


def test_a_repeated_import_without_a_time_keeps_the_time(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["import-roster", str(_roster(settings)), "--settings", str(settings), "--commit"]
    assert main([*words, "--starts-at", "2030-01-02T09:00"]) == 0
    assert main(words) == 0
    assert capsys.readouterr().out.count("02/01/2030 09:00-10:30") == 2


def test_rejected_rows_come_back_as_a_file_and_the_good_ones_are_stored(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _roster(settings, xlsx_file([HEADER, AN, varied(AN, sbd="01000002", citizen="123456789", seat="02")]))
    assert main(["import-roster", str(path), "--settings", str(settings), "--commit"]) == 1
    assert "Dòng bị trả lại: 1" in capsys.readouterr().out
    rejects = path.with_suffix(".rejects.csv")
    assert "CMND" in rejects.read_text("utf-8-sig")
    assert rejects.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.csv"], "cannot be opened"),
        (["roster.csv", "--profile", "nobody"], "no such exam profile"),
        (["roster.csv", "--profile", "none.toml"], "cannot be opened"),
        (["roster.csv", "--starts-at", "tomorrow"], "--starts-at"),
        (["roster.csv", "--photos", "nowhere"], "cannot be opened"),
        (["broken.xlsx"], "damaged"),
    ],
)
def test_what_cannot_be_done_is_said_and_stores_nothing(
    settings: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    _roster(settings)
    _roster(settings, b"PK\x03\x04", "broken.xlsx")
    beside = [str(settings.parent / word) if word.endswith((".csv", ".xlsx", ".toml")) else word for word in words]
    assert main(["import-roster", *beside, "--settings", str(settings), "--commit"]) == 2
    assert sentence in capsys.readouterr().err
    assert main(["upgrade-database", "--settings", str(settings)]) == 0
    database = _store(settings)
    with database.reading() as connection:
        assert roster_register.import_mark(connection) == (0, 0)
    database.stop()


def test_a_box_is_registered_and_moved(settings: Path) -> None:
    key = settings.parent / "keys" / "central-signing.public.pem"
    for room in ("P101", "P102"):
        words = ["register-box", "box-101", "--room", room, "--chain-key", str(key), "--settings", str(settings)]
        assert main(words) == 0
    database = _store(settings)
    with database.reading() as connection:
        assert [(box.box_id, box.room_id) for box in box_register.list_boxes(connection)] == [("box-101", "P102")]
    database.stop()


@pytest.mark.parametrize(("box", "room"), [("box.101", "P101"), ("box-101", "phòng"), ("", "P101")])
def test_a_box_with_an_unsafe_name_is_refused(
    settings: Path, capsys: pytest.CaptureFixture[str], box: str, room: str
) -> None:
    key = settings.parent / "keys" / "central-signing.public.pem"
    assert main(["register-box", box, "--room", room, "--chain-key", str(key), "--settings", str(settings)]) == 2
    assert "letters, digits" in capsys.readouterr().err


def test_the_first_administrator_gets_codes_until_a_password_exists(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["first-administrator", "--settings", str(settings)]) == 0
        assert "admin" in capsys.readouterr().out
    database = _store(settings)
    with database.writing() as connection:
        account = staff_accounts.find(connection, "admin")
        assert account is not None
        staff_accounts.set_password(connection, account.id, "hash")
    database.stop()
    assert main(["first-administrator", "--settings", str(settings)]) == 2
    assert "already" in capsys.readouterr().err


def test_an_account_made_at_the_server_gets_codes_until_it_has_a_password(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["make-account", "hoidong", "--role", "exam-office", "--settings", str(settings)]
    codes = []
    for _ in range(2):
        assert main(words) == 0
        codes.append(capsys.readouterr().out)
    assert codes[0] != codes[1]
    database = _store(settings)
    with database.writing() as connection:
        account = staff_accounts.find(connection, "hoidong")
        assert account is not None
        assert account.role is Role.EXAM_OFFICE
        staff_accounts.set_password(connection, account.id, "hash")
    database.stop()
    assert main(words) == 2
    assert "has a password already" in capsys.readouterr().err


def test_an_account_needs_a_role_of_the_table(settings: Path) -> None:
    assert main(["make-account", "hoidong", "--role", "king", "--settings", str(settings)]) == 3


@pytest.mark.parametrize("minutes", ["0", "-5", "1441", "9" * 40, "soon", "1.5"])
def test_a_sitting_of_impossible_length_is_wrong_use(settings: Path, minutes: str) -> None:
    assert main(["import-roster", str(_roster(settings)), "--settings", str(settings), "--minutes", minutes]) == 3


@pytest.mark.parametrize("option", ["--rejects", "--codes-out"])
@pytest.mark.parametrize("name", ["roster.csv", "keys/../roster.csv", "link.csv", "central.toml"])
def test_no_output_overwrites_the_roster_or_the_settings(
    settings: Path, capsys: pytest.CaptureFixture[str], option: str, name: str
) -> None:
    roster = _roster(settings, csv_file([HEADER, varied(AN, citizen="123456789")]))
    (settings.parent / "link.csv").symlink_to(roster)
    before = (roster.read_bytes(), settings.read_bytes())
    words = ["import-roster", str(roster), "--settings", str(settings), "--commit"]
    assert main([*words, option, str(settings.parent / name)]) == 2
    assert f"{option} would overwrite" in capsys.readouterr().err
    assert (roster.read_bytes(), settings.read_bytes()) == before
    assert not (settings.parent / "central.db").exists()


def test_rejects_and_codes_do_not_share_a_file(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(settings.parent / "out.csv")
    words = ["import-roster", str(_roster(settings)), "--settings", str(settings), "--commit"]
    assert main([*words, "--rejects", out, "--codes-out", out]) == 2
    assert "--codes-out would overwrite the file of --rejects" in capsys.readouterr().err


def test_the_rehearsals_settings_are_taken_when_none_are_named(
    settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rehearsal = tmp_path / REHEARSAL_SETTINGS
    rehearsal.parent.mkdir(parents=True)
    rehearsal.write_bytes(settings.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["import-roster", str(_roster(settings))]) == 0
    assert "CHƯA LƯU GÌ" in capsys.readouterr().out
    assert (rehearsal.parent / "central.db").exists()


@pytest.mark.parametrize("words", [["serve"], ["upgrade-database"], ["import-roster", "roster.csv"]])
def test_without_any_settings_the_command_says_what_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(words) == 3
    assert "--settings FILE" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["dance"], ["import-roster"]])
def test_wrong_use_has_its_own_exit_status(words: list[str]) -> None:
    assert main(words) == 3
