import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import httpx
import pytest

from edge.station.server import Station
from edge.station.sessions import IDLE_MS
from tests.builders.exam_room import CHIP_PICTURE, LIVE_PICTURE
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room import Scene, ScriptedRoom


def events(stream: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_a_page_gets_the_whole_screen_at_once_and_after_each_change(proctor: httpx.Client, room: ScriptedRoom) -> None:
    with proctor.stream("GET", "/feed") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        feed = events(stream)
        _, first = next(feed)
        assert (first["desk"]["present"], first["desk"]["expected"]) == (9, 24)
        room.play(Scene.GOOD)
        _, then = next(feed)
        while then["desk"]["verdict"] is None:
            _, then = next(feed)
        assert then["desk"]["verdict"]["light"] == "GREEN"
        assert then["desk"]["present"] == 10
        assert set(then["pictures"]) == {"roster", "chip", "live"}


def test_a_change_of_the_box_alone_reaches_the_page(proctor: httpx.Client, room: ScriptedRoom) -> None:
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        next(feed)
        room.set_box(online=False, waiting_to_send=3)
        screen = next(screen for _, screen in feed if not screen["box"]["online"])
        assert screen["box"]["waiting_to_send"] == 3


def test_a_session_that_ends_takes_its_feed_along(proctor: httpx.Client, room: ScriptedRoom) -> None:
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        next(feed)
        proctor.request("DELETE", "/session", json={})
        room.changes.note()
        assert "signed-out" in [name for name, _ in feed]


def test_an_open_page_that_nobody_touches_is_led_to_the_door(
    proctor: httpx.Client, room: ScriptedRoom, clock: ManualClock
) -> None:
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        next(feed)
        clock.advance(milliseconds=IDLE_MS)
        room.changes.note()
        assert next(feed)[0] == "screen"
        for path in ("/", "/session", "/preview", "/pictures/chip/0123456789abcdef"):
            assert proctor.get(path).status_code != 401
        clock.advance(milliseconds=1)
        room.changes.note()
        assert "signed-out" in [name for name, _ in islice(feed, 4)]
    assert proctor.post("/press", json={"press": "code", "access_number": "010009"}).status_code == 401
    assert room.pressed == []


def test_each_press_keeps_the_page_open_for_another_half_hour(
    proctor: httpx.Client, room: ScriptedRoom, clock: ManualClock
) -> None:
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        for _ in range(3):
            clock.advance(milliseconds=IDLE_MS)
            assert proctor.post("/press", json={"press": "code", "access_number": "010009"}).status_code == 204
            room.changes.note()
            assert next(feed)[0] == "screen"


def test_a_candidate_served_without_any_key_keeps_the_page_open_too(
    proctor: httpx.Client, room: ScriptedRoom, clock: ManualClock
) -> None:
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        ticket = next(feed)[1]["desk"]["ticket"]
        for row in (9, 10, 11):
            clock.advance(milliseconds=IDLE_MS)
            room.give_code_and_card(row)
            room.read_card(row)
            room.measure_face()
            served = ticket
            while served == ticket:
                name, screen = next(feed)
                assert name == "screen"
                served = screen["desk"]["ticket"]
            ticket = served


def test_stopping_the_station_lets_open_pages_go(proctor: httpx.Client, station: Station) -> None:
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        next(feed)
        station.stop()
        assert [name for name, _ in feed if name == "signed-out"] == []


def test_a_screen_that_cannot_be_made_does_not_end_the_feed(
    proctor: httpx.Client, room: ScriptedRoom, caplog: pytest.LogCaptureFixture
) -> None:
    room.breaks = True
    room.changes.note()
    with proctor.stream("GET", "/feed") as stream:
        feed = events(stream)
        next(feed)
        room.breaks = False
        room.play(Scene.WRONG_ROOM)
        screen = next(screen for _, screen in feed if screen["desk"]["verdict"])
        assert screen["desk"]["right_room"] == "Phòng 102"
    assert "could not be composed" in caplog.text


def test_a_picture_is_given_only_under_its_present_key(proctor: httpx.Client, room: ScriptedRoom) -> None:
    room.play(Scene.GOOD)
    with proctor.stream("GET", "/feed") as stream:
        keys = next(screen["pictures"] for _, screen in events(stream) if screen["pictures"])
    picture = proctor.get(f"/pictures/chip/{keys['chip']}")
    assert picture.content == CHIP_PICTURE
    assert (picture.headers["content-type"], picture.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert proctor.get(f"/pictures/live/{keys['chip']}").status_code == 404
    assert proctor.get(f"/pictures/nose/{keys['chip']}").status_code == 404
    room.give_code_and_card(10)
    assert proctor.get(f"/pictures/chip/{keys['chip']}").status_code == 404


def test_the_camera_is_shown_only_while_somebody_is_compared(proctor: httpx.Client, room: ScriptedRoom) -> None:
    assert proctor.get("/preview").status_code == 404
    room.give_code_and_card()
    room.read_card()
    answer = proctor.get("/preview")
    assert (answer.content, answer.headers["cache-control"]) == (LIVE_PICTURE, "no-store")
    room.camera_picture = None
    assert proctor.get("/preview").status_code == 404
