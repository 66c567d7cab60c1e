"""A box gets its room's plan as soon as it is another one, signed, with exams around which nothing is switched."""

from datetime import timedelta

import msgspec
import pytest

from central.database import Database
from central.plan_post import AFTER_EXAM, BEFORE_EXAM
from central.registers import audit_log, box_register, device_register, room_plans
from central.registers.room_plans import DeviceLink, OutOfScopeError, SchoolHours
from models.equipment import DeviceState, EquipmentKind
from models.identifiers import RoomId, parse_box_id
from models.messages import PlanMessage, decode
from models.room_messages import DeviceCommandName
from models.room_plan import LanLink, RoomPlan, TimedRule, open_plan
from models.wire.topics import DownLane, down_topic
from tests.builders.centre import Centre
from tests.builders.places import DEED, FULL, add_device, build_places

LINK = DeviceLink(
    link=LanLink(host="10.0.0.7", driver="pjlink", password="s3cret"),
    commands=(DeviceCommandName.POWER_OFF,),
)
OTHER = msgspec.structs.replace(FULL, serial="SN-2")
OFF_AT_1730 = TimedRule(
    rule_id="evening",
    weekdays=(0, 1, 2, 3, 4),
    at_minute=17 * 60 + 30,
    kind=EquipmentKind.PROJECTOR,
    command=DeviceCommandName.POWER_OFF,
)


@pytest.fixture
def centre(store: Database) -> Centre:
    with store.writing() as connection:
        build_places(connection)
    centre = Centre(store)
    centre.seat()
    centre.ingest.look_for_commands()
    return centre


def plans(centre: Centre, box_id: str) -> list[RoomPlan]:
    topic = down_topic(parse_box_id(box_id), DownLane.PLAN)
    found = [decode(payload, PlanMessage).plan for heard, payload in centre.heard if heard == topic]
    opened = [open_plan(one, centre.signing_key.public_key(), parse_box_id(box_id)) for one in found]
    assert all(isinstance(one, RoomPlan) for one in opened)
    return [one for one in opened if isinstance(one, RoomPlan)]


def _lifts(centre: Centre) -> list[tuple[str, str]]:
    """Who lifted the version of which room's plan, by the audit log."""
    with centre.database.reading() as connection:
        log = audit_log.newest(connection)
    return [(row.actor, row.subject) for row in log if row.action == "plan version lifted"]


def test_a_device_that_is_entered_reaches_the_box_at_once(centre: Centre) -> None:
    centre.box("box-dk", "DK-101")
    assert plans(centre, "box-dk") == []
    with centre.database.writing() as connection:
        device_id = add_device(connection)
    centre.ingest.look_for_commands()
    (plan,) = plans(centre, "box-dk")
    assert [(one.device_id, one.kind, one.link) for one in plan.devices] == [(device_id, EquipmentKind.TABLET, None)]
    assert plan.lessons == room_plans.USUAL_HOURS.lessons
    centre.ingest.look_for_commands()
    assert len(plans(centre, "box-dk")) == 1


def test_a_link_travels_with_what_may_be_asked(centre: Centre) -> None:
    with centre.database.writing() as connection:
        device_id = add_device(connection)
        room_plans.set_link(connection, device_id, LINK, scope="DK", deed=DEED)
        assert room_plans.link_of(connection, device_id, "DK") == LINK
        assert room_plans.link_of(connection, device_id, "TP") == DeviceLink()
    centre.box("box-dk", "DK-101")
    (plan,) = plans(centre, "box-dk")
    assert plan.devices[0].link == LINK.link
    assert plan.devices[0].commands == (DeviceCommandName.POWER_OFF,)
    assert "s3cret" not in str(centre.rows("audit_log"))


def test_who_has_the_newest_plan_gets_none(centre: Centre) -> None:
    with centre.database.writing() as connection:
        add_device(connection)
    box = centre.box("box-dk", "DK-101")
    held = plans(centre, "box-dk")[-1].version
    centre.say(box, box.hello(room_plan=held))
    assert len(plans(centre, "box-dk")) == 1
    centre.say(box, box.hello(room_plan=held - 1))
    assert len(plans(centre, "box-dk")) == 2


def test_plans_reach_a_box_again_after_central_was_restored_from_an_older_copy(centre: Centre) -> None:
    box = centre.box("box-dk", "DK-101")
    centre.say(box, box.hello(room_plan=900))
    assert plans(centre, "box-dk") == [], "nothing is known of this room any more"
    with centre.database.writing() as connection:
        add_device(connection)
    centre.ingest.look_for_commands()
    first = plans(centre, "box-dk")[-1].version
    assert first > 900
    centre.say(box, box.hello(room_plan=first))
    assert len(plans(centre, "box-dk")) == 1
    with centre.database.writing() as connection:
        add_device(connection, facts=OTHER)
    centre.ingest.look_for_commands()
    assert plans(centre, "box-dk")[-1].version > first
    centre.say(box, box.hello(room_plan=first + 5000))
    assert plans(centre, "box-dk")[-1].version > first + 5000
    assert _lifts(centre) == [("central", "DK-101")] * 2


