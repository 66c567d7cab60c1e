"""Makes everything that a rehearsal school needs before its programs start; safe to stop and repeat at any step.

What central keeps is told to central by its own commands, as an exam office would. Not here: running the programs
(`school`).
"""

import csv
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from models.clock import SCHOOL_ZONE, SystemClock
from models.durable_files import write_whole
from models.errors import ClassroomError
from provisioning.authority.preparation import Plan, prepare
from provisioning.device.room_broker_files import PLACES_FILE
from provisioning.rehearsal.demo_faces import install_demo_faces
from provisioning.rehearsal.people import RehearsalRoom
from provisioning.rehearsal.school_files import SCHOOL_ID, SCHOOL_NAME, SchoolFiles, SchoolPorts
from provisioning.rehearsal.school_settings import (
    authority_settings,
    box_settings,
    bridge_settings,
    central_settings,
    keeper_settings,
    room_broker_places,
)
from provisioning.rehearsal.stage_program import likenesses, rooms_of_the_rehearsal
from provisioning.rehearsal.test_pki import open_issuers

_SITTING_HOURS = 12
_WEIGHTS = Path("models/weights")

Say = Callable[[str], None]
"""Told what is being done, one short line each."""


class PreparationError(ClassroomError):
    """A step of the preparation failed; the message holds what the program said."""


class RehearsalSession(msgspec.Struct, frozen=True, kw_only=True):
    """The sitting that was imported. `ends_at` is UTC; `door_code` signs proctors in at the box in this room."""

    name: str
    ends_at: datetime
    door_code: str
    room_id: str
    room_name: str


def prepare_files(files: SchoolFiles, ports: SchoolPorts, camera: str, say: Say) -> RehearsalSession:
    """Keys, cards, faces, settings, roster: whatever is missing; gives the sitting that can be rehearsed now.

    A sitting that ended is followed by a new one, with the same people. Raises ClassroomError.
    """
    now = datetime.now(UTC)
    for folder in (files.state, files.authority, files.broker, files.central, files.box):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files.ports.write_bytes(msgspec.json.encode(ports))
    say("Khuôn mặt diễn tập · rehearsal faces")
    install_demo_faces(files.faces)
    say("Khóa và chứng thư · keys and certificates")
    central_command(files, "make-keys", str(files.central))
    _prepare_authority(files, ports)
    open_issuers(files.cards, now)
    files.keeper_settings.write_text(keeper_settings(files, ports), encoding="utf-8")
    own_command("provisioning", "broker", "write", "--settings", str(files.keeper_settings))
    files.central_settings.write_text(central_settings(files, ports), encoding="utf-8")
    (files.box / PLACES_FILE).write_text(room_broker_places(ports), encoding="utf-8")
    files.bridge_settings.write_text(bridge_settings(ports), encoding="utf-8")
    files.box_settings.write_text(box_settings(ports, camera, str(_WEIGHTS.resolve())), encoding="utf-8")
    known = known_session(files)
    if known is not None and known.ends_at - now > timedelta(hours=1):
        return known
    say("Danh sách phòng thi · roster")
    return _import_roster(files, now)


def _prepare_authority(files: SchoolFiles, ports: SchoolPorts) -> None:
    receipt_key = files.central / "central-signing.public.pem"
    write_whole(files.authority_settings, authority_settings(ports, receipt_key).encode())
    plan = Plan(address=f"localhost:{ports.authority}", broker_host="localhost", receipt_key=receipt_key)
    prepare(files.authority, plan, SystemClock())


def known_session(files: SchoolFiles) -> RehearsalSession | None:
    """The sitting that was imported last, None before the first preparation."""
    try:
        return msgspec.json.decode(files.session.read_bytes(), type=RehearsalSession)
    except FileNotFoundError:
        return None


def _import_roster(files: SchoolFiles, now: datetime) -> RehearsalSession:
    """A sitting's name holds its minute, so that a repeated start never changes one that was played."""
    local = now.astimezone(SCHOOL_ZONE)
    rooms = rooms_of_the_rehearsal(local.year)
    name = f"Ca diễn tập {local:%d/%m %H:%M}"
    files.roster.write_text(roster_csv(rooms), encoding="utf-8-sig")
    codes = files.state / "door-codes.csv"
    central_command(files, "upgrade-database")
    with tempfile.TemporaryDirectory(prefix="photos-", dir=files.state) as photos:
        _write_photos(Path(photos), rooms, files)
        central_command(
            files,
            *("import-roster", str(files.roster), "--exam", "Kỳ thi diễn tập", "--session", name),
            *("--starts-at", f"{local:%Y-%m-%dT%H:%M}", "--minutes", str(_SITTING_HOURS * 60)),
            *("--photos", photos, "--commit", "--codes-out", str(codes)),
        )
    door_codes = list(csv.DictReader(io.StringIO(codes.read_text(encoding="utf-8"))))
    places = files.state / "rooms.csv"
    places.write_text(places_csv({row["room_id"]: row["room_name"] for row in door_codes}), encoding="utf-8-sig")
    central_command(files, "import-rooms", str(places), "--commit")
    own = next(row for row in door_codes if row["room_name"] == rooms[0].name)
    session = RehearsalSession(
        name=name,
        ends_at=now + timedelta(hours=_SITTING_HOURS),
        door_code=own["door_code"],
        room_id=own["room_id"],
        room_name=own["room_name"],
    )
    with os.fdopen(os.open(files.session, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(msgspec.json.encode(session))
    return session


def roster_csv(rooms: tuple[RehearsalRoom, ...]) -> str:
    """The roster as an exam office sends it: one row a candidate."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["STT", "SBD", "Họ và tên", "Ngày sinh", "Số định danh", "Phòng", "Chỗ"])
    everybody = [(room, candidate) for room in rooms for candidate in room.candidates]
    for place, (room, candidate) in enumerate(everybody, start=1):
        person = candidate.person
        writer.writerow(
            [
                place,
                candidate.candidate_number,
                person.full_name,
                f"{person.birth_date:%d/%m/%Y}",
                person.citizen_id,
                room.name,
                candidate.seat,
            ]
        )
    return text.getvalue()


def places_csv(rooms: dict[str, str]) -> str:
    """The school and its rooms (name by code, the roster's own), for central's register of places."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["Mã trường", "Tên trường", "Xã/phường", "Mã phòng", "Tên phòng", "Phòng thông minh"])
    for room_id, room_name in rooms.items():
        writer.writerow([SCHOOL_ID, SCHOOL_NAME, "Phường Diễn Tập", room_id, room_name, "có"])
    return text.getvalue()


def _write_photos(folder: Path, rooms: tuple[RehearsalRoom, RehearsalRoom], files: SchoolFiles) -> None:
    """The exam office's pictures of the room: the portraits of the cards, named by SBD; only for the import."""
    shown = likenesses(rooms, install_demo_faces(files.faces))
    for candidate in rooms[0].candidates:
        (folder / f"{candidate.candidate_number}.jpg").write_bytes(shown[candidate.person.citizen_id].portrait)


def central_command(files: SchoolFiles, command: str, *words: str) -> str:
    """Run one of central's commands and give what it printed. Raises PreparationError with what it said."""
    settings = () if command == "make-keys" else ("--settings", str(files.central_settings))
    return own_command("central", command, *words, *settings)


def own_command(program: str, *words: str) -> str:
    """Run one of our programs to its end and give what it printed. Raises PreparationError with what it said."""
    done = subprocess.run(  # noqa: S603 - our own program with our own words
        [sys.executable, "-m", program, *words], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise PreparationError(f"{program} {words[0]} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
