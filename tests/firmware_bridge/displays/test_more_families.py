"""What is particular to one family or plan: dialects, models, the unverified, what is told unasked, sockets' names."""

from collections.abc import Callable
from functools import partial

import pytest

from firmware_bridge.displays.families import make_asking
from firmware_bridge.displays.tables import TableError
from firmware_bridge.drivers.catalogue import DRIVERS
from models.room_messages import DeviceCommandName, DeviceOutcome
from provisioning.rehearsal.soft_room.soft_benq_board import SoftBenqBoard
from provisioning.rehearsal.soft_room.soft_benq_projector import SoftBenqProjector
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay, SoftTalk
from provisioning.rehearsal.soft_room.soft_hisense import SoftHisenseLan
from provisioning.rehearsal.soft_room.soft_maxhub import SoftMaxhub
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink
from provisioning.rehearsal.soft_room.soft_sicp import SoftSicp
from provisioning.rehearsal.soft_room.soft_viewsonic import Dialect, SoftViewsonic
from tests.builders.display_line import planned
from tests.builders.soft_displays import SoftLine


@pytest.mark.parametrize(
    ("dialect", "words"),
    [(Dialect.PACKET, ""), (Dialect.NUMBERED, ""), (Dialect.PLAIN, "CDE8600; unverified = true")],
)
def test_a_viewboard_is_read_in_each_of_its_three_dialects(dialect: Dialect, words: str) -> None:
    shown = SoftDisplay(hours=12_345, celsius=-7.0)
    line = SoftLine("viewsonic", shown, words=words, talk=lambda display: SoftViewsonic(display, dialect=dialect))
    line.run(40)
    assert line.state.values["hours"] == 12_345.0
    assert line.state.values["device_temperature"] == -7.0
    assert line.about.serial == "SN00012345"
    assert line.driver.counts.bad == 0


def test_eight_digits_of_hours_come_in_four_replies() -> None:
    shown = SoftDisplay(hours=123_456)
    line = SoftLine("viewsonic", shown, talk=lambda display: SoftViewsonic(display, dialect=Dialect.NUMBERED))
    assert line.run(40).state.values["hours"] == 123_456.0


def test_a_lost_reply_of_several_makes_no_number() -> None:
    line = SoftLine("viewsonic", SoftDisplay(), talk=lambda display: SoftViewsonic(display, dialect=Dialect.NUMBERED))
    line.spoil = lambda said: said.replace(b"801r1212\r", b"") if b"801r1" in said else said
    line.display.hours = 123_456
    line.run(60)
    assert "hours" not in line.state.values


def test_a_model_whose_hours_are_a_log_is_not_asked_for_them() -> None:
    line = SoftLine("viewsonic", SoftDisplay(), words="IFP7500").run(40)
    assert b"801g1000\r" not in [frame for _, frame in line.written]


@pytest.mark.parametrize(
    ("frame", "metric", "value"),
    [
        (b"801rl000\r", "power", "off"),
        (b"801rj114\r", "source", "hdmi2"),
        (b"801rf055\r", "volume", 55.0),
        (b"801rg001\r", "mute", "on"),
    ],
)
def test_what_a_viewboard_tells_by_itself_is_believed(frame: bytes, metric: str, value: object) -> None:
    line = SoftLine("viewsonic", SoftDisplay()).run(6.0)
    line.hear(frame)
    assert line.state.values[metric] == value


def test_what_another_board_on_the_line_tells_is_not_believed() -> None:
    line = SoftLine("viewsonic", SoftDisplay()).run(6.0)
    line.hear(b"802rl000\r")
    assert line.state.values["power"] == "on"


def test_a_viewboard_that_tells_its_changes_is_told_as_any_other() -> None:
    line = SoftLine("viewsonic", SoftDisplay(), talk=lambda display: SoftViewsonic(display, tells=True)).run(10)
    assert line.ask(DeviceCommandName.SELECT_SOURCE, "hdmi2").outcome is DeviceOutcome.DONE
    assert line.ask(DeviceCommandName.SET_VOLUME, "5").outcome is DeviceOutcome.DONE
    assert line.driver.counts.bad == 0


