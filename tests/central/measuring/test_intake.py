"""What boxes tell is taken once, in order, about the devices of their own room only, and answered after the commit."""

from datetime import timedelta

import msgspec
import pytest

from central.measuring import history, tables
from central.measuring.harvest import MOST_FOUND
from central.registers import box_register, device_register
from central.registers.device_tables import DeviceFacts
from models.equipment import DeviceState, EquipmentKind
from models.room_messages import DeviceCommandName, DeviceOutcome
from models.telemetry import (
    Alert,
    AlertKind,
    AskedBy,
    CommandRow,
    DeviceWord,
    Found,
    Gap,
    MinuteValues,
    Row,
    TelemetryMark,
)
from models.wire.topics import UpLane, shard_of, up_topic
from tests.builders.exams import SEVEN_O_CLOCK
from tests.builders.measuring_house import ONE, SHARDS, TWO, MeasuringHouse, SendingBox
from tests.builders.places import DEED


def word(device: str, minutes: float = 0, **said: object) -> DeviceWord:
    row = {"device": device, "at": SEVEN_O_CLOCK + timedelta(minutes=minutes), "online": True} | said
    return msgspec.convert(row, DeviceWord)


def keeping(house: MeasuringHouse, *rows: Row) -> SendingBox:
    box = SendingBox(ONE)
    box.keep(*rows)
    house.clock.advance(seconds=600)
    return box


