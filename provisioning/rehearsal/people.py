"""Invented people for a rehearsal: two exam rooms whose names, numbers, sexes and birth years agree.

The same seed gives the same people. Not here: their faces (`demo_faces`) and their cards (`card_files`).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from random import Random

from models.identifiers import CandidateNumber, CitizenId, Sex
from provisioning.rehearsal.provinces import OLD_PROVINCES

ROOM_SIZE = 24
SEATS = tuple(f"{column}{row}" for row in range(1, 7) for column in "ABCD")
SESSION_COUNCIL = "22"
"""The first two digits of the candidate numbers: the exam council."""

_SURNAMES = "Nguyễn Nguyễn Nguyễn Trần Trần Lê Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý"
_MIDDLE = {
    Sex.MALE: "Văn Hữu Đức Minh Quang Gia Thành Công Ngọc Xuân Tuấn Đình",
    Sex.FEMALE: "Thị Thị Ngọc Thu Khánh Phương Mỹ Thùy Bảo Hồng Diệu Quỳnh",
}
_GIVEN = {
    Sex.MALE: "An Bình Cường Dũng Đạt Hải Hiếu Hòa Huy Khang Kiên Long Mạnh Nam Phúc Quân Sơn Tùng Việt Vũ",
    Sex.FEMALE: "Anh Ánh Chi Diệp Giang Hà Hân Hương Lan Linh Mai Ngân Nhung Oanh Thảo Trang Tuyết Uyên Vy Yến",
}
_KNOWN_NAMES = (
    ("Hồ A Páo", Sex.MALE, "010"),
    ("Y Byă Niê", Sex.MALE, "066"),
    ("Nguyễn Thị Thu Hà", Sex.FEMALE, "022"),
    ("Nguyễn Thị Thu Hà", Sex.FEMALE, "022"),
    ("H'Hen Niê", Sex.FEMALE, "066"),
    ("Giàng Thị Mỷ", Sex.FEMALE, "002"),
)
"""Names that break programs; the twice-used one also shares its birth date. All sit in the first room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who does not exist. `full_name` is as people write it (NFC), `address` is for the card's QR only."""

    citizen_id: CitizenId
    full_name: str
    birth_date: date
    sex: Sex
    address: str

    @property
    def card_issued_on(self) -> date:
        """Cards are first issued at fourteen."""
        return self.birth_date.replace(year=self.birth_date.year + 14) + timedelta(days=60)

    @property
    def card_expires_on(self) -> date:
        """Cards issued from fourteen on are renewed at twenty-five."""
        return self.birth_date.replace(year=self.birth_date.year + 25)


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalCandidate:
    """A person with a candidate number (số báo danh, eight digits as text) and a seat."""

    person: Person
    candidate_number: CandidateNumber
    seat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalRoom:
    """One room of 24 candidates."""

    name: str
    candidates: tuple[RehearsalCandidate, ...]


def rehearsal_rooms(seed: int, exam_year: int) -> tuple[RehearsalRoom, RehearsalRoom]:
    """The room of the rehearsal and the room next door; all turn eighteen in `exam_year`."""
    people = list(islice(_people(Random(seed), exam_year - 18), 2 * ROOM_SIZE))
    return _room("Phòng 101", people[:ROOM_SIZE], 1), _room("Phòng 102", people[ROOM_SIZE:], ROOM_SIZE + 1)


def latin_name(full_name: str) -> str:
    """The name as the machine readable zone writes it: upper case Latin, no diacritics, no apostrophes."""
    letters = unicodedata.normalize("NFD", full_name.upper().replace("Đ", "D"))
    kept = "".join(letter for letter in letters if "A" <= letter <= "Z" or letter in " -")
    return " ".join(kept.replace("-", " ").split())


def _room(name: str, people: list[Person], first_number: int) -> RehearsalRoom:
    return RehearsalRoom(
        name=name,
        candidates=tuple(
            RehearsalCandidate(
                person=person,
                candidate_number=CandidateNumber(f"{SESSION_COUNCIL}{first_number + place:06d}"),
                seat=SEATS[place],
            )
            for place, person in enumerate(people)
        ),
    )


def _people(draw: Random, birth_year: int) -> Iterator[Person]:
    known = list(_KNOWN_NAMES)
    names_taken = {name for name, _, _ in known}
    shared_birth_date = _birth_date(draw, birth_year)
    place = 0
    while True:
        # Every third seat gets one of the difficult names, so that the first presses already meet one.
        if known and place % 3 == 1:
            name, sex, province = known.pop(0)
            birth_date = shared_birth_date if name == "Nguyễn Thị Thu Hà" else _birth_date(draw, birth_year)
        else:
            sex = draw.choice((Sex.MALE, Sex.FEMALE))
            name = _name(draw, sex)
            while name in names_taken:
                name = _name(draw, sex)
            names_taken.add(name)
            province = draw.choice(list(OLD_PROVINCES))
            birth_date = _birth_date(draw, birth_year)
        yield Person(
            citizen_id=_citizen_id(draw, province, sex, birth_date, place),
            full_name=name,
            birth_date=birth_date,
            sex=sex,
            address=f"Thôn {draw.randint(1, 12)}, {OLD_PROVINCES[province]}",
        )
        place += 1


def _name(draw: Random, sex: Sex) -> str:
    return " ".join(draw.choice(names.split()) for names in (_SURNAMES, _MIDDLE[sex], _GIVEN[sex]))


def _birth_date(draw: Random, year: int) -> date:
    return date(year, draw.randint(1, 12), draw.randint(1, 28))


def _citizen_id(draw: Random, province: str, sex: Sex, birth_date: date, place: int) -> CitizenId:
    # The place in the last two digits keeps numbers, and the access numbers cut from them, apart.
    century = 2 * (birth_date.year // 100 - 19) + (sex is Sex.FEMALE)
    return CitizenId(f"{province}{century}{birth_date.year % 100:02d}{draw.randint(0, 9999):04d}{place:02d}")
