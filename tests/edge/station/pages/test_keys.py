"""Keys, scanner, sounds, language, guide and seat map, in a real Chromium."""

import pytest
from playwright.sync_api import Page, expect

from edge.occurrences import CodeGiven, Confirmed, Declined
from tests.fakes.scripted_room import Scene, ScriptedRoom

QR_TEXT = "001208010009|123456789|Vu Duc Manh|12102008|Nam|So 1, Pho Lo, Ha Noi|01012023"


def listen(page: Page) -> None:
    page.evaluate("window.heard = []; document.addEventListener('sounded', event => window.heard.push(event.detail))")


def wait_for_press(page: Page, room: ScriptedRoom, count: int = 1) -> None:
    for _ in range(100):
        if len(room.pressed) >= count:
            return
        page.wait_for_timeout(20)


def let_a_late_key_show(page: Page) -> None:
    """Longer than a run of keys may stay silent."""
    page.wait_for_timeout(400)


def test_enter_confirms(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.NOBODY)
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("ĐẠT")
    assert room.pressed == [Confirmed(question=0)]


def test_escape_declines(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.NOBODY)
    expect(page.locator("#decline")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#word")).to_have_text("KHÔNG XẾP")
    assert room.pressed == [Declined(question=0)]


def test_buttons_do_the_same_as_keys(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.NOBODY)
    page.click("#confirm")
    expect(page.locator("#word")).to_have_text("ĐẠT")
    assert room.pressed == [Confirmed(question=0)]


def test_without_a_question_enter_and_escape_do_nothing(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.WRONG_ROOM)
    expect(page.locator("#right-room")).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    let_a_late_key_show(page)
    assert room.pressed == []


def test_six_digits_typed_anywhere_open_the_next_card(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    for digit in "0100":
        page.keyboard.press(digit)
        page.wait_for_timeout(220)
    expect(page.locator(".code .boxes i")).to_have_text(["0", "1", "0", "0", "", ""])
    page.keyboard.press("Backspace")
    expect(page.locator(".code .boxes i")).to_have_text(["0", "1", "0", "", "", ""])
    page.keyboard.type("009")
    expect(page.locator("#prompt")).to_have_text("Đặt thẻ lên đầu đọc")
    assert room.pressed == [CodeGiven(access_number="010009")]


def test_digits_typed_over_a_result_are_seen(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.GOOD)
    expect(page.locator("#word")).to_have_text("ĐẠT")
    page.keyboard.type("01")
    expect(page.locator(".typed")).to_be_visible()
    expect(page.locator(".typed i").nth(1)).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator(".typed")).to_be_hidden()


@pytest.mark.parametrize(
    ("focus", "ending"),
    [
        ("body", None),
        ("body", "Enter"),
        ("#mute", "Enter"),
        ("#seats [data-state='expected']", "Enter"),
        ("#code-input", "Enter"),
    ],
)
def test_a_scanner_works_whatever_has_focus(
    fresh_page: Page, room: ScriptedRoom, focus: str, ending: str | None
) -> None:
    page = fresh_page
    if focus != "body":
        page.locator(focus).first.focus()
    page.keyboard.type(QR_TEXT)
    if ending:
        page.keyboard.press(ending)
    expect(page.locator("#prompt")).to_have_text("Đặt thẻ lên đầu đọc")
    let_a_late_key_show(page)
    assert room.pressed == [CodeGiven(access_number="010009")]
    assert room.called == []
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize(("focus", "late_ms"), [("#confirm", 0), ("body", 500)])
def test_the_enter_of_a_scan_never_answers_an_amber_question(
    fresh_page: Page, room: ScriptedRoom, focus: str, late_ms: int
) -> None:
    """The same candidate's code leaves the question open: here a scanner's Enter could seat somebody."""
    page = fresh_page
    room.play(Scene.NOBODY)
    expect(page.locator("#confirm")).to_be_visible()
    if focus != "body":
        page.locator(focus).focus()
    page.keyboard.type(QR_TEXT)
    page.wait_for_timeout(late_ms)
    page.keyboard.press("Enter")
    wait_for_press(page, room)
    let_a_late_key_show(page)
    assert room.pressed == [CodeGiven(access_number="010009")]
    expect(page.locator("#confirm")).to_be_visible()
    page.wait_for_timeout(1500)
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("ĐẠT")


def test_a_scan_that_is_no_citizen_card_says_so(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    page.keyboard.type("https://example.org/x?12")
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_contain_text("không phải thẻ căn cước")
    expect(page.locator("#guide")).to_be_hidden()
    assert room.pressed == []


@pytest.mark.parametrize(
    ("keys", "intents"),
    [
        ([("123456", 120)], ["code 123456"]),
        ([("123456", 400)], ["code 123456"]),
        ([("001208010009", 5)], ["code 010009"]),
        ([("001208010009|x y|z", 60), ("\n", 10)], ["code 010009"]),
        ([("001208010009|x y|z", 5), ("\n", 900)], ["code 010009"]),
        ([("001208010009|x y|z", 5), ("\n", 1800)], ["code 010009", "enter"]),
        ([("123456", 150), ("\n", 300)], ["code 123456"]),
        ([("123", 150), ("m", 500)], ["shortcut m"]),
        ([("12", 150), ("\n", 50), ("3456", 150)], ["code 123456"]),
        ([("\n", 0)], ["enter"]),
        ([("M", 0)], ["shortcut m"]),
        ([("1234567", 5)], ["not understood"]),
        ([("0012080100091|x", 5)], ["not understood"]),
        ([("mm", 5)], ["not understood"]),
    ],
)
def test_what_runs_of_keys_mean(page: Page, keys: list[tuple[str, int]], intents: list[str]) -> None:
    """Each pair: characters and the milliseconds between them; a newline is Enter."""
    assert (
        page.evaluate(
            """async (keys) => {
            const { Typing, SILENCE_MS } = await import("/static/typing.js");
            const said = [];
            const typing = new Typing({
                onDigits: () => {}, onCode: (code) => said.push("code " + code), onEnter: () => said.push("enter"),
                onNotUnderstood: () => said.push("not understood"), onEscape: () => said.push("escape"),
                onShortcut: (letter) => said.push("shortcut " + letter),
            });
            let now = 10000;
            for (const [characters, gap] of keys)
                for (const character of characters) {
                    if (gap > SILENCE_MS) typing.silence(now + SILENCE_MS);
                    now += gap;
                    if (character === "\\n") typing.enter(now);
                    else typing.character(character, now);
                }
            typing.silence(now + SILENCE_MS);
            return said;
        }""",
            keys,
        )
        == intents
    )


def test_each_light_sounds_once_and_amber_until_it_is_answered(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    listen(page)
    page.keyboard.press("Shift")
    room.play(Scene.WRONG_ROOM)
    expect(page.locator("#right-room")).to_be_visible()
    room.set_box(waiting_to_send=1)
    expect(page.locator("#to-send")).to_have_text("1")
    room.play(Scene.NOBODY)
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("ĐẠT")
    assert page.evaluate("window.heard") == ["RED", "AMBER", "GREEN"]
    assert page.locator("#mute-words").text_content() == "Tiếng: bật"


def test_quiet_mode_is_remembered_on_the_device(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    page.keyboard.press("m")
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(page.locator("#mute")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#expected")).to_have_text("24")
    listen(page)
    room.play(Scene.WRONG_ROOM)
    expect(page.locator("#right-room")).to_be_visible()
    assert page.evaluate("window.heard") == []


def test_every_word_can_be_read_in_english(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.WRONG_ROOM)
    page.keyboard.press("l")
    expect(page.locator("#word")).to_have_text("STOP")
    expect(page.locator("#map-title")).to_have_text("Seat map")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.reload()
    expect(page.locator("#word")).to_have_text("STOP")
    page.click("#language")
    expect(page.locator("#word")).to_have_text("KHÔNG ĐƯỢC")


def test_a_proctor_who_is_new_finds_three_steps(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.NOBODY)
    page.keyboard.press("?")
    expect(page.locator("#guide li")).to_have_count(3)
    expect(page.locator("#guide")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#guide")).to_be_hidden()
    assert room.pressed == []


def test_the_seat_map_is_walked_by_keys_and_calls_a_candidate(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#seats') !== null"):
            break
    expect(page.locator("#seats :focus b")).to_have_text("B3")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#seats :focus b")).to_have_text("C4")
    expect(page.locator("#chosen")).to_contain_text("Chưa đến")
    page.keyboard.press("Enter")
    expect(page.locator("#prompt")).to_have_text("Đặt thẻ lên đầu đọc")
    assert room.called == ["01000014"]
    expect(page.locator("#seats :focus b")).to_have_text("C4")


def test_a_seat_is_not_called_over_an_open_question(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    room.play(Scene.NOBODY)
    expect(page.locator("#confirm")).to_be_visible()
    page.locator("#seats [data-state='expected']").last.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#hint")).to_contain_text("Trả lời trước")
    assert (room.called, room.pressed) == ([], [])
    expect(page.locator("#confirm")).to_be_focused()


def test_a_mouse_leaves_no_focus_behind_that_enter_could_hit(fresh_page: Page, room: ScriptedRoom) -> None:
    page = fresh_page
    page.click("#language")
    room.play(Scene.NOBODY)
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("ADMITTED")


def test_seats_say_their_state_without_colour(fresh_page: Page) -> None:
    page = fresh_page
    expect(page.locator("#seats button")).to_have_count(24)
    seated = page.locator("#seats [data-state='seated']")
    expect(seated).to_have_count(9)
    expect(seated.first.locator("i")).to_have_text("C")
    expect(seated.first).to_have_attribute("aria-label", "A1 · Nguyễn Văn An · 01000000 · Có mặt lúc 06:52:00")
