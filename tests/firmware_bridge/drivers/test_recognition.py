"""Each family knows its own on an unknown line, and no other family is surer of it."""

import random

import pytest

from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.recognition import Guess
from provisioning.rehearsal.soft_room.soft_firmata_board import SoftFirmataBoard
from provisioning.rehearsal.soft_room.soft_link_board import SoftLinkBoard
from provisioning.rehearsal.soft_room.soft_modbus_bus import SoftClassroomBus
from provisioning.rehearsal.soft_room.soft_sensor import SoftSensor
from provisioning.rehearsal.soft_room.soft_text_board import SoftTextBoard, TextForm

SENSORS = ("link-v1", "text-lines", "modbus", "firmata")


def _by_itself(sensor: SoftSensor) -> bytes:
    """Three seconds of listening."""
    return sensor.opened(0.0) + b"".join(sensor.tick(second / 10) for second in range(30))


def _guesses(heard: bytes) -> dict[str, Guess]:
    rows = ((name, DRIVERS[name].recognise) for name in SENSORS)
    guesses = ((name, recogniser.hear(heard)) for name, recogniser in rows if recogniser is not None)
    return {name: guess for name, guess in guesses if guess is not None}


@pytest.mark.parametrize(
    ("name", "sensor"),
    [
        ("link-v1", SoftLinkBoard(500)),
        ("text-lines", SoftTextBoard(TextForm.JSON, 500)),
        ("text-lines", SoftTextBoard(TextForm.CSV, 500, mark="crc")),
        ("text-lines", SoftTextBoard(TextForm.PROSE, 500)),
        ("firmata", SoftFirmataBoard()),
    ],
)
def test_what_speaks_by_itself_is_known_by_listening(name: str, sensor: SoftSensor) -> None:
    assert list(_guesses(_by_itself(sensor))) == [name]


def test_a_modbus_sensor_is_known_by_asking() -> None:
    recogniser = DRIVERS["modbus"].recognise
    assert recogniser is not None
    bus = SoftClassroomBus((2,))
    answers = [bus.take(question.ask, 0.0) for question in recogniser.questions()]
    guesses = [guess for guess in map(recogniser.hear, answers) if guess is not None]
    assert {(guess.driver, guess.unit) for guess in guesses} == {("modbus", 2)}


def test_a_question_of_one_family_is_an_answer_of_none() -> None:
    for name in SENSORS:
        recogniser = DRIVERS[name].recognise
        assert recogniser is not None
        for question in recogniser.questions():
            assert not {other: guess for other, guess in _guesses(question.ask).items() if other != name}


def test_rubbish_is_nothing() -> None:
    chance = random.Random(3)
    for _ in range(50):
        assert not [guess for guess in _guesses(chance.randbytes(2000)).values() if guess.confidence >= 0.5]
