"""Coming in: codes once, passwords slowly, sessions that end when they should."""

from datetime import timedelta

import pytest
from httpx import Client, Response

from central.http.attempts import PER_ACCOUNT, PER_ACCOUNT_AND_NETWORK, PER_NETWORK, Attempts
from central.http.visitors import COOKIE
from central.registers import staff_accounts, staff_sessions
from central.registers.staff_sessions import LONGEST, idle_limit
from models.staff import Role
from tests.builders.front_desk import PASSWORD, SAME_SITE, Reception
from tests.fakes.manual_clock import ManualClock


def _code(reception: Reception, role: Role = Role.ADMINISTRATOR) -> str:
    account = reception.account(role)
    with reception.centre.database.writing() as connection:
        return staff_accounts.make_code(connection, account.id, reception.centre.clock.now())


def _welcome(client: Client, code: str, password: str = PASSWORD) -> Response:
    return client.post("/welcome", json={"code": code, "password": password}, headers=SAME_SITE)


def _sign_in(client: Client, login: str = "administrator", password: str = PASSWORD) -> Response:
    return client.post("/sign-in", json={"login": login, "password": password}, headers=SAME_SITE)


def test_a_code_sets_the_first_password_once(reception: Reception) -> None:
    code = _code(reception)
    assert len(code.replace("-", "")) * 5 >= 64
    client = reception.visit()
    answer = _welcome(client, code.lower().replace("-", " "))
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert all(word in cookie for word in ("HttpOnly", "Path=/", "SameSite=strict", "Secure"))
    assert client.get("/").headers["location"] == "/accounts"
    assert _welcome(reception.visit(), code).status_code == 401
    assert _sign_in(reception.visit()).status_code == 200


def test_of_two_who_use_a_code_at_once_only_one_succeeds(reception: Reception) -> None:
    code, now = _code(reception), reception.centre.clock.now()
    with reception.centre.database.writing() as connection:
        assert staff_accounts.use_code(connection, code, now) is not None
        assert staff_accounts.use_code(connection, code, now) is None


def test_only_hashes_of_codes_and_tokens_are_stored(reception: Reception) -> None:
    code = _code(reception)
    client = reception.visit()
    _welcome(client, code)
    stored = str(reception.centre.rows("staff_codes")) + str(reception.centre.rows("staff_sessions"))
    assert code.replace("-", "") not in stored
    assert client.cookies[COOKIE] not in stored


def test_a_code_is_void_after_half_an_hour_and_when_a_newer_one_was_made(reception: Reception) -> None:
    old = _code(reception)
    newer = _code(reception)
    assert _welcome(reception.visit(), old).status_code == 401
    reception.centre.clock.advance(minutes=30)
    assert _welcome(reception.visit(), newer).status_code == 401


@pytest.mark.parametrize(
    "password",
    ["kurz", "123456789012", "matkhau12345", "aaaaaaaaaaaaaa", "administrator-1", "Password123456", "x" * 257],
)
def test_a_weak_password_uses_up_no_code(reception: Reception, password: str) -> None:
    code = _code(reception)
    assert _welcome(reception.visit(), code, password).status_code == 422
    assert _welcome(reception.visit(), code).status_code == 200


def test_wrong_name_and_wrong_password_look_the_same(reception: Reception) -> None:
    _welcome(reception.visit(), _code(reception))
    client = reception.visit(accept="application/json")
    unknown, wrong = _sign_in(client, "nobody"), _sign_in(client, password="wrong password")
    assert unknown.status_code == wrong.status_code == 401
    assert unknown.json() == wrong.json()


def test_after_many_wrong_tries_even_the_right_one_waits(reception: Reception) -> None:
    _welcome(reception.visit(), _code(reception))
    client = reception.visit()
    for _ in range(PER_ACCOUNT_AND_NETWORK):
        reception.desk.attempts.failed("administrator", "127.0.0.1")
    assert _sign_in(client).status_code == 429
    reception.centre.clock.advance(minutes=16)
    assert _sign_in(client).status_code == 200


def test_codes_cannot_be_guessed_in_a_row(reception: Reception) -> None:
    client = reception.visit()
    answers = [_welcome(client, "AAAA-AAAA-AAAA-AAAA").status_code for _ in range(PER_NETWORK + 1)]
    assert answers == [401] * PER_NETWORK + [429]


def test_many_wrong_codes_void_no_right_one(reception: Reception) -> None:
    for _ in range(PER_NETWORK - 1):
        assert _welcome(reception.visit(), "AAAA-AAAA-AAAA-AAAA").status_code == 401
    assert _welcome(reception.visit(), _code(reception)).status_code == 200


