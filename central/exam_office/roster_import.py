"""Store an import plan: sitting, rooms, candidates and door codes, in one transaction, the same result when repeated.

Not here: reading files (`table_file`, `roster_rows`, `roster_plan`) and handing rosters to boxes (`bundles`).
"""

import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from central.exam_office.door_codes import make_door_code
from central.exam_office.photos import PhotoReport, add_photos
from central.exam_office.roster_plan import RosterPlan
from central.exam_office.roster_rows import room_id_of
from central.registers import audit_log, roster_register
from central.registers.roster_register import Sitting, SittingRoom
from models.errors import BadInputError
from models.exams import Candidate, ExamProfile
from models.identifiers import ExamId, SessionId
from models.wire import codec


class SittingNameError(BadInputError):
    """The exam or the sitting has no name that can become a code."""


class SittingTimesError(BadInputError):
    """The sitting ends before it starts, or was given no zone."""


class StoredRoom(msgspec.Struct, frozen=True, kw_only=True):
    """One room after the import; `door_code` only when it was made just now, to be printed once."""

    room: SittingRoom
    candidates: int
    door_code: str | None


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    rooms: tuple[StoredRoom, ...]
    photos: PhotoReport


def sitting_of(
    *, exam_name: str, session_name: str, starts_at: datetime, ends_at: datetime, profile: ExamProfile
) -> Sitting:
    """A sitting from the words of the command line; its codes are made from the names and stay the same."""
    exam_id, short = room_id_of(exam_name), room_id_of(session_name)
    if not exam_id or not short or not re.match(r"[A-Za-z0-9]", exam_id):
        raise SittingNameError("Exam and sitting need names with letters or digits (--exam, --session).")
    if starts_at.tzinfo is None or ends_at.tzinfo is None or ends_at <= starts_at:
        raise SittingTimesError("The sitting must end after it starts (--starts-at, --minutes).")
    return Sitting(
        exam_id=ExamId(exam_id),
        exam_name=exam_name,
        profile=profile,
        session_id=SessionId(f"{exam_id}-{short}"[:63]),
        session_name=session_name,
        starts_at=starts_at,
        ends_at=ends_at,
        elsewhere_key=secrets.token_bytes(32),
    )


def store_plan(
    connection: Connection,
    plan: RosterPlan,
    sitting: Sitting,
    *,
    pictures: dict[str, bytes],
    hash_code: Callable[[str], str],
    now: datetime,
    actor: str,
) -> ImportResult:
    """Replace the plan's rooms in the sitting. Rooms that the file does not speak of stay as they are.

    A room's version rises only when something that its box must know has changed; a door code is made only for a room
    that has none. Pictures stored earlier stay when no new one comes.
    """
    before = {room.room_id: room for room in roster_register.list_rooms(connection, sitting.session_id)}
    stored = roster_register.room_of_each(connection, sitting.session_id)
    fresh, photos = add_photos([row.candidate for row in plan.rows], pictures)
    seated = [
        (row.room_id, _keep_photo(candidate, stored.get(candidate.candidate_number)))
        for row, candidate in zip(plan.rows, fresh, strict=True)
    ]
    roster_register.put_sitting(connection, sitting)
    codes = {room_id: make_door_code() for room_id in plan.rooms if room_id not in before}
    for room_id, room_name in plan.rooms.items():
        known = before.get(room_id)
        entry = SittingRoom(
            session_id=sitting.session_id,
            room_id=room_id,
            room_name=room_name,
            version=known.version if known else 0,
            digest=known.digest if known else "",
            door_code_hash=known.door_code_hash if known else hash_code(codes[room_id]),
        )
        roster_register.put_room(connection, entry)
    roster_register.put_candidates(connection, sitting.session_id, seated)
    rooms = _raise_versions(connection, sitting)
    counted = roster_register.room_of_each(connection, sitting.session_id)
    audit_log.write(
        connection,
        at=now,
        actor=actor,
        action="roster imported",
        subject=sitting.session_id,
        candidates=len(plan.rows),
        rejected=len(plan.rejected),
        rooms=len(plan.rooms),
    )
    return ImportResult(
        rooms=tuple(
            StoredRoom(
                room=room,
                candidates=sum(place == room.room_id for place, _ in counted.values()),
                door_code=codes.get(room.room_id),
            )
            for room in rooms
        ),
        photos=photos,
    )


def _keep_photo(candidate: Candidate, known: tuple[object, Candidate] | None) -> Candidate:
    if candidate.photo is not None or known is None:
        return candidate
    return msgspec.structs.replace(candidate, photo=known[1].photo)


def _raise_versions(connection: Connection, sitting: Sitting) -> list[SittingRoom]:
    """Every room of the sitting, with the next version where its content changed."""
    places = [
        [place.citizen_id, place.room_name, place.seat]
        for place in roster_register.where_they_sit(connection, sitting.session_id)
    ]
    shared = [sitting.exam_name, sitting.session_name, sitting.starts_at, sitting.ends_at, sitting.profile]
    seats = hashlib.sha256(codec.encode([*shared, sorted(places)])).hexdigest()
    rooms = []
    for room in roster_register.list_rooms(connection, sitting.session_id):
        candidates = roster_register.candidates_of(connection, sitting.session_id, room.room_id)
        own = [seats, room.room_id, room.room_name, room.door_code_hash, candidates]
        digest = hashlib.sha256(codec.encode(own)).hexdigest()
        if digest != room.digest:
            changed = msgspec.structs.replace(room, digest=digest, version=room.version + 1)
            roster_register.put_room(connection, changed)
            rooms.append(changed)
        else:
            rooms.append(room)
    return rooms
