"""A list of rooms in the spellings of spreadsheets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.it_office.room_list import RoomList, RoomListError, read_room_list
from central.registers.place_register import Room
from models.identifiers import RoomId

CODES = st.text("ABCXYZ019-_", min_size=1, max_size=12).filter(lambda code: code.casefold() != "room")


def _room(code: str) -> Room:
    return Room(room_id=RoomId(code), room_name=code, school_id="S", school_name="S", commune="", is_smart=False)


@pytest.mark.parametrize(
    "text",
    [
        "A-1\nA-2\n",
        "room\nA-1\n\nA-2",
        "\ufeffMã phòng;Tên\nA-1;Phòng 1\nA-2;Phòng 2\n",
        'stt,room,note\n1,A-1,"a, b"\n2,A-2,\n',
        "phòng\tstt\nA-1\t1\nA-2\t2\n",
    ],
)
def test_the_codes_are_found(text: str) -> None:
    assert read_room_list(text) == ["A-1", "A-2"]


@pytest.mark.parametrize("text", ["", "\n \n", "room\n", "name,place\nA-1,B\n"])
def test_what_is_no_list_is_refused_in_words(text: str) -> None:
    with pytest.raises(RoomListError):
        read_room_list(text)


@given(st.lists(CODES, min_size=1, max_size=30), st.sampled_from(",;\t"))
def test_a_list_comes_back_as_it_was_written(codes: list[str], delimiter: str) -> None:
    text = f"stt{delimiter}room\n" + "".join(f"{number}{delimiter}{code}\n" for number, code in enumerate(codes))
    assert read_room_list(text) == codes


def test_unknown_taken_and_repeated_rooms_get_no_code_and_are_named() -> None:
    known = {code: _room(code) for code in ("A", "B")}
    sorted_out = RoomList.of(["A", "B", "C", "A"], known, {"B"})
    assert [room.room_id for room in sorted_out.rooms] == ["A"]
    assert [room.room_id for room in sorted_out.taken] == ["B"]
    assert (sorted_out.unknown, sorted_out.doubled) == (("C",), ("A",))