def test_a_stranger_who_guesses_passwords_does_not_lock_the_owner_out(reception: Reception) -> None:
    _welcome(reception.visit(), _code(reception))
    for _ in range(PER_NETWORK):
        reception.desk.attempts.failed("administrator", "203.0.113.9")
    assert _sign_in(reception.visit()).status_code == 200


def test_an_account_bears_only_so_many_failures_from_everywhere() -> None:
    attempts = Attempts(ManualClock())
    for number in range(PER_ACCOUNT):
        assert attempts.allowed("administrator", "10.0.0.5")
        attempts.failed("administrator", f"203.0.113.{number}")
    assert not attempts.allowed("administrator", "10.0.0.5")
    assert attempts.allowed("somebody-else", "10.0.0.5")


def test_the_right_password_clears_only_what_its_own_network_failed() -> None:
    attempts = Attempts(ManualClock())
    for _ in range(PER_ACCOUNT_AND_NETWORK):
        attempts.failed("administrator", "203.0.113.9")
        attempts.failed("administrator", "10.0.0.5")
    attempts.succeeded("administrator", "10.0.0.5")
    assert attempts.allowed("administrator", "10.0.0.5")
    assert not attempts.allowed("administrator", "203.0.113.9")


def test_a_stolen_cookie_is_worth_nothing_after_sign_out(reception: Reception) -> None:
    client = reception.visit(Role.IT)
    token = client.cookies[COOKIE]
    assert client.post("/sign-out", json={}, headers=SAME_SITE).status_code == 200
    thief = reception.visit(accept="application/json")
    thief.cookies.set(COOKIE, token)
    assert thief.get("/boxes").status_code == 401


def test_closing_an_account_ends_its_sessions_at_once(reception: Reception) -> None:
    client = reception.visit(Role.IT, accept="application/json")
    account = reception.account(Role.IT)
    keeper = reception.visit(Role.ADMINISTRATOR)
    assert keeper.post(f"/accounts/{account.id}/close", json={}, headers=SAME_SITE).status_code == 200
    assert client.get("/boxes").status_code == 401


@pytest.mark.parametrize("role", Role)
def test_an_idle_session_ends_and_a_used_one_stays(reception: Reception, role: Role) -> None:
    limit = idle_limit(role)
    assert limit in (timedelta(minutes=15), timedelta(minutes=30))
    client = reception.visit(role, accept="application/json")
    for _ in range(3):
        reception.centre.clock.advance(seconds=limit.total_seconds() - 1)
        assert client.get("/").status_code == 303
    reception.centre.clock.advance(seconds=limit.total_seconds())
    assert client.get("/").status_code == 401


def test_no_session_lives_longer_than_ten_hours(reception: Reception) -> None:
    client = reception.visit(Role.IT, accept="application/json")
    for _ in range(59):
        reception.centre.clock.advance(minutes=10)
        assert client.get("/boxes").status_code == 200
    reception.centre.clock.advance(minutes=10)
    assert client.get("/boxes").status_code == 401
    assert timedelta(hours=10) == LONGEST


def test_an_open_page_alone_keeps_nobody_signed_in(reception: Reception) -> None:
    account = reception.account(Role.IT)
    with reception.centre.database.writing() as connection:
        token = staff_sessions.start(connection, account.id, reception.centre.clock.now())
    visitor = reception.desk.visitors
    reception.centre.clock.advance(minutes=14)
    client = reception.visit()
    client.cookies.set(COOKIE, token)
    with reception.centre.database.reading() as connection:
        assert staff_sessions.find_live(connection, token, reception.centre.clock.now()) is not None
    reception.centre.clock.advance(minutes=1)
    assert visitor is not None
    assert client.get("/boxes", headers={"Accept": "application/json"}).status_code == 401


@pytest.mark.parametrize("cookie", ["", "x", "é", "a" * 5000])
def test_a_cookie_of_our_name_without_a_session_is_nobody(reception: Reception, cookie: str) -> None:
    client = reception.visit(accept="application/json")
    answer = client.get("/boxes", headers=[(b"Cookie", f"{COOKIE}={cookie}".encode())])
    assert answer.status_code == 401


def test_the_language_is_chosen_by_a_switch(reception: Reception) -> None:
    client = reception.visit()
    assert "Đăng nhập" in client.get("/sign-in").text
    assert client.post("/language", json={"language": "en"}, headers=SAME_SITE).status_code == 200
    assert "Sign in" in client.get("/sign-in").text
    assert client.post("/language", json={"language": "fr"}, headers=SAME_SITE).status_code == 422


def test_sign_ins_and_refusals_are_written_down(reception: Reception) -> None:
    client = reception.visit()
    _sign_in(client, "nobody")
    _welcome(client, _code(reception))
    deeds = [row[1] for row in reception.centre.rows("audit_log", "id, action")]
    assert deeds == ["sign-in refused", "password set"]
