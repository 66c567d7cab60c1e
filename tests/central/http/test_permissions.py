"""Every route asked by every role and by nobody: exactly what the permission table says, nothing by default."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from models.staff import Permission, Role, may
from tests.builders.centre import SITTING
from tests.builders.front_desk import SAME_SITE, Reception

PUBLIC = {
    ("GET", "/sign-in"),
    ("GET", "/welcome"),
    ("GET", "/health"),
    ("GET", "/metrics"),  # asked by programs, and answered only as test_box_pages.py says
    ("POST", "/sign-in"),
    ("POST", "/welcome"),
    ("POST", "/sign-out"),
    ("POST", "/language"),
}
_ROOM = "/exam-days/{session_id}/rooms/{room_id}"
NEEDS: dict[tuple[str, str], set[Permission]] = {
    ("GET", "/"): set(Permission),
    ("GET", "/morning"): {Permission.SEE_BOXES},
    ("GET", "/morning/content"): {Permission.SEE_BOXES},
    ("GET", "/rooms/{room_id}"): {Permission.SEE_BOXES},
    ("GET", "/rooms/{room_id}/content"): {Permission.SEE_BOXES},
    ("GET", "/room-hours"): {Permission.SEE_BOXES},
    ("GET", "/devices/{device_id}/life"): {Permission.SEE_BOXES},
    ("POST", "/devices/{device_id}/costs"): {Permission.KEEP_DEVICES},
    ("GET", "/utilisation"): {Permission.SEE_BOXES},
    ("GET", "/reports"): {Permission.SEE_BOXES},
    ("GET", "/exports/reports"): {Permission.SEE_BOXES},
    ("GET", "/evidence"): {Permission.SEE_BOXES},
    ("GET", "/exports/evidence"): {Permission.SEE_BOXES},
    ("GET", "/exam-days"): {Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY},
    ("GET", "/exam-days/{session_id}"): {Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY},
    ("GET", "/exam-days/{session_id}/summary"): {Permission.SEE_EXAM_DAY},
    ("GET", "/exam-days/{session_id}/feed"): {Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY},
    ("GET", _ROOM): {Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY},
    ("GET", f"{_ROOM}/tile"): {Permission.SEE_EXAM_DAY},
    ("GET", f"{_ROOM}/content"): {Permission.SEE_OWN_ROOM, Permission.SEE_EXAM_DAY},
    ("GET", "/boxes"): {Permission.SEE_BOXES},
    ("GET", "/exports/boxes"): {Permission.SEE_BOXES},
    ("GET", "/boxes/{box_id}"): {Permission.SEE_BOXES},
    ("GET", "/boxes/{box_id}/commands"): {Permission.SEE_BOXES},
    ("POST", "/boxes/{box_id}/commands"): {Permission.COMMAND_BOXES},
    ("GET", "/boxes/{box_id}/commands/{command_id}/bundle"): {Permission.COMMAND_BOXES},
    ("GET", "/quarantine"): {Permission.SEE_QUARANTINE},
    ("GET", "/audit-log"): {Permission.SEE_AUDIT_LOG},
    ("GET", "/accounts"): {Permission.KEEP_ACCOUNTS},
    ("POST", "/accounts"): {Permission.KEEP_ACCOUNTS},
    ("POST", "/accounts/{account_id}/code"): {Permission.KEEP_ACCOUNTS},
    ("POST", "/accounts/{account_id}/close"): {Permission.KEEP_ACCOUNTS},
    ("GET", "/places"): {Permission.SEE_BOXES},
    ("GET", "/places/{school_id}"): {Permission.SEE_BOXES},
    ("POST", "/places/{school_id}/rooms"): {Permission.KEEP_DEVICES},
    ("GET", "/places/rooms/{room_id}"): {Permission.SEE_BOXES},
    ("POST", "/places/rooms/{room_id}/expected"): {Permission.KEEP_DEVICES},
    ("POST", "/places/rooms/{room_id}/devices"): {Permission.KEEP_DEVICES},
    ("POST", "/places/rooms/{room_id}/found"): {Permission.KEEP_DEVICES},
    ("GET", "/loans"): {Permission.SEE_BOXES},
    ("GET", "/firmware"): {Permission.SEE_BOXES},
    ("GET", "/exports/firmware"): {Permission.SEE_BOXES},
    ("POST", "/devices/{device_id}/loan"): {Permission.COMMAND_DEVICES},
    ("POST", "/devices/{device_id}/return"): {Permission.COMMAND_DEVICES},
    ("GET", "/places/rooms/{room_id}/inventory"): {Permission.SEE_BOXES},
    ("POST", "/places/rooms/{room_id}/inventory"): {Permission.COMMAND_DEVICES},
    ("GET", "/places/rooms/{room_id}/stickers"): {Permission.KEEP_DEVICES},
    ("GET", "/exports/inventory"): {Permission.SEE_BOXES},
    ("GET", "/places/rooms/{room_id}/labels"): {Permission.KEEP_DEVICES},
    ("POST", "/places/rooms/{room_id}/labels"): {Permission.KEEP_DEVICES},
    ("GET", "/imports/places"): {Permission.KEEP_DEVICES},
    ("POST", "/imports/places"): {Permission.KEEP_DEVICES},
    ("GET", "/imports/devices"): {Permission.KEEP_DEVICES},
    ("POST", "/imports/devices"): {Permission.KEEP_DEVICES},
    ("GET", "/devices"): {Permission.SEE_BOXES},
    ("GET", "/exports/devices"): {Permission.SEE_BOXES},
    ("GET", "/devices/{device_id}"): {Permission.SEE_BOXES},
    ("POST", "/devices/{device_id}"): {Permission.KEEP_DEVICES},
    ("POST", "/devices/{device_id}/move"): {Permission.KEEP_DEVICES},
    ("POST", "/devices/{device_id}/link"): {Permission.KEEP_DEVICES},
    ("GET", "/devices/{device_id}/orders"): {Permission.SEE_BOXES},
    ("POST", "/devices/{device_id}/orders"): {Permission.COMMAND_DEVICES},
    ("GET", "/devices/{device_id}/readings"): {Permission.SEE_BOXES},
    ("POST", "/devices/{device_id}/readings"): {Permission.COMMAND_DEVICES},
    ("GET", "/places/rooms/{room_id}/orders"): {Permission.SEE_BOXES},
    ("POST", "/places/rooms/{room_id}/off"): {Permission.COMMAND_DEVICES},
    ("POST", "/devices/{device_id}/state"): {Permission.KEEP_DEVICES},
    ("GET", "/alerts"): {Permission.SEE_BOXES},
    ("GET", "/alerts/count"): {Permission.SEE_BOXES},
    ("POST", "/alerts/taken"): {Permission.COMMAND_DEVICES},
    ("POST", "/places/{school_id}/alert-recipients"): {Permission.KEEP_DEVICES},
    ("GET", "/places/{school_id}/hours"): {Permission.SEE_BOXES},
    ("POST", "/places/{school_id}/hours"): {Permission.KEEP_DEVICES},
    ("GET", "/new-boxes"): {Permission.ENROLL_BOXES},
    ("GET", "/new-boxes/{room_id}"): {Permission.ENROLL_BOXES},
    ("POST", "/new-boxes/{room_id}"): {Permission.ENROLL_BOXES},
    ("POST", "/deliveries"): {Permission.ENROLL_BOXES},
    ("POST", "/deliveries/preview"): {Permission.ENROLL_BOXES},
    ("GET", "/deliveries/{number}"): {Permission.ENROLL_BOXES},
    ("GET", "/deliveries/{number}/rows"): {Permission.ENROLL_BOXES},
    ("GET", "/boxes/{box_id}/revocation"): {Permission.TAKE_BOXES_OUT},
    ("POST", "/boxes/{box_id}/revocation"): {Permission.TAKE_BOXES_OUT},
    ("GET", "/boxes/{box_id}/revocation/progress"): {Permission.TAKE_BOXES_OUT},
    ("GET", "/fleet-checks"): {Permission.SEE_BOXES},
    ("GET", "/updates"): {Permission.SEE_BOXES},
    ("POST", "/updates/roll-outs"): {Permission.RELEASE_UPDATES},
    ("POST", "/updates/roll-outs/{number}/widen"): {Permission.RELEASE_UPDATES},
    ("POST", "/updates/roll-outs/{number}/stop"): {Permission.RELEASE_UPDATES},
}
_FILL = {"session_id": SITTING, "room_id": "P101", "account_id": 999, "box_id": "box-101", "command_id": "none"} | {
    "school_id": "S1",
    "device_id": "dev-none",
    "number": 9,
}
_NOT_IN_THIS_HOUSE = (
    "{box_id}",
    "{command_id}",
    "{school_id}",
    "/places/rooms/",
    "{device_id}",
    "/new-boxes/",
    "/deliveries/{number}",
    "/morning/content",
    "/exports/reports",
    "/exports/evidence",
    "/exports/inventory",
)
_ENDLESS = "/exam-days/{session_id}/feed"


def _every_route(reception: Reception) -> Iterator[tuple[str, str]]:
    for route in reception.routes:
        if isinstance(route, APIRoute):
            for method in (route.methods or set()) - {"HEAD"}:
                yield method, route.path


def test_every_route_stands_in_the_tables_above(reception: Reception) -> None:
    assert set(_every_route(reception)) == PUBLIC | set(NEEDS)


def _ask(reception: Reception, role: Role | None, method: str, path: str) -> int:
    client = reception.visit(role, accept="application/json")
    filled = path.format(**_FILL)
    if method == "GET":
        return client.get(filled).status_code
    return client.post(filled, json={}, headers=SAME_SITE).status_code


def test_a_stranger_gets_nothing(reception: Reception) -> None:
    answers = {route: _ask(reception, None, *route) for route in NEEDS}
    assert {route: status for route, status in answers.items() if status != 401} == {}


def _expected(role: Role, method: str, path: str) -> tuple[int, ...] | None:
    """The statuses that may come; None: any but a refusal."""
    if not any(may(role, permission) for permission in NEEDS[method, path]):
        return (403,)
    if method != "GET":
        return None
    return (404,) if path.startswith("/rooms/") or any(thing in path for thing in _NOT_IN_THIS_HOUSE) else (200, 303)


@pytest.mark.parametrize("role", Role)
def test_a_role_gets_what_the_table_gives_and_the_rest_is_refused(reception: Reception, role: Role) -> None:
    wrong = {}
    for method, path in sorted(NEEDS):
        expected = _expected(role, method, path)
        if path == _ENDLESS and expected != (403,):
            continue  # an open feed never ends; the browser test listens to it
        status = _ask(reception, role, method, path)
        if status in (401, 403) if expected is None else status not in expected:
            wrong[method, path] = status
    assert wrong == {}


def test_a_refusal_is_written_down(reception: Reception) -> None:
    reception.visit(Role.IT).get("/accounts")
    rows = reception.centre.rows("audit_log", "id, actor, action, subject")
    assert rows[-1][1:] == ("it", "refused", "GET /accounts")


@pytest.mark.parametrize("page", ["", "/content"])
def test_a_proctor_sees_only_the_own_room_and_the_attempt_is_written_down(reception: Reception, page: str) -> None:
    client = reception.visit(Role.PROCTOR)
    assert client.get(f"/exam-days/{SITTING}/rooms/P101{page}").status_code == 200
    assert client.get(f"/exam-days/{SITTING}/rooms/P102{page}").status_code == 403
    assert reception.centre.rows("audit_log", "id, action")[-1][1] == "refused"


def test_a_proctor_who_asks_for_the_day_is_led_to_the_own_room(reception: Reception) -> None:
    answer = reception.visit(Role.PROCTOR).get(f"/exam-days/{SITTING}")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/exam-days/{SITTING}/rooms/P101")


@pytest.mark.parametrize("role", Role)
def test_names_reach_only_those_who_may_see_them(reception: Reception, role: Role) -> None:
    client = reception.visit(role)
    for path in (
        f"/exam-days/{SITTING}",
        f"/exam-days/{SITTING}/rooms/P101",
        f"/exam-days/{SITTING}/rooms/P101/content",
    ):
        answer = client.get(path)
        if answer.status_code == 200:
            assert ("Nguyễn Văn An" in answer.text) is may(role, Permission.SEE_NAMES)


@pytest.mark.parametrize("role", Role)
def test_no_citizen_number_is_on_any_page(reception: Reception, role: Role) -> None:
    client = reception.visit(role)
    for method, path in NEEDS:
        if method == "GET" and path != _ENDLESS:
            assert "001208012345" not in client.get(path.format(**_FILL)).text


def _readings(reception: Reception) -> list[tuple[object, ...]]:
    rows = reception.centre.rows("audit_log", "id, actor, action, subject, details")
    return [(actor, subject, details) for _, actor, action, subject, details in rows if action == "read names"]


@pytest.mark.parametrize("page", ["", "/content", "/tile"])
def test_reading_names_is_written_down_once_in_a_session(reception: Reception, page: str) -> None:
    path = f"/exam-days/{SITTING}/rooms/P101"
    client = reception.visit(Role.PRINCIPAL)
    assert "Nguyễn Văn An" in client.get(path + page).text
    assert _readings(reception) == [("principal", f"{SITTING} P101", "{}")]
    for again in ("", "/content", "/tile"):
        client.get(path + again)
    assert len(_readings(reception)) == 1
    reception.visit(Role.PRINCIPAL).get(path + page)
    assert len(_readings(reception)) == 2


def test_the_day_page_writes_down_the_rooms_whose_names_it_shows(reception: Reception) -> None:
    client = reception.visit(Role.PRINCIPAL)
    client.get(f"/exam-days/{SITTING}/rooms/P101")
    for _ in range(2):
        assert "Nguyễn Văn An" in client.get(f"/exam-days/{SITTING}").text
    assert _readings(reception)[1:] == [("principal", SITTING, '{"rooms":["P102"]}')]


def test_who_may_not_see_names_reads_none(reception: Reception) -> None:
    client = reception.visit(Role.INSPECTOR)
    for page in ("", "/rooms/P101", "/rooms/P101/content", "/rooms/P101/tile"):
        assert client.get(f"/exam-days/{SITTING}{page}").status_code == 200
    assert _readings(reception) == []
