"""What a proctor sees, in a real Chromium: every row of the rehearsal panel and every step of the desk."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from edge.exam_desk.announcements import Words
from edge.occurrences import CardLaid, CodeGiven, Confirmed, Declined, FaceObstructed, NotStored, ReadingAdvanced
from edge.station.equipment_sign import EquipmentLine
from models.admission import Light, ReasonCode
from models.evidence import FaceDecision, QualityCode
from tests.edge.station.pages.conftest import OpenDesk
from tests.fakes.scripted_room import Scene, ScriptedRoom

EXPECTED = {
    Scene.GOOD: (Light.GREEN, ReasonCode.ADMITTED, {"roster", "chip", "live"}),
    Scene.OTHER_CARD: (Light.AMBER, ReasonCode.FACE_DIFFERENT, {"roster", "chip", "live"}),
    Scene.WRONG_ROOM: (Light.RED, ReasonCode.WRONG_ROOM, {"chip"}),
    Scene.ALREADY_SEATED: (Light.RED, ReasonCode.ALREADY_SEATED, {"roster", "chip"}),
    Scene.EXPIRED: (Light.AMBER, ReasonCode.CARD_EXPIRED, {"roster", "chip", "live"}),
    Scene.ALTERED: (Light.RED, ReasonCode.CHIP_ALTERED, {"roster", "chip"}),
    Scene.UNKNOWN_ISSUER: (Light.RED, ReasonCode.ISSUER_UNKNOWN, {"roster", "chip"}),
    Scene.DAMAGED: (Light.AMBER, ReasonCode.CHIP_UNREADABLE, set()),
    Scene.PULLED_OUT: (Light.AMBER, ReasonCode.CARD_REMOVED, set()),
    Scene.NOBODY: (Light.AMBER, ReasonCode.NO_FACE, {"roster", "chip"}),
    Scene.TWO_PEOPLE: (Light.AMBER, ReasonCode.SEVERAL_FACES, {"roster", "chip"}),
}
WORDS = {Light.GREEN: "ĐẠT", Light.AMBER: "CẦN XEM", Light.RED: "KHÔNG ĐƯỢC"}
ASKS = {Scene.OTHER_CARD, Scene.EXPIRED, Scene.NOBODY, Scene.TWO_PEOPLE}


SHOWN_PICTURES = """() => [...document.querySelectorAll("[data-picture] img")]
    .filter((image) => !image.hidden && image.naturalWidth > 0)
    .map((image) => image.closest("figure").dataset.picture)"""
BEYOND_WINDOW = """() => {
    const page = document.documentElement;
    return Math.max(page.scrollWidth - innerWidth, page.scrollHeight - innerHeight);
}"""
CUT_OFF = """() => [...document.querySelectorAll(".panel, .who, .scores, .seat, .elsewhere, .answers, .map, .ask")]
    .filter((part) => part.offsetParent && part.textContent.trim() !== "")
    .filter((part) => {
        const box = part.getBoundingClientRect();
        return box.bottom > innerHeight + 1 || box.height < 8;
    })
    .map((part) => part.className)"""


def assert_fits(page: Page) -> None:
    for width, height in ((1366, 768), (1366, 625), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(BEYOND_WINDOW) <= 0, (width, height)
        assert page.evaluate(CUT_OFF) == [], (width, height)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


@pytest.mark.parametrize("scene", Scene)
def test_each_scene_is_shown_with_colour_shape_word_reason_and_next_step(
    page: Page, room: ScriptedRoom, scene: Scene
) -> None:
    light, reason, pictures = EXPECTED[scene]
    room.play(scene)
    verdict = room.view().verdict
    assert verdict is not None
    assert verdict.reasons[0] is reason
    expect(page.locator("body")).to_have_attribute("data-light", light)
    expect(page.locator("#word")).to_have_text(WORDS[light])
    expect(page.locator("#shape")).to_have_attribute("href", f"#shape-{light}")
    expect(page.locator("#reason")).to_have_text(verdict.reason.vi)
    expect(page.locator("#next")).to_have_text(verdict.next_step.vi)
    expect(page.locator("#announced")).to_contain_text(verdict.reason.vi)
    expect(page.locator("#confirm")).to_be_visible(visible=scene in ASKS)
    if pictures:
        expect(page.locator("[data-picture] img:not([hidden])")).to_have_count(len(pictures))
    assert set(page.evaluate(SHOWN_PICTURES)) == pictures
    assert_fits(page)


LONG = Words(
    "Phòng chưa sẵn sàng lúc 06:12: 1 bảng tương tác báo lỗi; 12 kính thực tế ảo pin yếu; 3 máy tính bảng không có tin",
    "Room not ready at 06:12: 1 interactive board, reports a fault; 12 VR headset, battery low",
)
STAGE = "() => JSON.stringify(document.querySelector('main').getBoundingClientRect())"


@pytest.mark.parametrize("height", [768, 625])
def test_the_rooms_equipment_is_one_line_that_moves_nothing(page: Page, room: ScriptedRoom, height: int) -> None:
    page.set_viewport_size({"width": 1366, "height": height})
    line = page.locator("#equipment")
    expect(line).to_be_hidden()
    before = page.evaluate(STAGE)
    ready = Words("Phòng sẵn sàng lúc 06:58", "Room ready at 06:58")
    room.set_box(equipment=EquipmentLine(is_ready=True, words=ready))
    expect(line).to_have_text("Phòng sẵn sàng lúc 06:58")
    assert page.evaluate(STAGE) == before
    room.set_box(equipment=EquipmentLine(is_ready=False, words=LONG))
    expect(line).to_have_text(LONG.vi)
    expect(line).to_have_attribute("title", LONG.vi)
    assert page.evaluate(STAGE) == before
    assert page.evaluate(
        "document.getElementById('sitting').scrollWidth <= document.getElementById('sitting').offsetWidth"
    )
    assert_fits(page)
    room.play(Scene.OTHER_CARD)
    expect(page.locator("#word")).to_have_text("CẦN XEM")
    assert_fits(page)


def test_a_candidate_of_another_room_is_sent_to_the_right_one(page: Page, room: ScriptedRoom) -> None:
    room.play(Scene.WRONG_ROOM)
    expect(page.locator("#right-room")).to_have_text("Phòng 102")
    expect(page.locator("#right-seat")).to_have_text("07")
    expect(page.locator("#seat-box")).to_be_hidden()
    assert page.evaluate("parseFloat(getComputedStyle(document.getElementById('right-room')).fontSize)") > 90


def test_who_sits_where_is_legible_from_two_metres(page: Page, room: ScriptedRoom) -> None:
    room.play(Scene.GOOD)
    expect(page.locator("#name")).to_have_text("Vũ Đức Mạnh")
    expect(page.locator("#candidate-number")).to_have_text("01000009")
    expect(page.locator("#seat")).to_have_text("B3")
    expect(page.locator("#seated-at")).to_have_text("vào chỗ lúc 07:03:12")
    expect(page.locator("#present")).to_have_text("10")
    expect(page.locator("#scores")).to_contain_text("Độ giống 0,80")
    expect(page.locator("#scores")).to_contain_text("L-offline")
    for name, least in {"name": 50, "candidate-number": 40, "seat": 100, "word": 60, "reason": 32}.items():
        size = page.evaluate("id => parseFloat(getComputedStyle(document.getElementById(id)).fontSize)", name)
        assert size >= least, name


def test_the_result_stays_until_the_next_tap(page: Page, room: ScriptedRoom) -> None:
    room.play(Scene.GOOD)
    expect(page.locator("#word")).to_have_text("ĐẠT")
    room.happen(CardLaid())
    expect(page.locator("#prompt")).to_have_text("Quét mã QR hoặc gõ 6 số cuối trên thẻ")
    expect(page.locator("#panel")).to_be_hidden()


def test_reading_shows_how_far_it_is(page: Page, room: ScriptedRoom) -> None:
    room.give_code_and_card()
    room.happen(ReadingAdvanced(share=0.64))
    expect(page.locator("#prompt")).to_have_text("Đang đọc chip, giữ yên thẻ")
    expect(page.locator("#percent")).to_have_text("64 %")
    expect(page.locator("#ring")).to_have_attribute("aria-valuenow", "64")
    expect(page.locator("#person")).to_be_hidden()


def test_comparing_shows_the_camera_and_one_hint(page: Page, room: ScriptedRoom) -> None:
    room.give_code_and_card()
    room.read_card()
    room.happen(FaceObstructed(obstacle=QualityCode.TOO_FAR))
    expect(page.locator("#word")).to_have_text("Mời nhìn vào máy ảnh")
    expect(page.locator("#obstacle")).to_have_text("Lại gần hơn")
    expect(page.locator("#preview")).to_be_visible()
    assert page.evaluate("document.getElementById('preview').width") == 360
    room.measure_face()
    expect(page.locator("#preview")).to_be_hidden()
    expect(page.locator("#obstacle")).to_be_hidden()


def test_what_differs_from_the_list_is_marked(page: Page, room: ScriptedRoom) -> None:
    room.give_code_and_card()
    room.read_card(name="VU DUC MINH", birth_date=date(2008, 10, 13))
    room.measure_face(FaceDecision.LOOK)
    expect(page.locator("#differs mark")).to_have_text(["MINH", "13"])
    expect(page.locator("#also li")).to_have_count(2)


@pytest.mark.parametrize(
    ("press", "word", "reason"),
    [
        (Confirmed(), "ĐẠT", "Giám thị đã xem và xếp chỗ."),
        (Declined(), "KHÔNG XẾP", "Giám thị không xếp chỗ."),
    ],
)
def test_the_proctors_answer_is_shown(
    page: Page, room: ScriptedRoom, press: Confirmed | Declined, word: str, reason: str
) -> None:
    room.play(Scene.NOBODY)
    room.press(press)
    expect(page.locator("#word")).to_have_text(word)
    expect(page.locator("#reason")).to_have_text(reason)
    expect(page.locator("#answers")).to_be_hidden()


def test_a_box_that_cannot_store_stops(page: Page, room: ScriptedRoom) -> None:
    room.stores_at_once = False
    room.play(Scene.GOOD)
    expect(page.locator("#word")).to_have_text("Đang lưu")
    room.happen(NotStored(ticket=room.desk.ticket))
    room.set_box(storage_ok=False)
    expect(page.locator("body")).to_have_attribute("data-light", "RED")
    expect(page.locator("#reason")).to_have_text("Máy không lưu được. Ngừng xếp chỗ.")
    expect(page.locator("#banners")).to_contain_text("gọi kỹ thuật viên")


def test_a_candidate_left_undecided_is_marked_in_the_map(page: Page, room: ScriptedRoom) -> None:
    room.play(Scene.NOBODY)
    room.happen(CodeGiven(access_number="010011"))
    expect(page.locator("#seats [data-state='undecided']")).to_have_count(1)
    expect(page.locator("#seats [data-state='undecided'] i")).to_have_text("?")
    expect(page.locator("#code-taken")).to_be_visible()


def test_names_are_text_whatever_they_hold(page: Page, room: ScriptedRoom) -> None:
    room.give_code_and_card()
    room.read_card(citizen_id=None, name="<IMG SRC=X ONERROR=ALERT(1)> \u202eNGUYEN")
    expect(page.locator("#name")).to_contain_text("<IMG SRC=X")
    assert page.locator("#name *").count() == 0


@pytest.mark.parametrize(("wish", "moves"), [("reduce", False), ("no-preference", True)])
def test_a_person_who_dislikes_motion_gets_none(open_desk: OpenDesk, wish: str, moves: bool) -> None:  # noqa: FBT001 - a column of the table
    page = open_desk(reduced_motion=wish)
    running = "document.getAnimations().filter((animation) => animation instanceof CSSAnimation).length"
    assert (page.evaluate(running) > 0) is moves
