"""What a proctor sees when the network is cut and when the power comes back: the same screen, and nothing lost."""

import sqlite3

import pytest
from playwright.sync_api import Browser, Page, expect

from provisioning.rehearsal.school import prepare_school, start_box, start_broker
from tests.builders.running_school import RunningSchool, StagePresses, wait_until


def admitted_at_central(school: RunningSchool) -> int:
    database = sqlite3.connect(f"file:{school.files.central / 'central.db'}?mode=ro", uri=True)
    try:
        row = database.execute("SELECT count(*) FROM admissions WHERE kind = 'admitted'").fetchone()
    finally:
        database.close()
    return int(row[0])


def test_without_network_a_banner_says_so_and_candidates_are_seated_all_the_same(
    school: RunningSchool, stage: StagePresses, proctor: Page
) -> None:
    school.programs.kill("broker")
    expect(proctor.locator("#banners")).to_contain_text("ngoại tuyến", timeout=30_000)
    stage.play("good")
    expect(proctor.locator("body")).to_have_attribute("data-light", "GREEN", timeout=30_000)
    expect(proctor.locator("#present")).to_have_text("1")
    assert admitted_at_central(school) == 0
    expect(proctor.locator("#to-send")).not_to_have_text("0")
    start_broker(school.programs, school.files, school.ports)
    wait_until(lambda: admitted_at_central(school) == 1, "the admission at central", 60)
    expect(proctor.locator("#to-send")).to_have_text("0", timeout=30_000)
    expect(proctor.locator("#banners")).not_to_contain_text("ngoại tuyến", timeout=30_000)


def test_after_a_power_cut_the_box_knows_who_is_seated(
    school: RunningSchool, stage: StagePresses, browser: Browser
) -> None:
    school.programs.kill("box")
    start_box(school.programs, school.files, school.ports)
    page = browser.new_page(viewport={"width": 1366, "height": 768})
    page.goto(school.proctor_page)
    page.locator("input").first.fill(school.door_code, timeout=60_000)
    page.keyboard.press("Enter")
    expect(page.locator("#present")).to_have_text("1", timeout=30_000)
    stage.play("already-seated")
    expect(page.locator("body")).to_have_attribute("data-light", "RED", timeout=30_000)
    expect(page.locator("#reason")).to_have_text("Thí sinh này đã vào chỗ.")


def test_a_second_start_changes_nothing_of_the_sitting(
    school: RunningSchool, capsys: pytest.CaptureFixture[str]
) -> None:
    again = prepare_school(school.files, school.ports, "")
    assert again == school.session
    assert "roster" not in capsys.readouterr().out, "nothing is imported again"
