"""What central is told of a device: changes soon, everything every five minutes, and never more than it can bear."""

import pytest

from edge.equipment_watch.dialect import as_kept
from edge.equipment_watch.words import (
    AboutHeard,
    OnlineHeard,
    ReadingsHeard,
    SessionEnded,
    StateHeard,
    StrangerHeard,
    Unreadable,
)
from models.measurements import Value
from models.room_messages import About, MetricAbout, Reach
from models.telemetry import Found
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.room_plans import BOARD, GLASSES, HEADSET, PROJECTOR, SENSOR, TABLET, plan
from tests.builders.watched_room import WatchedRoom


@pytest.fixture
def room() -> WatchedRoom:
    return WatchedRoom()


def test_a_change_of_state_is_told_at_once_and_without_change_only_the_heartbeat(room: WatchedRoom) -> None:
    room.state(BOARD, {"power": "on"})
    room.wait(1)
    assert [(word.online, word.in_use, word.values) for word in room.words(BOARD)] == [(True, True, {"power": "on"})]
    for _ in range(59):
        room.wait(5)
        room.state(BOARD, {"power": "on"})
    assert len(room.words(BOARD)) == 1
    room.wait(6)
    assert len(room.words(BOARD)) == 2, "five minutes"
    room.state(BOARD, {"power": "standby"})
    room.wait(2)
    assert room.words(BOARD)[-1].in_use is False


def test_a_number_is_told_when_it_has_moved_far_enough_and_not_more_than_twice_a_minute(room: WatchedRoom) -> None:
    room.readings(TABLET, {"battery": 80.0})
    room.wait(1)
    room.readings(TABLET, {"battery": 76.0})
    room.wait(40)
    assert len(room.words(TABLET)) == 1, "less than five percent"
    room.readings(TABLET, {"battery": 75.0})
    room.wait(1)
    assert [word.values["battery"] for word in room.words(TABLET)] == [80.0, 75.0]
    room.readings(TABLET, {"battery": 60.0})
    room.wait(20)
    assert len(room.words(TABLET)) == 2
    room.wait(12)
    assert room.words(TABLET)[-1].values["battery"] == 60.0


def test_what_is_measured_for_the_first_time_is_told_at_once(room: WatchedRoom) -> None:
    room.readings(SENSOR, {"temperature": 28.0})
    room.wait(1)
    room.readings(SENSOR, {"co2": 900.0})
    room.wait(3)
    assert room.words(SENSOR)[-1].values == {"temperature": 28.0, "co2": 900.0}
    room.readings(SENSOR, {"co2": 950.0})
    room.wait(3)
    assert room.words(SENSOR)[-1].values["co2"] == 900.0, "a number that only moved waits"


def test_a_flapping_device_is_told_at_most_every_two_seconds(room: WatchedRoom) -> None:
    for number in range(200):
        room.state(BOARD, {"power": "on" if number % 2 else "off"})
        room.wait(0.1, step=0.1)
    assert len(room.words(BOARD)) <= 11


def test_a_device_that_says_nothing_is_offline_after_fifteen_minutes(room: WatchedRoom) -> None:
    room.readings(SENSOR, {"temperature": 25.0})
    heard_at = room.clock.now()
    room.wait(14 * 60, step=5)
    assert room.words(SENSOR)[-1].online
    room.wait(2 * 60, step=5)
    last = room.words(SENSOR)[-1]
    assert (last.online, last.heard_at) == (False, heard_at)
    room.readings(SENSOR, {"temperature": 25.0})
    room.wait(1)
    assert room.words(SENSOR)[-1].online


def test_of_what_was_never_heard_nothing_is_said_in_the_first_minute(room: WatchedRoom) -> None:
    room.wait(55)
    assert room.words(TABLET) == []
    room.wait(10)
    assert [(word.online, word.heard_at) for word in room.words(TABLET)] == [(False, None)]
    assert room.words(GLASSES) == [], "what cannot speak has no words"


def test_the_will_of_an_older_session_is_ignored(room: WatchedRoom) -> None:
    room.hear(OnlineHeard(device_id=TABLET, on=True, session="old"))
    room.hear(OnlineHeard(device_id=TABLET, on=True, session="new"))
    room.hear(OnlineHeard(device_id=TABLET, on=False, session="old"))
    room.wait(1)
    assert room.words(TABLET)[-1].online
    room.hear(OnlineHeard(device_id=TABLET, on=False, session="new"))
    room.wait(3)
    assert not room.words(TABLET)[-1].online


def test_a_will_that_names_no_session_counts(room: WatchedRoom) -> None:
    room.hear(OnlineHeard(device_id=TABLET, on=True), OnlineHeard(device_id=TABLET, on=False))
    room.wait(70)
    assert not room.words(TABLET)[-1].online


