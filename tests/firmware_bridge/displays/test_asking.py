"""The asking machine: one question at a time, late answers thrown away, rounds, patience, commands read back."""

from itertools import pairwise

import msgspec
import pytest

from firmware_bridge.displays.asking import TROUBLE_REST_SECONDS, Asking
from firmware_bridge.displays.display import Display
from firmware_bridge.displays.families import make_asking
from firmware_bridge.displays.mdc import MdcCodec
from firmware_bridge.displays.tables import TableError, table_of
from firmware_bridge.drivers.driver import Said
from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName, DeviceOutcome, Reach
from models.room_plan import PlannedDevice
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink
from tests.builders.display_line import DisplayLine, line_of, planned
from tests.builders.soft_displays import SoftLine

POWER = bytes.fromhex("AA 11 01 00 12")
ON = bytes.fromhex("AA FF 01 03 41 11 01 56")
OFF = bytes.fromhex("AA FF 01 03 41 11 00 55")
POWER_OFF = bytes.fromhex("AA 11 01 01 00 13")


def rounds(line: DisplayLine) -> list[float]:
    return [at for at, frame in line.written if frame == POWER]


def test_rounds_are_at_least_five_seconds_apart_and_dear_questions_rare() -> None:
    line = SoftLine("mdc", SoftDisplay()).run(600)
    assert min(later - sooner for sooner, later in pairwise(rounds(line))) >= 5.0
    asked = [frame[1] for _, frame in line.written]
    assert asked.count(0x14) == asked.count(0x11) > 100
    assert asked.count(0x83) in (9, 10, 11)
    assert [asked.count(rare) for rare in (0x0B, 0x0E, 0x8A)] == [1, 1, 1]


def test_the_serial_number_is_asked_again_the_next_day() -> None:
    line = SoftLine("mdc", SoftDisplay()).run(20)
    line.now += 86_400
    line.run(20)
    assert [frame[1] for _, frame in line.written].count(0x0B) == 2


def test_one_question_is_outstanding_and_the_line_rests_between() -> None:
    line = line_of("lg", lambda _: b"")
    line.run(0.5)
    assert [frame for _, frame in line.written] == [b"ka 01 FF\r"]
    line.hear(b"a 01 OK01x")
    for waited, frame in ((0.01, b""), (0.045, b""), (0.051, b"xb 01 FF\r"), (0.06, b"")):
        line.driver.due(line.now + waited)
        assert line.driver.to_write() == frame


def test_a_late_answer_is_thrown_away_before_the_same_letter_is_asked_again() -> None:
    line = line_of("lg", lambda _: b"")
    line.run(1.6)
    line.hear(b"a 01 OK01x")
    line.run(0.9)
    assert len(line.written) == 1
    assert line.states == []
    line.run(0.2)
    assert [frame for _, frame in line.written] == [b"ka 01 FF\r"] * 2
    line.hear(b"a 01 OK00x")
    line.run(1)
    assert line.state.values["power"] == "off"


def test_half_a_late_answer_is_not_finished_by_the_next() -> None:
    line = line_of("lg", lambda _: b"")
    line.run(1.6)
    line.hear(b"a 01 OK0")
    line.run(1.1)
    line.hear(b"1x")
    line.run(1)
    assert line.states == []


@pytest.mark.parametrize(
    "wrong",
    [
        bytes.fromhex("AA FF 01 03 41 14 01 59"),
        bytes.fromhex("AA FF 02 03 41 11 01 57"),
        bytes.fromhex("AA FF 01 02 41 11 54"),
        bytes.fromhex("AA 11 01 01 01 14"),
    ],
    ids=["another question", "another display", "no value", "a command"],
)
def test_what_does_not_answer_the_question_is_no_state(wrong: bytes) -> None:
    line = line_of("mdc", lambda _: wrong)
    line.run(60)
    assert {state.values["power"] for state in line.states} == {"unknown"}


def test_an_unasked_frame_is_believed_only_where_the_family_tells_by_itself() -> None:
    silent = line_of("mdc", lambda _: b"")
    silent.hear(ON)
    assert silent.states == []
    device = planned("mdc")
    told = Display(device, msgspec.structs.replace(table_of("mdc"), unasked=True), 1, via="mdc")
    line = DisplayLine(Asking([told], MdcCodec()), lambda _: b"")
    line.hear(ON)
    assert line.state.values["power"] == "on"
    line.hear(bytes.fromhex("AA FF 02 03 41 11 00 56"))
    assert line.state.values["power"] == "on"


def test_a_question_that_is_never_answered_does_not_keep_the_others_from_being_asked() -> None:
    line = SoftLine("mdc", SoftDisplay())
    line.spoil = lambda said: b"" if said[5:6] == b"\x0d" else said
    line.run(60)
    assert line.state.values["hours"] == 1200.0
    assert line.about.serial
    assert Reach.UNREACHABLE not in {state.reach for state in line.states}


