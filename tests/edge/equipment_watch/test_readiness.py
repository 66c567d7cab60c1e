"""The room's readiness by the box's own watch: nothing is said before devices had time to speak."""

import msgspec

from models.room_messages import Reach
from models.room_plan import AlertLimits
from models.room_readiness import DeviceCondition, RoomJudgement, RoomReadiness
from tests.builders.room_plans import BOARD, plan
from tests.builders.watched_room import WatchedRoom

ONE = tuple(one for one in plan().devices if one.device_id == BOARD)


def now(room: WatchedRoom) -> RoomJudgement | None:
    return room.watch.readiness


def answer(room: WatchedRoom) -> RoomReadiness | None:
    judged = now(room)
    return None if judged is None else judged.readiness


def test_a_room_is_judged_when_every_device_spoke_or_had_time_to() -> None:
    room = WatchedRoom(plan())
    assert now(room) is None
    room.state(BOARD, {"power": "on"})
    room.wait(10)
    assert now(room) is None, "others may still speak"
    room.follow(plan(2, devices=ONE))
    room.wait(10)
    judged = now(room)
    assert judged is not None
    assert (judged.readiness, judged.judged_devices) == (RoomReadiness.READY, 1)


def test_silence_is_said_after_the_schools_own_minutes() -> None:
    room = WatchedRoom(msgspec.structs.replace(plan(devices=ONE), limits=AlertLimits(silent_minutes=3)))
    room.wait(170)
    assert now(room) is None
    room.wait(30)
    judged = now(room)
    assert judged is not None
    assert [one.condition for one in judged.hindrances] == [DeviceCondition.NOT_REPORTING]
    room.state(BOARD, {"power": "on"})
    room.wait(10)
    assert answer(room) is RoomReadiness.READY


def test_a_fault_is_seen_within_seconds_and_a_clock_that_was_set_makes_nobody_silent() -> None:
    room = WatchedRoom(plan(devices=ONE))
    room.state(BOARD, {"power": "on"})
    room.wait(10)
    room.clock.step_wall_clock(days=365)
    room.wait(10)
    assert answer(room) is RoomReadiness.READY
    room.state(BOARD, {}, reach=Reach.FAULT)
    room.wait(10)
    assert answer(room) is RoomReadiness.NOT_READY


def test_a_plan_without_connected_devices_says_nothing() -> None:
    alone = tuple(msgspec.structs.replace(one, link=None) for one in ONE)
    room = WatchedRoom(plan(devices=alone))
    room.wait(3600, step=60)
    assert now(room) is None