def test_the_end_of_the_bridge_ends_all_for_whom_it_spoke(room: WatchedRoom) -> None:
    for device in (BOARD, PROJECTOR):
        room.hear(OnlineHeard(device_id=device, on=True, session="bridge-1"))
    room.hear(OnlineHeard(device_id=TABLET, on=True, session="own"))
    room.hear(SessionEnded(session="bridge-0"))
    room.wait(1)
    assert all(room.words(device)[-1].online for device in (BOARD, PROJECTOR, TABLET))
    room.hear(SessionEnded(session="bridge-1"))
    room.wait(3)
    assert [room.words(device)[-1].online for device in (BOARD, PROJECTOR, TABLET)] == [False, False, True]


def test_a_retained_state_is_knowledge_and_not_a_word_now(room: WatchedRoom) -> None:
    room.hear(StateHeard(device_id=BOARD, at=room.clock.now(), values={"power": "on"}, own_word=False))
    room.hear(OnlineHeard(device_id=BOARD, on=True, session="s", own_word=False))
    room.wait(1)
    word = room.words(BOARD)[-1]
    assert (word.values, word.heard_at, word.online) == ({"power": "on"}, None, False)


def test_that_a_device_cannot_be_reached_is_not_its_own_word(room: WatchedRoom) -> None:
    room.state(PROJECTOR, {"power": "on"})
    heard_at = room.clock.now()
    room.wait(10)
    room.state(PROJECTOR, reach=Reach.UNREACHABLE)
    room.wait(3)
    word = room.words(PROJECTOR)[-1]
    assert (word.reach, word.online, word.in_use, word.heard_at) == (Reach.UNREACHABLE, False, False, heard_at)


def test_what_is_not_believed_or_unknown_is_counted_and_told_nowhere(room: WatchedRoom) -> None:
    room.readings(SENSOR, {"temperature": 400.0, "pupil": 3.0, "name": "An", "co2": 600.0})
    room.wait(200)
    sensor = next(one for one in room.watch.devices if one.planned.device_id == SENSOR)
    assert (sensor.counts.doubted, sensor.counts.unknown) == (1, 2)
    assert room.words(SENSOR)[-1].values == {"co2": 600.0}
    assert {row.metric for row in room.minutes()} == {"co2"}


def test_only_a_headset_in_the_cart_tells_versions_of_apps(room: WatchedRoom) -> None:
    apps: dict[str, Value] = {"app:vn.edu.lab": "2.4.1"}
    room.readings(SENSOR, {"temperature": 25.0} | apps)
    room.state(SENSOR, apps)
    room.state(HEADSET, {"present": True} | apps)
    room.wait(3)
    assert room.words(SENSOR)[-1].values == {"temperature": 25.0}
    assert room.words(HEADSET)[-1].values == {"present": True} | apps
    announced = MetricAbout(unit="%")
    room.hear(AboutHeard(device_id=SENSOR, about=About(metrics={"app:vn.edu.lab": announced})))
    room.readings(SENSOR, {"app:vn.edu.lab": 40.0})
    room.wait(3)
    assert "app:vn.edu.lab" not in room.words(SENSOR)[-1].values


def test_a_batterys_level_is_kept_by_the_hour_from_readings_and_from_states_of_its_own(room: WatchedRoom) -> None:
    for level in (80.0, 79.0):
        room.readings(TABLET, {"battery": level})
        room.state(HEADSET, {"present": True, "battery": level - 10, "device_temperature": 31.0})
        room.wait(15 * 60, step=5)
    kept = StateHeard(device_id=HEADSET, at=room.clock.now(), values={"battery": 5.0}, own_word=False)
    room.hear(kept)
    assert room.minutes() == []
    room.wait(31 * 60, step=5)
    assert [(row.device, row.metric, row.minute, row.count, row.highest, row.lowest) for row in room.minutes()] == [
        (HEADSET, "battery", SEVEN_O_CLOCK, 2, 70.0, 69.0),
        (TABLET, "battery", SEVEN_O_CLOCK, 2, 80.0, 79.0),
    ]


def test_an_announced_metric_is_kept_by_the_rules_of_its_unit_and_never_as_free_text(room: WatchedRoom) -> None:
    metrics = {"soil": MetricAbout(unit="%"), "note": MetricAbout()}
    room.hear(AboutHeard(device_id=SENSOR, about=About(firmware="1.4", metrics=metrics)))
    room.readings(SENSOR, {"soil": 40.0, "note": "An was here"})
    room.readings(SENSOR, {"soil": 140.0})
    room.wait(80)
    word = room.words(SENSOR)[-1]
    assert (word.values, word.firmware) == ({"soil": 40.0}, "1.4")
    assert [(row.metric, row.count, row.doubtful, row.unit) for row in room.minutes()] == [("soil", 1, 1, "%")]


def test_after_an_outage_every_device_is_told_anew(room: WatchedRoom) -> None:
    room.state(BOARD, {"power": "on"})
    room.wait(70)
    before = len(room.rows)
    room.watch.tell_newest()
    room.wait(1)
    assert len(room.rows) - before == 5


