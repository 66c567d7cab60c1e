"""Our own words: lanes, clocks, whose word it is."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from edge.equipment_watch.own_dialect import OwnDialect
from edge.equipment_watch.words import (
    AboutHeard,
    OnlineHeard,
    ReadingsHeard,
    ResultHeard,
    StateHeard,
    StrangerHeard,
    Unreadable,
)
from models.room_messages import (
    About,
    Batch,
    DeviceCommand,
    DeviceCommandName,
    DeviceOutcome,
    DeviceResult,
    Entry,
    Online,
    Reach,
    RoomMessage,
    State,
    encode_room,
)
from tests.builders.foreign_devices import GUESTS, PLUG
from tests.builders.room_plans import BOARD, DEVICES, GLASSES, SENSOR, plan

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
DIALECT = OwnDialect(plan(devices=(*DEVICES, *GUESTS)))


def _hear(lane: str, message: RoomMessage, device: str = SENSOR) -> tuple[object, ...]:
    return DIALECT.hear(f"dev/{device}/{lane}", encode_room(message), NOW)


def _batch(**words: object) -> Batch:
    entries = (Entry(n="temperature", x=25.5), Entry(n="light", x=300, u="lx", t=-60_000))
    return Batch(bn=SENSOR, e=entries, **words)  # type: ignore[arg-type]  # the test names the batch's own fields


def test_readings_of_a_clock_that_is_right_are_dated_by_it() -> None:
    heard = _hear("tm", _batch(bt=NOW_MS - 5_000, q="ntp"))
    at = NOW - timedelta(seconds=5)
    assert heard == (
        ReadingsHeard(device_id=SENSOR, at=at - timedelta(minutes=1), values={"light": 300}, units={"light": "lx"}),
        ReadingsHeard(device_id=SENSOR, at=at, values={"temperature": 25.5}, units={"light": "lx"}),
    )


def test_readings_without_a_clock_are_dated_by_their_arrival() -> None:
    for batch in (_batch(), _batch(bt=NOW_MS - 5_000), _batch(bt=NOW_MS - 5_000, q="none"), _batch(bt=12, q="ntp")):
        first, second = _hear("tm", batch)
        assert isinstance(first, ReadingsHeard)
        assert isinstance(second, ReadingsHeard)
        assert (first.at, second.at) == (NOW - timedelta(minutes=1), NOW)


def test_every_lane_has_its_word() -> None:
    about = About(kind="sensor", firmware="1.2")
    result = DeviceResult(id="c", outcome=DeviceOutcome.DONE, at=NOW_MS)
    assert _hear("state", State(at=NOW_MS, reach=Reach.FAULT, faults=("fan",), values={"power": "on"})) == (
        StateHeard(device_id=SENSOR, at=NOW, reach=Reach.FAULT, faults=("fan",), values={"power": "on"}),
    )
    assert _hear("online", Online(on=False, session="s1")) == (OnlineHeard(device_id=SENSOR, on=False, session="s1"),)
    assert _hear("about", about) == (AboutHeard(device_id=SENSOR, about=about),)
    assert _hear("cmd/res", result) == (ResultHeard(device_id=SENSOR, result=result),)


def test_fields_that_nobody_knows_are_ignored() -> None:
    payload = b'{"v":2,"bn":"dev-sensor","colour":"red","e":[{"n":"temperature","x":20,"more":[1]}]}'
    assert DIALECT.hear("dev/dev-sensor/tm", payload, NOW) == (
        ReadingsHeard(device_id=SENSOR, at=NOW, values={"temperature": 20.0}),
    )


def test_a_batch_in_the_name_of_another_device_counts_for_nobody_but_its_sender() -> None:
    (heard,) = DIALECT.hear("dev/dev-tablet/tm", encode_room(_batch()), NOW)
    assert isinstance(heard, Unreadable)
    assert heard.device_id == "dev-tablet"


def test_what_bridged_devices_say_comes_by_the_bridge_and_foreign_ones_say_nothing_here() -> None:
    state = State(at=NOW_MS)
    assert _hear("state", state, BOARD)
    assert _hear("state", state, PLUG) == ()
    assert _hear("state", state, GLASSES) == ()
    assert DIALECT.hear(f"dev/{SENSOR}/state", b"", NOW) == ()
    assert DIALECT.hear("freekiosk/x/state", b"{}", NOW) == ()


def test_a_device_that_the_plan_does_not_know_is_told_once_it_says_what_it_is() -> None:
    (heard,) = _hear("about", About(kind="weather station", maker="X", serial="7"), "dev-new")
    assert isinstance(heard, StrangerHeard)
    assert (heard.found.where, heard.found.what, heard.found.serial) == ("dev/dev-new", "weather station", "7")
    assert _hear("state", State(at=NOW_MS), "dev-new") == ()


def test_a_command_goes_to_the_devices_own_topic() -> None:
    command = DeviceCommand(id="c1", name=DeviceCommandName.POWER_OFF, expires_at=NOW_MS)
    (said,) = DIALECT.say(BOARD, command)
    assert (said.topic, said.payload, said.retained) == (f"dev/{BOARD}/cmd", encode_room(command), False)
    assert DIALECT.answers(BOARD)
    assert DIALECT.say(PLUG, command) == DIALECT.say("dev-new", command) == ()


@given(st.sampled_from(["tm", "state", "online", "about", "cmd/res", "cmd", "x", ""]), st.binary(max_size=200))
def test_nothing_that_a_device_sends_raises(lane: str, payload: bytes) -> None:
    assert isinstance(DIALECT.hear(f"dev/{SENSOR}/{lane}", payload, NOW), tuple)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_json_that_is_something_else_is_counted(value: object) -> None:
    import json  # noqa: PLC0415 - beside its only use

    (heard,) = DIALECT.hear(f"dev/{SENSOR}/state", json.dumps(value).encode(), NOW)
    assert isinstance(heard, Unreadable)
