"""IT staff with a room's equipment in a real Chromium: forms send what they show, on a phone and on the school's PC."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from central.http.server import WebServer
from central.registers import room_plans, staff_accounts
from central.registers.room_plans import DeviceLink
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName
from models.room_plan import LanLink, MqttLink
from models.staff import Role
from models.telemetry import AlertKind
from tests.builders.front_desk import PASSWORD, Reception
from tests.builders.measured import MeasuredDevice, begin_alert, fill
from tests.builders.needed_programs import need
from tests.builders.places import DEED, FULL, add_device, build_places
from tests.builders.raw_told import tell_raw
from tests.builders.running_school import CHROMIUM_WORDS

_CHROMIUM = Path("/usr/bin/chromium")
_PATIENCE_MS = 60_000
PHONE, SCHOOL_PC = (390, 844), (1366, 768)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    need("Chromium", _CHROMIUM.exists())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=CHROMIUM_WORDS)
        yield browser
        browser.close()


@pytest.fixture
def projector(reception: Reception) -> str:
    with reception.centre.database.writing() as connection:
        build_places(connection)
        name = add_device(connection, facts=msgspec.structs.replace(FULL, kind=EquipmentKind.PROJECTOR))
    reception.centre.box("box-dk", "DK-101")
    began_at = reception.centre.clock.now() - timedelta(hours=1)
    with reception.desk.measurements.writing() as connection:
        begin_alert(connection, MeasuredDevice(device_id=name, room_id="DK-101"), began_at, AlertKind.HOT)
    return name


@pytest.fixture
def page(browser: Browser, reception: Reception, projector: str) -> Iterator[Page]:
    assert projector
    server = WebServer(reception.application, reception.live_feed, "localhost", 0)
    server.start()
    account = reception.account(Role.IT, school="DK")
    with reception.centre.database.writing() as connection:
        code = staff_accounts.make_code(connection, account.id, reception.centre.clock.now())
    context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=server.address)
    context.set_default_timeout(_PATIENCE_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto("/welcome")
    page.keyboard.type(code)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/places"))
    yield page
    context.close()
    server.stop()
    assert complaints == []


@contextmanager
def _slow_scripts(page: Page) -> Iterator[None]:
    """The page's own scripts come only when this ends: until then it shows everything, and can do nothing."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/static/forms.js", hold)
    yield
    for route in held:
        route.continue_()
    page.unroute("**/static/forms.js")
    assert held


