"""A running station over a scripted room, and a client that speaks like a page."""

from collections.abc import Iterator

import httpx
import pytest

from edge.station.gatekeeper import COOKIE
from edge.station.server import Station, StationAddress
from tests.builders.exam_room import DOOR_CODE
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room import ScriptedRoom


@pytest.fixture
def room() -> ScriptedRoom:
    return ScriptedRoom()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def station(room: ScriptedRoom, clock: ManualClock) -> Iterator[Station]:
    running = Station(StationAddress(port=0), room, clock)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def visitor(station: Station) -> Iterator[httpx.Client]:
    """Somebody at the door: a browser's headers, no session."""
    with httpx.Client(base_url=station.url, headers={"Origin": station.url.rstrip("/")}, trust_env=False) as client:
        yield client


@pytest.fixture
def proctor(visitor: httpx.Client) -> httpx.Client:
    """The same, signed in. The cookie is Secure, so the client is given it by hand."""
    answer = visitor.post("/session", json={"code": DOOR_CODE})
    visitor.headers["Cookie"] = f"{COOKIE}={answer.cookies[COOKIE]}"
    return visitor
