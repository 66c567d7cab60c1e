"""A principal's morning in a real Chromium, on a phone and on the school's PC, by keyboard alone where it matters."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from central.http.server import WebServer
from central.registers import staff_accounts
from models.equipment import EquipmentKind
from models.staff import Role
from tests.builders.front_desk import PASSWORD, Reception
from tests.builders.measured_school import MeasuredSchool
from tests.builders.needed_programs import need
from tests.builders.running_school import CHROMIUM_WORDS

_CHROMIUM = Path("/usr/bin/chromium")
_PATIENCE_MS = 30_000
PHONE, SCHOOL_PC = {"width": 390, "height": 844}, {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("Chromium", _CHROMIUM.exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=CHROMIUM_WORDS)
        yield browser
        browser.close()


@pytest.fixture
def school(reception: Reception) -> MeasuredSchool:
    school = MeasuredSchool(reception)
    school.device("DK-101", EquipmentKind.INTERACTIVE_BOARD, days=20, used=(5, 6, 7, 8), values={"power": "on"})
    school.device("DK-101", EquipmentKind.TABLET, days=20, used=(8, 9), values={"battery": 23.0})
    school.device("DK-102", EquipmentKind.PROJECTOR, days=20, used=(6,), values={"lamp_hours": 2140.0})
    school.device("DK-101", EquipmentKind.SENSOR_BOARD, days=20, metrics=("temperature", "co2"))
    return school


@pytest.fixture
def page(browser: Browser, school: MeasuredSchool) -> Iterator[Page]:
    """At the morning, signed in with a one-time code typed on the keyboard; nothing the policy forbids happens."""
    reception = school.reception
    server = WebServer(reception.application, reception.live_feed, "localhost", 0)
    server.start()
    account = reception.account(Role.PRINCIPAL, school="DK")
    with reception.centre.database.writing() as connection:
        code = staff_accounts.make_code(connection, account.id, reception.centre.clock.now())
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{server.address}welcome")
    page.keyboard.type(code)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/morning"))
    yield page
    context.close()
    server.stop()
    assert complaints == []


def _fits(page: Page) -> None:
    for size in (PHONE, SCHOOL_PC):
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url


def test_from_the_morning_to_a_room_to_a_device_and_its_history(page: Page) -> None:
    expect(page.locator("h1")).to_contain_text("Sáng nay")
    expect(page.locator(".rooms-now li").first).to_contain_text("1 máy tính bảng: pin yếu")
    _fits(page)
    page.get_by_role("link", name="Phòng 101", exact=True).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Phòng 101")
    expect(page.locator("figure svg")).to_have_count(2)
    _fits(page)
    page.locator("figure summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("figure table").first).to_be_visible()
    page.get_by_role("link", name="Hãng tablet").click()
    expect(page.locator("h1")).to_have_text("Hãng tablet")
    expect(page.get_by_role("heading", name="Chuyển chỗ, sửa chữa, sổ sách")).to_be_visible()
    _fits(page)


def test_the_heat_map_is_read_by_arrow_keys(page: Page) -> None:
    page.goto(_there(page, "/room-hours"))
    page.locator('td[tabindex="0"]').focus()
    expect(page.locator("#told")).to_contain_text("6 giờ đến 7 giờ: 45 phút mỗi ngày")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#told")).to_contain_text("Phòng 101, 8 giờ đến 9 giờ")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#told")).to_contain_text("Phòng 102, 8 giờ đến 9 giờ: 0 phút")
    page.keyboard.press("Home")
    expect(page.locator('td[tabindex="0"]')).to_be_focused()
    _fits(page)


def test_every_page_fits_a_phone_and_the_school_pc(page: Page) -> None:
    for path in ("/utilisation", "/reports", "/evidence", "/rooms/DK-101?span=term"):
        page.goto(_there(page, path))
        expect(page.locator("h1")).to_be_visible()
        _fits(page)


def test_a_page_that_stays_open_says_when_nobody_answers(page: Page) -> None:
    page.route("**/morning/content*", lambda route: route.abort())
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".strip[role=status]")).to_have_text("Mất kết nối. Số liệu dưới đây đúng lúc 07:00:00.")
    page.unroute("**/morning/content*")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".strip[role=status]")).to_be_hidden()


def _there(page: Page, path: str) -> str:
    return re.sub(r"^(https?://[^/]+).*", rf"\g<1>{path}", page.url)
