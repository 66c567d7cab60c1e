"""A real Chromium before one running station; each test starts the room over."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from edge.station.server import Station, StationAddress
from tests.builders.exam_room import DOOR_CODE
from tests.builders.needed_programs import need
from tests.fakes.scripted_room import ScriptedRoom

CHROMIUM = Path("/usr/bin/chromium")
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("Chromium", CHROMIUM.exists())
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def stage() -> ScriptedRoom:
    return ScriptedRoom()


@pytest.fixture(scope="module")
def station(stage: ScriptedRoom) -> Iterator[Station]:
    running = Station(StationAddress(port=0), stage)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def room(stage: ScriptedRoom) -> ScriptedRoom:
    stage.start_over()
    return stage


@pytest.fixture
def open_desk(browser: Browser, station: Station) -> Iterator[OpenDesk]:
    """Signs in as a proctor does, on a device that never saw the page. Any script error fails the test."""
    errors: list[str] = []
    contexts = []

    def open_page(**device: object) -> Page:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, **device)  # type: ignore[arg-type]  # Playwright's own options
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        sign_in(page, station.url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def signed_in(browser: Browser, station: Station) -> Iterator[tuple[Page, list[str]]]:
    errors: list[str] = []
    page = browser.new_page(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    page.on("pageerror", lambda error: errors.append(str(error)))
    sign_in(page, station.url)
    yield page, errors
    page.close()


@pytest.fixture
def page(signed_in: tuple[Page, list[str]], room: ScriptedRoom) -> Iterator[Page]:
    """The desk of a proctor who signed in before, at rest. Any script error fails the test."""
    desk, errors = signed_in
    errors.clear()
    desk.set_viewport_size({"width": 1366, "height": 768})
    expect(desk.locator("#seats [data-state='seated']")).to_have_count(room.seated)
    expect(desk.locator("body")).to_have_attribute("data-step", "waiting")
    yield desk
    assert errors == []


@pytest.fixture
def fresh_page(page: Page) -> Page:
    """The same after a reload: no focus, no memory of keys."""
    page.evaluate("localStorage.clear()")
    page.goto(page.url, wait_until="commit")
    page.wait_for_selector("body[data-step=waiting]")
    return page


def sign_in(page: Page, url: str) -> None:
    page.goto(url)
    page.fill("#code", DOOR_CODE)
    page.click("#enter")
    page.wait_for_selector("body[data-step]:not([data-step=''])")
