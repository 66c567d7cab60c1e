"""Storing a roster: all or nothing, the same result when repeated, and exactly what each room's box must know."""

import io
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from PIL import Image

from central.database import Database
from central.exam_office.bundles import BundleOffice
from central.exam_office.photos import small_jpeg
from central.exam_office.roster_import import (
    ImportResult,
    SittingNameError,
    SittingTimesError,
    sitting_of,
    store_plan,
)
from central.exam_office.roster_plan import compare, plan_import, refuse_strangers
from central.registers import audit_log, roster_register
from central.registers.roster_register import Sitting
from models.exams import RosterBundle, elsewhere_digest
from models.identifiers import BoxId, CitizenId
from models.wire.signed_bundle import open_bundle
from tests.builders.centre import Centre
from tests.builders.exams import profile
from tests.builders.roster_files import AN, BINH, CHI, HEADER, ROWS, Cell, varied, xlsx_file

_NOW = datetime(2026, 6, 10, 10, 0, tzinfo=UTC)
_TODAY = date(2026, 6, 10)


def _sitting(starts_in: timedelta = timedelta(hours=14)) -> Sitting:
    starts_at = _NOW + starts_in
    return sitting_of(
        exam_name="Thi thử",
        session_name="Ca 1",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=90),
        profile=profile(),
    )


def _import(
    store: Database, rows: tuple[tuple[Cell, ...], ...] = ROWS, pictures: dict[str, bytes] | None = None
) -> ImportResult:
    plan = plan_import(xlsx_file(rows), profile(), _TODAY)
    with store.writing() as connection:
        return store_plan(
            connection,
            plan,
            _sitting(),
            pictures=pictures or {},
            hash_code=lambda code: f"hash of {code}",
            now=_NOW,
            actor="test",
        )


def _versions(result: ImportResult) -> dict[str, int]:
    return {stored.room.room_id: stored.room.version for stored in result.rooms}


def test_each_new_room_gets_one_door_code_of_which_only_the_hash_is_stored(store: Database) -> None:
    result = _import(store)
    codes = {stored.room.room_id: stored.door_code for stored in result.rooms}
    assert all(code is not None and len(code) >= 8 and not set(code) & set("01OIL") for code in codes.values())
    with store.reading() as connection:
        rooms = roster_register.list_rooms(connection, _sitting().session_id)
    assert [room.door_code_hash for room in rooms] == [f"hash of {codes[room.room_id]}" for room in rooms]


def test_importing_the_same_again_changes_nothing(store: Database) -> None:
    first, second = _import(store), _import(store)
    assert _versions(first) == _versions(second) == {"Phong-101": 1, "Phong-102": 1}
    assert [stored.door_code for stored in second.rooms] == [None, None]
    assert [stored.candidates for stored in second.rooms] == [2, 1]


def test_a_change_raises_the_version_of_every_room_that_must_know(store: Database) -> None:
    _import(store)
    moved = _import(store, (HEADER, AN, varied(BINH, room="Phòng 102", seat="09"), CHI))
    assert _versions(moved) == {"Phong-101": 2, "Phong-102": 2}
    assert {stored.room.room_id: stored.candidates for stored in moved.rooms} == {"Phong-101": 1, "Phong-102": 2}


def test_rooms_that_the_file_does_not_name_stay(store: Database) -> None:
    _import(store)
    result = _import(store, (HEADER, varied(CHI, name="Lê Thị Chi")))
    assert {stored.room.room_id: stored.candidates for stored in result.rooms} == {"Phong-101": 2, "Phong-102": 1}


def test_a_candidate_who_left_the_file_left_the_room(store: Database) -> None:
    _import(store)
    result = _import(store, (HEADER, AN, CHI))
    assert {stored.room.room_id: stored.candidates for stored in result.rooms} == {"Phong-101": 1, "Phong-102": 1}


def test_the_preview_counts_the_difference(store: Database) -> None:
    _import(store)
    rows = (HEADER, varied(AN, seat="05"), varied(BINH, sbd="01000009", citizen="001308000009"))
    plan = plan_import(xlsx_file(rows), profile(), _TODAY)
    with store.reading() as connection:
        stored = roster_register.room_of_each(connection, _sitting().session_id)
    difference = compare(plan, stored)
    assert (difference.added, difference.changed, difference.removed, difference.unchanged) == (1, 1, 1, 0)