def test_what_continues_is_stored_and_answered_with_the_mark(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    box = keeping(house, *(word(board, minute, values={"power": "on"}) for minute in range(4)))
    house.take(box.batch(1, 3))
    house.take(box.batch(4, 1))
    assert [mark.held for _, mark in house.answers] == [3, 4]
    assert [row["at"] for row in house.rows(tables.words)] == [
        SEVEN_O_CLOCK + timedelta(minutes=minute) for minute in range(4)
    ]
    latest = house.rows(tables.latest)
    assert [(row["device_id"], row["room_id"], row["readings"]) for row in latest] == [
        (board, "DK-101", '{"power":"on"}')
    ]


def test_a_repeat_and_a_hole_change_nothing_and_are_answered(house: MeasuringHouse) -> None:
    box = keeping(house, *(word(house.devices[ONE][0], minute) for minute in range(6)))
    house.take(box.batch(1, 2), box.batch(1, 2), box.batch(4, 2))
    house.take(box.batch(5, 2))
    house.take(box.batch(2, 3))
    assert [mark.held for _, mark in house.answers] == [2, 2, 4]
    assert len(house.rows(tables.words)) == 4


def test_the_mark_survives_a_new_start_of_the_program(house: MeasuringHouse) -> None:
    box = keeping(house, *(word(house.devices[ONE][0], minute, in_use=True) for minute in range(4)))
    house.take(box.batch(1, 2))
    house.new_writer()
    house.take(box.batch(1, 4))
    assert len(house.rows(tables.words)) == 4
    assert [row["minutes_in_use"] for row in house.rows(tables.device_days)] == [3]


def test_a_greeting_is_answered_with_the_mark_of_its_epoch(house: MeasuringHouse) -> None:
    box = keeping(house, word(house.devices[ONE][0]))
    house.take(box.hello())
    house.take(box.batch(1, 1))
    house.take(box.hello())
    house.take(SendingBox(ONE, epoch=2).hello())
    assert [(mark.epoch, mark.held) for _, mark in house.answers] == [(1, 0), (1, 1), (1, 1), (2, 0)]


def test_a_new_file_of_the_box_begins_at_one_and_the_old_one_counts_no_more(house: MeasuringHouse) -> None:
    old = keeping(house, *(word(house.devices[ONE][0], minute) for minute in range(3)))
    house.take(old.batch(1, 2))
    new = SendingBox(ONE, epoch=2, session="s2")
    new.keep(word(house.devices[ONE][0], 5))
    house.take(new.batch(1, 1))
    house.take(old.batch(3, 1))
    assert house.answers[1:] == [
        (ONE, TelemetryMark(session="s2", epoch=2, held=1)),
        (ONE, TelemetryMark(session="s1", epoch=2, held=1)),
    ]
    assert len(house.rows(tables.words)) == 3


def test_rows_that_the_box_dropped_are_a_gap_and_do_not_hold_it_up(house: MeasuringHouse) -> None:
    gap = Gap(count=40, since=SEVEN_O_CLOCK, until=SEVEN_O_CLOCK + timedelta(minutes=1))
    box = keeping(house)
    box.first = 41
    box.keep(gap, word(house.devices[ONE][0], 2))
    house.take(box.batch(42, 1))
    house.take(box.batch(41, 2))
    assert [mark.held for _, mark in house.answers] == [0, 42]
    assert [(row["box_id"], row["count"]) for row in house.rows(tables.gaps)] == [(ONE, 40)]


def test_a_box_is_not_believed_about_another_rooms_devices(house: MeasuringHouse) -> None:
    box = keeping(house, word(house.devices[TWO][0]), word("dev-nobodys"), word(house.devices[ONE][0]))
    house.take(box.batch(1, 3))
    assert [row["device_id"] for row in house.rows(tables.latest)] == [house.devices[ONE][0]]
    assert [(row["held"], row["foreign"]) for row in house.rows(tables.marks)] == [(3, 2)]


def test_a_device_that_was_just_entered_is_known_at_once(house: MeasuringHouse) -> None:
    with house.central.writing() as connection:
        fresh = device_register.add_devices(
            connection, "DK-101", [DeviceFacts(kind=EquipmentKind.LAPTOP)], scope=None, deed=DEED
        )[0]
    box = keeping(house, word(fresh))
    house.take(box.batch(1, 1))
    assert [row["kind"] for row in house.rows(tables.device_days)] == ["laptop"]


def test_a_device_that_moved_or_was_retired_is_known_after_the_next_look(house: MeasuringHouse) -> None:
    moved, retired = house.devices[TWO]
    with house.central.writing() as connection:
        device_register.move(connection, moved, "DK-101", "", scope=None, deed=DEED)
        device_register.set_state(connection, retired, DeviceState.RETIRED, scope=None, deed=DEED)
    box = keeping(house, word(moved), word(retired))
    house.places.look_in_time()
    house.take(box.batch(1, 2))
    assert [(row["device_id"], row["room_id"]) for row in house.rows(tables.latest)] == [(moved, "DK-101")]


@pytest.mark.parametrize("who", ["stranger", "revoked", "other shard", "no topic"])
def test_who_is_no_registered_box_on_its_own_shard_is_not_answered(house: MeasuringHouse, who: str) -> None:
    box = keeping(house, word(house.devices[ONE][0]))
    topic, payload = box.batch(1, 1)
    if who == "stranger":
        topic = up_topic(shard_of("box-999", SHARDS), "box-999", UpLane.TELEMETRY)  # type: ignore[arg-type] # a plain name
    elif who == "revoked":
        with house.central.writing() as connection:
            box_register.note_revoked(connection, ONE, SEVEN_O_CLOCK)
        house.places.look()
    elif who == "other shard":
        topic = up_topic((shard_of(ONE, SHARDS) + 1) % SHARDS, ONE, UpLane.TELEMETRY)
    else:
        topic = "up/x"
    house.take((topic, payload))
    assert house.answers == []
    assert house.rows(tables.marks) == []


def raw_word(device: str, **changed: object) -> bytes:
    at = SEVEN_O_CLOCK.isoformat()
    return msgspec.json.encode({"type": "word", "device": device, "at": at, "online": True} | changed)


@pytest.mark.parametrize(
    "broken",
    [
        {"type": "poem"},
        {"online": "perhaps"},
        {"firmware": "a\x00b"},
        {"firmware": "x" * 121},
        {"at": "2026-11-22T00:00:00"},
        {"at": "1999-01-01T00:00:00Z"},
        {"values": {"x": "y" * 200}},
        {"values": {"x" * 65: 1}},
        {"values": {f"v{n}": 1 for n in range(65)}},
    ],
)
def test_a_row_that_cannot_be_believed_is_counted_and_holds_up_no_other(
    house: MeasuringHouse, broken: dict[str, object]
) -> None:
    device = house.devices[ONE][0]
    box = keeping(house)
    house.take((box.topic, box.packed(1, [raw_word(device, **broken), raw_word(device)])))
    assert [(row["held"], row["unreadable"]) for row in house.rows(tables.marks)] == [(2, 1)]
    assert len(house.rows(tables.words)) == 1


@pytest.mark.parametrize("payload", [b"", b"{}", b"\x78\x9c broken", b"{" * 5000, b"\xff\xfe"])
def test_a_batch_that_cannot_be_read_is_counted_and_not_answered(house: MeasuringHouse, payload: bytes) -> None:
    box = keeping(house)
    house.take((box.topic, payload))
    assert house.answers == []
    assert [(row["held"], row["unreadable"]) for row in house.rows(tables.marks)] == [(0, 1)]


def test_a_clock_that_runs_ahead_is_taken_as_now(house: MeasuringHouse) -> None:
    box = keeping(house, word(house.devices[ONE][0], minutes=60 * 24 * 365))
    house.take(box.batch(1, 1))
    assert [row["at"] for row in house.rows(tables.latest)] == [house.clock.now()]


def minute_row(device: str, minute: int, mean: float, **said: object) -> MinuteValues:
    row = {
        "device": device, "metric": "temperature", "minute": SEVEN_O_CLOCK + timedelta(minutes=minute), "count": 6,
        "lowest": mean - 1, "highest": mean + 1, "mean": mean, "last": mean, "unit": "Cel",
    } | said  # fmt: skip
    return msgspec.convert(row, MinuteValues)


def test_minutes_are_kept_and_summed_into_their_hour(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    box = keeping(house, *(minute_row(board, minute, 20 + minute) for minute in range(3)))
    box.keep(minute_row(board, 3, 99, count=0, doubtful=6), minute_row(board, 4, 1, lowest=5, highest=2))
    house.take(box.batch(1, 1))
    house.take(box.batch(2, 4))
    assert [row["mean"] for row in house.rows(tables.minutes)] == [20, 21, 22, 99]
    (hour,) = house.rows(tables.hours)
    assert (hour["count"], hour["lowest"], hour["highest"], hour["total"]) == (18, 19, 23, 6 * 63)
    assert house.intake.counts.unreadable == 1


def test_an_alert_begins_and_ends_and_no_other_box_can_end_it(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    begun = Alert(alert_id="a1", device=board, kind=AlertKind.HOT, began_at=SEVEN_O_CLOCK, sentence="51 °C")
    box = keeping(house, begun)
    house.take(box.batch(1, 1))
    other = SendingBox(TWO)
    other.keep(msgspec.structs.replace(begun, device=house.devices[TWO][0], ended_at=SEVEN_O_CLOCK))
    house.take(other.batch(1, 1))
    assert [(row["ended_at"], row["box_id"]) for row in house.rows(tables.alerts)] == [(None, ONE)]
    end = SEVEN_O_CLOCK + timedelta(minutes=9)
    box.keep(Alert(alert_id="a1", device=board, kind=AlertKind.HOT, began_at=SEVEN_O_CLOCK, ended_at=end))
    house.take(box.batch(2, 1))
    (row,) = house.rows(tables.alerts)
    assert (row["ended_at"], row["sentence"], row["told_at"]) == (end, "51 °C", None)


def test_a_newer_alert_of_the_same_kind_ends_an_older_one_that_the_box_forgot(house: MeasuringHouse) -> None:
    board, other = house.devices[ONE]
    began = [SEVEN_O_CLOCK + timedelta(minutes=minute) for minute in range(4)]
    old = Alert(alert_id="a1", device=board, kind=AlertKind.HOT, began_at=began[1])
    box = keeping(
        house,
        old,
        msgspec.structs.replace(old, alert_id="a2", kind=AlertKind.FAULT),
        msgspec.structs.replace(old, alert_id="a3", device=other),
    )
    house.take(box.batch(1, 3))
    again = SendingBox(ONE, epoch=2)
    again.keep(
        msgspec.structs.replace(old, alert_id="b1", began_at=began[3]),
        msgspec.structs.replace(old, alert_id="b0", began_at=began[0], ended_at=began[2]),
    )
    house.take(again.batch(1, 2))
    ended = {row["alert_id"]: row["ended_at"] for row in house.rows(tables.alerts)}
    assert ended == {"a1": began[3], "a2": None, "a3": None, "b0": began[2], "b1": None}


def test_of_what_a_box_finds_the_newest_fifty_are_kept(house: MeasuringHouse) -> None:
    finds = [
        Found(where=f"usb-{one}", what="link-v1", confidence=0.5, at=SEVEN_O_CLOCK + timedelta(seconds=one))
        for one in range(MOST_FOUND + 20)
    ]
    box = keeping(house, *finds)
    house.take(box.batch(1, 40))
    house.take(box.batch(41, len(finds) - 40))
    assert {row["place"] for row in house.rows(tables.found)} == {one.where for one in finds[-MOST_FOUND:]}


def test_a_device_that_moved_counts_in_its_new_room_on_that_day(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    box = keeping(house, word(board))
    house.take(box.batch(1, 1))
    with house.central.writing() as connection:
        device_register.move(connection, board, "DK-102", "", scope=None, deed=DEED)
    house.places.look()
    other = SendingBox(TWO)
    other.keep(word(board, 1), word(board, 2))
    house.take(other.batch(1, 1))
    house.new_writer()
    house.take(other.batch(2, 1))
    assert [(row["room_id"], row["box_id"]) for row in house.rows(tables.latest)] == [("DK-102", TWO)]
    assert [(row["room_id"], row["words"]) for row in house.rows(tables.device_days)] == [("DK-102", 3)]


def test_commands_and_finds_are_kept_once(house: MeasuringHouse) -> None:
    done = CommandRow(
        command_id="c1", device=house.devices[ONE][0], name=DeviceCommandName.POWER_OFF, asked=AskedBy.RULE, by="r1",
        asked_at=SEVEN_O_CLOCK, outcome=DeviceOutcome.SENT, finished_at=SEVEN_O_CLOCK,
    )  # fmt: skip
    found = Found(where="usb-1", what="link-v1", confidence=0.5, at=SEVEN_O_CLOCK)
    box = keeping(house, done, found)
    box.keep(msgspec.structs.replace(done, outcome=DeviceOutcome.DONE), msgspec.structs.replace(found, confidence=0.9))
    house.take(box.batch(1, 2))
    house.take(box.batch(3, 2))
    assert [row["outcome"] for row in house.rows(tables.commands_done)] == ["done"]
    assert [(row["place"], row["confidence"]) for row in house.rows(tables.found)] == [("usb-1", 0.9)]


def begun_alert(house: MeasuringHouse, device: str) -> tuple[SendingBox, Alert]:
    alert = Alert(alert_id="a1", device=device, kind=AlertKind.HOT, began_at=SEVEN_O_CLOCK)
    box = keeping(house, alert)
    house.take(box.batch(1, 1))
    return box, alert


def ends(house: MeasuringHouse) -> list[object]:
    return [row["ended_at"] for row in house.rows(tables.alerts)]


@pytest.mark.parametrize("deed", ["moved", "lost", "retired"])
def test_an_alert_of_a_device_that_left_its_room_is_over(house: MeasuringHouse, deed: str) -> None:
    gone, stays = house.devices[ONE]
    begun_alert(house, gone)
    other = Alert(alert_id="a2", device=stays, kind=AlertKind.HOT, began_at=SEVEN_O_CLOCK)
    own = Alert(alert_id="a3", device=ONE, kind=AlertKind.FAULT, began_at=SEVEN_O_CLOCK)
    box = keeping(house, other, own)
    box.first = 2
    house.take(box.batch(2, 2))
    assert ends(house) == [None, None, None]
    with house.central.writing() as connection:
        if deed == "moved":
            device_register.move(connection, gone, "DK-102", "", scope=None, deed=DEED)
        else:
            device_register.set_state(connection, gone, DeviceState(deed), scope=None, deed=DEED)
    house.places.look_in_time()
    house.take()
    assert ends(house) == [house.clock.now(), None, None]


def test_the_box_that_began_an_alert_ends_it_after_the_device_moved_and_no_other_box_does(
    house: MeasuringHouse,
) -> None:
    device = house.devices[ONE][0]
    box, alert = begun_alert(house, device)
    with house.central.writing() as connection:
        device_register.move(connection, device, "DK-102", "", scope=None, deed=DEED)
    house.places.look()
    house.places.devices_changed = False
    end = msgspec.structs.replace(alert, ended_at=SEVEN_O_CLOCK + timedelta(minutes=5))
    other = SendingBox(TWO)
    other.keep(end)
    house.take(other.batch(1, 1))
    assert ends(house) == [None]
    box.keep(end, msgspec.structs.replace(alert, alert_id="a2"))
    house.take(box.batch(2, 2))
    assert ends(house) == [end.ended_at]
    assert [(row["box_id"], row["foreign"]) for row in house.rows(tables.marks)] == [(ONE, 1), (TWO, 0)]


def test_what_a_box_lost_is_told_as_an_alert_of_the_box_that_is_over(house: MeasuringHouse) -> None:
    until = SEVEN_O_CLOCK + timedelta(minutes=1)
    box = keeping(house, Gap(count=40, since=SEVEN_O_CLOCK, until=until))
    house.take(box.batch(1, 1))
    (told,) = house.rows(tables.alerts)
    assert (told["device_id"], told["room_id"], told["kind"]) == (ONE, "DK-101", "rows lost")
    assert (told["began_at"], told["ended_at"], told["value"]) == (SEVEN_O_CLOCK, until, 40.0)


def test_a_minute_without_a_value_has_no_mean_and_divides_nothing(house: MeasuringHouse) -> None:
    board = house.devices[ONE][0]
    house.take(keeping(house, minute_row(board, 0, 0, count=0, doubtful=3), minute_row(board, 6, 20)).batch(1, 2))
    with house.measurements.reading() as connection:
        stretches = history.minutes_of(connection, board, "temperature", SEVEN_O_CLOCK, 5)
    assert [one.mean for one in stretches] == [20.0]
