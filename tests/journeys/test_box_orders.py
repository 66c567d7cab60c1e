"""IT at the centre finds a box, is refused a restart during a sitting, and takes a clean support bundle away.

Everything between is real: pages in Chromium, signed orders over the broker with mutual TLS, the box's program.
"""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from provisioning.rehearsal.school_preparation import central_command
from tests.builders.running_school import RunningSchool, wait_until

LOGIN, PASSWORD = "kythuat", "bốn con mèo xanh ngủ"


@pytest.fixture(scope="module")
def it_person(school: RunningSchool, browser: Browser) -> Iterator[Page]:
    """Signed in at central as IT, at the box's page."""
    printed = central_command(school.files, "make-account", LOGIN, "--role", "it", "--name", "Kỹ thuật viên")
    code = printed.strip().splitlines()[-1].rsplit(": ", 1)[1]
    page = browser.new_page(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    page.goto(f"{school.central_page}welcome")
    page.locator("input[name=code]").fill(code)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(re.compile(r"/(boxes|places|sign-in)"))
    if "/sign-in" in page.url:
        page.locator("input[name=login]").fill(LOGIN)
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(re.compile(r"/(boxes|places)"))
    page.goto(f"{school.central_page}boxes")
    page.locator("table.list a").first.click()
    page.locator("#order").wait_for()
    yield page
    page.close()


def order(page: Page, name: str, reason: str) -> None:
    page.locator("#order input[name=reason]").fill(reason)
    page.locator(f'#order button[value="{name}"]').click()


def newest(page: Page, outcome: str) -> None:
    expect(page.locator("#commands tbody tr").first.locator(".outcome")).to_have_attribute(
        "data-outcome", outcome, timeout=20_000
    )


def test_identify_shows_the_boxes_name_on_the_proctors_screen_until_escape(
    school: RunningSchool, proctor: Page, it_person: Page
) -> None:
    school.wait_for_roster()
    wait_until(
        lambda: it_person.reload() is not None and it_person.locator(".state[data-state]").count() > 0, "a state"
    )
    name = it_person.locator("h1").inner_text().split()[0]
    order(it_person, "identify", "tìm máy trong phòng")
    expect(proctor.locator("#identify-name")).to_have_text(name, timeout=10_000)
    expect(proctor.locator("#identify")).to_be_visible()
    proctor.keyboard.press("Escape")
    expect(proctor.locator("#identify")).to_be_hidden()
    newest(it_person, "done")


def test_a_restart_is_refused_while_the_sitting_is_open(school: RunningSchool, proctor: Page, it_person: Page) -> None:
    order(it_person, "restart", "thử khởi động lại")
    newest(it_person, "refused")
    expect(it_person.locator("#commands tbody tr").first).to_contain_text("A sitting is open in this room")
    assert "command carried out" not in school.box_log()
    expect(proctor.locator("#seats")).to_be_visible()


def test_the_support_bundle_holds_versions_and_log_and_nobodys_name(
    school: RunningSchool, proctor: Page, it_person: Page, tmp_path: Path
) -> None:
    assert proctor.locator("#seats").is_visible()
    order(it_person, "support bundle", "xem nhật ký")
    newest(it_person, "done")
    with it_person.expect_download() as waiting:
        it_person.locator("#commands tbody tr").first.locator("a[download]").click()
    packed = tmp_path / "bundle.gz"
    waiting.value.save_as(packed)
    text = gzip.decompress(packed.read_bytes()).decode()
    assert "software: " in text
    assert "edge." in text.partition("\nlog\n")[2]
    roster = school.files.roster.read_text(encoding="utf-8-sig")
    people = [row.split(",") for row in roster.splitlines()[1:]]
    for cell in {cell for row in people for cell in row if len(cell) >= 6 and not re.fullmatch(r"[0-9/]{10}", cell)}:
        assert cell not in text, "a cell of the roster stands in the bundle"
    assert school.door_code not in text
