"""A display on an unknown port is known by one harmless question, and nobody else is taken for one."""

import pytest

from firmware_bridge.displays.families import FAMILIES
from firmware_bridge.drivers.catalogue import DRIVERS
from firmware_bridge.drivers.recognition import Recogniser
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_viewsonic import SoftViewsonic
from tests.builders.soft_displays import TALKS

SETS = (
    b"s!00",
    b"pow=on",
    b"pow=off",
    b"\x18\x02",
    b"S0003",
    b"\x02\x00\x00",
    b"\x11\x00\x00",
    b"%1POWR 1",
    b"%1POWR 0",
    b"ka 01 01",
    b"ka 01 00",
    b"C203D6",
    b"\x11\x01\x01",
)


def recogniser(family: str) -> Recogniser:
    eye = DRIVERS[family].recognise
    assert eye is not None
    return eye


RECOGNISED = sorted(set(TALKS) - {"hisense"})
"""A Hisense set answers to its own letters alone, and nothing is asked of all at once."""
KIN = {("viewsonic", "benq-board")}
"""BenQ's boards answer ViewSonic's question for power; asked for their maker they are known for sure."""


@pytest.mark.parametrize("family", RECOGNISED)
def test_a_display_is_recognised_by_its_answer_alone(family: str) -> None:
    for other in sorted(TALKS):
        talk = TALKS[other](SoftDisplay())
        heard = talk.greeting()
        for question in recogniser(family).questions():
            assert not [frame for frame in SETS if frame in question.ask]
            heard += b"".join(talk.take(question.ask, 0.0))
        guess = recogniser(family).hear(heard)
        assert (guess is not None) == (other == family or (family, other) in KIN)
        if guess is not None:
            assert (guess.driver, guess.unit) == (family, 1)
            assert guess.confidence >= {"maxhub": 0.6, "viewsonic": 0.8}.get(family, 0.9)


def test_boards_of_one_make_of_frames_are_told_apart_by_who_made_them() -> None:
    assert FAMILIES["benq-board"].sure > FAMILIES["viewsonic"].sure
    (question,) = recogniser("benq-board").questions()
    assert recogniser("benq-board").hear(b"".join(SoftViewsonic(SoftDisplay()).take(question.ask, 0.0))) is None


def test_a_set_that_answers_to_its_own_letters_alone_is_not_asked() -> None:
    assert DRIVERS["hisense"].recognise is None


@pytest.mark.parametrize("family", RECOGNISED)
@pytest.mark.parametrize("heard", [b"", b"\x00" * 100, b'{"temperature": 21.5}\r\n' * 3, bytes(range(256))])
def test_other_things_are_no_display(family: str, heard: bytes) -> None:
    assert recogniser(family).hear(heard) is None


def test_a_display_that_keeps_us_out_is_recognised_too() -> None:
    secured = recogniser("mdc").hear(SoftMdc(SoftDisplay(), secured=True).greeting())
    guarded = recogniser("pjlink").hear(b"PJLINK 1 85196e3e\r")
    assert secured is not None
    assert "TLS" in secured.what
    assert guarded is not None
    assert "password" in guarded.what