def test_a_box_that_lies_lifts_its_own_room_a_few_times_and_nobody_elses(centre: Centre) -> None:
    with centre.database.writing() as connection:
        add_device(connection)
        add_device(connection, "TP-201", OTHER)
        before = room_plans.version_of(connection, "TP-201")
        newest = room_plans.newest_version(connection)
    box = centre.box("box-dk", "DK-101")
    for held in (*range(10, 400, 13), 1 << 20, 1 << 30, 1 << 31, (1 << 62) + 1):
        centre.say(box, box.hello(room_plan=held))
    with centre.database.reading() as connection:
        lifted = room_plans.version_of(connection, "DK-101")
        assert lifted is not None
        assert 1 << 31 < lifted < 1 << 32
        assert room_plans.version_of(connection, "TP-201") == before
        assert room_plans.newest_version(connection) == newest
    assert len(_lifts(centre)) < 32


def test_a_box_that_stood_beside_a_liar_is_told_plans_in_its_next_room(centre: Centre) -> None:
    with centre.database.writing() as connection:
        add_device(connection)
        add_device(connection, "TP-201", OTHER)
    liar = centre.box("box-dk", "DK-101")
    centre.say(liar, liar.hello(room_plan=1 << 30))
    held = plans(centre, "box-dk")[-1].version
    moved = centre.box("box-tp", "TP-201")
    centre.say(moved, moved.hello(room_plan=held))
    assert plans(centre, "box-tp")[-1].version > held
    centre.say(liar, liar.hello(room_plan=1 << 40))
    assert plans(centre, "box-dk")[-1].version < 1 << 33


def test_a_sitting_closes_its_room_to_switching(centre: Centre) -> None:
    centre.box("box-101", "P101")
    (plan,) = plans(centre, "box-101")
    starts_at = centre.clock.now() + timedelta(minutes=30)
    assert plan.exams == ((starts_at - BEFORE_EXAM, starts_at + timedelta(minutes=90) + AFTER_EXAM),)


def test_only_the_first_box_of_a_room_speaks_to_its_devices(centre: Centre) -> None:
    with centre.database.writing() as connection:
        add_device(connection)
        room_plans.set_hours(connection, "DK", SchoolHours(rules=(OFF_AT_1730,)), scope=None, deed=DEED)
    centre.box("box-a", "DK-101")
    centre.clock.advance(minutes=1)
    centre.box("box-b", "DK-101")
    first, second = plans(centre, "box-a")[-1], plans(centre, "box-b")[-1]
    assert (len(first.devices), first.rules) == (1, (OFF_AT_1730,))
    assert (second.devices, second.rules) == ((), ())
    with centre.database.writing() as connection:
        box_register.note_revoked(connection, parse_box_id("box-a"), centre.clock.now())
    centre.ingest.look_for_commands()
    assert len(plans(centre, "box-b")[-1].devices) == 1


@pytest.mark.parametrize("state", [DeviceState.LOST, DeviceState.REPAIR, DeviceState.RETIRED])
def test_what_left_the_room_leaves_the_plan(centre: Centre, state: DeviceState) -> None:
    with centre.database.writing() as connection:
        gone, moved = add_device(connection), add_device(connection, "DK-102", OTHER)
        device_register.set_state(connection, gone, state, scope=None, deed=DEED)
        device_register.move(connection, moved, "DK-101", "bàn 2", scope=None, deed=DEED)
    centre.box("box-dk", "DK-101")
    assert [one.device_id for one in plans(centre, "box-dk")[-1].devices] == [moved]


def test_hours_of_a_school_change_all_its_rooms_and_no_others(centre: Centre) -> None:
    with centre.database.writing() as connection:
        for room_id in ("DK-101", "DK-102", "TP-201"):
            room_plans.mark(connection, {room_id})
        before = {one: room_plans.version_of(connection, one) for one in ("DK-101", "DK-102", "TP-201")}
        room_plans.set_hours(connection, "DK", SchoolHours(announce=True), scope="DK", deed=DEED)
        after = {one: room_plans.version_of(connection, one) for one in before}
        assert [one for one in before if before[one] != after[one]] == ["DK-101", "DK-102"]
        assert room_plans.hours_of(connection, "DK").announce
        assert room_plans.hours_of(connection, "TP") == room_plans.USUAL_HOURS
        with pytest.raises(OutOfScopeError):
            room_plans.set_hours(connection, "DK", SchoolHours(), scope="TP", deed=DEED)
        with pytest.raises(OutOfScopeError):
            room_plans.set_link(connection, "dev-nowhere", LINK, scope=None, deed=DEED)


def test_a_box_that_moves_gets_its_new_rooms_plan(centre: Centre) -> None:
    with centre.database.writing() as connection:
        add_device(connection)
        room_plans.mark(connection, {"DK-102"})
    box = centre.box("box-dk", "DK-102")
    held = plans(centre, "box-dk")[-1]
    with centre.database.writing() as connection:
        box_register.register_box(connection, box.box_id, RoomId("DK-101"), box.public_key, centre.clock.now())
    centre.say(box, box.hello(room_plan=held.version))
    assert plans(centre, "box-dk")[-1].room_id == "DK-101"