def test_one_lost_answer_after_another_question_stayed_open_is_not_yet_silence() -> None:
    line = SoftLine("mdc", SoftDisplay()).run(3)
    lost = [0x11]

    def spoil(said: bytes) -> bytes:
        if said[5] in lost:
            lost.clear()
            return b""
        return b"" if said[5] == 0x14 else said

    line.spoil = lambda said: b"" if said[5] == 0x14 else said
    line.run(6)
    line.spoil = spoil
    line.run(30)
    assert not lost
    assert Reach.UNREACHABLE not in {state.reach for state in line.states}


def test_a_command_ends_with_its_line_and_is_not_sent_on_the_next() -> None:
    line = line_of("mdc", lambda _: b"")
    line.run(0.1)
    line.give(DeviceCommandName.POWER_OFF)
    line.driver.open(line.now)
    line.run(100)
    assert line.results == []
    assert bytes.fromhex("AA 11 01 01 00 13") not in [frame for _, frame in line.written]


def test_a_display_without_sound_says_nothing_of_it() -> None:
    line = SoftLine("mdc", SoftDisplay(volume=255)).run(30)
    assert "volume" not in line.state.values
    assert line.driver.counts.bad == 0


def test_a_power_that_we_have_no_word_for_is_unknown_and_the_display_is_there() -> None:
    line = line_of("mdc", lambda wrote: bytes.fromhex("AA FF 01 03 41 11 07 5C") if wrote == POWER else b"")
    line.run(20)
    assert line.state.values == {"power": "unknown"}
    assert line.state.reach is Reach.OK


def test_a_projector_that_closes_the_line_after_each_answer_is_read_all_the_same() -> None:
    line = SoftLine("pjlink", SoftDisplay())
    for _ in range(20):
        line.run(0.2)
        line.reopen()
    assert line.state.values["source"] == "hdmi1"
    assert line.about.serial == "SN00012345"


def test_a_question_that_the_display_does_not_know_is_no_fault_and_waits_a_day() -> None:
    line = SoftLine("pjlink", SoftDisplay(), talk=lambda shown: SoftPjlink(shown, lamps=())).run(600)
    assert line.state.faults == ()
    assert "lamp_hours" not in line.state.values
    assert [frame for _, frame in line.written].count(b"%1LAMP ?\r") == 1


def test_a_projector_of_class_1_is_not_asked_what_only_class_2_knows() -> None:
    line = SoftLine("pjlink", SoftDisplay(), talk=lambda shown: SoftPjlink(shown, pj_class=1)).run(200)
    assert not [frame for _, frame in line.written if frame.startswith(b"%2")]
    assert line.about.model == "SC-65"


def test_of_several_lamps_the_oldest_counts() -> None:
    line = SoftLine("pjlink", SoftDisplay(), talk=lambda shown: SoftPjlink(shown, lamps=(90, 1500, 300))).run(40)
    assert line.state.values["lamp_hours"] == 1500.0


def test_a_projector_is_let_go_between_rounds() -> None:
    line = SoftLine("pjlink", SoftDisplay()).run(10)
    assert [rest.seconds for rest in line.rests] == [30.0]
    states = len(line.states)
    line.now += 30
    line.reopen()
    line.run(10)
    assert len(line.rests) == 2
    assert len(line.states) == states + 1
    assert b"%1INF2 ?\r" not in [frame for _, frame in line.written[14:]]


def test_a_wrong_password_is_said_once_and_not_tried_again_at_once() -> None:
    line = SoftLine("pjlink", SoftDisplay(password="right"), password="wrong").run(20)
    assert line.state.reach is Reach.FAULT
    assert "password" in line.state.sentence
    assert [rest.seconds for rest in line.rests] == [TROUBLE_REST_SECONDS]
    assert len(line.written) == 1


def test_a_command_on_a_line_that_keeps_us_out_fails_with_the_reason() -> None:
    line = SoftLine("pjlink", SoftDisplay(password="right"))
    line.reopen()
    line.give(DeviceCommandName.POWER_ON)
    line.hear(b"PJLINK ERRA\r")
    assert [(result.outcome, "password" in result.sentence) for result in line.results] == [
        (DeviceOutcome.FAILED, True)
    ]


def test_a_projector_that_never_greets_is_unreachable() -> None:
    line = line_of("pjlink", lambda _: b"").run(20)
    assert line.written == []
    assert line.state.reach is Reach.UNREACHABLE


def test_secured_mdc_is_a_sentence() -> None:
    line = SoftLine("mdc", SoftDisplay(), talk=lambda shown: SoftMdc(shown, secured=True)).run(10)
    assert "TLS" in line.state.sentence
    assert line.state.reach is Reach.FAULT


def test_silence_after_power_on_is_waited_out() -> None:
    line = SoftLine("mdc", SoftDisplay(is_on=False, warming_seconds=45)).run(10)
    result = line.ask(DeviceCommandName.POWER_ON)
    assert result.outcome is DeviceOutcome.DONE
    assert Reach.UNREACHABLE not in {state.reach for state in line.states}


