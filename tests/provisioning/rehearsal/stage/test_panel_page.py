"""The panel in a real browser: a press lays a card, a refusal is read, and the page's own rules are not broken."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from provisioning.rehearsal.stage.application import build_application
from provisioning.rehearsal.stage.scenes import SCENES
from provisioning.rehearsal.stage.server import StageServer
from tests.builders.needed_programs import need
from tests.builders.stages import BuiltStage, build_stage

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture
def built(tmp_path: Path) -> BuiltStage:
    return build_stage(tmp_path)


@pytest.fixture
def page(built: BuiltStage) -> Iterator[Page]:
    need("Chromium", CHROMIUM.exists())
    server = StageServer(build_application(built.stage))
    server.start()
    complaints: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="vi-VN")
        page.on("console", lambda entry: complaints.append(entry.text) if entry.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server.address)
        yield page
        browser.close()
    server.stop()
    # A refused press is an answer of its own kind, which the browser also lists.
    assert [complaint for complaint in complaints if "409" not in complaint] == []


def test_a_press_lays_a_card_and_taking_it_away_empties_the_reader(page: Page, built: BuiltStage) -> None:
    expect(page.locator("#reader")).to_have_text("Trống · empty")
    assert page.locator("[data-scene]").count() == len(SCENES)
    page.get_by_role("button", name="Thí sinh hợp lệ").click()
    first = built.stage.rooms[0].candidates[0]
    expect(page.locator("#reader")).to_contain_text(first.person.full_name)
    expect(page.locator("#camera")).to_have_text("an")
    expect(page.locator("#played")).to_have_text("1 / 24")
    page.get_by_role("button", name="Lấy thẻ ra").click()
    expect(page.locator("#reader")).to_have_text("Trống · empty")


def test_a_refused_scene_says_what_to_press_first(page: Page) -> None:
    page.get_by_role("button", name="Đã vào chỗ rồi").click()
    expect(page.locator("#message")).to_contain_text("Chưa có ai vào chỗ")


def test_the_free_choice(page: Page, built: BuiltStage) -> None:
    candidate = built.stage.rooms[0].candidates[5]
    page.get_by_label("Thẻ của").select_option(candidate.candidate_number)
    page.get_by_label("Thẻ thế nào").select_option("expired")
    page.get_by_label("Ai trước camera").select_option("two people")
    page.get_by_role("button", name="Đặt thẻ").click()
    expect(page.locator("#reader")).to_contain_text(candidate.candidate_number)
    expect(page.locator("#camera")).to_contain_text("Hai người")


def test_a_card_that_left_by_itself_is_seen_without_a_press(page: Page, built: BuiltStage) -> None:
    page.get_by_role("button", name="Rút thẻ giữa chừng").click()
    expect(page.locator("#reader")).to_contain_text("Rút giữa chừng")
    built.props.take()
    expect(page.locator("#reader")).to_have_text("Trống · empty")


def test_without_a_listening_box_the_page_says_so(page: Page, built: BuiltStage) -> None:
    built.props.boxes = 0
    page.get_by_role("button", name="Thí sinh hợp lệ").click()
    expect(page.locator("#message")).to_contain_text("Chưa có hộp nào nghe máy quét QR")
