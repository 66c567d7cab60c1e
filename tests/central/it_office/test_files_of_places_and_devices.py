"""Spreadsheets of places and devices: judged row by row, stored once however often sent, exports that come back."""

import csv
import io
import unicodedata
from datetime import date

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from central.database import Database
from central.it_office.device_export import HEADER, device_rows
from central.it_office.device_plan import plan_devices, store_devices, stored_devices
from central.it_office.place_plan import compare_places, plan_places, store_places
from central.it_office.table_export import csv_pieces, xlsx_file
from central.registers import device_search, place_register
from central.registers.device_search import Wanted
from central.registers.device_tables import Device, DeviceFacts, facts_of
from models.equipment import DeviceState, EquipmentKind
from models.identifiers import RoomId
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.places import DEED, add_device, build_places

PLACES = (
    "SỞ GIÁO DỤC;;;;\n"
    "Mã trường;Tên trường;Xã/phường;Tên phòng;Mã phòng;Phòng thông minh\n"
    "DK;Trường THCS Đồng Khởi;Xã Bát Xát;Phòng 101;DK-101;x\n"
    "DK;Trường THCS Đồng Khởi;Xã Bát Xát;Phòng 103;;\n"
    "DK;Tên khác;Xã Bát Xát;Phòng 104;;\n"
    "T P;Trần Phú;;Phòng 1;;\n"
    "TP;=HYPERLINK(1);;Phòng 2;;\n"
    "TP;THPT Trần Phú;Sa Pa;Phòng 3;DK-101;\n"
    "MN;Mầm non;;;;\n"
).encode()


@pytest.fixture
def places(sqlite_store: Database) -> Database:
    with sqlite_store.writing() as connection:
        build_places(connection)
    return sqlite_store


def test_rows_are_rejected_one_by_one_and_the_others_are_stored_once(places: Database) -> None:
    with places.writing() as connection:
        known = place_register.list_rooms(connection, None)
        plan = plan_places(PLACES, known, None)
        assert [row.number for row in plan.rejected] == [5, 6, 7, 8]
        first = store_places(connection, plan, DEED)
        assert (first.new_schools, first.new_rooms) == (1, 1)
        assert place_register.find_room(connection, "DK-Phong-103", "DK") is not None
        again = compare_places(
            plan, place_register.list_schools(connection, None), place_register.list_rooms(connection, None)
        )
        assert (again.new_schools, again.changed_schools, again.new_rooms, again.changed_rooms) == (0, 0, 0, 0)


def test_a_schools_staff_import_only_into_their_school(places: Database) -> None:
    with places.reading() as connection:
        plan = plan_places(PLACES, place_register.list_rooms(connection, None), "TP")
    assert plan.rows == ()


def _devices(*lines: str) -> bytes:
    return "\n".join(("Mã phòng,Loại,Hãng,Số serial,Hạn bảo hành,Tình trạng", *lines)).encode()


def test_devices_from_hell_are_judged_row_by_row(places: Database) -> None:
    content = _devices(
        "dk-101,máy tính bảng,Lenovo,SN-1,01/09/2027,",
        "DK-101,Kinh thuc te ao,Pico,P1,46266,đang sửa",
        "DK-101,tablet,LENOVO,sn-1,,",
        "NONE,tablet,Lenovo,SN-3,,",
        "DK-101,xe đạp,Lenovo,SN-4,,",
        "DK-101,tablet,Lenovo,SN-5,31/02/2027,",
        "DK-101,tablet,=1+1,SN-6,,",
        "DK-101,tablet,Lenovo,SN-7,,bay",
    )
    plan = plan_devices(content, ["DK-101", "DK-102"], [])
    assert [row.number for row in plan.rejected] == [4, 5, 6, 7, 8, 9]
    with places.writing() as connection:
        store_devices(connection, plan, scope="DK", deed=DEED)
        stored = stored_devices(connection, "DK")
        assert {(one.serial, one.state) for one in stored} == {
            ("SN-1", DeviceState.IN_USE),
            ("P1", DeviceState.REPAIR),
        }
        assert next(one for one in stored if one.serial == "P1").warranty_until == date(2026, 9, 1)
        again = plan_devices(content, ["DK-101"], stored)
        assert (again.new, again.changed) == ([], [])


def test_an_export_sent_back_with_one_change_changes_one_device(places: Database) -> None:
    with places.writing() as connection:
        add_device(connection)
        add_device(connection, "DK-102", DeviceFacts(kind=EquipmentKind.GLASSES_3D))
        stored = stored_devices(connection, "DK")
        rows = list(device_rows(stored, {}))
        told = xlsx_file("Thiết bị", HEADER, [tuple(cell.replace("bàn 01", "bàn 07") for cell in row) for row in rows])
        plan = plan_devices(told, ["DK-101", "DK-102"], stored)
        assert (len(plan.new), len(plan.changed), plan.rejected) == (0, 1, ())
        store_devices(connection, plan, scope="DK", deed=DEED)
        assert device_search.count_devices(connection, Wanted(words="ban 07"), "DK") == 1


_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp", "Zs", "Cf", "Mn")), max_size=20).filter(
    lambda text: text not in {"-", "—"} and not text.startswith("'") and text.isprintable()
)


@settings(deadline=None, max_examples=60)
@example(texts=[",=", ";=1+1", ";'-1", 'a;"=', 'x";+'], kind=EquipmentKind.OTHER, until=date(2027, 1, 1))
@given(
    texts=st.lists(_TEXT, min_size=5, max_size=5), kind=st.sampled_from(EquipmentKind), until=st.dates(date(1990, 1, 1))
)
def test_what_is_exported_is_read_again_and_acts_as_no_formula(
    texts: list[str], kind: EquipmentKind, until: date
) -> None:
    maker, model, serial, owner, place = texts
    device = Device(
        device_id="dev-00000000",
        room_id=RoomId("DK-101"),
        kind=kind,
        maker=maker,
        model=model,
        serial=serial,
        owner=owner,
        place=place,
        warranty_until=until,
        state=DeviceState.IN_USE,
        recorded_at=SEVEN_O_CLOCK,
        topic_name=None,
        last_word_at=None,
    )
    content = b"".join(csv_pieces(HEADER, device_rows([device], {})))
    for delimiter in (",", ";"):
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter)
        assert not any(cell.lstrip('"').startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    plan = plan_devices(content, ["DK-101"], [msgspec.structs.replace(device, owner="", place="?")])
    assert plan.rejected == ()
    assert [row.facts for row in plan.rows] == [_composed(facts_of(device))]


def _composed(facts: DeviceFacts) -> DeviceFacts:
    texts = {
        name: unicodedata.normalize("NFC", getattr(facts, name))
        for name in ("maker", "model", "serial", "owner", "place")
    }
    return msgspec.structs.replace(facts, **texts)
