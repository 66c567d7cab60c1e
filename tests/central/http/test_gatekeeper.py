"""What holds for every answer and every unsafe request."""

import pytest
from starlette.datastructures import Headers

from central.http.gatekeeper import HEADERS, LARGEST_BODY, refuse_unsafe
from models.staff import Role
from tests.builders.front_desk import BASE, SAME_SITE, Reception

_NAME = {"login": "nobody", "password": "x"}


@pytest.mark.parametrize(
    "path", ["/sign-in", "/health", "/nowhere", "/exam-days", "/static/page.css", "/static/none.css"]
)
def test_every_answer_carries_the_headers(reception: Reception, path: str) -> None:
    answer = reception.visit().get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_without_tls_there_is_no_hsts(reception: Reception) -> None:
    answer = reception.visit().get("http://localhost/health")
    assert "strict-transport-security" not in answer.headers


def test_no_page_has_anything_inline(reception: Reception) -> None:
    text = reception.visit().get("/sign-in").text
    assert "style=" not in text
    assert "<style" not in text
    assert "onclick" not in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": BASE}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://elsewhere.test"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.test"}, 403),
        ({"Origin": BASE}, 401),
        ({"Sec-Fetch-Site": "same-origin"}, 401),
    ],
)
def test_only_our_own_pages_may_change_something(reception: Reception, headers: dict[str, str], status: int) -> None:
    assert reception.visit().post("/sign-in", json=_NAME, headers=headers).status_code == status


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_is_heard(reception: Reception, kind: str) -> None:
    answer = reception.visit().post("/sign-in", content=b"{}", headers=SAME_SITE | {"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "JSON_ONLY")


def test_bytes_that_are_no_text_are_a_problem_too(reception: Reception) -> None:
    headers = SAME_SITE | {"Content-Type": "application/json"}
    answer = reception.visit(accept="application/json").post("/sign-in", content=b"\xff", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")


def test_a_large_body_is_refused_before_it_is_read(reception: Reception) -> None:
    headers = SAME_SITE | {"Content-Type": "application/json"}
    answer = reception.visit().post("/sign-in", content=b" " * (LARGEST_BODY + 1), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "TOO_LARGE")


@pytest.mark.parametrize(("length", "status"), [(None, 411), ("-1", 411), ("1e3", 411), ("٣", 411), ("9" * 10, 413)])
def test_a_body_of_unknown_or_absurd_length_is_refused(length: str | None, status: int) -> None:
    said = [(b"sec-fetch-site", b"same-origin"), (b"content-type", b"application/json")]
    if length is not None:
        said.append((b"content-length", length.encode()))
    answer = refuse_unsafe("https", Headers(raw=said))
    assert answer is not None
    assert answer.status_code == status


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"login": 1}', b'{"login":"a"}', b'{"login":"a","password":["s3cret"]}']
)
def test_a_body_of_another_shape_is_a_problem_that_repeats_nothing(reception: Reception, body: bytes) -> None:
    headers = SAME_SITE | {"Content-Type": "application/json"}
    answer = reception.visit(accept="application/json").post("/sign-in", content=body, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["code"] == "BAD_INPUT"
    assert "s3cret" not in answer.text


@pytest.mark.parametrize(
    "path", ["/nowhere", "/exam-days/x/rooms/y", "/static/../settings.py", "/docs", "/openapi.json"]
)
def test_programs_get_problems_and_people_get_pages(reception: Reception, path: str) -> None:
    program = reception.visit(accept="application/json").get(path)
    assert program.headers["content-type"] == "application/problem+json"
    assert program.json()["status"] == program.status_code
    person = reception.visit().get(path)
    assert person.status_code in (303, 404)


def test_health_tells_nothing_but_whether_we_store(reception: Reception) -> None:
    assert reception.visit().get("/health").json() == {"status": "storing"}
    reception.health.trouble = "disk full at /somewhere"
    assert reception.visit().get("/health").json() == {"status": "not storing"}


def test_names_cannot_become_markup(reception: Reception) -> None:
    reception.account(Role.INSPECTOR, "evil")
    with reception.centre.database.writing() as connection:
        connection.exec_driver_sql(
            "UPDATE staff_accounts SET display_name = '<script>alert(1)</script>\u202eX' WHERE login = 'evil'"
        )
    text = reception.visit(Role.ADMINISTRATOR).get("/accounts").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
