"""`python -m central import-roster`: preview a roster file, and store it when asked to.

Not here: how a file is read and judged (`exam_office`). Prints Vietnamese first; no citizen number is ever printed.
"""

import argparse
import os
import sys
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TypeVar

from central.database import Database
from central.exam_office.door_codes import hash_door_code
from central.exam_office.import_report import door_codes_csv, outcome, preview
from central.exam_office.rejects_file import rejects_csv
from central.exam_office.roster_import import sitting_of, store_plan
from central.exam_office.roster_plan import RosterPlan, compare, plan_import, refuse_strangers
from central.registers import roster_register
from central.registers.roster_register import Sitting
from central.settings import add_settings_option, read_settings
from central.upgrade import upgrade_database
from models.clock import SCHOOL_ZONE, SystemClock
from models.errors import BadInputError
from models.exam_profile_files import read_exam_profile, shipped_exam_profile, shipped_exam_profiles
from models.exams import ExamProfile

P = TypeVar("P", bound=argparse.ArgumentParser)

_PICTURE_ENDINGS = (".jpg", ".jpeg", ".png")
_MOST_PICTURES = 20_000
_MOST_PICTURE_BYTES = 20_000_000
_MOST_MINUTES = 24 * 60


class UnreadableFileError(BadInputError):
    """A file named on the command line cannot be opened."""


class WrongTimeError(BadInputError):
    """An instant on the command line is not one."""


class WouldOverwriteError(BadInputError):
    """A file that is to be written is one that is to be read, or two outputs are the same file."""


def add_parser(commands: "argparse._SubParsersAction[P]") -> None:
    """Declare the command's words."""
    parser = commands.add_parser("import-roster", help="preview a roster of one sitting; --commit stores it")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV or XLSX with STT, SBD, họ tên, ngày sinh, ...")
    add_settings_option(parser)
    parser.add_argument("--profile", default="tt24-2024", metavar="FILE|ID", help="rules (default %(default)s)")
    parser.add_argument("--exam", default="Kỳ thi", metavar="NAME", help="name of the exam (default %(default)s)")
    parser.add_argument("--session", default="Ca 1", metavar="NAME", help="name of the sitting (default %(default)s)")
    parser.add_argument("--starts-at", metavar="TIME", help="2026-06-11T07:30, school time (default: next 07:30)")
    parser.add_argument(
        "--minutes", type=_minutes, default=90, help="length of the sitting, 1 to 1440 (default %(default)s)"
    )
    parser.add_argument("--photos", type=Path, metavar="DIR", help="pictures named by SBD or citizen number")
    parser.add_argument("--commit", action="store_true", help="store it; without this nothing is stored")
    parser.add_argument("--rejects", type=Path, metavar="OUT", help="rejected rows (default FILE.rejects.csv)")
    parser.add_argument("--codes-out", type=Path, metavar="OUT", help="new door codes as CSV, readable by you alone")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0: every row is good; 1: some rows were rejected (the others are stored when asked)."""
    _refuse_to_overwrite(arguments)
    settings = read_settings(arguments.settings)
    now = SystemClock().now()
    profile = _profile(arguments.profile)
    plan = plan_import(_read(arguments.file), profile, now.astimezone(SCHOOL_ZONE).date())
    pictures = _pictures(arguments.photos)
    database = Database(settings.database.address)
    database.start()
    try:
        upgrade_database(database)
        _import(arguments, database, plan, _sitting(arguments, profile, database, now), pictures)
    finally:
        database.stop()
    return int(bool(plan.rejected))


def _import(
    arguments: argparse.Namespace, database: Database, plan: RosterPlan, sitting: Sitting, pictures: dict[str, bytes]
) -> None:
    with database.reading() as connection:
        stored = roster_register.room_of_each(connection, sitting.session_id)
    plan = refuse_strangers(plan, stored)
    _say(preview(plan, sitting, compare(plan, stored)))
    if plan.rejected:
        rejects = _rejects_file(arguments)
        _write_private(rejects, rejects_csv(plan.rejected))
        _say(f"Dòng bị trả lại: {len(plan.rejected)}, lý do trong {rejects}  (rejected rows, reasons in the file)")
    if not arguments.commit:
        _say("CHƯA LƯU GÌ. Thêm --commit để lưu.  (Nothing stored; add --commit to store.)")
        return
    now = SystemClock().now()
    with database.writing() as connection:
        result = store_plan(
            connection, plan, sitting, pictures=pictures, hash_code=hash_door_code, now=now, actor="import-roster"
        )
    if arguments.codes_out is not None:
        _write_private(arguments.codes_out, door_codes_csv(result))
    _say(outcome(result))


def _minutes(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:5]) <= _MOST_MINUTES):
        raise argparse.ArgumentTypeError(f"a sitting lasts 1 to {_MOST_MINUTES} minutes, not {text[:20]}")
    return int(text[:5])


def _rejects_file(arguments: argparse.Namespace) -> Path:
    rejects: Path | None = arguments.rejects
    file: Path = arguments.file
    return rejects or file.with_suffix(".rejects.csv")


def _refuse_to_overwrite(arguments: argparse.Namespace) -> None:
    taken = {arguments.file.resolve(): "the roster FILE", arguments.settings.resolve(): "the settings file"}
    for option, path in (("--rejects", _rejects_file(arguments)), ("--codes-out", arguments.codes_out)):
        if path is None:
            continue
        if path.resolve() in taken:
            raise WouldOverwriteError(f"{option} would overwrite {taken[path.resolve()]}. Name another file.")
        taken[path.resolve()] = f"the file of {option}"


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


def _profile(name: str) -> ExamProfile:
    if name in shipped_exam_profiles():
        return shipped_exam_profile(name)
    if Path(name).suffix == ".toml":
        return read_exam_profile(_read(Path(name)))
    return shipped_exam_profile(name)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be opened: {error.strerror}.") from None


def _pictures(folder: Path | None) -> dict[str, bytes]:
    if folder is None:
        return {}
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _PICTURE_ENDINGS)[:_MOST_PICTURES]
        return {path.stem: path.read_bytes() for path in paths if path.stat().st_size <= _MOST_PICTURE_BYTES}
    except OSError as error:
        raise UnreadableFileError(f"The pictures in {folder} cannot be opened: {error.strerror}.") from None


def _sitting(arguments: argparse.Namespace, profile: ExamProfile, database: Database, now: datetime) -> Sitting:
    """The sitting meant; a known one keeps its times unless others are given."""
    starts_at = _start(arguments.starts_at, now)
    sitting = sitting_of(
        exam_name=arguments.exam,
        session_name=arguments.session,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=arguments.minutes),
        profile=profile,
    )
    with database.reading() as connection:
        known = roster_register.find_sitting(connection, sitting.session_id)
    if known is None or arguments.starts_at is not None:
        return sitting
    return sitting_of(
        exam_name=arguments.exam,
        session_name=arguments.session,
        starts_at=known.starts_at,
        ends_at=known.ends_at,
        profile=profile,
    )


def _start(text: str | None, now: datetime) -> datetime:
    if text is None:
        today = datetime.combine(now.astimezone(SCHOOL_ZONE).date(), time(7, 30), SCHOOL_ZONE)
        return (today if today > now else today + timedelta(days=1)).astimezone(now.tzinfo)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise WrongTimeError("--starts-at needs a form like 2026-06-11T07:30.") from None
    zoned = instant if instant.tzinfo is not None else instant.replace(tzinfo=SCHOOL_ZONE)
    return zoned.astimezone(now.tzinfo)


def _write_private(path: Path, content: bytes) -> None:
    try:
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be written: {error.strerror}.") from None
