"""An IT person enrols a box, replaces it and takes it out: real browser, central, authority, broker and keeper."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from models.clock import SystemClock
from models.identifiers import BoxId
from models.messages import encode
from models.staff import Role
from models.wire.broker_session import Connected
from models.wire.topics import DownLane, UpLane, down_topic, everything_for, shard_of, up_topic
from tests.builders.box_chain import BoxChain
from tests.builders.broker_client import BrokerClient
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.enrolling_house import SHARDS, EnrollingHouse, enrolling_house
from tests.builders.front_desk import PASSWORD
from tests.builders.needed_programs import need
from tests.fakes.running_mosquitto import mosquitto_program

_CHROMIUM = Path("/usr/bin/chromium")
_WORDS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_SLOW_MS = 30_000


@pytest.fixture
def house(tmp_path: Path) -> Iterator[EnrollingHouse]:
    need("mosquitto", mosquitto_program())
    need("Chromium", _CHROMIUM.exists())
    with enrolling_house(tmp_path) as house:
        house.enter_rooms("P101")
        yield house


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_WORDS)
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.set_default_timeout(_SLOW_MS)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Security Policy" in said.text else None)
        yield page
        browser.close()
    assert complaints == []


class _Box:
    """A board in its room: enrols with the letters that a person read from the page, then speaks."""

    def __init__(self, house: EnrollingHouse, name: str) -> None:
        self._house = house
        self.board = EnrollingBox(house.authority.address, house.folder / name)

    @property
    def box_id(self) -> BoxId:
        assert self.board.answer is not None
        return self.board.answer.box_id

    def enroll(self, code: str) -> None:
        self.board.enroll(code)
        self.board.report()

    def come_in(self) -> BrokerClient:
        address = self._house.broker_address(self.board.folder)
        return BrokerClient(address, self.box_id, everything_for(self.box_id)).wait_until_in()

    def greet(self, client: BrokerClient) -> None:
        chain = BoxChain(self.box_id, "P101", "thi", "ca-1", SystemClock().now())
        topic = up_topic(shard_of(self.box_id, SHARDS), self.box_id, UpLane.HELLO)
        client.session.publish(topic, encode(chain.hello()))


def _come_in(page: Page, house: EnrollingHouse) -> None:
    page.goto(f"{house.address}welcome")
    page.fill("[name=code]", house.code_for(Role.IT))
    page.fill("[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/places"))


def _code(page: Page, reason: str) -> str:
    page.fill("#new-box [name=reason]", reason)
    page.locator("#new-box button.primary").click()
    letters = page.locator("#code .letters")
    expect(letters).to_have_text(re.compile(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}"), timeout=_SLOW_MS)
    expect(page.locator("#code .qr svg")).to_be_visible()
    expect(page.locator("#code .left")).to_have_text(re.compile(r"(29|30):\d\d"))
    return letters.inner_text()


def test_a_box_comes_turns_green_is_replaced_and_its_spare_is_taken_out(page: Page, house: EnrollingHouse) -> None:
    _come_in(page, house)
    page.get_by_role("link", name="Máy mới", exact=True).click()
    page.fill("[name=room]", "101")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Phòng P101").click()

    first = _Box(house, "first")
    code = _code(page, "máy mới")
    row = page.locator("#arrival .arrival")
    expect(row).to_have_attribute("data-arrival", "waiting")
    first.enroll(code)
    expect(row).to_have_attribute("data-arrival", "certified", timeout=_SLOW_MS)
    link = first.come_in()
    first.greet(link)
    expect(row).to_have_attribute("data-arrival", "heard", timeout=_SLOW_MS)
    expect(row).to_have_text("Đã lên tiếng")
    assert link.heard()[0] == down_topic(first.box_id, DownLane.ACK)

    page.reload()
    expect(page.locator("#new-box h2")).to_have_text("Thay máy")
    spare = _Box(house, "spare")
    spare.enroll(_code(page, "hỏng nguồn"))
    assert link.seconds_until_out() < 60
    link.session.stop()
    new_link = spare.come_in()
    spare.greet(new_link)
    expect(row).to_have_attribute("data-arrival", "heard", timeout=_SLOW_MS)
    expect(page.locator("#arrival")).to_contain_text(spare.box_id)

    page.goto(f"{house.address}boxes/{spare.box_id}/revocation")
    page.fill("[name=reason]", "mất trộm")
    page.fill("[name=typed_name]", spare.box_id)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Thu hồi máy này").click()
    expect(page.locator(".cut-off")).to_contain_text(re.compile(r"đã cắt sau \d+ giây"), timeout=60_000)
    assert new_link.seconds_until_out() < 60
    assert new_link.next_state() != Connected()
    new_link.session.stop()