def test_a_benq_boards_misprints_are_forgiven() -> None:
    line = SoftLine(
        "benq-board",
        SoftDisplay(has_signal=False, celsius=75.0),
        talk=lambda display: SoftBenqBoard(display, sensor_byte=True, wrong_length=True),
    ).run(40)
    assert line.state.faults == ("signal",)
    assert line.state.values["device_temperature"] == 75.0
    assert line.about.maker == "BENQ"


def test_each_model_has_its_usual_speed() -> None:
    row = DRIVERS["benq-board"]
    assert [row.baud_of(words) for words in ("", "RM8602K", "RP553K; unverified = true")] == [9600, 9600, 38400]


def test_a_benq_projector_without_echo_and_one_that_is_cooling() -> None:
    shown = SoftDisplay(cooling_seconds=20)
    line = SoftLine("benq-projector", shown, talk=lambda display: SoftBenqProjector(display, echoes=False)).run(20)
    assert line.state.values["source"] == "hdmi1"
    assert line.ask(DeviceCommandName.POWER_OFF).outcome is DeviceOutcome.DONE
    refused = line.ask(DeviceCommandName.POWER_ON)
    assert (refused.outcome, "cannot do this now" in refused.sentence) == (DeviceOutcome.REFUSED, True)


def test_a_command_without_an_answer_is_sent_and_then_read_back() -> None:
    line = SoftLine("oem-aabbcc", SoftDisplay()).run(10)
    assert line.ask(DeviceCommandName.SELECT_SOURCE, "ops").outcome is DeviceOutcome.DONE
    line.spoil = lambda _: b""
    silent = line.ask(DeviceCommandName.POWER_OFF)
    assert (silent.outcome, silent.sentence) == (DeviceOutcome.SENT, "Sent; it could not be read back.")
    assert not line.display.is_on


def test_iiyamas_form_is_read_and_told() -> None:
    words = "iiyama; unverified = true"
    line = SoftLine("sicp", SoftDisplay(), words=words, talk=lambda display: SoftSicp(display, iiyama=True)).run(20)
    assert (line.state.values["power"], line.state.values["hours"]) == ("on", 1200.0)
    assert line.ask(DeviceCommandName.SELECT_SOURCE, "hdmi2").outcome is DeviceOutcome.DONE
    assert line.written[0][1].startswith(b"\xa6\x01")


def test_of_two_sensors_the_hotter_counts() -> None:
    assert SoftLine("sicp", SoftDisplay(celsius=52.0)).run(20).state.values["device_temperature"] == 52.0


def test_maxhub_takes_power_over_a_cable_only() -> None:
    words = "unverified = true"
    cable = SoftLine("maxhub", SoftDisplay(), talk=lambda display: SoftMaxhub(display, doubled=True)).run(10)
    assert cable.ask(DeviceCommandName.POWER_OFF).outcome is DeviceOutcome.DONE
    lan = SoftLine("maxhub", SoftDisplay(), password="", words=words, talk=lambda d: SoftMaxhub(d, over_lan=True))
    refused = lan.run(10).ask(DeviceCommandName.POWER_OFF)
    assert (refused.outcome, "RS-232 only" in refused.sentence) == (DeviceOutcome.REFUSED, True)
    assert "power off" not in lan.about.commands
    assert lan.ask(DeviceCommandName.SCREEN_OFF).outcome is DeviceOutcome.DONE
    assert (lan.state.values["power"], lan.state.values["screen"]) == ("on", "off")


@pytest.mark.parametrize(("model", "talk"), [("BM", SoftHisenseLan), ("DM", partial(SoftHisenseLan, digits=True))])
def test_a_hisense_board_on_the_lan_is_read_and_switched_off(
    model: str, talk: Callable[[SoftDisplay], SoftTalk]
) -> None:
    line = SoftLine("hisense", SoftDisplay(), words=f"{model}; unverified = true", talk=talk).run(8)
    assert (line.state.values["power"], line.state.values["source"]) == ("on", "hdmi1")
    assert [rest.seconds for rest in line.rests] == [20.0]
    assert line.ask(DeviceCommandName.POWER_OFF).outcome is DeviceOutcome.DONE
    assert line.ask(DeviceCommandName.POWER_ON).outcome is DeviceOutcome.REFUSED


