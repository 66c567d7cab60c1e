import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.exam_desk.steps import Step
from edge.occurrences import CodeGiven, Confirmed, Declined
from models.admission import Light
from tests.fakes.scripted_room import Scene, ScriptedRoom


def test_six_digits_reach_the_desk(proctor: httpx.Client, room: ScriptedRoom) -> None:
    assert proctor.post("/press", json={"press": "code", "access_number": "010009"}).status_code == 204
    assert room.pressed == [CodeGiven(access_number="010009")]
    assert room.view().step is Step.WAITING_FOR_CARD


@pytest.mark.parametrize(("press", "answer"), [("confirm", Confirmed), ("decline", Declined)])
def test_an_answer_reaches_the_desk_with_the_question_that_the_page_showed(
    proctor: httpx.Client, room: ScriptedRoom, press: str, answer: type[Confirmed | Declined]
) -> None:
    room.play(Scene.NOBODY)
    asked = room.view().ticket
    assert proctor.post("/press", json={"press": press, "ticket": asked}).status_code == 204
    assert room.pressed == [answer(question=asked)]


def test_an_answer_to_an_earlier_question_seats_nobody(proctor: httpx.Client, room: ScriptedRoom) -> None:
    room.play(Scene.NOBODY)
    earlier = room.view().ticket
    room.press(Declined())
    room.give_code_and_card(10)
    room.read_card(10)
    room.measure_face()
    room.play(Scene.OTHER_CARD)
    assert room.view().can_confirm
    answer = proctor.post("/press", json={"press": "confirm", "ticket": earlier})
    assert (answer.status_code, answer.json()["reason"]) == (409, "NOT_ASKED")
    assert room.pressed == [Declined()]


def test_an_answer_without_a_question_is_refused(proctor: httpx.Client, room: ScriptedRoom) -> None:
    room.play(Scene.WRONG_ROOM)
    answer = proctor.post("/press", json={"press": "confirm", "ticket": room.view().ticket})
    assert answer.status_code == 409
    assert room.desk.light is Light.RED
    assert room.pressed == []


def test_a_row_of_the_roster_can_be_called(proctor: httpx.Client, room: ScriptedRoom) -> None:
    assert proctor.post("/call", json={"candidate_number": "01000012"}).status_code == 204
    assert room.called == ["01000012"]
    assert room.view().step is Step.WAITING_FOR_CARD


def test_nobody_is_called_over_an_open_question(proctor: httpx.Client, room: ScriptedRoom) -> None:
    room.play(Scene.NOBODY)
    answer = proctor.post("/call", json={"candidate_number": "01000012"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "ANSWER_FIRST")
    assert room.called == []


def test_who_is_not_on_the_roster_cannot_be_called(proctor: httpx.Client, room: ScriptedRoom) -> None:
    assert proctor.post("/call", json={"candidate_number": "99999999"}).status_code == 404
    assert room.called == []


GARBAGE = [
    b"",
    b"null",
    b"[]",
    b"{",
    b"\xff\xfe",
    b'{"press": "code"}',
    b'{"press": "code", "access_number": 10009}',
    b'{"press": "code", "access_number": "12345"}',
    b'{"press": "code", "access_number": "1234567"}',
    b'{"press": "code", "access_number": "123456\\n"}',
    '{"press": "code", "access_number": "١٢٣٤٥٦"}'.encode(),
    b'{"press": "code", "access_number": "010009", "more": 1}',
    b'{"press": "open sesame", "ticket": 1}',
    b'{"press": "confirm", "ticket": "1"}',
    b'{"press": "confirm", "ticket": -1}',
    b'{"press": "confirm", "ticket": 1e400}',
    b"[" * 1500,
]


def test_garbage_is_refused_without_being_repeated(proctor: httpx.Client, room: ScriptedRoom) -> None:
    for body in GARBAGE:
        answer = proctor.post("/press", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {400, 422}, body
        assert answer.json() == {"reason": "BAD_INPUT"}
    assert room.pressed == []


@given(body=st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_whatsoever_press_anything_by_accident(proctor: httpx.Client, room: ScriptedRoom, body: bytes) -> None:
    answer = proctor.post("/press", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert room.pressed == []
