"""The panel's errands over HTTP: what is answered, what is refused, and the headers on all of it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from provisioning.rehearsal.soft_chip.vpcd_socket import VirtualReaderAbsentError
from provisioning.rehearsal.stage.application import build_application
from provisioning.rehearsal.stage.scenes import SCENES
from provisioning.rehearsal.stage.server import StagePortTakenError, StageServer
from tests.builders.stages import BuiltStage, build_stage

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def built(tmp_path: Path) -> BuiltStage:
    return build_stage(tmp_path)


@pytest.fixture
def client(built: BuiltStage) -> Iterator[httpx.Client]:
    server = StageServer(build_application(built.stage))
    server.start()
    with httpx.Client(base_url=server.address, timeout=30) as client:
        yield client
    server.stop()


def test_the_page_offers_every_scene_in_vietnamese_and_english(client: httpx.Client) -> None:
    page = client.get("/").text
    for name, scene in SCENES.items():
        assert f'data-scene="{name}"' in page
        assert scene.title_vi in page
        assert scene.title_en.replace("'", "&#39;") in page
    assert page.index("Bảng diễn tập") < page.index("Rehearsal panel")


def test_a_scene_is_played_and_told(client: httpx.Client, built: BuiltStage) -> None:
    answer = client.post("/scenes", json={"scene": "good"}, headers=OWN_PAGE)
    assert answer.status_code == 200
    assert answer.json() == client.get("/state").json()
    assert answer.json()["lying"] is True
    assert built.props.card is not None


def test_the_free_choice_and_taking_away(client: httpx.Client, built: BuiltStage) -> None:
    number = built.stage.rooms[1].candidates[2].candidate_number
    choice = {"candidate_number": number, "variant": "unknown-issuer", "camera": "two people"}
    assert client.post("/lay", json=choice, headers=OWN_PAGE).json()["candidate_number"] == number
    assert client.post("/take-away", json={}, headers=OWN_PAGE).json()["lying"] is False
    assert client.post("/start-again", json={}, headers=OWN_PAGE).json()["played"] == 0


def test_a_refusal_is_a_sentence_in_both_languages(client: httpx.Client) -> None:
    answer = client.post("/scenes", json={"scene": "already-seated"}, headers=OWN_PAGE)
    assert answer.status_code == 409
    assert answer.json()["reason"] == "NOBODY_SEATED_YET"
    assert "Thí sinh hợp lệ" in answer.json()["vi"]
    assert "Good candidate" in answer.json()["en"]


def test_an_absent_virtual_reader_is_named(client: httpx.Client, built: BuiltStage) -> None:
    built.props.reader_error = VirtualReaderAbsentError("No virtual reader listens.")
    answer = client.post("/scenes", json={"scene": "good"}, headers=OWN_PAGE)
    assert answer.status_code == 503
    assert answer.json()["en"] == "No virtual reader listens."


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://127.0.0.1:8100"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        OWN_PAGE | {"Content-Type": "text/plain"},
        OWN_PAGE | {"Content-Type": "application/x-www-form-urlencoded"},
    ],
)
def test_presses_from_elsewhere_do_nothing(client: httpx.Client, built: BuiltStage, headers: dict[str, str]) -> None:
    answer = client.post("/scenes", content=b'{"scene":"good"}', headers={"Content-Type": "application/json"} | headers)
    assert answer.status_code == 403
    assert built.props.done == []


def test_an_older_browser_names_its_origin_instead(client: httpx.Client) -> None:
    origin = str(client.base_url).rstrip("/")
    assert client.post("/scenes", json={"scene": "good"}, headers={"Origin": origin}).status_code == 200
    other_site = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    assert client.post("/scenes", json={"scene": "good"}, headers=other_site).status_code == 403


@pytest.mark.parametrize("body", [{"scene": "opera"}, {}, {"scene": None}])
def test_an_unknown_scene_is_refused(client: httpx.Client, built: BuiltStage, body: dict[str, str | None]) -> None:
    assert client.post("/scenes", json=body, headers=OWN_PAGE).status_code == 422
    assert built.props.done == []


def test_another_host_name_is_refused(client: httpx.Client) -> None:
    assert client.get("/", headers={"Host": "classroom.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/state", "/static/stage.js", "/static/stage.css", "/nowhere"])
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_nothing_is_inline(client: httpx.Client) -> None:
    page = client.get("/").text
    assert "style=" not in page
    assert "<style" not in page
    assert "onclick" not in page
    assert '<script type="module" src=' in page
    assert page.count("<script") == 1


def test_the_panel_listens_on_the_loopback_address_and_names_a_taken_port(built: BuiltStage) -> None:
    server = StageServer(build_application(built.stage))
    server.start()
    port = int(server.address.removeprefix("http://127.0.0.1:").rstrip("/"))
    with pytest.raises(StagePortTakenError, match=str(port)):
        StageServer(build_application(built.stage), port=port).start()
    server.stop()