def test_a_found_device_is_told_when_it_changes_and_once_a_day(room: WatchedRoom) -> None:
    def found(baud: int) -> StrangerHeard:
        what = Found(where="/dev/serial/by-id/x", what=f"link v1 at {baud}", confidence=0.9, at=room.clock.now())
        return StrangerHeard(found=what)

    for _ in range(20):
        room.hear(found(9600))
        room.wait(5)
    assert len([row for row in room.rows if isinstance(row, Found)]) == 1
    room.hear(found(115200))
    room.wait(600)
    assert len([row for row in room.rows if isinstance(row, Found)]) == 2
    room.clock.advance(days=1)
    room.hear(found(115200))
    room.wait(5)
    assert len([row for row in room.rows if isinstance(row, Found)]) == 3


def test_a_stranger_that_changes_with_every_word_is_told_once_in_ten_minutes_and_then_its_newest(
    room: WatchedRoom,
) -> None:
    for number in range(200):
        name = f"name {number}"
        room.hear(StrangerHeard(found=Found(where="mqtt x", what=name, confidence=0, at=room.clock.now())))
        room.wait(1)
    told = [row for row in room.rows if isinstance(row, Found)]
    assert [row.what for row in told] == ["name 0"]
    room.wait(600)
    told = [row for row in room.rows if isinstance(row, Found)]
    assert [row.what for row in told] == ["name 0", "name 199"]


def test_one_guest_takes_no_more_than_its_share_of_the_strangers(room: WatchedRoom) -> None:
    def announce(number: int, guest: str | None) -> None:
        found = Found(where=f"{guest} {number}", what="?", confidence=0, at=room.clock.now())
        room.hear(StrangerHeard(found=found, guest=guest))

    for guest in ("dev-loud", "", "dev-shy"):
        for number in range(1 if guest == "dev-shy" else 300):
            announce(number, guest)
    for number in range(30):
        announce(number, None)
    told = [row.where.rpartition(" ")[0] for row in room.rows if isinstance(row, Found)]
    assert [told.count(one) for one in ("dev-loud", "", "dev-shy", "None")] == [20, 20, 1, 30]


def test_a_thousand_strangers_fill_neither_memory_nor_lane(room: WatchedRoom) -> None:
    for number in range(1000):
        room.hear(StrangerHeard(found=Found(where=f"x{number}", what="?", confidence=0, at=room.clock.now())))
    assert len(room.rows) == 200


def test_a_new_plan_keeps_what_is_known_of_devices_that_stay(room: WatchedRoom) -> None:
    room.state(BOARD, {"power": "on"})
    room.wait(1)
    room.follow(plan(2, devices=tuple(one for one in plan().devices if one.device_id == BOARD)))
    room.hear(Unreadable(device_id=TABLET, why="x"))
    room.state(TABLET, {"screen": True})
    room.wait(301)
    assert room.words(BOARD)[-1].values == {"power": "on"}
    assert room.words(TABLET) == []


def test_a_state_is_whole_and_readings_stay(room: WatchedRoom) -> None:
    room.readings(BOARD, {"temperature": 25.0})
    room.state(BOARD, {"power": "on", "source": "hdmi1", "device_temperature": 50.0})
    room.state(BOARD, {"power": "standby"})
    room.wait(3)
    assert room.words(BOARD)[-1].values == {"temperature": 25.0, "power": "standby"}
    room.state(BOARD, {"power": "on", "source": "hdmi2"})
    room.wait(3)
    assert room.words(BOARD)[-1].values == {"temperature": 25.0, "power": "on", "source": "hdmi2"}


def test_kept_readings_of_several_topics_take_nothing_from_one_another(room: WatchedRoom) -> None:
    for values in ({"temperature": 25.0}, {"humidity": 60.0}):
        word = as_kept(ReadingsHeard(device_id=SENSOR, at=room.clock.now(), values=dict(values)))
        assert word is not None
        room.hear(word)
    room.wait(3)
    assert room.words(SENSOR)[-1].values == {"temperature": 25.0, "humidity": 60.0}


def test_a_sensor_whose_values_are_never_believed_is_faulty_until_one_is(room: WatchedRoom) -> None:
    for _ in range(10):
        room.readings(SENSOR, {"temperature": 400.0, "co2": 600.0})
        room.wait(10)
    assert room.words(SENSOR)[-1].faults == ("implausible",)
    assert [alert.sentence for alert in room.alerts(SENSOR)] == ["The device reports a fault. (implausible)"]
    room.readings(SENSOR, {"temperature": 24.0, "co2": 600.0})
    room.wait(70)
    assert room.words(SENSOR)[-1].faults == ()
    assert room.alerts(SENSOR)[-1].ended_at is not None


def test_one_doubted_value_is_no_fault_and_neither_are_two_far_apart(room: WatchedRoom) -> None:
    for _ in range(3):
        room.readings(SENSOR, {"temperature": 400.0})
        room.wait(400, step=5)
    assert {word.faults for word in room.words(SENSOR)} == {()}
