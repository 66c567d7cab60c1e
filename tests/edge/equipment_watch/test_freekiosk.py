"""Tablets with FreeKiosk: what is kept, what is never read, what may be asked."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.equipment_watch.freekiosk import FreeKiosk
from edge.equipment_watch.words import AboutHeard, OnlineHeard, Outgoing, ReadingsHeard, Unreadable
from models.room_messages import DeviceCommand, DeviceCommandName
from tests.builders.foreign_devices import FREEKIOSK_STATE, KIOSK, TABLET
from tests.builders.room_plans import plan

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
DIALECT = FreeKiosk(plan(devices=(TABLET,)))


def _command(name: DeviceCommandName, argument: str = "") -> DeviceCommand:
    return DeviceCommand(id="c", name=name, argument=argument, expires_at=0)


def test_only_the_planned_tablets_two_topics_are_asked_for_under_freekiosks_form_of_the_name() -> None:
    assert DIALECT.filters() == ("freekiosk/tablet_01/availability", "freekiosk/tablet_01/state")


def test_a_tablets_state_comes_in_our_words_and_its_page_network_and_address_do_not() -> None:
    about, readings = DIALECT.hear("freekiosk/tablet_01/state", FREEKIOSK_STATE, NOW)
    assert isinstance(about, AboutHeard)
    assert about.about.firmware == "FreeKiosk 1.2.12"
    assert readings == ReadingsHeard(
        device_id=KIOSK,
        at=NOW,
        values={
            "battery": 85.0,
            "charging": True,
            "screen": True,
            "signal": 83.0,
            "storage_free_megabytes": 27685.0,
            "kiosk": True,
        },
    )
    told = repr((about, readings))
    assert not any(word in told for word in ("Truong", "192.168", "hoc.example", "otion", "150.5"))


@pytest.mark.parametrize(("payload", "on"), [(b"online", True), (b"offline", False)])
def test_its_last_will_says_whether_it_is_there(payload: bytes, on: object) -> None:
    (heard,) = DIALECT.hear("freekiosk/tablet_01/availability", payload, NOW)
    assert isinstance(heard, OnlineHeard)
    assert heard.on is on


def test_what_is_not_freekiosks_is_counted_for_the_tablet() -> None:
    for last, payload in (("availability", b"maybe"), ("state", b"[]"), ("state", b'{"battery":{"level":"x"}}')):
        (heard,) = DIALECT.hear(f"freekiosk/tablet_01/{last}", payload, NOW)
        assert isinstance(heard, Unreadable)
        assert heard.device_id == KIOSK
    assert isinstance(DIALECT.hear("freekiosk/tablet_01/state", b" " * 17_000 + b"{}", NOW)[0], Unreadable)


def test_tablets_that_the_plan_does_not_name_say_nothing() -> None:
    assert DIALECT.hear("freekiosk/other/state", FREEKIOSK_STATE, NOW) == ()
    assert DIALECT.hear("freekiosk/tablet_01/set/screen", b"ON", NOW) == ()
    assert DIALECT.hear("freekiosk/tablet_01/state", b"", NOW) == ()


@pytest.mark.parametrize(
    ("name", "argument", "topic", "payload"),
    [
        (DeviceCommandName.SCREEN_ON, "", "screen", b"ON"),
        (DeviceCommandName.SCREEN_OFF, "", "screen", b"OFF"),
        (DeviceCommandName.SET_VOLUME, "40", "volume", b"40"),
        (DeviceCommandName.SET_VOLUME, "400", "volume", b"100"),
        (DeviceCommandName.MUTE, "", "volume", b"0"),
    ],
)
def test_what_may_be_asked(name: DeviceCommandName, argument: str, topic: str, payload: bytes) -> None:
    assert DIALECT.say(KIOSK, _command(name, argument)) == (
        Outgoing(topic=f"freekiosk/tablet_01/set/{topic}", payload=payload),
    )


def test_every_other_command_says_nothing_at_all() -> None:
    allowed = {"screen on", "screen off", "set volume", "mute"}
    for name in DeviceCommandName:
        said = DIALECT.say(KIOSK, _command(name, "40"))
        assert bool(said) is (name in allowed)
    for argument in ("", "-1", "loud", "4e9", "٤٠", "1000"):
        assert DIALECT.say(KIOSK, _command(DeviceCommandName.SET_VOLUME, argument)) == ()
    assert DIALECT.say("dev-other", _command(DeviceCommandName.MUTE)) == ()
    assert not DIALECT.answers(KIOSK)


@given(st.sampled_from(["availability", "state", "set/url", ""]), st.binary(max_size=200))
def test_nothing_that_a_tablet_sends_raises(last: str, payload: bytes) -> None:
    assert isinstance(DIALECT.hear(f"freekiosk/tablet_01/{last}", payload, NOW), tuple)