def test_a_display_that_falls_into_deep_standby_was_switched_off_and_is_then_unreachable() -> None:
    line = SoftLine("mdc", SoftDisplay()).run(10)
    line.give(DeviceCommandName.POWER_OFF)
    line.run(0.2)
    line.spoil = lambda _: b""
    line.run(60)
    assert [result.outcome for result in line.results] == [DeviceOutcome.DONE]
    assert line.state.reach is Reach.UNREACHABLE
    assert line.state.values["power"] == "unknown"


def test_a_command_that_changes_nothing_has_failed() -> None:
    line = line_of("mdc", lambda wrote: ON if wrote[1] == 0x11 else b"")
    result = line.ask(DeviceCommandName.POWER_OFF)
    assert result.outcome is DeviceOutcome.FAILED
    assert "still says power on" in result.sentence


def test_commands_go_before_polls_and_one_after_the_other() -> None:
    line = SoftLine("mdc", SoftDisplay(is_on=False, warming_seconds=10)).run(10)
    line.give(DeviceCommandName.POWER_ON, command_id="first")
    line.give(DeviceCommandName.SELECT_SOURCE, "hdmi2", command_id="second")
    line.run_until("first", "second")
    assert [(result.id, result.outcome) for result in line.results] == [
        ("first", DeviceOutcome.DONE),
        ("second", DeviceOutcome.DONE),
    ]


def test_the_tenth_waiting_command_is_refused() -> None:
    line = line_of("mdc", lambda _: b"")
    for number in range(10):
        line.give(DeviceCommandName.MUTE, command_id=f"c{number}")
    assert {result.outcome for result in line.results} == {DeviceOutcome.REFUSED}


def test_a_command_that_waited_until_it_may_go_no_more_is_not_sent() -> None:
    line = line_of("mdc", lambda _: b"").run(0.1)
    line.give(DeviceCommandName.POWER_OFF)
    line.withdraw(DeviceOutcome.EXPIRED)
    assert [result.outcome for result in line.results] == [DeviceOutcome.EXPIRED]
    line.run(30)
    assert len(line.results) == 1
    assert POWER_OFF not in [frame for _, frame in line.written]


@pytest.mark.parametrize("waited", [0.5, 1.05])
def test_a_command_without_an_answer_is_not_sent_again_when_it_may_go_no_more(waited: float) -> None:
    shown = SoftMdc(SoftDisplay())
    line = DisplayLine(make_asking("mdc", [planned("mdc")]), lambda wrote: b"".join(shown.take(wrote, 0.0))).run(4.5)
    line.answer = lambda wrote: b"" if wrote == POWER_OFF else b"".join(shown.take(wrote, 0.0))
    line.give(DeviceCommandName.POWER_OFF)
    line.run(waited)
    assert [frame for _, frame in line.written].count(POWER_OFF) == 1
    line.withdraw(DeviceOutcome.EXPIRED)
    line.run_until("c")
    assert [frame for _, frame in line.written].count(POWER_OFF) == 1
    assert line.results[0].outcome is DeviceOutcome.FAILED
    assert "still says power on" in line.results[0].sentence


def test_a_display_that_is_not_on_the_line_is_refused() -> None:
    line = line_of("mdc", lambda _: b"")
    line.give(DeviceCommandName.POWER_ON, device_id="dev-other")
    assert [result.outcome for result in line.results] == [DeviceOutcome.REFUSED]


def test_two_displays_share_a_line_and_a_dead_one_keeps_no_other_waiting() -> None:
    displays = [planned("mdc", f"dev-{unit}", unit=unit) for unit in (1, 2, 3)]
    alive = SoftMdc(SoftDisplay(unit=3))
    line = DisplayLine(make_asking("mdc", displays), lambda wrote: b"".join(alive.take(wrote, 0.0)))
    line.run(60)
    last = {word.device_id: word.state.reach for word in line.words if isinstance(word, Said) and word.state}
    assert last == {"dev-1": Reach.UNREACHABLE, "dev-2": Reach.UNREACHABLE, "dev-3": Reach.OK}


@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        (planned("mdc", unit=254), "address 254"),
        (planned("lg", unit=0), "address 0"),
        (planned("viewsonic", unit=99), "address 99"),
        (planned("benq-board", unit=99), "address 99"),
        (planned("sicp", unit=0), "address 0"),
        (planned("nec", words="P403"), "no model 'P403'"),
        (planned("nec", words="unverified = perhaps"), "unverified = true"),
        (PlannedDevice(device_id="dev-1", kind=EquipmentKind.PROJECTOR), "no serial line"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_said_in_a_sentence(device: PlannedDevice, sentence: str) -> None:
    family = getattr(device.link, "driver", "mdc")
    with pytest.raises(TableError, match=sentence):
        make_asking(family, [device])
