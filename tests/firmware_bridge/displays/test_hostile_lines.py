"""Whatever comes from a line: nothing raises, and nothing that was not said in full becomes a state. All families."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.displays.codec import LONGEST
from firmware_bridge.displays.families import FAMILIES
from models.room_messages import DeviceCommandName, Reach
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from tests.builders.display_line import STEP_SECONDS, line_of
from tests.builders.soft_displays import TALKS, WORDS, SoftLine, all_words

SAME_SOCKET = {"digital1": "hdmi1"}
"""Before a projector has said its sockets' names, they have those of the standard."""
GREETINGS = {"pjlink": b"PJLINK 0\r"}
SHAPED = [
    b"\xaa\xff\x01\x03A\x11",
    b"\xaa\xff\xfe\xffA",
    b"a 01 OK",
    b"a 02 OK01x",
    b"\x0100AB12\x02",
    b"\x0100BB12\x020200D60000040001\x03",
    b"%1POWR=",
    b"%2POWR=1\r",
    b"%1INPT=9z\r",
    b"PJLINK 0\r",
    b"801r",
    b"801rl00",
    b"801r1100\r",
    b"::01r0",
    b"*POW=",
    b">*pow=?#\r",
    b"\xaa\xbb\xcc\x80\x00",
    b"\x06\x01\x01\x19\x02",
    b"5FA:OKAY",
    b"\x20\x85\x01\x60\x10",
    b"\x05\x14\x00\x03\x00\x00",
    b"\r",
    b"x",
]
each_family = pytest.mark.parametrize("family", sorted(FAMILIES))
garbage = st.lists(st.one_of(st.binary(max_size=40), st.sampled_from(SHAPED)), max_size=12)


@each_family
@given(pieces=garbage, seed=st.integers(0, 1 << 16))
@settings(max_examples=20, deadline=None)
def test_no_garbage_raises_or_switches_anything(family: str, pieces: list[bytes], seed: int) -> None:
    choose = random.Random(seed)
    line = line_of(
        family,
        lambda _: choose.choice(pieces) if pieces else b"",
        greeting=GREETINGS.get(family, b""),
        words=all_words(family),
    )
    line.give(DeviceCommandName.POWER_OFF)
    line.run(12)
    for piece in pieces:
        line.hear(piece)
    line.run(1)
    assert all(state.values.get("power") in ("unknown", None) for state in line.states)


@pytest.mark.parametrize("family", sorted(TALKS))
@given(
    delays=st.lists(st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.9, 1.4, 1.6, 2.1, 2.6, 3.5, 5.0, None]), max_size=40),
    cuts=st.lists(st.integers(0, 30), max_size=10),
)
@settings(max_examples=8, deadline=None)
def test_late_lost_and_cut_answers_never_say_what_is_not_true(
    family: str, delays: list[float | None], cuts: list[int]
) -> None:
    talk = TALKS[family](SoftDisplay(is_on=True))
    on_its_way: list[tuple[float, bytes]] = []

    def answer(wrote: bytes) -> bytes:
        said = b"".join(talk.take(wrote, 0.0))
        delay = delays.pop() if delays else 0.0
        said = said[: cuts.pop()] if cuts else said
        if delay is not None:
            on_its_way.append((line.now + delay, said))
        return b""

    line = line_of(family, answer, words=WORDS.get(family, ""), greeting=talk.greeting())
    for _ in range(900):
        line.run(STEP_SECONDS)
        for at, said in [late for late in on_its_way if late[0] <= line.now]:
            on_its_way.remove((at, said))
            line.hear(said)
    truth = SoftLine(family, SoftDisplay()).run(40)
    for state in line.states:
        source = SAME_SOCKET.get(str(state.values.get("source")), state.values.get("source"))
        told = {**state.values, "source": source} if source else state.values
        expected = {**truth.state.values, "power": state.values["power"]}
        assert {**expected, **told} == expected
        assert state.values["power"] in ("on", "unknown")
        assert state.faults == ()


@each_family
def test_an_endless_answer_is_not_kept(family: str) -> None:
    line = line_of(family, lambda _: b"", words=all_words(family), greeting=GREETINGS.get(family, b""))
    for _ in range(200):
        line.hear(b"%1POWR=" + b"1" * 100)
        line.hear(b"\xaa\xff\x01")
        line.hear(b"5FA:OKAY" + b"8" * 60 + b"\x23\x96\x00\x00\x70")
    held = [value for value in vars(line.driver._codec).values() if isinstance(value, bytes)]
    assert max(map(len, held)) <= LONGEST + 200


@each_family
def test_silence_is_unreachable_and_never_off(family: str) -> None:
    line = line_of(family, lambda _: b"", words=all_words(family), greeting=GREETINGS.get(family, b""))
    line.run(90)
    assert [state.reach for state in line.states] == [Reach.UNREACHABLE] * len(line.states)
    assert line.state.values == {"power": "unknown"}
    assert line.state.sentence


@each_family
def test_every_command_ends_once_on_a_silent_line(family: str) -> None:
    line = line_of(family, lambda _: b"", greeting=GREETINGS.get(family, b""), words=all_words(family))
    for number, name in enumerate(DeviceCommandName):
        line.give(name, "hdmi1", command_id=f"c{number}")
    line.run(500)
    assert sorted(result.id for result in line.results) == sorted(f"c{n}" for n in range(len(DeviceCommandName)))
    assert "done" not in {result.outcome.value for result in line.results}
