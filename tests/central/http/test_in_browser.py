"""The pages in a real Chromium: by keyboard alone, live, in both languages, on a phone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from central.http.server import WebServer
from central.registers import staff_accounts
from models.identifiers import RoomId
from models.staff import Role
from models.wire.event_chain import EventKind
from tests.builders.box_chain import BoxChain, evidence_of, sealed_for
from tests.builders.centre import SITTING
from tests.builders.exams import AN
from tests.builders.front_desk import PASSWORD, Reception
from tests.builders.needed_programs import need

_CHROMIUM = Path("/usr/bin/chromium")
_WORDS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("Chromium", _CHROMIUM.exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_WORDS)
        yield browser
        browser.close()


@pytest.fixture
def address(reception: Reception) -> Iterator[str]:
    server = WebServer(reception.application, reception.live_feed, "localhost", 0)
    server.start()
    yield server.address
    server.stop()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert complaints == []


def _code(reception: Reception, role: Role) -> str:
    account = reception.account(role)
    with reception.centre.database.writing() as connection:
        return staff_accounts.make_code(connection, account.id, reception.centre.clock.now())


def _come_in(page: Page, address: str, reception: Reception, role: Role) -> None:
    page.goto(f"{address}welcome")
    page.keyboard.type(_code(reception, role))
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/(exam-days|places|accounts|morning)"))


def _say(reception: Reception, box: BoxChain, kind: EventKind, number: str, citizen: str, seat: str) -> None:
    centre = reception.centre
    box.at = centre.clock.now()
    sealed = sealed_for(centre.office.evidence_key, evidence_of(number, citizen, seat, box.at))
    centre.say(box, box.batch([box.event(kind, sealed)]))
    reception.live_feed.room_changed(SITTING, box.room)


def test_somebody_comes_in_with_a_code_and_the_keyboard_alone(page: Page, address: str, reception: Reception) -> None:
    _come_in(page, address, reception, Role.EXAM_OFFICE)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.get_by_role("link", name="Ca 1").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Ca 1")
    page.get_by_role("link", name="Phòng 101", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Phòng 101")
    expect(page.get_by_role("cell", name="Nguyễn Văn An")).to_be_visible()


def test_a_wrong_password_is_told_in_words(page: Page, address: str, reception: Reception) -> None:
    reception.account(Role.IT)
    page.goto(f"{address}sign-in")
    page.fill("[name=login]", "it")
    page.fill("[name=password]", "not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("Sai tên hoặc mật khẩu.")


def test_a_seat_turns_without_a_reload_and_a_double_seat_stands_out(
    page: Page, address: str, reception: Reception
) -> None:
    one, two = reception.centre.box("box-101", "P101"), reception.centre.box("box-102", "P102")
    _come_in(page, address, reception, Role.EXAM_OFFICE)
    page.goto(f"{address}exam-days/{SITTING}")
    expect(page.locator(".live")).to_have_attribute("data-state", "on")
    first = page.locator("#room-P101 .seat").first
    expect(first).to_have_attribute("data-state", "expected")
    expect(first).to_have_text("01")
    _say(reception, one, EventKind.ADMITTED, "01000000", AN, "01")
    expect(first).to_have_attribute("data-state", "seated")
    expect(first).to_have_text("≠")
    expect(page.locator(".figures .main b")).to_have_text("1")
    reception.centre.clock.advance(seconds=20)
    _say(reception, two, EventKind.ADMITTED, "01000000", AN, "09")
    alarm = page.locator(".alarm")
    expect(alarm).to_contain_text("Một người ở hai chỗ")
    expect(alarm).to_contain_text("Phòng 102")
    alarm_box, rooms_box = alarm.bounding_box(), page.locator(".rooms").bounding_box()
    assert alarm_box is not None
    assert rooms_box is not None
    assert alarm_box["y"] < rooms_box["y"]


def test_a_room_shows_each_answer_with_its_reason_and_the_second_judgement(
    page: Page, address: str, reception: Reception
) -> None:
    box = reception.centre.box()
    _come_in(page, address, reception, Role.PRINCIPAL)
    page.goto(f"{address}exam-days/{SITTING}/rooms/P101")
    expect(page.locator(".live")).to_have_attribute("data-state", "on")
    _say(reception, box, EventKind.ADMITTED, "01000000", AN, "01")
    answer = page.locator(".answers li").first
    expect(answer).to_contain_text("Cần xem")
    expect(answer).to_contain_text("Thẻ bị nhấc ra khi đang đọc")
    expect(answer).to_contain_text("Trung tâm xét lại: khác")
    expect(answer.locator("time")).to_have_text("07:00:00")


def test_the_page_says_so_when_it_cannot_hear(page: Page, address: str, reception: Reception) -> None:
    _come_in(page, address, reception, Role.EXAM_OFFICE)
    page.goto(f"{address}exam-days/{SITTING}")
    expect(page.locator(".live")).to_have_attribute("data-state", "on")
    reception.live_feed.close()
    expect(page.locator(".live")).to_have_attribute("data-state", "off")
    expect(page.locator(".live")).to_contain_text("Mất kết nối từ")


def test_english_by_a_switch_and_back(page: Page, address: str, reception: Reception) -> None:
    _come_in(page, address, reception, Role.EXAM_OFFICE)
    page.goto(f"{address}exam-days/{SITTING}")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".figures .main dt")).to_have_text("present")
    page.wait_for_load_state()
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.locator(".figures .main dt")).to_have_text("có mặt")


@pytest.mark.parametrize("path", ["exam-days", f"exam-days/{SITTING}", f"exam-days/{SITTING}/rooms/P101", "boxes"])
def test_nothing_runs_over_the_edge_of_a_phone(page: Page, address: str, reception: Reception, path: str) -> None:
    reception.centre.box()
    _come_in(page, address, reception, Role.EXAM_OFFICE)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{address}{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_administrator_makes_an_account_and_closes_it(page: Page, address: str, reception: Reception) -> None:
    _come_in(page, address, reception, Role.ADMINISTRATOR)
    page.fill("[name=login]", "duc.le")
    page.fill("[name=display_name]", "Lê Minh Đức")
    page.select_option("[name=role]", "proctor")
    page.fill("[name=room_id]", "P101")
    page.keyboard.press("Enter")
    expect(page.locator("#code b")).to_have_text(re.compile(r"([A-Z2-7]{4}-){3}[A-Z2-7]{4}"))
    with reception.centre.database.reading() as connection:
        made = staff_accounts.find(connection, "duc.le")
    assert made is not None
    assert (made.role, made.room_id) == (Role.PROCTOR, RoomId("P101"))
    page.reload()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("row", name="duc.le").get_by_role("button", name="Đóng", exact=True).click()
    expect(page.get_by_role("row", name="duc.le")).to_contain_text("đã đóng")


def test_signing_out_leads_to_the_door(page: Page, address: str, reception: Reception) -> None:
    _come_in(page, address, reception, Role.IT)
    page.get_by_role("button", name="Đăng xuất").click()
    page.wait_for_url("**/sign-in")
    page.goto(f"{address}boxes")
    page.wait_for_url("**/sign-in")
