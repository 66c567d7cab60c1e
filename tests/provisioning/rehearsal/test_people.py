"""The invented people agree with themselves and contain the names that break programs."""

import re
from collections import Counter
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.identifiers import citizen_id_agrees, parse_citizen_id
from provisioning.rehearsal.people import RehearsalCandidate, latin_name, rehearsal_rooms
from provisioning.rehearsal.provinces import OLD_PROVINCES


def everybody(seed: int) -> list[RehearsalCandidate]:
    return [candidate for room in rehearsal_rooms(seed, 2026) for candidate in room.candidates]


@given(st.integers(0, 2**32))
def test_numbers_names_sexes_and_years_agree(seed: int) -> None:
    candidates = everybody(seed)
    assert len(candidates) == 48
    for candidate in candidates:
        person = candidate.person
        assert citizen_id_agrees(parse_citizen_id(person.citizen_id), person.sex, person.birth_date)
        assert person.citizen_id[:3] in OLD_PROVINCES
        assert 17 <= (date(2026, 6, 27) - person.birth_date).days / 365.25 < 18.6
        assert re.fullmatch("22[0-9]{6}", candidate.candidate_number)
    assert len({candidate.person.citizen_id for candidate in candidates}) == 48
    assert len({candidate.person.citizen_id[-6:] for candidate in candidates}) == 48
    assert len({candidate.candidate_number for candidate in candidates}) == 48


def test_the_same_seed_gives_the_same_people() -> None:
    assert rehearsal_rooms(7, 2026) == rehearsal_rooms(7, 2026)
    assert rehearsal_rooms(7, 2026) != rehearsal_rooms(8, 2026)


def test_one_name_is_held_by_two_people_of_one_birth_date() -> None:
    room, _ = rehearsal_rooms(1, 2026)
    names = Counter((one.person.full_name, one.person.birth_date) for one in room.candidates)
    assert [name for (name, _), count in names.items() if count == 2] == ["Nguyễn Thị Thu Hà"]


def test_each_room_has_24_seats_and_its_own_name() -> None:
    here, next_door = rehearsal_rooms(1, 2026)
    assert (here.name, next_door.name) == ("Phòng 101", "Phòng 102")
    assert len({candidate.seat for candidate in here.candidates}) == 24


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("Nguyễn Thị Thu Hà", "NGUYEN THI THU HA"),
        ("Đặng Đức Đạt", "DANG DUC DAT"),
        ("Hồ A Páo", "HO A PAO"),
        ("Y Byă Niê", "Y BYA NIE"),
        ("H'Hen Niê", "HHEN NIE"),
        ("Tôn-Nữ Diệu", "TON NU DIEU"),
    ],
)
def test_names_in_latin_letters(written: str, latin: str) -> None:
    assert latin_name(written) == latin
