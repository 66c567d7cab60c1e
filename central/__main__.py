"""`python -m central`: the service, and the few commands with which it is set up.

Exit status: 0 done, 1 done in part, 2 could not be done, 3 wrong use.
"""

import argparse
import logging
import sys
from pathlib import Path

from central import connect_command, import_command, measuring_command, place_command
from central.database import Database
from central.key_files import make_keys, read_chain_key
from central.registers import audit_log, box_register, staff_accounts
from central.registers.staff_accounts import AccountError
from central.settings import add_settings_option, read_settings
from central.upgrade import upgrade_database
from models.clock import SystemClock
from models.command_line import ToldToEnd, run_command
from models.identifiers import parse_box_id, parse_room_id
from models.staff import Role


def _open(arguments: argparse.Namespace) -> Database:
    database = Database(read_settings(arguments.settings).database.address)
    database.start()
    return database


def _upgrade(arguments: argparse.Namespace) -> int:
    database = _open(arguments)
    print(f"Schema: {upgrade_database(database)}")
    database.stop()
    return 0


def _make_keys(arguments: argparse.Namespace) -> int:
    made = make_keys(arguments.directory)
    for path in made:
        print(f"made {path}")
    if not made:
        print("Both keys are there already; nothing was changed.")
    return 0


def _first_administrator(arguments: argparse.Namespace) -> int:
    database = _open(arguments)
    upgrade_database(database)
    now = SystemClock().now()
    with database.writing() as connection:
        if any(one.password_hash is not None for one in staff_accounts.list_accounts(connection)):
            raise AccountError("There is an account with a password already. Ask an administrator for a code.")
        account = staff_accounts.find(connection, arguments.login) or staff_accounts.create(
            connection,
            login=arguments.login,
            display_name="Quản trị viên",
            role=Role.ADMINISTRATOR,
            room_id=None,
            at=now,
        )
        code = staff_accounts.make_code(connection, account.id, now)
        audit_log.write(connection, at=now, actor="command line", action="code made", subject=account.login)
    database.stop()
    print(f"Tên đăng nhập (sign-in name): {account.login}\nMã dùng một lần, 30 phút (one-time code): {code}")
    return 0


def _make_account(arguments: argparse.Namespace) -> int:
    """Whoever can run this on the server could also change its database: it opens no door that was closed."""
    database = _open(arguments)
    upgrade_database(database)
    now = SystemClock().now()
    with database.writing() as connection:
        account = staff_accounts.find(connection, arguments.login)
        if account is not None and account.password_hash is not None:
            raise AccountError(f"{arguments.login} has a password already. An administrator can give a new code.")
        if account is None:
            account = staff_accounts.create(
                connection,
                login=arguments.login,
                display_name=arguments.name or arguments.login,
                role=Role(arguments.role),
                room_id=parse_room_id(arguments.room) if arguments.room else None,
                school_id=arguments.school,
                at=now,
            )
            audit_log.write(connection, at=now, actor="command line", action="account made", subject=account.login)
        code = staff_accounts.make_code(connection, account.id, now)
        audit_log.write(connection, at=now, actor="command line", action="code made", subject=account.login)
    database.stop()
    print(f"Tên đăng nhập (sign-in name): {account.login}\nMã dùng một lần, 30 phút (one-time code): {code}")
    return 0


def _register_box(arguments: argparse.Namespace) -> int:
    box_id, room_id = parse_box_id(arguments.box), parse_room_id(arguments.room)
    chain_key = read_chain_key(arguments.chain_key)
    database = _open(arguments)
    upgrade_database(database)
    now = SystemClock().now()
    with database.writing() as connection:
        box_register.register_box(connection, box_id, room_id, chain_key, now)
        audit_log.write(connection, at=now, actor="command line", action="box registered", subject=box_id, room=room_id)
    database.stop()
    print(f"{box_id} -> {room_id}")
    return 0


def _serve(arguments: argparse.Namespace) -> int:
    from central.wiring import build_central  # noqa: PLC0415 the other commands start without the web server

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line a second would bury all others
    central = build_central(read_settings(arguments.settings))
    stop = ToldToEnd()
    stop.listen()
    central.start()
    print(f"Central's pages: {central.address}", flush=True)
    stop.wait()
    central.stop()
    return 0


def main(words: list[str] | None = None) -> int:
    """Run the command that `words` (default: the command line) name, and give its exit status."""
    parser = argparse.ArgumentParser(prog="python -m central", description="Ingest, registers, exam office, pages.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    simple = {
        "serve": (_serve, "run ingest and pages until SIGTERM"),
        "upgrade-database": (_upgrade, "bring the database to the newest schema"),
        "first-administrator": (_first_administrator, "print a one-time code for the first account"),
        "make-account": (_make_account, "make an account for staff and print its one-time code"),
        "register-box": (_register_box, "tell central which box stands in which room, and its chain key"),
    }
    parsers = {name: commands.add_parser(name, help=words) for name, (_, words) in simple.items()}
    for name, one in parsers.items():
        add_settings_option(one)
        one.set_defaults(func=simple[name][0])
    parsers["first-administrator"].add_argument("--login", default="admin", help="sign-in name (default %(default)s)")
    parsers["make-account"].add_argument("login", metavar="LOGIN", help="sign-in name")
    parsers["make-account"].add_argument("--role", required=True, choices=[role.value for role in Role])
    parsers["make-account"].add_argument("--name", help="the person's name (default: the sign-in name)")
    parsers["make-account"].add_argument("--room", help="code of the room, for a proctor")
    parsers["make-account"].add_argument(
        "--school", help="code of the only school that IT staff or a principal sees (default: the whole province)"
    )
    parsers["register-box"].add_argument("box", metavar="BOX", help="the box's name, as in its certificate")
    parsers["register-box"].add_argument("--room", required=True, help="code of the room, as the import prints it")
    parsers["register-box"].add_argument(
        "--chain-key", type=Path, required=True, metavar="FILE", help="public key, PEM"
    )
    keys = commands.add_parser("make-keys", help="make central's two keys where they are missing")
    keys.add_argument("directory", type=Path, metavar="DIR")
    keys.set_defaults(func=_make_keys)
    import_command.add_parser(commands)
    place_command.add_parser(commands)
    connect_command.add_parser(commands)
    measuring_command.add_parser(commands)
    return run_command(parser, words)


if __name__ == "__main__":
    sys.exit(main())
