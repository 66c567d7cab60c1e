"""A principal whose account has a school sees the exam day of that school; the province sees every room.

P101 stands in school A, P102 in school B; P103 and school C have nothing to do with each other or with the sitting.
"""

from collections.abc import Iterator
from itertools import takewhile

import httpx
import pytest

from central.http.server import WebServer
from central.registers import place_register, quarantine
from central.registers.place_register import School
from central.registers.quarantine import QuarantineReason, Suspect
from models.staff import Role
from models.wire.event_chain import EventKind
from tests.builders.box_chain import BoxChain, evidence_of, sealed_for
from tests.builders.centre import SITTING, Centre
from tests.builders.exams import AN
from tests.builders.front_desk import Reception

DAY = f"/exam-days/{SITTING}"


@pytest.fixture
def schools(reception: Reception) -> Reception:
    at = reception.centre.clock.now()
    with reception.centre.database.writing() as connection:
        for school, room in (("A", "P101"), ("B", "P102"), ("C", "P103")):
            named = School(school_id=school, school_name=f"Trường {school}", commune="Xã Một")
            place_register.add_or_change_school(connection, named, at)
            place_register.add_or_change_room(
                connection, room_id=room, school_id=school, room_name=room, is_smart=False, at=at
            )
    return reception


def _seat(centre: Centre, box: BoxChain, seat: str) -> None:
    box.at = centre.clock.now()
    sealed = sealed_for(centre.office.evidence_key, evidence_of("01000000", AN, seat, box.at))
    centre.say(box, box.batch([box.event(EventKind.ADMITTED, sealed)]))


@pytest.mark.parametrize("page", ["", "/content", "/tile"])
@pytest.mark.parametrize(("school", "own", "other"), [("A", "P101", "P102"), ("B", "P102", "P101")])
def test_the_own_schools_room_answers_and_the_other_one_is_not_there(
    schools: Reception, school: str, own: str, other: str, page: str
) -> None:
    client = schools.visit(Role.PRINCIPAL, school=school, accept="application/json")
    assert client.get(f"{DAY}/rooms/{own}{page}").status_code == 200
    assert client.get(f"{DAY}/rooms/{other}{page}").status_code == 404
    province = schools.visit(Role.PRINCIPAL)
    assert [province.get(f"{DAY}/rooms/{room}{page}").status_code for room in (own, other)] == [200, 200]


def test_the_day_holds_the_rooms_and_figures_of_the_own_school(schools: Reception) -> None:
    shown = schools.visit(Role.PRINCIPAL, school="A").get(DAY).text
    assert "Phòng 101" in shown
    assert "Phòng 102" not in shown
    assert "Lê Thị Chi" not in shown
    assert "<b>0</b><span>/2</span>" in shown
    assert "<b>0</b><span>/3</span>" in schools.visit(Role.PRINCIPAL).get(DAY).text
    assert "Phòng 102" not in schools.visit(Role.PRINCIPAL, school="A").get(f"{DAY}?room=102").text


@pytest.mark.parametrize("path", [DAY, f"{DAY}/summary", f"{DAY}/feed", f"{DAY}/rooms/P101"])
def test_a_sitting_without_a_room_of_the_school_is_not_there(schools: Reception, path: str) -> None:
    client = schools.visit(Role.PRINCIPAL, school="C", accept="application/json")
    assert client.get(path).status_code == 404
    assert SITTING not in client.get("/exam-days").text
    assert SITTING in schools.visit(Role.PRINCIPAL, school="A").get("/exam-days").text


def test_a_room_that_no_register_knows_is_for_the_province_alone(reception: Reception) -> None:
    with reception.centre.database.writing() as connection:
        named = School(school_id="A", school_name="Trường A", commune="")
        place_register.add_or_change_school(connection, named, reception.centre.clock.now())
    assert reception.visit(Role.PRINCIPAL, school="A", accept="application/json").get(DAY).status_code == 404
    assert reception.visit(Role.PRINCIPAL).get(DAY).status_code == 200


def test_who_sits_in_two_schools_is_told_to_both_and_to_no_third(schools: Reception) -> None:
    centre = schools.centre
    _seat(centre, centre.box(), "01")
    centre.clock.advance(minutes=1)
    _seat(centre, centre.box("box-102", "P102"), "01")
    for school in ("A", "B"):
        told = schools.visit(Role.PRINCIPAL, school=school).get(f"{DAY}/summary").text
        assert "01000000" in told
        own, other = ("P101", "P102") if school == "A" else ("P102", "P101")
        assert f'href="{DAY}/rooms/{own}"' in told
        assert f'href="{DAY}/rooms/{other}"' not in told
    assert f'href="{DAY}/rooms/P102"' in schools.visit(Role.PRINCIPAL).get(f"{DAY}/summary").text


def test_the_live_feed_names_rooms_of_the_own_school_alone(schools: Reception) -> None:
    cookies = dict(schools.visit(Role.PRINCIPAL, school="A").cookies)
    server = WebServer(schools.application, schools.live_feed, "localhost", 0)
    server.start()
    try:
        with (
            httpx.Client(base_url=server.address, cookies=cookies, trust_env=False, timeout=20) as client,
            client.stream("GET", f"{DAY}/feed") as answer,
        ):
            lines = answer.iter_lines()
            told = []
            for room in ("P102", "P101"):
                told += _rooms_until_pulse(lines)
                schools.live_feed.room_changed(SITTING, room)
            told += _rooms_until_pulse(lines)
    finally:
        server.stop()
    assert told == ["P101"]


def _rooms_until_pulse(lines: Iterator[str]) -> list[str]:
    """The rooms named before the next pulse, which follows each change."""
    before = list(takewhile(lambda line: line != "event: pulse", lines))
    return [line.removeprefix("data: ") for line in before if line.startswith("data: P")]


def test_quarantine_holds_what_boxes_of_the_own_school_said(schools: Reception) -> None:
    centre = schools.centre
    centre.box()
    centre.box("box-102", "P102")
    with centre.database.writing() as connection:
        for box_id in ("box-101", "box-102", None):
            suspect = Suspect(
                received_at=centre.clock.now(),
                topic=f"from/{box_id}",
                box_id=box_id,
                reason=QuarantineReason.UNREADABLE,
                sentence="not ours",
                payload=f"{box_id}".encode(),
            )
            quarantine.keep(connection, suspect)
    own = schools.visit(Role.IT, school="A")
    assert [
        "from/box-101" in (shown := own.get("/quarantine").text),
        "from/box-102" in shown,
        "from/None" in shown,
    ] == [
        True,
        False,
        False,
    ]
    everything = schools.visit(Role.IT).get("/quarantine").text
    assert all(f"from/{one}" in everything for one in ("box-101", "box-102", None))
    for school, waiting in (("A", 1), (None, 3)):
        with centre.database.reading() as connection:
            assert quarantine.count(connection, school) == waiting


@pytest.mark.parametrize("school", [None, "A"])
def test_it_staff_begin_at_their_places(schools: Reception, school: str | None) -> None:
    answer = schools.visit(Role.IT, school=school).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/places")