def test_a_citizen_number_of_a_room_outside_the_file_is_rejected(store: Database) -> None:
    _import(store)
    rows = (HEADER, varied(AN, sbd="01000077", citizen="001308000003"))
    plan = plan_import(xlsx_file(rows), profile(), _TODAY)
    with store.reading() as connection:
        judged = refuse_strangers(plan, roster_register.room_of_each(connection, _sitting().session_id))
    assert judged.rows == ()
    assert "khác" in judged.rejected[0].reasons[0]


def test_an_import_leaves_its_line_in_the_audit_log(store: Database) -> None:
    _import(store)
    with store.reading() as connection:
        line = audit_log.newest(connection)[0]
    assert (line.action, line.subject) == ("roster imported", "Thi-thu-Ca-1")
    assert "001208000001" not in line.details


@pytest.mark.parametrize(
    ("exam", "session", "minutes", "error"),
    [("", "Ca 1", 90, SittingNameError), ("Thi", "***", 90, SittingNameError), ("Thi", "Ca 1", 0, SittingTimesError)],
)
def test_a_sitting_needs_names_and_time(exam: str, session: str, minutes: int, error: type[Exception]) -> None:
    with pytest.raises(error):
        sitting_of(
            exam_name=exam,
            session_name=session,
            starts_at=_NOW,
            ends_at=_NOW + timedelta(minutes=minutes),
            profile=profile(),
        )


def _picture(width: int = 3000, height: int = 4000, form: str = "JPEG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, height), (90, 120, 150)).save(file, form)
    return file.getvalue()


def test_pictures_are_found_by_either_number_made_small_and_kept(store: Database) -> None:
    pictures = {
        "01000001": _picture(),
        "001308000002": _picture(form="PNG"),
        "stranger": _picture(10, 10),
        "01000003": b"?",
    }
    result = _import(store, pictures=pictures)
    assert (result.photos.matched, result.photos.unknown, result.photos.unreadable) == (2, 1, 1)
    _import(store)
    with store.reading() as connection:
        photos = [one.photo for one in roster_register.candidates_of(connection, "Thi-thu-Ca-1", "Phong-101")]
    assert all(photo is not None and len(photo) < 20_000 for photo in photos)


@pytest.mark.parametrize("content", [b"", b"GIF89a", _picture(9000, 9000, "PNG"), b"\xff\xd8\xff" + bytes(50)])
def test_what_is_no_usable_picture_is_none(content: bytes) -> None:
    assert small_jpeg(content) is None


def _bundle(centre: Centre, office: BundleOffice | None = None) -> RosterBundle:
    now = centre.clock.now()
    with centre.database.writing() as connection:
        room = roster_register.rooms_to_serve(connection, "P101", now)[0]
        handed = (office or centre.office).newest_for(connection, BoxId("box-101"), room, now)
    opened = open_bundle(handed.signed, centre.signing_key.public_key(), BoxId("box-101"), now)
    assert isinstance(opened, RosterBundle)
    return opened


def test_a_bundle_holds_the_own_room_and_of_the_others_only_keyed_digests(sqlite_store: Database) -> None:
    centre = Centre(sqlite_store)
    centre.seat()
    bundle = _bundle(centre)
    assert [one.candidate_number for one in bundle.session.candidates] == ["01000000", "01000001"]
    chi = CitizenId("001308000003")
    assert list(bundle.elsewhere) == [elsewhere_digest(bundle.elsewhere_key, chi)]
    assert bundle.elsewhere[elsewhere_digest(bundle.elsewhere_key, chi)].room_name == "Phòng 102"
    assert bundle.good_until >= bundle.session.ends_at


def test_the_same_content_keeps_its_version_and_new_anchors_raise_it(sqlite_store: Database) -> None:
    centre = Centre(sqlite_store)
    centre.seat()
    assert _bundle(centre).version == _bundle(centre).version == 1
    office = BundleOffice(
        signing_key=centre.signing_key, evidence_key=centre.office.evidence_key, trust_anchors=(b"another anchor",)
    )
    assert _bundle(centre, office).version == 2
    with_trust = _bundle(centre, msgspec.structs.replace(office, card_trust=b"a signed bundle"))
    assert (with_trust.version, with_trust.card_trust) == (3, b"a signed bundle")
