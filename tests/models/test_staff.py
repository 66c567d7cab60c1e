"""The permission table: nobody holds what nobody gave."""

import pytest

from models.staff import Permission, Role, may

_NAMES = {Role.PROCTOR, Role.PRINCIPAL, Role.EXAM_OFFICE}


@pytest.mark.parametrize("role", Role)
def test_names_are_seen_only_by_those_who_seat_people(role: Role) -> None:
    assert may(role, Permission.SEE_NAMES) is (role in _NAMES)


@pytest.mark.parametrize("role", Role)
def test_only_the_administrator_keeps_accounts_and_sees_no_exam(role: Role) -> None:
    assert may(role, Permission.KEEP_ACCOUNTS) is (role is Role.ADMINISTRATOR)
    if role is Role.ADMINISTRATOR:
        assert not may(role, Permission.SEE_EXAM_DAY)


def test_it_staff_see_machines_and_no_results() -> None:
    held = {permission for permission in Permission if may(Role.IT, permission)}
    assert held == {
        Permission.SEE_BOXES,
        Permission.SEE_QUARANTINE,
        Permission.ENROLL_BOXES,
        Permission.TAKE_BOXES_OUT,
        Permission.COMMAND_BOXES,
        Permission.COMMAND_DEVICES,
        Permission.KEEP_DEVICES,
        Permission.RELEASE_UPDATES,
    }


def test_a_proctor_sees_the_own_room_but_not_the_whole_day() -> None:
    assert may(Role.PROCTOR, Permission.SEE_OWN_ROOM)
    assert not may(Role.PROCTOR, Permission.SEE_EXAM_DAY)


def test_every_role_holds_something() -> None:
    assert all(any(may(role, permission) for permission in Permission) for role in Role)
