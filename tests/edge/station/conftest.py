"""A running station over a scripted room, a client that speaks like a page, and a real browser."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from edge.station.gatekeeper import COOKIE
from edge.station.server import Station, StationAddress
from tests.builders.exam_room import DOOR_CODE
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room import ScriptedRoom

CHROMIUM = "/usr/bin/chromium"
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]

OpenDesk = Callable[..., Page]


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_desk(browser: Browser, station: Station) -> Iterator[OpenDesk]:
    """Signs in as a proctor does and gives the desk's page. Any script error fails the test."""
    errors: list[str] = []
    contexts = []

    def open_page(width: int = 1366, height: int = 768, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]  # options are Playwright's own
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(station.url)
        page.fill("#code", DOOR_CODE)
        page.click("#enter")
        page.wait_for_selector("body[data-step]:not([data-step=''])")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
