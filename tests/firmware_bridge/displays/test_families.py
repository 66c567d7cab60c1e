"""Each family's driver against a display in software: read, told, read back; and with a line that goes wrong."""

import pytest

from models.room_messages import DeviceCommandName, DeviceOutcome, Reach
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from tests.builders.soft_displays import TALKS, SoftLine, all_words

each_family = pytest.mark.parametrize("family", sorted(TALKS))
WITHOUT_SOURCE = {"benq-board", "nec-projector"}
"""Their codes for sources differ from model to model."""
HOURS = dict.fromkeys(("pjlink", "benq-projector", "nec-projector", "viewsonic-projector"), "lamp_hours")
WITHOUT_HOURS = {"oem-aabbcc", "maxhub", "hisense"}
TEMPERATURE = {"mdc", "lg", "nec", "viewsonic", "benq-board", "sicp"}
MODEL = {"pjlink", "mdc", "nec", "viewsonic", "benq-board", "benq-projector", "nec-projector"}
SERIAL = {"pjlink", "mdc", "lg", "nec", "viewsonic", "benq-board", "sicp", "nec-projector"}
FIRMWARE = {"pjlink", "mdc", "lg", "nec", "viewsonic", "benq-board", "sicp"}
OFF = {"nec-projector": "standby"}
each_with_sources = pytest.mark.parametrize("family", sorted(set(TALKS) - WITHOUT_SOURCE))


@each_family
def test_a_display_is_read(family: str) -> None:
    line = SoftLine(family, SoftDisplay(celsius=38.0, hours=1200)).run(40)
    assert line.reach() is Reach.OK
    assert line.state.values["power"] == "on"
    assert line.state.values.get("source") == (None if family in WITHOUT_SOURCE else "hdmi1")
    assert _hours(line, family) == (None if family in WITHOUT_HOURS else 1200.0)
    assert line.state.faults == ()
    assert line.about.model == ("SC-65" if family in MODEL else "")
    assert line.about.serial.removesuffix("000") == ("SN00012345" if family in SERIAL else "")
    assert line.about.firmware.replace(".", "") == ("1203" if family in FIRMWARE else "")
    assert line.driver.counts.bad == 0
    assert line.state.values.get("device_temperature") == (38.0 if family in TEMPERATURE else None)


def _hours(line: SoftLine, family: str) -> object:
    return line.state.values.get(HOURS.get(family, "hours"))


@each_family
def test_power_is_switched_and_read_back(family: str) -> None:
    line = SoftLine(family, SoftDisplay(warming_seconds=20, cooling_seconds=5, hours=7)).run(10)
    assert line.ask(DeviceCommandName.POWER_OFF).outcome is DeviceOutcome.DONE
    assert not line.display.is_on
    line.run(40)
    assert line.state.values["power"] == OFF.get(family, "off")
    assert "source" not in line.state.values
    assert _hours(line, family) in ((None,) if family in WITHOUT_HOURS else (7.0, 1200.0))
    assert line.ask(DeviceCommandName.POWER_ON).outcome is DeviceOutcome.DONE
    line.run(40)
    assert line.state.values["power"] == "on"
    assert Reach.UNREACHABLE not in {state.reach for state in line.states}


@each_with_sources
def test_the_source_is_selected_and_read_back(family: str) -> None:
    line = SoftLine(family, SoftDisplay(), words=all_words(family)).run(15)
    wanted = {"maxhub": "ops"}.get(family, "hdmi2")
    assert line.ask(DeviceCommandName.SELECT_SOURCE, wanted).outcome is DeviceOutcome.DONE
    assert line.state.values["source"] == wanted
    assert line.display.source == {"pjlink": "digital2"}.get(family, wanted)


@each_with_sources
def test_a_source_that_it_has_not_is_refused_in_a_sentence(family: str) -> None:
    line = SoftLine(family, SoftDisplay(), words=all_words(family))
    result = line.ask(DeviceCommandName.SELECT_SOURCE, "the moon")
    assert result.outcome is DeviceOutcome.REFUSED
    assert "hdmi1" in result.sentence or "digital1" in result.sentence


