from concurrent.futures import ThreadPoolExecutor

import httpx
import msgspec
import pytest

from edge.station.attempts import FREE_TRIES
from edge.station.gatekeeper import COOKIE
from edge.station.sessions import IDLE_MS
from tests.builders.exam_room import DOOR_CODE
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room import ScriptedRoom


@pytest.mark.parametrize("typed", [DOOR_CODE, DOOR_CODE.lower(), " K7MP 4QXA ", "k7mp-4qxa"])
def test_the_door_code_opens_however_it_is_typed(visitor: httpx.Client, typed: str) -> None:
    answer = visitor.post("/session", json={"code": typed})
    assert answer.status_code == 204
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"Secure", "HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert len(answer.cookies[COOKIE]) >= 43


def test_a_wrong_code_is_refused_without_saying_what_was_sent(visitor: httpx.Client) -> None:
    answer = visitor.post("/session", json={"code": "ABCDEFGH"})
    assert (answer.status_code, answer.json()) == (401, {"reason": "WRONG_CODE", "wait_seconds": 0})
    assert "set-cookie" not in answer.headers


def test_a_login_flood_is_held_back_and_ends_with_the_wait(visitor: httpx.Client, clock: ManualClock) -> None:
    def try_wrong(_: int) -> int:
        return visitor.post("/session", json={"code": "ABCDEFGH"}).status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(try_wrong, range(40)))
    assert statuses.count(401) == FREE_TRIES
    assert statuses.count(429) == 40 - FREE_TRIES
    held = visitor.post("/session", json={"code": DOOR_CODE})
    assert (held.status_code, held.headers["Retry-After"]) == (429, "2")
    clock.advance(seconds=2)
    assert visitor.post("/session", json={"code": DOOR_CODE}).status_code == 204


def test_a_proctor_already_inside_is_not_touched_by_a_flood(proctor: httpx.Client) -> None:
    for _ in range(6):
        proctor.post("/session", json={"code": "ABCDEFGH"})
    assert proctor.post("/press", json={"press": "code", "access_number": "010009"}).status_code == 204


def test_without_a_roster_the_page_says_so_and_looks_again_by_itself(visitor: httpx.Client, room: ScriptedRoom) -> None:
    room.bundle = None
    page = visitor.get("/sign-in").text
    assert "Chưa có danh sách phòng thi" in page
    assert 'http-equiv="refresh"' in page
    assert "<form" not in page
    answer = visitor.post("/session", json={"code": DOOR_CODE})
    assert (answer.status_code, answer.json()["reason"]) == (409, "NO_ROSTER")


def test_a_hash_that_cannot_be_read_opens_nothing(visitor: httpx.Client, room: ScriptedRoom) -> None:
    assert room.bundle is not None
    room.bundle = msgspec.structs.replace(room.bundle, door_code_hash="not a hash")
    answer = visitor.post("/session", json={"code": DOOR_CODE})
    assert (answer.status_code, answer.json()["reason"]) == (409, "NO_ROSTER")


def test_signing_out_ends_the_session_at_once(proctor: httpx.Client) -> None:
    assert proctor.get("/session").status_code == 204
    assert proctor.request("DELETE", "/session", json={}).status_code == 204
    assert proctor.get("/session").status_code == 401
    assert proctor.get("/").headers["location"] == "/sign-in"


def test_an_idle_session_ends(proctor: httpx.Client, clock: ManualClock) -> None:
    clock.advance(milliseconds=IDLE_MS + 1)
    assert proctor.get("/session").status_code == 401
