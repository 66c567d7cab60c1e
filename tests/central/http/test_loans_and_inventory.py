"""A device is lent and taken back from its page; a room's stock is taken scan by scan, and no secret is repeated."""

from datetime import date

import msgspec
import pytest

from models.equipment import EquipmentKind
from models.staff import Role
from tests.builders.front_desk import SAME_SITE, Reception
from tests.builders.places import FULL, add_device, build_places


class Room:
    """DK-101 with three pairs of 3D glasses, and one of TP-201."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        glasses = msgspec.structs.replace(FULL, kind=EquipmentKind.GLASSES_3D)
        with reception.centre.database.writing() as connection:
            build_places(connection)
            self.glasses = [
                add_device(
                    connection,
                    facts=msgspec.structs.replace(glasses, serial=f"G-{number}", inventory_number=f"TS-{number}"),
                )
                for number in range(3)
            ]
            self.neighbour = add_device(connection, "DK-102", msgspec.structs.replace(glasses, serial="N-1"))
            self.foreign = add_device(connection, "TP-201", msgspec.structs.replace(glasses, serial="T-1"))

    def post(self, path: str, content: dict[str, str], role: Role = Role.PRINCIPAL) -> tuple[int, str]:
        answer = self.reception.visit(role, school="DK").post(path, json=content, headers=SAME_SITE)
        return answer.status_code, answer.text

    def get(self, path: str, school: str = "DK") -> str:
        answer = self.reception.visit(Role.PRINCIPAL, school=school).get(path)
        assert answer.status_code == 200
        return answer.text

    def scan(self, code: str) -> str:
        status, text = self.post("/places/rooms/DK-101/inventory", {"code": code})
        assert status == 200
        return text


@pytest.fixture
def room(reception: Reception) -> Room:
    return Room(reception)


def test_a_device_goes_out_and_comes_back(room: Room) -> None:
    device = room.glasses[0]
    lent = {"borrower": "Lớp 7A", "due_on": "2026-06-12"}
    assert room.post(f"/devices/{device}/loan", lent)[0] == 201
    assert room.post(f"/devices/{device}/loan", lent)[0] == 409
    assert "Đang cho mượn: Lớp 7A" in room.get(f"/devices/{device}")
    assert "đến 12/06/2026" in room.get("/loans")
    room.reception.centre.clock.advance(days=2)
    assert "quá hạn 12/06/2026" in room.get("/loans")
    assert "Lớp 7A" not in room.get("/loans", "TP")
    assert room.post(f"/devices/{device}/return", {})[0] == 200
    assert room.post(f"/devices/{device}/return", {})[0] == 409
    assert "Không có gì đang cho mượn" in room.get("/loans")
    assert room.post(f"/devices/{device}/loan", {"borrower": "Cô Hoa"})[0] == 201
    actions = [row[1] for row in room.reception.centre.rows("audit_log", "id, action")]
    assert actions[-3:] == ["device lent", "device returned", "device lent"]
    assert "Lớp 7A" not in str(room.reception.centre.rows("audit_log"))


@pytest.mark.parametrize(
    "lent",
    [
        {"borrower": ""},
        {"borrower": "   "},
        {"borrower": "x" * 61},
        {"borrower": "Lớp 7A", "due_on": "2026-06-10"},
        {"due_on": "2026-06-12"},
    ],
)
def test_a_loan_that_does_not_fit_is_refused(room: Room, lent: dict[str, str]) -> None:
    assert room.post(f"/devices/{room.glasses[0]}/loan", lent)[0] == 422
    assert room.reception.centre.rows("device_loans") == []


def test_another_schools_device_is_neither_lent_nor_seen(room: Room) -> None:
    assert room.post(f"/devices/{room.foreign}/loan", {"borrower": "Lớp 7A"})[0] == 404
    assert room.post(f"/devices/{room.foreign}/return", {})[0] == 404
    assert "Không có mã này trong sổ" in room.scan(room.foreign)
    assert room.post("/places/rooms/TP-201/inventory", {"code": "T-1"})[0] == 404
    assert room.reception.centre.rows("device_sightings") == []


def _counts(text: str) -> list[str]:
    return [part.partition("<")[0] for part in text.split("<dd>")[1:]]


def test_each_scan_counts_at_once(room: Room) -> None:
    assert _counts(room.get("/places/rooms/DK-101/inventory")) == ["0", "3", "0", "0"]
    for code in (f"https://school.test/devices/{room.glasses[0]}", " ts-1 "):
        text = room.scan(code)
    assert _counts(text) == ["2", "1", "0", "0"]
    assert "Đã quét rồi" in room.scan("G-0")
    text = room.scan("N-1")
    assert "Của phòng khác" in text
    assert _counts(text) == ["2", "1", "0", "1"]
    room.post(f"/devices/{room.glasses[2]}/loan", {"borrower": "Lớp 7A"})
    assert _counts(room.get("/places/rooms/DK-101/inventory")) == ["2", "0", "1", "1"]
    assert _counts(room.get("/places/rooms/DK-101/inventory?kind=tablet"))[:2] == ["0", "0"]
    room.reception.centre.clock.advance(days=1)
    assert _counts(room.get("/places/rooms/DK-101/inventory")) == ["0", "2", "1", "0"]
    assert "Thấy lần cuối ở DK-101" in room.get(f"/devices/{room.glasses[0]}")


def test_the_list_of_what_is_missing_is_taken_away(room: Room) -> None:
    room.scan("G-1")
    client = room.reception.visit(Role.PRINCIPAL, school="DK")
    answer = client.get("/exports/inventory?room=DK-101")
    lines = answer.text.splitlines()
    assert [line.split(",")[-3] for line in lines[1:]] == ["thiếu", "thiếu", "đã thấy"]
    assert answer.headers["content-disposition"].endswith('filename="kiem-ke-2026-06-11.csv"')
    assert client.get("/exports/inventory?room=DK-101&form=xlsx").content[:2] == b"PK"
    assert client.get("/exports/inventory?room=TP-201").status_code == 404
    assert room.reception.centre.rows("device_sightings", "room_id, day") == [("DK-101", str(date(2026, 6, 11)))]


def test_a_secret_that_is_scanned_by_mistake_is_not_repeated(room: Room) -> None:
    secret = '{"user":"dev-x","password":"hunter2hunter2"}'
    assert "hunter2" not in room.scan(secret)
    assert "hunter2" not in str(room.reception.centre.rows("audit_log"))


def test_stickers_lead_to_the_devices_page_and_hold_no_password(room: Room) -> None:
    answer = room.reception.visit(Role.IT, school="DK").get("/places/rooms/DK-101/stickers")
    assert answer.text.count("<svg") == 3
    assert "style=" not in answer.text
    assert room.reception.visit(Role.IT, school="DK").get("/places/rooms/TP-201/stickers").status_code == 404
