"""The door, the banners and a feed that is cut, in a real Chromium."""

from playwright.sync_api import Browser, Page, expect

from edge.exam_desk.announcements import Words
from edge.station.server import Station, StationAddress
from edge.station.sessions import IDLE_MS
from tests.builders.exam_room import DOOR_CODE, NOW
from tests.edge.station.pages.conftest import OpenDesk, sign_in
from tests.fakes.manual_clock import ManualClock
from tests.fakes.scripted_room import Scene, ScriptedRoom


def test_a_wrong_code_is_said_plainly_and_the_right_one_opens(browser: Browser, station: Station) -> None:
    page = browser.new_page()
    page.goto(station.url)
    expect(page).to_have_url(f"{station.url}sign-in")
    expect(page.locator("h1")).to_have_text("Phòng 101")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type("ABCDEFGH")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_have_text("Sai mã. Xem lại phiếu phân công.")
    page.fill("#code", DOOR_CODE.lower())
    page.keyboard.press("Enter")
    expect(page.locator("#room")).to_have_text("Phòng 101")
    assert page.url == station.url
    assert page.evaluate("document.cookie") == ""
    page.close()


def test_the_secure_cookie_works_on_localhost_by_name_and_by_number(browser: Browser, station: Station) -> None:
    for url in (station.url, station.url.replace("localhost", "127.0.0.1")):
        page = browser.new_page()
        page.goto(url)
        page.fill("#code", DOOR_CODE)
        page.click("#enter")
        expect(page.locator("#room")).to_have_text("Phòng 101")
        page.close()


def test_leaving_the_desk_leads_back_to_the_door(open_desk: OpenDesk, station: Station) -> None:
    page = open_desk()
    page.keyboard.press("?")
    page.click("#sign-out")
    expect(page).to_have_url(f"{station.url}sign-in")
    page.goto(station.url)
    expect(page).to_have_url(f"{station.url}sign-in")


def test_room_sitting_clock_and_counter_stand_at_the_top(open_desk: OpenDesk, room: ScriptedRoom) -> None:
    page = open_desk(timezone_id="America/New_York")
    room.set_box(waiting_to_send=2)
    expect(page.locator("#sitting")).to_have_text("Thi thử tốt nghiệp THPT 2027 · Ca 1 – Toán")
    expect(page.locator("#clock")).to_contain_text("07:03:1")
    expect(page.locator("#starts")).to_have_text("Giờ thi 07:30")
    expect(page.locator("#present")).to_have_text("9")
    expect(page.locator("#expected")).to_have_text("24")
    expect(page.locator("#to-send")).to_have_text("2")


def test_working_offline_is_said_in_a_banner_and_changes_nothing_else(page: Page, room: ScriptedRoom) -> None:
    room.play(Scene.GOOD)
    room.set_box(online=False, offline_since=NOW, waiting_to_send=7, on_this_box_alone=7)
    banners = page.locator("#banners p")
    expect(banners).to_have_text(["Đang chạy ngoại tuyến – 7 lượt chờ gửi từ lúc 07:03:12", "7 lượt chỉ có ở máy này"])
    expect(page.locator("#word")).to_have_text("ĐẠT")
    room.set_box(online=True, offline_since=None, waiting_to_send=0, on_this_box_alone=0)
    expect(banners).to_have_count(0)


def test_each_trouble_of_the_box_has_its_banner(page: Page, room: ScriptedRoom) -> None:
    room.set_box(
        rehearsal=True,
        storage_ok=False,
        reader=None,
        camera_words=Words("Không thấy máy ảnh.", "No camera."),
        clock_doubt=Words("Đồng hồ lệch 41 giây.", "The clock is 41 s off."),
    )
    expect(page.locator("#banners p")).to_have_text(
        [
            "DIỄN TẬP",
            "Máy không lưu được. Ngừng xếp chỗ, gọi kỹ thuật viên.",
            "Không thấy đầu đọc thẻ. Cắm lại đầu đọc.",
            "Không thấy máy ảnh.",
            "Đồng hồ lệch 41 giây.",
        ]
    )
    room.set_box(reader="Reader 00", reader_words=Words("Đầu đọc không nằm trong danh sách.", "Not allowed."))
    expect(page.locator("#banners p").nth(2)).to_have_text("Đầu đọc không nằm trong danh sách.")


def test_a_cut_feed_is_said_plainly_and_heals_by_itself(browser: Browser, room: ScriptedRoom, free_port: int) -> None:
    address = StationAddress(port=free_port)
    first = Station(address, room)
    first.start()
    page = browser.new_page()
    page.goto(first.url)
    page.fill("#code", DOOR_CODE)
    page.click("#enter")
    expect(page.locator("#expected")).to_have_text("24")
    room.play(Scene.NOBODY)
    expect(page.locator("#confirm")).to_be_enabled()
    first.stop()
    expect(page.locator("[data-kind='lost']")).to_contain_text("Mất kết nối với hộp từ lúc 07:03:1")
    expect(page.locator("#confirm")).to_be_disabled()
    second = Station(address, room)
    second.start()
    try:
        expect(page).to_have_url(f"{second.url}sign-in")  # sessions live in memory: after a restart the door asks again
    finally:
        second.stop()
        page.close()


def test_a_desk_that_nobody_touches_for_half_an_hour_leads_to_the_door(browser: Browser, room: ScriptedRoom) -> None:
    clock = ManualClock()
    station = Station(StationAddress(port=0), room, clock)
    station.start()
    page = browser.new_page()
    try:
        sign_in(page, station.url)
        clock.advance(milliseconds=IDLE_MS + 1)
        expect(page).to_have_url(f"{station.url}sign-in")
    finally:
        page.close()
        station.stop()