def test_unverified_questions_are_asked_only_when_the_plan_says_so() -> None:
    board = make_asking("benq-board", [planned("benq-board")])
    board.open(0.0)
    board.due(0.0)
    assert board.to_write() == b'801g"000\r'
    allowed = make_asking("benq-board", [planned("benq-board", words="RM8602K; unverified = true")])
    allowed.open(0.0)
    allowed.due(0.0)
    assert allowed.to_write() == b"801gl000\r"


def test_without_a_question_for_its_power_a_board_is_alive_and_its_power_unknown() -> None:
    line = SoftLine("benq-board", SoftDisplay(), words="").run(40)
    assert line.state.values["power"] == "unknown"
    assert line.state.values["hours"] == 1200.0
    refused = line.ask(DeviceCommandName.POWER_OFF)
    assert (refused.outcome, "unverified = true" in refused.sentence) == (DeviceOutcome.REFUSED, True)
    assert line.about.commands == ()
    line.spoil = lambda _: b""
    assert line.run(90).reach().value == "unreachable"


@pytest.mark.parametrize(
    ("family", "words", "sentence"),
    [
        ("maxhub", "", "Nobody has verified MAXHUB"),
        ("hisense", "id = 5FA", "Nobody has verified Hisense"),
        ("hisense", "BM", "Nobody has verified Hisense"),
        ("sicp", "iiyama", "Nobody has verified Philips"),
        ("hisense", "unverified = true", "own letters: id = 5FA"),
        ("hisense", "id = ALL; unverified = true", "Not 'id = ALL'"),
        ("mdc", "id = 5FA", "no use for an id"),
    ],
)
def test_what_nobody_has_seen_is_off_in_a_sentence(family: str, words: str, sentence: str) -> None:
    with pytest.raises(TableError, match=sentence):
        make_asking(family, [planned(family, words=words)])


def test_models_that_speak_differently_do_not_share_a_line() -> None:
    devices = [planned("sicp", "dev-1"), planned("sicp", "dev-2", unit=2, words="iiyama; unverified = true")]
    with pytest.raises(TableError, match="speak differently"):
        make_asking("sicp", devices)


@pytest.mark.parametrize(
    ("names", "wanted", "code"),
    [
        ({"31": "HDMI"}, "hdmi1", "31"),
        ({"31": "HDMI 2", "32": "HDMI 1"}, "hdmi1", "32"),
        ({"31": "HDMI1/MHL", "32": "HDMI2"}, "hdmi2", "32"),
        ({"31": "DisplayPort", "32": "HDMI"}, "dp", "31"),
        ({"11": "COMPUTER 1", "31": "HDMI"}, "vga", "11"),
        ({"31": "HDMI", "32": "HDMI"}, "digital2", "32"),
        ({"31": "HDMI", "32": "HDMI"}, "hdmi1", "31"),
        ({"31": "Zoom"}, "digital1", "31"),
    ],
)
def test_a_projectors_own_names_say_which_socket_is_meant(names: dict[str, str], wanted: str, code: str) -> None:
    line = SoftLine("pjlink", SoftDisplay(), talk=lambda shown: SoftPjlink(shown, names=names)).run(20)
    line.give(DeviceCommandName.SELECT_SOURCE, wanted)
    line.run(10)
    assert f"%1INPT {code}\r".encode() in [frame for _, frame in line.written]


def test_a_socket_that_was_heard_before_its_name_has_it_at_once_and_may_be_told_by_both() -> None:
    line = SoftLine("pjlink", SoftDisplay()).run(8)
    assert {state.values.get("source") for state in line.states} == {"hdmi1"}
    assert line.ask(DeviceCommandName.SELECT_SOURCE, "digital2").outcome is DeviceOutcome.DONE
    assert line.state.values["source"] == "hdmi2"


def test_a_projector_of_class_1_has_the_names_that_a_person_gives_it() -> None:
    line = SoftLine("pjlink", SoftDisplay(), talk=lambda shown: SoftPjlink(shown, pj_class=1)).run(20)
    refused = line.ask(DeviceCommandName.SELECT_SOURCE, "hdmi1")
    assert (refused.outcome, "digital1" in refused.sentence) == (DeviceOutcome.REFUSED, True)
    told = SoftLine("pjlink", SoftDisplay(), words="hdmi", talk=lambda shown: SoftPjlink(shown, pj_class=1)).run(20)
    assert told.ask(DeviceCommandName.SELECT_SOURCE, "hdmi2").outcome is DeviceOutcome.DONE
    assert told.display.source == "digital2"
