import httpx

from edge.station.gatekeeper import COOKIE, HEADERS, LARGEST_BODY
from tests.fakes.scripted_room import ScriptedRoom

PROTECTED = [
    ("GET", "/feed"),
    ("GET", "/session"),
    ("DELETE", "/session"),
    ("GET", "/pictures/chip/0123456789abcdef"),
    ("GET", "/preview"),
    ("POST", "/press"),
    ("POST", "/call"),
    ("GET", "/nothing-of-the-kind"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("POST", "/sign-in"),
    ("PUT", "/static/desk.js"),
]
PRESS = {"press": "code", "access_number": "010009"}


def test_nothing_opens_without_a_session(visitor: httpx.Client, room: ScriptedRoom) -> None:
    for method, path in PROTECTED:
        answer = visitor.request(method, path, json={} if method != "GET" else None)
        assert (answer.status_code, answer.json()) == (401, {"reason": "SIGN_IN_FIRST"}), path
    assert room.pressed == []


def test_the_desk_leads_a_stranger_to_the_door(visitor: httpx.Client) -> None:
    answer = visitor.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_forged_cookie_opens_nothing(visitor: httpx.Client) -> None:
    for cookie in ("A" * 43, "", "x" * 3000, "../../etc/passwd", '"quoted"', "a=b=c;;;"):
        assert visitor.get("/session", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


def test_every_answer_carries_the_protecting_headers(proctor: httpx.Client) -> None:
    for path in ("/", "/sign-in", "/words", "/static/desk.js", "/session", "/preview", "/no", "/static/no.js"):
        for cookie in (proctor.headers["Cookie"], ""):
            answer = proctor.get(path, headers={"Cookie": cookie})
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
            assert "server" not in answer.headers
            assert "Strict-Transport-Security" not in answer.headers  # only over TLS (RFC 6797 section 7.2)


def test_refusals_carry_the_protecting_headers_too(visitor: httpx.Client) -> None:
    for answer in (visitor.post("/press", json=PRESS), visitor.post("/press", content=b"x"), visitor.put("/words")):
        assert answer.status_code >= 400
        assert all(answer.headers[name] == value for name, value in HEADERS.items())


def test_another_site_cannot_press(proctor: httpx.Client, room: ScriptedRoom) -> None:
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    ):
        answer = proctor.post("/press", json=PRESS, headers=headers)
        assert (answer.status_code, answer.json()["reason"]) == (403, "CROSS_SITE"), headers
    assert room.pressed == []


def test_a_request_that_hides_where_it_comes_from_cannot_press(proctor: httpx.Client, room: ScriptedRoom) -> None:
    del proctor.headers["Origin"]
    assert proctor.post("/press", json=PRESS).status_code == 403
    assert room.pressed == []


def test_only_json_is_taken(proctor: httpx.Client, room: ScriptedRoom) -> None:
    body = b'{"press": "code", "access_number": "010009"}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "json"):
        answer = proctor.post("/press", content=body, headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["reason"]) == (415, "JSON_ONLY"), kind
    assert room.pressed == []


def test_an_oversized_body_is_not_read(proctor: httpx.Client, room: ScriptedRoom) -> None:
    answer = proctor.post("/press", json={**PRESS, "more": "x" * LARGEST_BODY})
    assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")
    assert room.pressed == []


def test_a_body_of_unknown_length_is_not_read(proctor: httpx.Client) -> None:
    answer = proctor.post("/press", content=iter([b"{", b"}"]), headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["reason"]) == (411, "LENGTH_NEEDED")
