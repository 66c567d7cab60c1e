"""Each family's driver against a display in software: read, told, read back; and with a line that goes wrong."""

import pytest

from models.room_messages import DeviceCommandName, DeviceOutcome, Reach
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from tests.builders.soft_displays import TALKS, SoftLine

each_family = pytest.mark.parametrize("family", sorted(TALKS))
SOURCE = {"pjlink": "digital2"}


@each_family
def test_a_display_is_read(family: str) -> None:
    line = SoftLine(family, SoftDisplay(celsius=38.0, hours=1200)).run(40)
    assert line.reach() is Reach.OK
    assert line.state.values["power"] == "on"
    assert line.state.values["source"] == ("digital1" if family == "pjlink" else "hdmi1")
    assert line.state.values["lamp_hours" if family == "pjlink" else "hours"] == 1200.0
    assert line.state.faults == ()
    assert (line.about.model, line.about.serial) == ("" if family == "lg" else "SC-65", _serial(family))
    assert line.about.firmware.replace(".", "") == "1203"
    assert line.driver.counts.bad == 0
    if family != "pjlink":
        assert line.state.values["device_temperature"] == 38.0


def _serial(family: str) -> str:
    return "SN00012345000" if family == "lg" else "SN00012345"


@each_family
def test_power_is_switched_and_read_back(family: str) -> None:
    line = SoftLine(family, SoftDisplay(warming_seconds=20, cooling_seconds=5, hours=7)).run(10)
    assert line.ask(DeviceCommandName.POWER_OFF).outcome is DeviceOutcome.DONE
    assert not line.display.is_on
    line.run(40)
    assert line.state.values["power"] == "off"
    assert "source" not in line.state.values
    assert line.state.values["lamp_hours" if family == "pjlink" else "hours"] in (7.0, 1200.0)
    assert line.ask(DeviceCommandName.POWER_ON).outcome is DeviceOutcome.DONE
    line.run(40)
    assert line.state.values["power"] == "on"
    assert Reach.UNREACHABLE not in {state.reach for state in line.states}


@each_family
def test_the_source_is_selected_and_read_back(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
    wanted = SOURCE.get(family, "hdmi2")
    assert line.ask(DeviceCommandName.SELECT_SOURCE, wanted).outcome is DeviceOutcome.DONE
    assert line.display.source == line.state.values["source"] == wanted


@each_family
def test_a_source_that_it_has_not_is_refused_in_a_sentence(family: str) -> None:
    line = SoftLine(family, SoftDisplay())
    result = line.ask(DeviceCommandName.SELECT_SOURCE, "the moon")
    assert result.outcome is DeviceOutcome.REFUSED
    assert "hdmi1" in result.sentence or "digital1" in result.sentence


@each_family
def test_sound_is_muted(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
    assert line.ask(DeviceCommandName.MUTE).outcome is DeviceOutcome.DONE
    assert line.display.muted
    assert line.ask(DeviceCommandName.UNMUTE).outcome is DeviceOutcome.DONE
    assert not line.display.muted


@pytest.mark.parametrize("family", ["mdc", "lg", "nec"])
def test_volume_is_set(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
    assert line.ask(DeviceCommandName.SET_VOLUME, "35").outcome is DeviceOutcome.DONE
    assert line.display.volume == line.state.values["volume"] == 35
    for wrong in ("101", "-1", "loud", "1e1", "", "9999999"):
        assert line.ask(DeviceCommandName.SET_VOLUME, wrong).outcome is DeviceOutcome.REFUSED


@pytest.mark.parametrize("family", ["pjlink", "lg"])
def test_the_picture_is_blanked(family: str) -> None:
    line = SoftLine(family, SoftDisplay()).run(10)
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
    ],
)
def test_faults_come_and_go(family: str, errors: set[str]) -> None:
    line = SoftLine(family, SoftDisplay(errors=set(errors))).run(40)
    assert set(line.state.faults) == errors
    assert line.reach() is Reach.FAULT
    line.display.errors.clear()
    line.run(150)
    assert line.state.faults == ()
    assert line.reach() is Reach.OK


@each_family
def test_no_signal_is_told_and_is_no_fault_of_the_display(family: str) -> None:
    line = SoftLine(family, SoftDisplay(has_signal=False)).run(40)
    assert line.state.faults == ("signal",)
    assert line.reach() is Reach.OK


@each_family
def test_a_display_that_refuses_everything_stays_reachable_and_says_nothing_wrong(family: str) -> None:
    line = SoftLine(family, SoftDisplay(refuses=True)).run(60)
    assert line.state.values == {"power": "unknown"}
    assert line.reach() is not Reach.UNREACHABLE
    assert line.ask(DeviceCommandName.POWER_OFF).outcome in (DeviceOutcome.REFUSED, DeviceOutcome.FAILED)


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


@pytest.mark.parametrize("family", ["mdc", "lg", "nec"])
def test_another_address_is_another_display(family: str) -> None:
    line = SoftLine(family, SoftDisplay(unit=3)).run(10)
    assert line.state.values["power"] == "on"
    line.display.unit = 4
    line.run(60)
    assert line.reach() is Reach.UNREACHABLE
