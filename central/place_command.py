"""`python -m central import-rooms`: preview a file of schools and rooms, and store it when asked to.

Not here: how a file is read and judged (`it_office.place_plan`). Prints Vietnamese first.
"""

import argparse
import sys
from pathlib import Path
from typing import TypeVar

from central.database import Database
from central.it_office.place_plan import PlaceDifference, PlacePlan, compare_places, plan_places, store_places
from central.registers import place_register
from central.registers.device_tables import Deed
from central.settings import add_settings_option, read_settings
from central.upgrade import upgrade_database
from models.clock import SystemClock
from models.errors import BadInputError

P = TypeVar("P", bound=argparse.ArgumentParser)


class UnreadablePlacesError(BadInputError):
    """The file of places cannot be opened."""


def add_parser(commands: "argparse._SubParsersAction[P]") -> None:
    """Declare the command's words."""
    parser = commands.add_parser("import-rooms", help="preview a file of schools and rooms; --commit stores it")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV or XLSX with Mã trường, Tên trường, Tên phòng, ..."
    )
    add_settings_option(parser)
    parser.add_argument("--commit", action="store_true", help="store it; without this nothing is stored")
    parser.set_defaults(func=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0: every row is good; 1: some rows were rejected (the others are stored when asked)."""
    try:
        content = arguments.file.read_bytes()
    except OSError as error:
        raise UnreadablePlacesError(f"{arguments.file} cannot be opened: {error.strerror}.") from None
    database = Database(read_settings(arguments.settings).database.address)
    database.start()
    try:
        upgrade_database(database)
        with database.reading() as connection:
            rooms, schools = place_register.list_rooms(connection, None), place_register.list_schools(connection, None)
        plan = plan_places(content, rooms, None)
        sys.stdout.write(_words(plan, compare_places(plan, schools, rooms)))
        if arguments.commit:
            deed = Deed(actor="command line", at=SystemClock().now(), reason=arguments.file.name)
            with database.writing() as connection:
                store_places(connection, plan, deed)
    finally:
        database.stop()
    done = "Đã lưu.  (Stored.)" if arguments.commit else "CHƯA LƯU GÌ. Thêm --commit để lưu.  (Nothing stored.)"
    sys.stdout.write(f"{done}\n")
    return int(bool(plan.rejected))


def _words(plan: PlacePlan, difference: PlaceDifference) -> str:
    schools = f"{difference.new_schools} mới (new), {difference.changed_schools} thay đổi (changed)"
    rooms = f"{difference.new_rooms} mới (new), {difference.changed_rooms} thay đổi (changed)"
    lines = [
        f"Trường (schools): {len(plan.schools)}: {schools}",
        f"Phòng (rooms): {len(plan.rooms)}: {rooms}",
        *(f"  Lưu ý: {note}" for note in plan.notes),
        *(f"  Dòng {row.number} {row.sheet} bị trả lại: {'; '.join(row.reasons)}" for row in plan.rejected),
    ]
    return "".join(f"{line}\n" for line in lines)
