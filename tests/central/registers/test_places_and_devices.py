"""Places and devices on both databases: scope, search without accents, history, pages, what counts as recorded."""

from collections.abc import Callable
from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.database import Database
from central.it_office.digital_record import digital_record
from central.registers import device_register, device_search, equipment_counts, place_register
from central.registers.device_register import UnknownDeviceError, UnknownRoomError
from central.registers.device_search import Seen, Wanted
from central.registers.device_tables import DeviceError, DeviceFacts, SerialTakenError
from central.registers.place_register import PlaceError, School
from central.registers.word_search import fold
from models.equipment import SMART_CLASSROOM, DeviceState, EquipmentKind
from models.errors import BadInputError
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.places import DEED, FULL, add_device, build_places


@pytest.fixture
def places(store: Database) -> Database:
    with store.writing() as connection:
        build_places(connection)
    return store


@pytest.mark.parametrize("words", ["dong khoi", "ĐỒNG KHỞI", "bat xat đồng", "dk", "", "khởi  DONG"])
def test_a_school_is_found_without_accents(places: Database, words: str) -> None:
    with places.reading() as connection:
        found = [school.school_id for school in place_register.list_schools(connection, None, words)]
    assert "DK" in found
    assert ("TP" in found) is (words == "")


@pytest.mark.parametrize("words", ["%", "_", "đồng trần", "\\"])
def test_signs_of_a_pattern_are_letters_like_others(places: Database, words: str) -> None:
    with places.reading() as connection:
        assert place_register.list_schools(connection, None, words) == []


def test_another_schools_places_are_as_if_they_were_not_there(places: Database) -> None:
    with places.writing() as connection:
        foreign = add_device(connection, "TP-201")
    with places.writing() as connection:
        assert [one.school_id for one in place_register.list_schools(connection, "DK")] == ["DK"]
        assert place_register.find_school(connection, "TP", "DK") is None
        assert place_register.find_room(connection, "TP-201", "DK") is None
        assert place_register.rooms_of(connection, "TP", "DK") == []
        assert {room.room_id for room in place_register.list_rooms(connection, "DK")} == {"DK-101", "DK-102"}
        assert place_register.search_rooms(connection, "DK", "201") == []
        assert device_register.find_device(connection, foreign, "DK") is None
        assert device_register.history_of(connection, foreign, "DK") == []
        assert device_search.find_devices(connection, Wanted(school_id="TP"), "DK").devices == ()
        assert device_search.count_devices(connection, Wanted(), "DK") == 0
        assert set(equipment_counts.count_rooms(connection, "DK")) == {"DK-101"}
        assert "TP" not in equipment_counts.count_schools(connection, "DK")
        assert all(count.held == 0 for count in equipment_counts.count_kinds(connection, "DK"))
        deeds: tuple[Callable[[], object], ...] = (
            lambda: device_register.change(connection, foreign, FULL, scope="DK", deed=DEED),
            lambda: device_register.move(connection, foreign, "DK-101", "", scope="DK", deed=DEED),
            lambda: device_register.set_state(connection, foreign, DeviceState.LOST, scope="DK", deed=DEED),
        )
        for deed in deeds:
            with pytest.raises(UnknownDeviceError):
                deed()
        with pytest.raises(UnknownRoomError):
            device_register.add_devices(connection, "TP-201", [FULL], scope="DK", deed=DEED)


def test_nobody_moves_a_device_into_another_school_than_the_own(places: Database) -> None:
    with places.writing() as connection:
        own = add_device(connection)
        with pytest.raises(UnknownRoomError):
            device_register.move(connection, own, "TP-201", "", scope="DK", deed=DEED)


def test_a_smart_room_begins_with_the_plans_list_and_keeps_its_own(places: Database) -> None:
    with places.writing() as connection:
        assert place_register.expected_in(connection, "DK-101") == SMART_CLASSROOM
        assert place_register.expected_in(connection, "DK-102") == {}
        place_register.expect(connection, "DK-101", {EquipmentKind.TABLET: 30, EquipmentKind.LAPTOP: 0})
        place_register.add_or_change_room(
            connection, room_id="DK-101", school_id="DK", room_name="Mới", is_smart=True, at=SEVEN_O_CLOCK
        )
        assert place_register.expected_in(connection, "DK-101") == {EquipmentKind.TABLET: 30}
        with pytest.raises(PlaceError):
            place_register.expect(connection, "DK-101", {EquipmentKind.TABLET: 501})


def test_a_place_that_does_not_fit_is_refused(places: Database) -> None:
    with places.writing() as connection:
        for school in (
            School(school_id="a b", school_name="x", commune=""),
            School(school_id="A", school_name=" ", commune=""),
            School(school_id="A", school_name="x", commune="x" * 121),
        ):
            with pytest.raises(BadInputError):
                place_register.add_or_change_school(connection, school, SEVEN_O_CLOCK)
        with pytest.raises(PlaceError):
            place_register.add_or_change_room(
                connection, room_id="X", school_id="none", room_name="x", is_smart=False, at=SEVEN_O_CLOCK
            )