@pytest.mark.parametrize("family", ["pjlink", "mdc", "lg", "nec", "viewsonic", "benq-projector", "maxhub"])
def test_sound_is_muted(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
    assert line.ask(DeviceCommandName.MUTE).outcome is DeviceOutcome.DONE
    assert line.display.muted
    assert line.ask(DeviceCommandName.UNMUTE).outcome is DeviceOutcome.DONE
    assert not line.display.muted


@pytest.mark.parametrize("family", ["mdc", "lg", "nec", "viewsonic", "oem-aabbcc", "maxhub"])
def test_volume_is_set(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
    assert line.ask(DeviceCommandName.SET_VOLUME, "35").outcome is DeviceOutcome.DONE
    assert line.display.volume == line.state.values["volume"] == 35
    for wrong in ("101", "-1", "loud", "1e1", "", "9999999"):
        assert line.ask(DeviceCommandName.SET_VOLUME, wrong).outcome is DeviceOutcome.REFUSED


@pytest.mark.parametrize("family", ["pjlink", "lg", "benq-projector"])
def test_the_picture_is_blanked(family: str) -> None:
    line = SoftLine(family, SoftDisplay(), words="unverified = true").run(10)
    assert line.ask(DeviceCommandName.BLANK).outcome is DeviceOutcome.DONE
    assert line.state.values["screen"] == "off"
    assert line.ask(DeviceCommandName.UNBLANK).outcome is DeviceOutcome.DONE
    assert line.state.values["screen"] == "on"


@pytest.mark.parametrize("family", ["mdc", "nec"])
def test_what_nobody_has_verified_is_asked_only_when_the_plan_says_so(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
    refused = line.ask(DeviceCommandName.SCREEN_OFF)
    assert refused.outcome is DeviceOutcome.REFUSED
    assert "unverified = true" in refused.sentence
    assert "screen off" not in line.about.commands
    allowed = SoftLine(family, SoftDisplay(), words="unverified = true").run(10)
    assert allowed.ask(DeviceCommandName.SCREEN_OFF).outcome is DeviceOutcome.DONE
    assert allowed.display.blanked


@pytest.mark.parametrize(
    ("family", "errors"),
    [
        ("pjlink", {"fan", "lamp", "temperature", "cover", "filter", "other"}),
        ("mdc", {"fan", "lamp", "temperature"}),
        ("lg", {"lamp"}),
        ("nec", {"fan", "lamp", "temperature", "other"}),
        ("nec-projector", {"fan", "lamp", "temperature", "cover", "other"}),
    ],
)
def test_faults_come_and_go(family: str, errors: set[str]) -> None:
    words = "unverified = true" if family == "nec-projector" else None
    line = SoftLine(family, SoftDisplay(errors=set(errors)), words=words).run(40)
    assert set(line.state.faults) == errors
    assert line.reach() is Reach.FAULT
    line.display.errors.clear()
    line.run(150)
    assert line.state.faults == ()
    assert line.reach() is Reach.OK


@pytest.mark.parametrize("family", ["pjlink", "mdc", "lg", "nec", "viewsonic", "benq-board", "sicp"])
def test_no_signal_is_told_and_is_no_fault_of_the_display(family: str) -> None:
    line = SoftLine(family, SoftDisplay(has_signal=False), words="unverified = true").run(40)
    assert line.state.faults == ("signal",)
    assert line.reach() is Reach.OK


@each_family
def test_a_display_that_refuses_everything_stays_reachable_and_says_nothing_wrong(family: str) -> None:
    line = SoftLine(family, SoftDisplay(refuses=True)).run(60)
    assert line.state.values == {"power": "unknown"}
    assert (line.reach() is Reach.UNREACHABLE) == (family == "oem-aabbcc")
    said_no = {DeviceOutcome.REFUSED, DeviceOutcome.FAILED}
    if family == "oem-aabbcc":  # it says nothing to any command, so a refusal is not to be told from obedience
        said_no = {DeviceOutcome.SENT}
    assert line.ask(DeviceCommandName.POWER_OFF).outcome in said_no


@each_family
def test_doubled_answers_change_nothing(family: str) -> None:
    line = SoftLine(family, SoftDisplay(), spoil=lambda said: said * 2).run(60)
    alone = SoftLine(family, SoftDisplay()).run(60)
    assert line.state == alone.state
    assert line.about == alone.about


@each_family
def test_cut_answers_say_nothing(family: str) -> None:
    line = SoftLine(family, SoftDisplay(), spoil=lambda said: said[:-2]).run(120)
    assert {state.values["power"] for state in line.states} == {"unknown"}
    assert line.reach() is Reach.UNREACHABLE


@each_family
def test_a_display_that_returns_is_believed_again(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(40)
    line.spoil = lambda _: b""
    line.run(100)
    assert line.reach() is Reach.UNREACHABLE
    assert line.state.values["power"] == "unknown"
    line.spoil = lambda said: said
    line.run(60)
    assert line.reach() is Reach.OK
    assert line.state.values["power"] == "on"


@pytest.mark.parametrize("family", ["mdc", "lg", "nec", "viewsonic", "benq-board", "sicp", "maxhub"])
def test_another_address_is_another_display(family: str) -> None:
    line = SoftLine(family, SoftDisplay(unit=3)).run(10)
    assert line.state.values["power"] == "on"
    line.display.unit = 4
    line.run(60)
    assert line.reach() is Reach.UNREACHABLE
