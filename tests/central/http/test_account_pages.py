"""Accounts: made with a code that is shown once, closed for good, never by oneself."""

import pytest

from models.staff import Role
from tests.builders.front_desk import SAME_SITE, Reception


def _new(**changes: str) -> dict[str, str]:
    return {"login": "lan.nguyen", "display_name": "Nguyễn Thị Lan", "role": "exam-office", "room_id": ""} | changes


def test_a_new_account_comes_with_a_code_and_no_password(reception: Reception) -> None:
    keeper = reception.visit(Role.ADMINISTRATOR)
    answer = keeper.post("/accounts", json=_new(), headers=SAME_SITE)
    assert answer.status_code == 201
    assert len(answer.json()["code"]) == 19
    assert "chưa đặt mật khẩu" in keeper.get("/accounts").text
    welcome = reception.visit().post(
        "/welcome", json={"code": answer.json()["code"], "password": "bốn con mèo xanh"}, headers=SAME_SITE
    )
    assert welcome.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"login": "administrator"}, 409),
        ({"login": "Lan"}, 409),
        ({"login": "../etc"}, 409),
        ({"display_name": " "}, 409),
        ({"role": "proctor"}, 409),
        ({"role": "emperor"}, 422),
        ({"room_id": "P 1"}, 422),
        ({"login": "x" * 41}, 422),
    ],
)
def test_an_account_that_does_not_fit_is_not_made(reception: Reception, changes: dict[str, str], status: int) -> None:
    keeper = reception.visit(Role.ADMINISTRATOR, accept="application/json")
    before = len(reception.centre.rows("staff_accounts"))
    assert keeper.post("/accounts", json=_new(**changes), headers=SAME_SITE).status_code == status
    assert len(reception.centre.rows("staff_accounts")) == before


def test_nobody_closes_the_own_account(reception: Reception) -> None:
    keeper = reception.visit(Role.ADMINISTRATOR)
    own = reception.account(Role.ADMINISTRATOR).id
    assert keeper.post(f"/accounts/{own}/close", json={}, headers=SAME_SITE).status_code == 409


def test_a_closed_account_gets_no_new_code(reception: Reception) -> None:
    keeper = reception.visit(Role.ADMINISTRATOR)
    other = reception.account(Role.IT).id
    assert keeper.post(f"/accounts/{other}/code", json={}, headers=SAME_SITE).status_code == 200
    assert keeper.post(f"/accounts/{other}/close", json={}, headers=SAME_SITE).status_code == 200
    assert keeper.post(f"/accounts/{other}/code", json={}, headers=SAME_SITE).status_code == 404
