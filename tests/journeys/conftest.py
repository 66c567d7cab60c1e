"""One rehearsal school for the journeys of a file, and a browser in which a proctor has signed in."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.builders.needed_programs import need
from tests.builders.private_pcscd import pcscd_is_installed
from tests.builders.running_school import CHROMIUM_WORDS, RunningSchool, StagePresses

CHROMIUM = Path("/usr/bin/chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A journey starts whole programs; on a busy machine that alone may take a minute."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.timeout(400))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("Chromium", CHROMIUM.exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_WORDS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSchool]:
    need("pcscd with vsmartcard-vpcd", pcscd_is_installed())
    with RunningSchool(tmp_path_factory.mktemp("school")) as school:
        yield school


@pytest.fixture(scope="module")
def stage(school: RunningSchool) -> Iterator[StagePresses]:
    presses = school.stage()
    yield presses
    presses.close()


@pytest.fixture(scope="module")
def proctor(school: RunningSchool, browser: Browser) -> Page:
    """The proctor's screen after sign-in, on the smallest school PC."""
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(school.proctor_page)
    page.locator("input").first.fill(school.door_code, timeout=60_000)
    page.keyboard.press("Enter")
    page.locator("#seats").wait_for()
    return page