def _fits(page: Page) -> None:
    for width, height in (SCHOOL_PC, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url


def test_a_projector_is_connected_and_asked_to_go_off(page: Page, reception: Reception, projector: str) -> None:
    page.goto(f"/devices/{projector}")
    page.get_by_text("Sửa kết nối").click()
    form = page.locator(f'form[data-send="/devices/{projector}/link"]')
    form.locator("[name=how]").select_option("lan")
    expect(form.locator("[name=port]")).to_be_hidden()
    form.locator("[name=host]").fill("10.0.0.7")
    form.locator('fieldset[data-for="lan"] [name=driver]').select_option("pjlink")
    form.get_by_label("Tắt máy").check()
    form.locator("[name=reason]").fill("lắp máy")
    _fits(page)
    form.locator("[name=reason]").press("Enter")
    expect(page.get_by_text("10.0.0.7:4352")).to_be_visible(timeout=_PATIENCE_MS)
    with reception.centre.database.reading() as connection:
        held = room_plans.link_of(connection, projector, None)
    assert held.link == LanLink(host="10.0.0.7", driver="pjlink")
    assert held.commands == (DeviceCommandName.POWER_OFF,)
    orders = page.locator("form[data-orders]")
    orders.locator("[name=reason]").fill("hết giờ")
    orders.get_by_role("button", name="Tắt máy").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#orders .outcome")).to_have_text("Chờ thiết bị trả lời", timeout=_PATIENCE_MS)
    _fits(page)


def test_a_sensors_readings_are_asked_for_and_drawn_while_they_come(page: Page, reception: Reception) -> None:
    now = reception.centre.clock.now()
    with reception.centre.database.writing() as connection:
        sensor = add_device(
            connection, facts=msgspec.structs.replace(FULL, kind=EquipmentKind.SENSOR_BOARD, serial="s")
        )
        room_plans.set_link(connection, sensor, DeviceLink(link=MqttLink()), scope=None, deed=DEED)
    board = MeasuredDevice(device_id=sensor, room_id="DK-101", metrics=("co2",), values={"co2": 800.0})
    with reception.desk.measurements.writing() as connection:
        fill(connection, [board], now)
    page.goto(f"/devices/{sensor}")
    _fits(page)
    form = page.locator(f'form[data-orders="/devices/{sensor}/readings"]')
    form.locator("[name=reason]").fill("cảm biến nhảy số")
    form.get_by_role("button", name="Xem số đo tức thời 10 phút").click()
    expect(page.locator("#orders .outcome")).to_have_text("Chờ thiết bị trả lời", timeout=_PATIENCE_MS)
    rows = [[("co2", float(ago), 800.0 + ago % 7, "ppm")] for ago in range(200)]
    with reception.desk.measurements.writing() as connection:
        tell_raw(connection, sensor, now, rows)
    expect(page.locator("#fresh .pygal-chart")).to_be_visible(timeout=_PATIENCE_MS)
    expect(page.locator("#fresh")).to_contain_text("200 số đo")
    _fits(page)


def test_a_rule_is_written_and_an_alert_taken_on(page: Page, reception: Reception) -> None:
    page.goto("/places/DK/hours")
    rule = page.locator('[data-rows="rules"]').last
    rule.get_by_label("Thứ Hai").check()
    page.locator("[name=reason]").fill("tiết kiệm điện")
    _fits(page)
    page.get_by_role("button", name="Lưu cho cả trường").click()
    expect(page.locator('[data-rows="rules"]')).to_have_count(2, timeout=_PATIENCE_MS)
    with reception.centre.database.reading() as connection:
        hours = room_plans.hours_of(connection, "DK")
    [written] = hours.rules
    assert (written.rule_id, written.weekdays, written.at_minute) == ("projector-power-off-1730", (0,), 1050)
    assert (hours.lessons, hours.quiet) == (room_plans.USUAL_HOURS.lessons, room_plans.USUAL_HOURS.quiet)
    assert hours.limits == room_plans.USUAL_HOURS.limits
    expect(page.locator(".count")).to_have_text("1", timeout=_PATIENCE_MS)
    page.goto("/alerts")
    _fits(page)
    page.get_by_label("Ghi chú").fill("đã gọi thợ")
    page.get_by_role("button", name="Nhận việc này").click()
    expect(page.get_by_text("đã gọi thợ")).to_be_visible(timeout=_PATIENCE_MS)
    expect(page.locator(".count")).to_have_count(0)


def test_labels_are_scanned_one_after_the_other_and_a_device_is_lent(page: Page, projector: str) -> None:
    page.goto("/places/rooms/DK-101/inventory?kind=projector")
    for code in ("khong-co", projector, projector):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    expect(page.locator("#state [role=status]")).to_contain_text("Đã quét rồi", timeout=_PATIENCE_MS)
    expect(page.locator(".stock dd").first).to_have_text("1/1")
    _fits(page)
    page.goto(f"/devices/{projector}")
    page.locator(".loan summary").first.click()
    page.get_by_label("Lớp hoặc giáo viên").fill("Lớp 7A")
    page.keyboard.press("Enter")
    give_back = page.get_by_role("button", name="Nhận lại")
    expect(give_back).to_be_visible()
    with _slow_scripts(page):
        page.reload(wait_until="commit")
        give_back.click(no_wait_after=True)
    expect(give_back).to_have_count(0, timeout=_PATIENCE_MS)
    for path in ("/loans", "/firmware", "/places/rooms/DK-101/stickers", "/places/rooms/DK-101"):
        page.goto(path)
        _fits(page)