def test_a_set_of_forty_is_entered_and_every_deed_has_its_row(places: Database) -> None:
    forty = [msgspec.structs.replace(FULL, serial=f"SN-{number}") for number in range(40)]
    with places.writing() as connection:
        names = device_register.add_devices(connection, "DK-101", forty, scope="DK", deed=DEED)
        assert len(set(names)) == 40
        repaired = msgspec.structs.replace(forty[0], owner="Sở")
        assert device_register.change(connection, names[0], repaired, scope="DK", deed=DEED)
        assert not device_register.change(connection, names[0], repaired, scope="DK", deed=DEED)
        assert device_register.move(connection, names[0], "DK-102", "tủ", scope="DK", deed=DEED)
        assert device_register.set_state(connection, names[0], DeviceState.RETIRED, scope="DK", deed=DEED)
        history = device_register.history_of(connection, names[0], "DK")
        assert [row.action for row in history] == ["retired", "moved", "changed", "added"]
        assert history[2].changes == {"owner": ("Trường Đồng Khởi", "Sở")}
        assert all((row.actor, row.reason) == ("it", "thử") for row in history)
        kept = device_register.find_device(connection, names[0], "DK")
        assert kept is not None
        assert kept.state is DeviceState.RETIRED


@pytest.mark.parametrize("serial", ["SN-1", "sn-1", " S N-1 "])
def test_a_makers_serial_number_is_in_the_register_once(places: Database, serial: str) -> None:
    with places.writing() as connection:
        add_device(connection)
    twin = msgspec.structs.replace(FULL, maker="LENOVO", serial=serial)
    with pytest.raises(SerialTakenError), places.writing() as connection:
        add_device(connection, "TP-201", twin)
    with places.writing() as connection:
        other = add_device(connection, "TP-201", msgspec.structs.replace(FULL, serial="SN-2"))
        with pytest.raises(SerialTakenError):
            device_register.change(connection, other, twin, scope=None, deed=DEED)
        assert device_search.count_devices(connection, Wanted(), None) == 2


@pytest.mark.parametrize(
    "facts",
    [
        msgspec.structs.replace(FULL, model="x" * 121),
        msgspec.structs.replace(FULL, warranty_until=date(2020, 1, 1)),
    ],
)
def test_a_device_that_does_not_fit_is_refused(places: Database, facts: DeviceFacts) -> None:
    with places.writing() as connection, pytest.raises(DeviceError):
        add_device(connection, "DK-101", facts)


def test_a_deed_without_a_reason_is_refused(places: Database) -> None:
    silent = msgspec.structs.replace(DEED, reason=" ")
    with places.writing() as connection, pytest.raises(DeviceError):
        device_register.add_devices(connection, "DK-101", [FULL], scope=None, deed=silent)


def test_pages_hold_every_device_once_in_order(places: Database) -> None:
    with places.writing() as connection:
        for room in ("DK-101", "DK-102", "TP-201"):
            many = [DeviceFacts(kind=kind, place=f"{number}") for kind in EquipmentKind for number in range(3)]
            device_register.add_devices(connection, room, many, scope=None, deed=DEED)
    with places.reading() as connection:
        seen: list[Seen] = []
        after: Seen | None = None
        while True:
            found = device_search.find_devices(connection, Wanted(), None, after, limit=7)
            seen += [(one.room_id, one.kind.value, one.device_id) for one in found.devices]
            after = found.following
            if after is None:
                break
        assert seen == sorted(set(seen))
        assert len(seen) == 9 * len(EquipmentKind) == device_search.count_devices(connection, Wanted(), None)
        by_kind = device_search.find_devices(connection, Wanted(kind=EquipmentKind.LAPTOP, school_id="DK"), None)
        assert len(by_kind.devices) == 6


def test_the_share_counts_what_is_due_against_what_is_fully_known(places: Database) -> None:
    with places.writing() as connection:
        place_register.expect(connection, "DK-101", {EquipmentKind.TABLET: 4})
        many = [msgspec.structs.replace(FULL, serial=f"A{number}") for number in range(3)]
        many[2] = msgspec.structs.replace(many[2], warranty_until=None)
        names = device_register.add_devices(connection, "DK-101", many, scope=None, deed=DEED)
        device_register.set_state(connection, names[0], DeviceState.RETIRED, scope=None, deed=DEED)
        device_register.add_devices(
            connection, "DK-102", [DeviceFacts(kind=EquipmentKind.CAMERA)] * 2, scope=None, deed=DEED
        )
        record = digital_record(equipment_counts.count_kinds(connection, "DK"))
    kinds = {kind.kind: (kind.due, kind.held, kind.complete) for kind in record.kinds}
    assert kinds == {EquipmentKind.TABLET: (4, 2, 1), EquipmentKind.CAMERA: (2, 2, 0)}
    assert (record.percent, [kind.absent for kind in record.missing]) == (16, [2, 0])


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="aàảãáạăằẳẵắặâầẩẫấậeèêềếioôơớờuưứđĐnghtrkl ", max_size=30))
def test_vietnamese_folds_to_plain_letters(text: str) -> None:
    assert fold(text).isascii()
