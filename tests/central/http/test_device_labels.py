"""Passwords for a room's devices: shown once as QR labels, void at the authority before a device leaves."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from central.database import Database
from models.staff import Role
from tests.builders.centre import Centre
from tests.builders.founded_authority import FoundedAuthority
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import add_device, build_places
from tests.fakes.authority_at_hand import AuthorityAtHand


def test_without_an_authority_the_page_says_what_to_do_and_makes_nothing(reception: Reception) -> None:
    with reception.centre.database.writing() as connection:
        build_places(connection)
        device = add_device(connection)
    keeper = reception.visit(Role.IT, accept="text/html")
    assert "[authority]" in keeper.get("/places/rooms/DK-101/labels").text
    sent = {"devices": [device], "reason": "thử"}
    assert keeper.post("/places/rooms/DK-101/labels", json=sent, headers=SAME_SITE).status_code == 503


@pytest.fixture
def labelled(sqlite_store: Database, tmp_path: Path) -> Iterator[tuple[Reception, AuthorityAtHand, str]]:
    """A reception whose authority is the real façade, and one tablet of room DK-101."""
    house = FoundedAuthority(tmp_path / "authority")
    house.enrolled("DK-101")
    authority = AuthorityAtHand(house)
    with sqlite_store.writing() as connection:
        build_places(connection)
        device = add_device(connection)
    yield Reception(Centre(sqlite_store), authority), authority, device
    house.stop()


def _make(reception: Reception, device: str) -> httpx.Response:
    keeper = reception.visit(Role.IT, school="DK")
    sent = {"devices": [device], "reason": "thử"}
    return keeper.post("/places/rooms/DK-101/labels", json=sent, headers=SAME_SITE)


def _actions(reception: Reception) -> list[object]:
    return [action for _, action in reception.centre.rows("device_changes", "id, action")]


def test_a_password_is_shown_as_a_qr_and_stands_nowhere_in_the_store(
    labelled: tuple[Reception, AuthorityAtHand, str],
) -> None:
    reception, _, device = labelled
    answer = _make(reception, device)
    assert answer.status_code == 200
    assert answer.text.count("<svg") == 1
    assert "style=" not in answer.text
    assert _make(reception, device).status_code == 200
    assert _actions(reception) == ["added", "password made", "new password"]
    assert reception.centre.rows("devices", "device_id, topic_name") == [(device, device)]


def test_a_lost_device_loses_its_password_first_and_nothing_changes_without_the_authority(
    labelled: tuple[Reception, AuthorityAtHand, str],
) -> None:
    reception, authority, device = labelled
    _make(reception, device)
    keeper = reception.visit(Role.IT, school="DK", accept="application/json")
    lost = {"state": "lost", "reason": "mất ở sân"}
    authority.plugged = False
    assert keeper.post(f"/devices/{device}/state", json=lost, headers=SAME_SITE).status_code == 503
    assert reception.centre.rows("devices", "device_id, state, topic_name") == [(device, "in use", device)]
    authority.plugged = True
    assert keeper.post(f"/devices/{device}/state", json=lost, headers=SAME_SITE).status_code == 200
    assert reception.centre.rows("devices", "device_id, state, topic_name") == [(device, "lost", None)]
